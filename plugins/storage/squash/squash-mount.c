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
#include "squash-source.h"
#include "squash-superblock.h"
#include "store-layers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define REMEDY "remove the image and get it again"

static gboolean
directory_open (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	const char *const layers[] = {chain_id, NULL};
	int fd;

	if (!store_layers_check (store, layers, error))
		return FALSE;
	fd = openat (store->layers_fd, chain_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	*ret_fd = fd;
	return TRUE;
}

/* The layer's own file. */
static gboolean
own_open (const char *chain_id, int dirfd, int *ret_fd, GError **error)
{
	int fd = openat (dirfd, SQUASH_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its file is missing; " REMEDY, chain_id);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	*ret_fd = fd;
	return TRUE;
}

static gboolean
file_open (const char *chain_id, int dirfd, SquashFile *file, GError **error)
{
	g_auto (SquashSource) source = {0};
	g_autofree char *problem = NULL;

	if (!squash_source_read (dirfd, &file->adopted, &source, error) ||
	    (file->adopted && !squash_source_open (dirfd, &source, FALSE, &file->fd, error))) {
		g_prefix_error (error, "layer \"%s\": ", chain_id);
		return FALSE;
	}
	if (!file->adopted && !own_open (chain_id, dirfd, &file->fd, error))
		return FALSE;
	problem = squash_superblock_problem (file->fd);
	return problem == NULL || store_error_set (error, DAVIT_ERROR_CORRUPT,
						   "layer \"%s\": its file is damaged: %s; " REMEDY,
						   chain_id, problem);
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

gboolean
squash_layer_mount (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	store_autofd dirfd = -1;
	SquashFile file = {.fd = -1};
	gboolean mounted;

	if (!directory_open (store, chain_id, &dirfd, error) ||
	    !file_open (chain_id, dirfd, &file, error)) {
		store_fd_close (&file.fd);
		return FALSE;
	}
	file.attributes = faccessat (dirfd, SQUASH_ATTRIBUTES, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	mounted = squash_file_mount (store, chain_id, &file, ret_fd, error);
	store_fd_close (&file.fd);
	return mounted;
}

gboolean
squash_layer_verify (gpointer instance, const char *chain_id, GError **error)
{
	Store *store = (Store *) instance;
	store_autofd dirfd = -1;
	store_autofd fd = -1;
	g_auto (SquashSource) source = {0};
	gboolean adopted = FALSE;

	if (!store_layer_verify (store, chain_id, error) ||
	    !directory_open (store, chain_id, &dirfd, error))
		return FALSE;
	if (squash_source_read (dirfd, &adopted, &source, error) &&
	    (!adopted || squash_source_open (dirfd, &source, TRUE, &fd, error)))
		return TRUE;
	g_prefix_error (error, "layer \"%s\": ", chain_id);
	return FALSE;
}
