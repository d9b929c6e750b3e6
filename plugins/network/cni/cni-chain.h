/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The plugins of a network one after the other, for one attachment. */

#pragma once

#include "cni-entry.h"
#include "cni-result.h"

G_BEGIN_DECLS

/*
 * ADD. ret_last: the result that the last plugin gave, in the version of the network. On failure
 * *ret_last is that of the last plugin that succeeded, or NULL: DEL wants it. Free with g_free.
 */
gboolean cni_chain_add (const CniEntry *entry, char **ret_last, GError **error);

/*
 * DEL of all, in reverse order; goes on behind a failure and gives the first error. netns "": it is
 * gone. previous: a result as JSON, or NULL: that of the entry.
 */
gboolean cni_chain_delete (const CniEntry *entry, const char *netns, const char *previous,
			   GError **error);

/* CHECK, up to the first that complains. */
gboolean cni_chain_check (const CniEntry *entry, const char *netns, GError **error);

/* GC of each plugin; goes on behind a failure and gives the first error. */
gboolean cni_chain_collect (const DavitHost *host, const CniNetwork *network,
			    const char *attachments, GError **error);

G_END_DECLS
