/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks through a tree before it is packed: what squashfs can't hold is found out here. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/*
 * Brings times that squashfs can't hold to the nearest it can, and says in the log what is lost.
 * *ret_bytes is the size of all files, holes included. UNSUPPORTED: it would take for ever.
 */
gboolean squash_tree_prepare (Store *store, const char *chain_id, int tree, guint64 *ret_bytes,
			      GError **error);

G_END_DECLS
