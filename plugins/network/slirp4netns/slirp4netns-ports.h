/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Published ports, which the helper listens to in the namespace that it was started in. */

#pragma once

#include "slirp4netns-api.h"

#include <davit/network.h>

G_BEGIN_DECLS

/* Whether this driver can publish them at all; before anything is made. */
gboolean slirp4netns_ports_check (const DavitPort *ports, GError **error);

/*
 * Publishes one, with all of its count, or nothing of it. Reports "port". BUSY and which one if
 * something else listens there.
 */
gboolean slirp4netns_ports_add (const SlirpApi *api, const char *container_address,
				const DavitPort *port, DavitResult *result, GError **error);

/* Repeatable. */
gboolean slirp4netns_ports_remove (const SlirpApi *api, const DavitPort *port, GError **error);

G_END_DECLS
