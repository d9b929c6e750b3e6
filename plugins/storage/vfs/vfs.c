/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage "vfs": every layer holds the whole tree up to it, and every container has a copy. It
 * needs nothing of the kernel but directories, and where the file system shares blocks between
 * copies it costs little.
 */

#include "vfs.h"

#include "store-layers.h"
#include "store-rootfs.h"
#include "store-tombs.h"
#include "store-usage.h"
#include "vfs-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
vfs_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Store *store = g_new0 (Store, 1);

	if (!store_open (store, host, error)) {
		store_close (store);
		g_free (store);
		return FALSE;
	}
	*ret_instance = store;
	return TRUE;
}

static void
vfs_close (gpointer instance)
{
	store_close ((Store *) instance);
	g_free (instance);
}

/* Containers are given a detached clone of their directory: that takes the right to mount. */
static gboolean
vfs_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	Store *store = (Store *) instance;
	const DavitHost *host = store->host;
	store_autofd fd = open_tree (store->rootfs_fd >= 0 ? store->rootfs_fd : AT_FDCWD,
				     store->rootfs_fd >= 0 ? "" : "/",
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int number = fd < 0 ? errno : 0;

	host->probe_add (probe, "kernel support for detached mounts", number != ENOSYS,
			 "the kernel needs open_tree: Linux 5.2 or newer");
	/* EINVAL: a user namespace may mount, but not without what is mounted below. */
	if (number != ENOSYS)
		host->probe_add (probe, "permission to mount", number == 0 || number == EINVAL,
				 "run as root, or inside a user namespace");
	return TRUE;
}

gboolean
vfs_copy_layer (Store *store, const char *chain_id, int to_dirfd, GError **error)
{
	store_autofd from = -1;
	store_autofd again = -1;
	struct stat status;
	struct stat now;

	if (!store_layer_tree (store, chain_id, &from, error) ||
	    !vfs_copy_tree (from, to_dirfd, error) ||
	    !store_layer_tree (store, chain_id, &again, error))
		return FALSE;
	/* What is taken apart while it is copied looks like a tree with fewer files. */
	if (fstat (from, &status) < 0 || fstat (again, &now) < 0)
		return store_error_errno (error, errno, "look at layer \"%s\"", chain_id);
	if (status.st_ino == now.st_ino && status.st_dev == now.st_dev)
		return TRUE;
	return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"layer \"%s\" was removed while it was copied", chain_id);
}

static gboolean
tree_begin (Store *store, const DavitLayerRequest *request, int stage_fd, int *ret_dirfd,
	    GError **error)
{
	store_autofd tree = -1;

	if (!store_make_directory (stage_fd, STORE_TREE, 0755, &tree, error))
		return FALSE;
	if (request->parent_id != NULL && !vfs_copy_layer (store, request->parent_id, tree, error))
		return FALSE;
	*ret_dirfd = store_fd_steal (&tree);
	return TRUE;
}

static gboolean
vfs_layer_begin (gpointer instance, const DavitLayerRequest *request, int *ret_dirfd,
		 DavitWhiteouts *ret_whiteouts, GError **error)
{
	Store *store = (Store *) instance;
	g_autoptr (GError) ignored = NULL;
	int stage_fd = -1;

	if (!store_stage_begin (store, request, &stage_fd, error))
		return FALSE;
	if (!tree_begin (store, request, stage_fd, ret_dirfd, error)) {
		store_layer_abort (store, request->chain_id, &ignored);
		return FALSE;
	}
	*ret_whiteouts = DAVIT_WHITEOUTS_APPLY;
	return TRUE;
}

static gboolean
vfs_usage (gpointer instance, const char *id, const char *chain_id, DavitResult *result,
	   GError **error)
{
	Store *store = (Store *) instance;
	store_autofd fd = -1;

	if (chain_id != NULL ? !store_layer_open (store, chain_id, &fd, error)
			     : !store_rootfs_find (store, id, &fd, error))
		return FALSE;
	return store_usage (store, fd, result, error);
}

static gboolean
tree_open (gpointer instance, const char *chain_id, int *ret_dirfd, DavitWhiteouts *ret_whiteouts,
	   GError **error)
{
	Store *store = (Store *) instance;

	if (!store_layer_open (store, chain_id, ret_dirfd, error))
		return FALSE;
	*ret_whiteouts = DAVIT_WHITEOUTS_APPLY;
	return TRUE;
}

static const DavitStorageOps vfs_ops = {
	.open = vfs_open,
	.close = vfs_close,
	.probe = vfs_probe,
	.layer_begin = vfs_layer_begin,
	.layer_commit = store_layer_commit,
	.layer_abort = store_layer_abort,
	.layer_exists = store_layer_exists,
	.layer_remove = store_layer_remove,
	.rootfs_create = vfs_rootfs_create,
	.rootfs_mount = vfs_rootfs_mount,
	.rootfs_unmount = store_rootfs_unmount,
	.rootfs_remove = store_rootfs_remove,
	.changes = vfs_changes,
	.usage = vfs_usage,
	.verify = store_layer_verify,
	.prune = store_prune,
	.layer_open = tree_open,
	.layer_list = store_layer_list,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "vfs", "0.1.0",
		     "full copies, which share blocks where the file system can",
		     "LGPL-2.1-or-later", NULL, vfs_ops);
