/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files that a start needs: davit itself, the dynamic linker, and the programs that most
 * containers begin with. Nothing of them is read without a whole block of the layer being
 * decompressed, and the kernel keeps few of the blocks that hold the ends of files. So those that
 * are needed together are packed together, and read in the order in which they are needed.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is to be done with a file or link of a layer. */
typedef enum {
	SQUASH_ORDER_NONE = 0,
	SQUASH_ORDER_READ = 1 << 0, /* when the layer is mounted */
	SQUASH_ORDER_PACK = 1 << 1, /* beside the others; regular files only */
} SquashOrder;

/* path: relative to "/". */
SquashOrder squash_order_of (const char *path);

/* Sorts an array of such paths: what is needed first comes first. */
void squash_order_sort (GPtrArray *paths);

/* A file of priorities for mksquashfs -sort, or NULL: there is nothing to say. Free with g_free. */
char *squash_order_text (const GPtrArray *paths);

G_END_DECLS
