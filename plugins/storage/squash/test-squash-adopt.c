/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that somebody else made: run where they are, and what happens to them later. */

#include "test-squash.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a squashfs says how long it is. */
#define AT_USED 40

#define OWNER 42
#define GROUP 43

/**
 * Image: a file of somebody else, in the directory of the test's store.
 */
typedef struct {
	char *path;
	char *chain_id;
	int fd;
} Image;

static void
image_clear (Image *image)
{
	davit_fd_close (&image->fd);
	g_free (image->path);
	g_free (image->chain_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Image, image_clear)

/* The file of a layer that is made for it. */
static Image
image_make (TestStore *store)
{
	Image image = {.fd = -1};
	davit_autofd tree = test_layer_begin (store, 0, NULL);
	g_autofree char *name = test_squash_path (0);
	g_autofree char *from = g_build_filename (store->paths->root, "storage/squash", name, NULL);
	g_autofree char *content = NULL;
	gsize length = 0;

	test_write (tree, "file", "content");
	g_assert_cmpint (fchown (tree, OWNER, GROUP), ==, 0);
	test_layer_commit (store, 0);
	g_assert_true (g_file_get_contents (from, &content, &length, NULL));
	image.path = g_build_filename (store->directory, "image.bin", NULL);
	g_assert_true (g_file_set_contents_full (image.path, content, (gssize) length,
						 G_FILE_SET_CONTENTS_NONE, 0644, NULL));
	image.chain_id =
		g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, length);
	image.fd = open (image.path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint (image.fd, >=, 0);
	return image;
}

static gboolean
image_adopt (TestStore *store, const Image *image, GError **error)
{
	const DavitLayerFile file = {
		.size = sizeof file,
		.chain_id = image->chain_id,
		.path = image->path,
		.fd = image->fd,
	};

	return davit_storage_layer_adopt (store->storage, &file, error);
}

static void
adopt_refused (TestStore *store, const Image *image, int code, const char *text)
{
	g_autoptr (GError) error = NULL;
	gboolean exists = TRUE;

	g_assert_false (image_adopt (store, image, &error));
	g_assert_error (error, DAVIT_ERROR, code);
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" lacks \"%s\"", error->message, text);
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
	g_assert_true (davit_storage_layer_exists (store->storage, image->chain_id, &exists, NULL));
	g_assert_false (exists);
}

/* Makes and mounts a root file system of it. */
static int
image_mount (TestStore *store, const Image *image, GError **error)
{
	const char *const layers[] = {image->chain_id, NULL};
	DavitRootfsRequest request = {.size = sizeof request, .id = "x", .layers = layers};
	int fd = -1;

	if (!davit_storage_rootfs_create (store->storage, &request, error) ||
	    !davit_storage_rootfs_mount (store->storage, &request, &fd, error))
		return -1;
	return fd;
}

static void
mount_refused (TestStore *store, const Image *image, int code, const char *text)
{
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (image_mount (store, image, &error), ==, -1);
	g_assert_error (error, DAVIT_ERROR, code);
	if (strstr (error->message, text) == NULL || strstr (error->message, image->path) == NULL)
		g_error ("\"%s\" lacks \"%s\"", error->message, text);
}

/* Not copied, never given to the kernel, and a layer like any other. */
static void
test_adopt (TestStore *store, gconstpointer data)
{
	g_auto (Image) image = image_make (store);
	g_autoptr (GError) error = NULL;
	g_autofree char *copy = g_build_filename ("layers", image.chain_id, "layer.sqfs", NULL);
	davit_autofd fd = -1;
	gboolean exists = FALSE;
	struct stat status;

	for (guint i = 0; i < 2; i++) {
		g_assert_true (image_adopt (store, &image, &error));
		g_assert_no_error (error);
		test_store_reopen (store);
	}
	g_assert_true (davit_storage_layer_exists (store->storage, image.chain_id, &exists, NULL));
	g_assert_true (exists);
	g_assert_false (test_exists (store->state_fd, copy));
	g_assert_true (davit_storage_verify (store->storage, image.chain_id, &error));
	g_assert_no_error (error);
	fd = image_mount (store, &image, &error);
	g_assert_no_error (error);
	test_assert_content (fd, "file", "content");
	g_assert_cmpint (fstat (fd, &status), ==, 0);
	g_assert_cmpuint (status.st_uid, ==, OWNER);
	g_assert_cmpuint (test_squash_servers (store, NULL), ==, 1);
	g_assert_cmpuint (test_squash_loops (store), ==, 0);
	davit_fd_close (&fd);
	test_squash_servers_end (store);
	g_assert_true (davit_storage_layer_remove (store->storage, image.chain_id, &error));
	g_assert_cmpint (stat (image.path, &status), ==, 0);
}

/* The device of a file of whole blocks has such blocks; of any other it must show the end, too. */
static void
test_blocks (TestStore *store, gconstpointer data)
{
	g_auto (Image) image = {.fd = -1};
	g_autofree char *content = NULL;
	guint64 used = 0;
	g_autoptr (GError) error = NULL;
	gsize length;
	davit_autofd layer = -1;
	davit_autofd fd = -1;

	test_store_configure (store, "storage.squash.mount=kernel");
	image = image_make (store);
	g_assert_true (
		davit_storage_layer_open (store->storage, test_chain_id (0), &layer, NULL, NULL));
	g_assert_cmpuint (test_squash_loops_of (store, "4096"), ==, 1);
	g_assert_cmpint (pread (image.fd, &used, sizeof used, AT_USED), ==, sizeof used);
	/* The kernel reads its beginning as a piece of 1 KiB. */
	length = (GUINT64_FROM_LE (used) + 1023) / 1024 * 1024;
	g_assert_cmpuint (length % 4096, !=, 0);
	g_assert_cmpint (ftruncate (image.fd, (off_t) length), ==, 0);
	g_assert_true (g_file_get_contents (image.path, &content, NULL, NULL));
	g_free (image.chain_id);
	image.chain_id =
		g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, length);
	image_adopt (store, &image, &error);
	g_assert_no_error (error);
	fd = image_mount (store, &image, &error);
	g_assert_no_error (error);
	test_assert_content (fd, "file", "content");
	g_assert_cmpuint (test_squash_loops_of (store, "512"), ==, 1);
}

/* Found again where it is now; one that was only touched is still what it was. */
static void
test_moved (TestStore *store, gconstpointer data)
{
	g_auto (Image) image = image_make (store);
	g_autofree char *elsewhere = g_build_filename (store->directory, "a b\nc", NULL);
	g_autofree char *note = g_build_filename ("layers", image.chain_id, "adopted", NULL);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	g_assert_true (image_adopt (store, &image, &error));
	g_assert_cmpint (rename (image.path, elsewhere), ==, 0);
	mount_refused (store, &image, DAVIT_ERROR_NOT_FOUND, "is gone; put it back, or run it");
	g_free (image.path);
	image.path = g_strdup (elsewhere);
	g_assert_true (image_adopt (store, &image, &error));
	g_assert_cmpint (fchmod (image.fd, 0444), ==, 0);
	for (guint i = 0; i < 2; i++) {
		fd = image_mount (store, &image, &error);
		g_assert_no_error (error);
		test_assert_content (fd, "file", "content");
		davit_fd_close (&fd);
	}
	/* A note that is damaged says so, and the next adoption mends it. */
	test_write (store->state_fd, note, "nonsense");
	g_assert_cmpint (image_mount (store, &image, &error), ==, -1);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, "the note of its file is damaged"));
	g_clear_error (&error);
	g_assert_true (image_adopt (store, &image, &error));
	fd = image_mount (store, &image, &error);
	g_assert_no_error (error);
}

static void
test_changed (TestStore *store, gconstpointer data)
{
	g_auto (Image) image = image_make (store);
	g_autoptr (GError) error = NULL;
	struct stat status;

	g_assert_true (image_adopt (store, &image, &error));
	g_assert_cmpint (fstat (image.fd, &status), ==, 0);
	g_assert_cmpint (pwrite (image.fd, "x", 1, status.st_size - 1), ==, 1);
	mount_refused (store, &image, DAVIT_ERROR_CORRUPT, "is not what it was");
	g_assert_false (davit_storage_verify (store->storage, image.chain_id, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpint (ftruncate (image.fd, status.st_size - 1), ==, 0);
	mount_refused (store, &image, DAVIT_ERROR_CORRUPT, "is not what it was");
	g_assert_cmpint (unlink (image.path), ==, 0);
	g_assert_cmpint (mkfifo (image.path, 0600), ==, 0);
	mount_refused (store, &image, DAVIT_ERROR_CORRUPT, "is not what it was");
	g_assert_cmpint (unlink (image.path), ==, 0);
	g_assert_true (davit_storage_layer_remove (store->storage, image.chain_id, NULL));
}

/* Served by a program that is not root: whoever may read it must not be root alone. */
static void
test_readers (TestStore *store, gconstpointer data)
{
	static const struct {
		guint32 owner;
		guint32 group;
		guint32 mode;
		gboolean served;
	} cases[] = {
		{OWNER, 0, 0600, TRUE}, {0, GROUP, 0640, TRUE},	 {0, 0, 0604, TRUE},
		{0, 0, 0660, FALSE},	{0, GROUP, 0600, FALSE},
	};
	g_auto (Image) image = image_make (store);

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autoptr (GError) error = NULL;

		g_assert_cmpint (fchown (image.fd, cases[i].owner, cases[i].group), ==, 0);
		g_assert_cmpint (fchmod (image.fd, cases[i].mode), ==, 0);
		if (!cases[i].served) {
			adopt_refused (store, &image, DAVIT_ERROR_PERMISSION,
				       "nobody but root may read its file");
			continue;
		}
		g_assert_true (image_adopt (store, &image, &error));
		g_assert_no_error (error);
		g_assert_true (davit_storage_layer_remove (store->storage, image.chain_id, NULL));
	}
	test_squash_servers_end (store);
}

static void
test_refused (TestStore *store, gconstpointer data)
{
	g_auto (Image) image = image_make (store);
	g_autofree char *garbage = g_strnfill (64, '\xff');
	guint64 inodes = 0;

	g_assert_cmpint (pread (image.fd, &inodes, 8, 64), ==, 8);
	g_assert_cmpint (pwrite (image.fd, garbage, 64, (off_t) GUINT64_FROM_LE (inodes)), ==, 64);
	adopt_refused (store, &image, DAVIT_ERROR_CORRUPT, "squashfuse_ll can't serve it");
	g_assert_cmpint (ftruncate (image.fd, 200), ==, 0);
	adopt_refused (store, &image, DAVIT_ERROR_CORRUPT, "it has 200 bytes of");
	g_assert_cmpint (pwrite (image.fd, "text", 4, 0), ==, 4);
	adopt_refused (store, &image, DAVIT_ERROR_UNSUPPORTED, "does not begin with \"hsqs\"");
	davit_fd_close (&image.fd);
	image.fd = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	adopt_refused (store, &image, DAVIT_ERROR_UNSUPPORTED, "no regular file");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("squash", "adopt", test_adopt);
	test_store_add ("squash", "blocks", test_blocks);
	test_store_add ("squash", "adopt-moved", test_moved);
	test_store_add ("squash", "adopt-changed", test_changed);
	test_store_add ("squash", "adopt-readers", test_readers);
	test_store_add ("squash", "adopt-refused", test_refused);
	return g_test_run ();
}
