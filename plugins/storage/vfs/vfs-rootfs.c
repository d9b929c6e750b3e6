/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The root file systems of containers: copies of the uppermost layer, which holds a whole tree. */

#include "vfs.h"

#include "store-layers.h"
#include "store-rootfs.h"
#include "store-tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Becomes VFS_ROOT when it is complete. */
#define ROOT_NEW "new"

static gboolean
root_make (Store *store, const DavitRootfsRequest *request, int rootfs, GError **error)
{
	guint n_layers = request->layers != NULL ? g_strv_length ((char **) request->layers) : 0;
	store_autofd to = -1;

	/* A copy that an earlier process did not come to the end of. */
	if (!store_bury (store, rootfs, ROOT_NEW, FALSE, error) ||
	    !store_make_directory (rootfs, ROOT_NEW, 0755, &to, error))
		return FALSE;
	if (n_layers > 0 && !vfs_copy_layer (store, request->layers[n_layers - 1], to, error))
		return FALSE;
	if (renameat (rootfs, ROOT_NEW, rootfs, VFS_ROOT) < 0)
		return store_error_errno (error, errno, "make root file system \"%s\"",
					  request->id);
	return TRUE;
}

gboolean
vfs_rootfs_create (gpointer instance, const DavitRootfsRequest *request, GError **error)
{
	Store *store = (Store *) instance;
	store_autofd rootfs = -1;

	if (request->memory_writes > 0)
		return store_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"root file system \"%s\": what is written can't be kept in memory; "
			"choose the storage driver \"overlay\" or \"squash\"",
			request->id);
	if (!store_check_quota (request, error) ||
	    !store_layers_check (store, request->layers, error) ||
	    !store_rootfs_make (store, request->id, &rootfs, error))
		return FALSE;
	if (faccessat (rootfs, VFS_ROOT, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return TRUE;
	return root_make (store, request, rootfs, error);
}

gboolean
vfs_rootfs_mount (gpointer instance, const DavitRootfsRequest *request, int *ret_mount_fd,
		  GError **error)
{
	Store *store = (Store *) instance;
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
	store_autofd rootfs = -1;
	store_autofd fd = -1;

	if (!store_check_quota (request, error) ||
	    !store_rootfs_find (store, request->id, &rootfs, error))
		return FALSE;
	fd = open_tree (rootfs, VFS_ROOT,
			OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"root file system \"%s\" was not made to its end",
					request->id);
	if (fd < 0)
		return store_error_errno (error, errno, "mount root file system \"%s\"",
					  request->id);
	if (request->read_only &&
	    mount_setattr (fd, "", AT_EMPTY_PATH, &read_only, sizeof read_only) < 0)
		return store_error_errno (error, errno, "make root file system \"%s\" read-only",
					  request->id);
	*ret_mount_fd = store_fd_steal (&fd);
	return TRUE;
}
