/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations of the plugin vfs that are its own. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* rootfs/ID/root: the whole tree of a container. */
#define VFS_ROOT "root"

/* Copies the tree of a layer into an empty directory. NOT_FOUND, also if it went meanwhile. */
gboolean vfs_copy_layer (Store *store, const char *chain_id, int to_dirfd, GError **error);

gboolean vfs_rootfs_create (gpointer instance, const DavitRootfsRequest *request, GError **error);
gboolean vfs_rootfs_mount (gpointer instance, const DavitRootfsRequest *request, int *ret_mount_fd,
			   GError **error);

gboolean vfs_changes (gpointer instance, const DavitRootfsRequest *request, DavitResult *result,
		      GError **error);

G_END_DECLS
