/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks through a tree before it is packed: what squashfs can't hold is found out here. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/**
 * SquashTree: what was found. Zeroed at first, but for the array.
 */
typedef struct {
	guint64 bytes;	     /* of all files, holes included */
	guint64 lists;	     /* files with access control lists */
	gboolean attributes; /* there are some "trusted.*" or "security.*" */
	GPtrArray *first;    /* paths of files that programs begin with; the caller's */
} SquashTree;

/*
 * Brings times that squashfs can't hold to the nearest it can, and says in the log what is lost.
 * UNSUPPORTED: it would take for ever.
 */
gboolean squash_tree_prepare (Store *store, const char *chain_id, int fd, SquashTree *ret_tree,
			      GError **error);

G_END_DECLS
