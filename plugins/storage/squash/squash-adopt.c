/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes a layer of a squashfs file that somebody else made and that stays where it is. To copy it
 * would take as long as reading it once and as much room again, for an image that is run as a file
 * just because it is one. What tells that it was changed is noted instead.
 */

#include "squash.h"

#include "squash-fuse.h"
#include "squash-source.h"
#include "squash-superblock.h"
#include "store-layers.h"
#include "store-rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Of its "/": to look at it is also the test whether it can be mounted at all. */
static gboolean
root_copy (Store *store, const char *chain_id, int stage_fd, const SquashFile *file, GError **error)
{
	store_autofd mount = -1;
	store_autofd from = -1;
	store_autofd root = -1;

	if (!squash_file_mount (store, chain_id, file, &mount, error) ||
	    !store_make_directory (stage_fd, SQUASH_ROOT, 0755, &root, error))
		return FALSE;
	from = openat (mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return store_error_errno (error, errno, "open its \"/\"");
	return store_rootfs_copy_attributes (from, root, error);
}

static gboolean
stage_fill (Store *store, const DavitLayerFile *layer, int stage_fd, const SquashSource *source,
	    GError **error)
{
	const SquashFile file = {
		.fd = layer->fd,
		.adopted = TRUE,
		.attributes = squash_superblock_has_attributes (layer->fd),
	};

	if (!squash_source_write (stage_fd, source, error) ||
	    (file.attributes && !squash_mark (stage_fd, SQUASH_ATTRIBUTES, error)) ||
	    !root_copy (store, layer->chain_id, stage_fd, &file, error))
		return FALSE;
	if (file.attributes)
		squash_fuse_warn (store, layer->path);
	return TRUE;
}

static gboolean
layer_make (Store *store, const DavitLayerFile *layer, const SquashSource *source, GError **error)
{
	const DavitLayerRequest request = {
		.size = sizeof request,
		.chain_id = layer->chain_id,
	};
	const char *const chain_ids[] = {layer->chain_id, NULL};
	g_autoptr (GError) ignored = NULL;
	int stage_fd = -1;

	if (!store_stage_begin (store, &request, &stage_fd, error))
		return FALSE;
	if (stage_fill (store, layer, stage_fd, source, error) &&
	    store_layer_commit (store, chain_ids, error))
		return TRUE;
	store_layer_abort (store, layer->chain_id, &ignored);
	return FALSE;
}

/* Of one that is there: where its file is now. */
static gboolean
layer_note (const Store *store, const DavitLayerFile *layer, const SquashSource *source,
	    GError **error)
{
	store_autofd fd = openat (store->layers_fd, layer->chain_id,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	g_auto (SquashSource) before = {0};
	gboolean there = FALSE;

	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", layer->chain_id);
	/* A note that is damaged is replaced. */
	if (squash_source_read (fd, &there, &before, NULL) && there &&
	    squash_source_is_same (&before, source))
		return TRUE;
	return squash_source_write (fd, source, error);
}

gboolean
squash_layer_adopt (gpointer instance, const DavitLayerFile *layer, GError **error)
{
	Store *store = (Store *) instance;
	g_autofree char *problem = squash_superblock_problem (layer->fd);
	g_auto (SquashSource) source = {0};
	gboolean exists = FALSE;

	if (problem != NULL)
		return store_error_set (error,
					squash_superblock_is_one (layer->fd)
						? DAVIT_ERROR_CORRUPT
						: DAVIT_ERROR_UNSUPPORTED,
					"the file is no squashfs that can be used: %s", problem);
	if (!store_layer_exists (store, layer->chain_id, &exists, error) ||
	    !squash_source_init (&source, layer->chain_id, layer->path, layer->fd, error))
		return FALSE;
	return exists ? layer_note (store, layer, &source, error)
		      : layer_make (store, layer, &source, error);
}
