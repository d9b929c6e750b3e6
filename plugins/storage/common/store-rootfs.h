/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directories rootfs/ID of containers, and what crashes leave. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Makes rootfs/ID if it is missing, and opens it. */
gboolean store_rootfs_make (Store *store, const char *id, int *ret_fd, GError **error);

/* Opens it. NOT_FOUND. */
gboolean store_rootfs_find (Store *store, const char *id, int *ret_fd, GError **error);

/* Gives a directory the owner, mode, extended attributes and times of another one. */
gboolean store_rootfs_copy_attributes (int from_fd, int to_fd, GError **error);

/* For the table of operations: see store-layers.h. */
gboolean store_rootfs_unmount (gpointer instance, const char *id, GError **error);
gboolean store_rootfs_remove (gpointer instance, const char *id, GError **error);
gboolean store_prune (gpointer instance, const char *const *ids, DavitResult *result,
		      GError **error);

G_END_DECLS
