/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes a layer of a squashfs file that somebody else made. It is copied, which costs nothing where
 * the file system shares blocks: the original may be changed or be on a disk that goes away, and
 * its mode and owner are its owner's affair.
 */

#include "squash.h"

#include "squash-superblock.h"
#include "store-copy.h"
#include "store-layers.h"
#include "store-rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
file_copy (int stage_fd, int file_fd, int *ret_fd, GError **error)
{
	store_autofd writable = openat (stage_fd, SQUASH_FILE,
					O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	store_autofd fd = -1;
	struct stat status;
	StoreCopy state = {0};

	if (writable < 0 || fstat (file_fd, &status) < 0 ||
	    !store_copy_data (&state, file_fd, writable, status.st_size) ||
	    fchmod (writable, 0444) < 0)
		return store_error_errno (error, errno, "copy the file");
	fd = openat (stage_fd, SQUASH_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open the copy");
	*ret_fd = store_fd_steal (&fd);
	return TRUE;
}

/* Of its "/": to look at it is also the test whether it can be mounted at all. */
static gboolean
root_copy (Store *store, const char *chain_id, int stage_fd, int fd, GError **error)
{
	const SquashFile file = {
		.fd = fd,
		.adopted = TRUE,
		.attributes = squash_superblock_has_attributes (fd),
	};
	store_autofd mount = -1;
	store_autofd from = -1;
	store_autofd root = -1;

	if (!squash_file_mount (store, chain_id, &file, &mount, error) ||
	    !store_make_directory (stage_fd, SQUASH_ROOT, 0755, &root, error))
		return FALSE;
	from = openat (mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return store_error_errno (error, errno, "open its \"/\"");
	return store_rootfs_copy_attributes (from, root, error);
}

static gboolean
stage_fill (Store *store, const char *chain_id, int stage_fd, int file_fd, GError **error)
{
	g_autofree char *problem = NULL;
	store_autofd copy = -1;

	if (!squash_mark (stage_fd, SQUASH_ADOPTED, error) ||
	    !file_copy (stage_fd, file_fd, &copy, error))
		return FALSE;
	/* The copy: the original may be changed meanwhile. */
	problem = squash_superblock_problem (copy);
	if (problem != NULL)
		return store_error_set (error, DAVIT_ERROR_CORRUPT, "the copy is damaged: %s",
					problem);
	return (!squash_superblock_has_attributes (copy) ||
		squash_mark (stage_fd, SQUASH_ATTRIBUTES, error)) &&
	       root_copy (store, chain_id, stage_fd, copy, error);
}

gboolean
squash_layer_adopt (gpointer instance, const DavitLayerRequest *request, int file_fd,
		    GError **error)
{
	Store *store = (Store *) instance;
	g_autofree char *problem = squash_superblock_problem (file_fd);
	g_autoptr (GError) ignored = NULL;
	int stage_fd = -1;

	if (problem != NULL)
		return store_error_set (
			error,
			squash_superblock_is_one (file_fd) ? DAVIT_ERROR_CORRUPT
							   : DAVIT_ERROR_UNSUPPORTED,
			"layer \"%s\": the file is no squashfs that can be used: %s",
			request->chain_id, problem);
	if (!store_stage_begin (store, request, &stage_fd, error))
		return FALSE;
	if (stage_fill (store, request->chain_id, stage_fd, file_fd, error))
		return TRUE;
	store_layer_abort (store, request->chain_id, &ignored);
	return FALSE;
}
