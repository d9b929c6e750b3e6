/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks through a tree before it is packed: what squashfs can't hold is found out here. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/**
 * SquashTree: what was found. Zeroed at first, but for the arrays.
 */
typedef struct {
	guint64 bytes;	     /* of all files, holes included */
	guint64 lists;	     /* files with access control lists */
	gboolean attributes; /* there are some "trusted.*" or "security.*" */
	/* The caller's, both of paths relative to "/", in no order: squash-order.h. */
	GPtrArray *first;    /* that are to be read when the layer is mounted */
	GPtrArray *together; /* that are to be packed side by side */
} SquashTree;

/*
 * Brings times that squashfs can't hold to the nearest it can, and says in the log what is lost.
 * UNSUPPORTED: it would take for ever.
 */
gboolean squash_tree_prepare (Store *store, const char *chain_id, int fd, SquashTree *ret_tree,
			      GError **error);

G_END_DECLS
