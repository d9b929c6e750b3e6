/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes the squashfs file of a layer with mksquashfs. The same work done by a library in this
 * process was measured: as much time, the same size, and every start of a container would load five
 * compression libraries that it does not use. A program of its own also keeps the memory of the
 * engine out of reach of whatever is in a layer.
 */

#include "squash.h"

#include "squash-digest.h"
#include "squash-order.h"
#include "squash-source.h"
#include "squash-superblock.h"
#include "squash-tree.h"
#include "squash-warm.h"
#include "store-rootfs.h"
#include "store-stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NEW SQUASH_FILE ".new"
#define MKSQUASHFS "mksquashfs"
/* Its caches; it takes a quarter of the memory of the host otherwise. */
#define MEMORY "256M"
/* On a busy machine a core packs more than 1 MiB in a second. */
#define DEADLINE_BASE_SECONDS 600
#define BYTES_PER_SECOND ((guint64) 1024 * 1024)
#define DEADLINE_LIMIT_SECONDS ((guint64) 7 * 24 * 3600)
#define MSEC_PER_SEC 1000

static gboolean
pack_run (Store *store, int stage_fd, const SquashTree *tree, GError **error)
{
	const DavitHost *host = store->host;
	g_autofree char *level = g_strdup_printf ("%" G_GINT64_FORMAT,
						  host->option_integer (host, SQUASH_OPTION_LEVEL));
	g_autofree char *block = g_strdup_printf ("%" G_GINT64_FORMAT,
						  host->option_integer (host, SQUASH_OPTION_BLOCK));
	const char *argv[] = {MKSQUASHFS, STORE_TREE, FILE_NEW, "-comp", "zstd",
			      "-Xcompression-level", level, "-b", block, "-xattrs",
			      /* The same tree gives the same bytes. */
			      "-mkfs-time", "0",
			      /* What can't be read is an error, and not left out. */
			      "-exit-on-error", "-noappend", "-no-recovery", "-no-progress",
			      "-quiet", "-mem", MEMORY,
			      /* These at the end: they may be left out. */
			      "-sort", "/proc/self/fd/0", NULL};
	g_autofree char *order = squash_order_text (tree->together);
	guint64 seconds = DEADLINE_BASE_SECONDS + tree->bytes / BYTES_PER_SECOND;
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.input = order,
		.netns_fd = -1,
		.cwd_dirfd = stage_fd,
		.timeout_msec = (guint32) (MIN (seconds, DEADLINE_LIMIT_SECONDS) * MSEC_PER_SEC),
	};
	g_autofree char *output = NULL;

	if (order == NULL)
		argv[G_N_ELEMENTS (argv) - 3] = NULL;
	return host->run_helper (host, &helper, &output, error);
}

/* Gives it its name: what has it is whole. */
static gboolean
pack_finish (int stage_fd, GError **error)
{
	store_autofd fd = openat (stage_fd, FILE_NEW, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	g_autofree char *problem = NULL;

	if (fd < 0)
		return store_error_errno (error, errno, "open what " MKSQUASHFS " made");
	problem = squash_superblock_problem (fd);
	if (problem != NULL)
		return store_error_set (error, DAVIT_ERROR_HELPER,
					MKSQUASHFS " made no squashfs: %s", problem);
	if (fchmod (fd, 0444) < 0 || renameat (stage_fd, FILE_NEW, stage_fd, SQUASH_FILE) < 0)
		return store_error_errno (error, errno, "name what " MKSQUASHFS " made");
	return TRUE;
}

static gboolean
root_make (Store *store, int stage_fd, int tree, GError **error)
{
	store_autofd root = -1;

	/* Of an earlier try. */
	if (!store->host->files->remove_tree (stage_fd, SQUASH_ROOT, error))
		return FALSE;
	return store_make_directory (stage_fd, SQUASH_ROOT, 0755, &root, error) &&
	       store_rootfs_copy_attributes (tree, root, error);
}

gboolean
squash_mark (int stage_fd, const char *mark, GError **error)
{
	if (mknodat (stage_fd, mark, S_IFREG | 0444, 0) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "make \"%s\"", mark);
	return TRUE;
}

static gboolean
pack (Store *store, const char *chain_id, int stage_fd, int fd, GError **error)
{
	g_autoptr (GPtrArray) first = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GPtrArray) together = g_ptr_array_new_with_free_func (g_free);
	SquashTree tree = {.first = first, .together = together};

	if (!squash_tree_prepare (store, chain_id, fd, &tree, error))
		return FALSE;
	squash_order_sort (first);
	squash_order_sort (together);
	return pack_run (store, stage_fd, &tree, error) && pack_finish (stage_fd, error) &&
	       root_make (store, stage_fd, fd, error) &&
	       squash_warm_note (stage_fd, first, error) &&
	       (!tree.attributes || squash_mark (stage_fd, SQUASH_ATTRIBUTES, error));
}

gboolean
squash_seal (Store *store, const char *chain_id, int stage_fd, GError **error)
{
	store_autofd tree =
		openat (stage_fd, STORE_TREE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* Adopted, or sealed by an earlier call, which took the tree away as its last step. */
	if (tree < 0 && errno == ENOENT)
		return TRUE;
	if (tree < 0)
		return store_error_errno (error, errno, "open its tree");
	/* Before the disk is waited for: what is gone by then is never written there. */
	return pack (store, chain_id, stage_fd, tree, error) &&
	       store->host->files->remove_tree (stage_fd, STORE_TREE, error);
}

/*
 * The size and the digest. Of a file that stays where it is what was noted of it when the layer was
 * made: where it is and when it was touched is no part of what the layer is.
 */
static char *
layer_describe (int dirfd, GError **error)
{
	g_auto (SquashSource) source = {0};
	store_autofd fd = -1;
	g_autofree char *digest = NULL;
	gboolean adopted = FALSE;
	struct stat status;

	if (!squash_source_read (dirfd, &adopted, &source, error))
		return NULL;
	if (adopted)
		return g_strdup_printf ("%" G_GUINT64_FORMAT " %s adopted", source.size,
					source.digest);
	fd = openat (dirfd, SQUASH_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat (fd, &status) < 0) {
		store_error_errno (error, errno, "open its file");
		return NULL;
	}
	digest = squash_digest (fd, error);
	if (digest == NULL)
		return NULL;
	return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", (guint64) status.st_size, digest);
}

const StoreForm squash_form = {
	.version = "davit-layer-squash-1",
	.root = SQUASH_ROOT,
	.describe = layer_describe,
	.seal = squash_seal,
	.mount = squash_layer_mount,
	.mounted = squash_warm_start,
};
