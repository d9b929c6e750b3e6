/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mounts a layer, by the kernel or through FUSE.
 *
 * The kernel's squashfs trusts what it is given: a file that somebody else made may be built to
 * break it, and is only shown to a program without privileges, unless the administrator asks for
 * the kernel. Files that were made here hold what mksquashfs made of a plain tree.
 */

#include "squash.h"

#include "squash-fuse.h"
#include "squash-loop.h"
#include "squash-superblock.h"
#include "store-layers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define REMEDY "remove the image and get it again"

static gboolean
file_open (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	const char *const layers[] = {chain_id, NULL};
	g_autofree char *name = g_build_filename (chain_id, SQUASH_FILE, NULL);
	g_autofree char *problem = NULL;
	store_autofd fd = -1;

	if (!store_layers_check (store, layers, error))
		return FALSE;
	fd = openat (store->layers_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its file is missing; " REMEDY, chain_id);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	problem = squash_superblock_problem (fd);
	if (problem != NULL)
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its file is damaged: %s; " REMEDY, chain_id,
					problem);
	*ret_fd = store_fd_steal (&fd);
	return TRUE;
}

/* Whether another way may do what this one could not. */
static gboolean
is_not_here (const GError *error)
{
	return g_error_matches (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE) ||
	       g_error_matches (error, DAVIT_ERROR, DAVIT_ERROR_PERMISSION);
}

static gboolean
mount_anyhow (Store *store, const char *chain_id, const SquashFile *file, int *ret_fd,
	      GError **error)
{
	g_autoptr (GError) failure = NULL;
	g_autofree char *text = NULL;

	if (squash_loop_mount (store, chain_id, file->fd, ret_fd, &failure))
		return TRUE;
	if (!is_not_here (failure)) {
		g_propagate_error (error, g_steal_pointer (&failure));
		return FALSE;
	}
	text = g_strdup_printf ("%s; trying squashfuse", failure->message);
	store->host->log (store->host, DAVIT_LOG_DEBUG, text);
	if (squash_fuse_mount (store, chain_id, file, ret_fd, error))
		return TRUE;
	g_prefix_error (error, "%s; ", failure->message);
	return FALSE;
}

gboolean
squash_file_mount (Store *store, const char *chain_id, const SquashFile *file, int *ret_fd,
		   GError **error)
{
	const char *way = store->host->option_string (store->host, SQUASH_OPTION_MOUNT);

	if (g_strcmp0 (way, "kernel") == 0)
		return squash_loop_mount (store, chain_id, file->fd, ret_fd, error);
	if (g_strcmp0 (way, "fuse") == 0 || store->host->facts->rootless || file->adopted)
		return squash_fuse_mount (store, chain_id, file, ret_fd, error);
	return mount_anyhow (store, chain_id, file, ret_fd, error);
}

static gboolean
layer_has (const Store *store, const char *chain_id, const char *mark)
{
	g_autofree char *name = g_build_filename (chain_id, mark, NULL);

	return faccessat (store->layers_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean
squash_layer_mount (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	store_autofd fd = -1;
	SquashFile file;

	if (!file_open (store, chain_id, &fd, error))
		return FALSE;
	file = (SquashFile){
		.fd = fd,
		.adopted = layer_has (store, chain_id, SQUASH_ADOPTED),
		.attributes = layer_has (store, chain_id, SQUASH_ATTRIBUTES),
	};
	return squash_file_mount (store, chain_id, &file, ret_fd, error);
}
