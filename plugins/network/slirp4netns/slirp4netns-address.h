/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses: of the helper's network, and of the host's interfaces. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where things are in the network, counted from its own address; the helper has no option for it.
 */
#define SLIRP_OFFSET_GATEWAY 2
#define SLIRP_OFFSET_NAMESERVER 3
#define SLIRP_OFFSET_CONTAINER 100

/* "10.0.2.0/24". FALSE with the reason in *ret_reason, a static text. network: host byte order. */
gboolean slirp4netns_cidr_parse (const char *text, guint32 *ret_network, guint *ret_prefix,
				 const char **ret_reason);

/* network + offset as text. */
char *slirp4netns_address_at (guint32 network, guint32 offset);

/*
 * An address of the family, or the first one of an interface with that name, those for one link
 * alone last; NULL if it is neither.
 */
char *slirp4netns_address_find (const char *text, int family);

G_END_DECLS
