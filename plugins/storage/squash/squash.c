/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage "squash": a layer is one compressed file that never changes, a container's root file
 * system an overlay of its layers with a directory of its own, or memory, on top.
 */

#include "squash.h"

#include "overlay-lower.h"
#include "overlay-store.h"
#include "squash-loop.h"
#include "squash-warm.h"
#include "store-layers.h"
#include "store-rootfs.h"
#include "store-usage.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LEVEL_MIN 1
#define LEVEL_MAX 22
#define BLOCK_MIN 4096
#define BLOCK_MAX 1048576

static gboolean
options_check (const DavitHost *host, GError **error)
{
	gint64 level = host->option_integer (host, SQUASH_OPTION_LEVEL);
	gint64 block = host->option_integer (host, SQUASH_OPTION_BLOCK);

	if (level < LEVEL_MIN || level > LEVEL_MAX)
		return store_error_set (error, DAVIT_ERROR_CONFIG,
					"option \"" SQUASH_OPTION_LEVEL "\": %" G_GINT64_FORMAT
					" is not between %d and %d",
					level, LEVEL_MIN, LEVEL_MAX);
	if (block < BLOCK_MIN || block > BLOCK_MAX || (block & (block - 1)) != 0)
		return store_error_set (error, DAVIT_ERROR_CONFIG,
					"option \"" SQUASH_OPTION_BLOCK "\": %" G_GINT64_FORMAT
					" is no power of two between 4k and 1m",
					block);
	return TRUE;
}

static gboolean
squash_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Store *store = g_new0 (Store, 1);

	if (!store_open (store, host, error) || !options_check (host, error)) {
		store_close (store);
		g_free (store);
		return FALSE;
	}
	store->form = &squash_form;
	store->memory = (guint64) MAX (host->option_integer (host, SQUASH_OPTION_MEMORY), 0);
	*ret_instance = store;
	return TRUE;
}

static void
squash_close (gpointer instance)
{
	squash_warm_drop ((Store *) instance);
	store_close ((Store *) instance);
	g_free (instance);
}

static gboolean
squash_layer_remove (gpointer instance, const char *chain_id, GError **error)
{
	Store *store = (Store *) instance;

	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	/* First: behind the layer's end nothing would lead to the note any more. */
	squash_loop_forget (store, chain_id);
	return store_layer_remove (store, chain_id, error);
}

/* The directory stays usable when the descriptor of the mount is closed: it holds the mount. */
static gboolean
squash_layer_open (gpointer instance, const char *chain_id, int *ret_dirfd,
		   DavitWhiteouts *ret_whiteouts, GError **error)
{
	Store *store = (Store *) instance;
	store_autofd mount = -1;
	int fd;

	if (!store_check_chain_id (chain_id, error) ||
	    !squash_layer_mount (store, chain_id, &mount, error))
		return FALSE;
	/* It is looked at, and perhaps all of it is read: nothing to keep it for. */
	squash_warm_drop (store);
	fd = openat (mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	*ret_whiteouts = overlay_whiteouts (store);
	*ret_dirfd = fd;
	return TRUE;
}

static gboolean
squash_usage (gpointer instance, const char *id, const char *chain_id, DavitResult *result,
	      GError **error)
{
	Store *store = (Store *) instance;
	const char *const layers[] = {chain_id, NULL};
	store_autofd fd = -1;

	if (chain_id == NULL)
		return store_rootfs_find (store, id, &fd, error) &&
		       store_usage (store, fd, result, error);
	if (!store_layers_check (store, layers, error))
		return FALSE;
	fd = openat (store->layers_fd, chain_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	return store_usage (store, fd, result, error);
}

static const DavitOption squash_options[] = {
	{SQUASH_OPTION_MOUNT, DAVIT_OPTION_CHOICE, "auto", "auto|kernel|fuse",
	 "who mounts a layer; auto is the kernel where it can, for layers that were made here"},
	{SQUASH_OPTION_LEVEL, DAVIT_OPTION_INTEGER, "9", NULL,
	 "how hard zstd tries to make layers small, 1 to 22"},
	{SQUASH_OPTION_BLOCK, DAVIT_OPTION_SIZE, "256k", NULL,
	 "how much is compressed as one piece, a power of two from 4k to 1m"},
	{SQUASH_OPTION_MEMORY, DAVIT_OPTION_SIZE, NULL, NULL,
	 "keep what new containers write in so much memory, until they end, and not on disk"},
	{SQUASH_OPTION_KEEP, DAVIT_OPTION_DURATION, "10s", NULL,
	 "how long a layer that the kernel mounted stays mounted for the next container"},
	{0},
};

static const DavitStorageOps squash_ops = {
	.open = squash_open,
	.close = squash_close,
	.probe = squash_probe,
	.layer_begin = overlay_layer_begin,
	.layer_commit = overlay_layer_commit,
	.layer_abort = store_layer_abort,
	.layer_exists = store_layer_exists,
	.layer_remove = squash_layer_remove,
	.rootfs_create = overlay_rootfs_create,
	.rootfs_mount = overlay_rootfs_mount,
	.rootfs_unmount = store_rootfs_unmount,
	.rootfs_remove = store_rootfs_remove,
	.changes = overlay_changes,
	.usage = squash_usage,
	.verify = squash_layer_verify,
	.prune = store_prune,
	.layer_open = squash_layer_open,
	.layer_list = store_layer_list,
	.layer_adopt = squash_layer_adopt,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "squash", "0.1.0",
		     "layers as compressed squashfs files, with overlayfs on top",
		     "LGPL-2.1-or-later", squash_options, squash_ops);
