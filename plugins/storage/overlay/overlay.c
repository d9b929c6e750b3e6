/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage "overlay": a layer is a directory, a container's root file system an overlay of its
 * layers with a directory of its own on top.
 */

#include "overlay-store.h"

#include "overlay-lower.h"
#include "store-layers.h"
#include "store-rootfs.h"
#include "store-usage.h"

#include <fcntl.h>

static gboolean
overlay_open (const DavitHost *host, gpointer *ret_instance, GError **error)
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
overlay_close (gpointer instance)
{
	store_close ((Store *) instance);
	g_free (instance);
}

static gboolean
overlay_usage (gpointer instance, const char *id, const char *chain_id, DavitResult *result,
	       GError **error)
{
	Store *store = (Store *) instance;
	store_autofd rootfs = -1;
	store_autofd fd = -1;

	if (chain_id != NULL)
		return store_layer_open (store, chain_id, &fd, error) &&
		       store_usage (store, fd, result, error);
	if (!store_rootfs_find (store, id, &rootfs, error))
		return FALSE;
	/* With what is on top and the kernel's work directory beside it. */
	return store_usage (store, rootfs, result, error);
}

static gboolean
tree_open (gpointer instance, const char *chain_id, int *ret_dirfd, DavitWhiteouts *ret_whiteouts,
	   GError **error)
{
	Store *store = (Store *) instance;

	if (!store_layer_open (store, chain_id, ret_dirfd, error))
		return FALSE;
	*ret_whiteouts = overlay_whiteouts (store);
	return TRUE;
}

static const DavitStorageOps overlay_ops = {
	.open = overlay_open,
	.close = overlay_close,
	.probe = overlay_probe,
	.layer_begin = overlay_layer_begin,
	.layer_commit = overlay_layer_commit,
	.layer_abort = store_layer_abort,
	.layer_exists = store_layer_exists,
	.layer_remove = store_layer_remove,
	.rootfs_create = overlay_rootfs_create,
	.rootfs_mount = overlay_rootfs_mount,
	.rootfs_unmount = store_rootfs_unmount,
	.rootfs_remove = store_rootfs_remove,
	.changes = overlay_changes,
	.usage = overlay_usage,
	.verify = store_layer_verify,
	.prune = store_prune,
	.layer_open = tree_open,
	.layer_list = store_layer_list,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "overlay", "0.1.0",
		     "layers on top of each other by the kernel's overlayfs", "LGPL-2.1-or-later",
		     NULL, overlay_ops);
