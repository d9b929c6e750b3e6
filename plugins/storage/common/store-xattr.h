/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extended attributes of one entry, of whatever type, without following links. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StoreXattr: one attribute; owned by its array.
 */
typedef struct {
	char *name;
	char *value;
	gsize size;
} StoreXattr;

/* All of them, sorted by name. A file system that has none gives an empty array. */
gboolean store_xattr_read (int dirfd, const char *name, GPtrArray **ret_xattrs, GError **error);

/* Sets them on another entry. */
gboolean store_xattr_write (int dirfd, const char *name, const GPtrArray *xattrs, GError **error);

G_END_DECLS
