/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is special about the driver squash: its files, and what is wrong with them. */

#include "test-squash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Where a squashfs says how long it is, and where its table of inodes begins. */
#define AT_VERSION 28
#define AT_USED 40
#define AT_INODES 64

static void
assert_mount_fails (TestStore *store, guint number, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (davit_storage_layer_open (store->storage, test_chain_id (number), &fd, NULL,
						  &error));
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" does not say \"%s\"", error->message, text);
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_nonnull (strstr (error->message, test_chain_id (number)));
	g_assert_cmpint (fd, ==, -1);
}

static void
assert_verify_fails (TestStore *store, guint number)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_storage_verify (store->storage, test_chain_id (number), &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, "remove the image and get it again"));
}

/* The file can't be written to by anybody, and is the same for the same tree. */
static void
test_file (TestStore *store, gconstpointer data)
{
	const struct timespec times[] = {{1000, 0}, {1000, 0}};
	g_autoptr (GError) error = NULL;
	char *contents[2] = {NULL, NULL};
	gsize lengths[2];
	struct stat status;

	for (guint i = 0; i < 2; i++) {
		davit_autofd layer = test_layer_begin (store, i, NULL);
		davit_autofd file = -1;

		for (guint k = 0; k < 50; k++) {
			g_autofree char *name = g_strdup_printf ("file-%u", (k * 7) % 50);

			test_write (layer, name, name);
			g_assert_cmpint (utimensat (layer, name, times, 0), ==, 0);
		}
		g_assert_cmpint (futimens (layer, times), ==, 0);
		test_layer_commit (store, i);
		file = test_squash_file (store, i, O_RDONLY);
		g_assert_cmpint (fstat (file, &status), ==, 0);
		g_assert_cmpint (status.st_mode, ==, S_IFREG | 0444);
		g_assert_true (davit_fd_read (file, 1024 * 1024, "layer", &contents[i], &lengths[i],
					      &error));
		g_assert_true (davit_storage_verify (store->storage, test_chain_id (i), &error));
		g_assert_no_error (error);
	}
	g_assert_cmpmem (contents[0], lengths[0], contents[1], lengths[1]);
	g_free (contents[0]);
	g_free (contents[1]);
}

/* Where a file that can't be compressed begins in the file of layer 0. */
static gssize
place_of (TestStore *store, const char *content, gsize length)
{
	davit_autofd file = test_squash_file (store, 0, O_RDONLY);
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	const char *found;
	gsize all = 0;

	g_assert_true (davit_fd_read (file, 1024 * 1024, "layer", &text, &all, &error));
	found = memmem (text, all, content, length);
	g_assert_nonnull (found);
	return found - text;
}

/* What a start needs stands side by side, wherever it is in the tree. */
static void
test_order (TestStore *store, gconstpointer data)
{
	static const char *const paths[] = {"usr/bin/true", "zoo/libc.so.6", "etc/group", "a",
					    "a b/libc.so.6"};
	const gsize length = 1000;
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	char contents[G_N_ELEMENTS (paths)][1000];
	gssize places[G_N_ELEMENTS (paths)];

	for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
		g_autofree char *directory = g_path_get_dirname (paths[i]);
		davit_autofd file = -1;

		for (guint k = 0; k < length; k++)
			contents[i][k] = (char) g_random_int ();
		g_assert_true (
			davit_path_make_directory (layer, directory, 0755, 0, 0, NULL, NULL));
		file = openat (layer, paths[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		g_assert_cmpint (write (file, contents[i], length), ==, (gssize) length);
	}
	test_layer_commit (store, 0);
	for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
		places[i] = place_of (store, contents[i], length);
	g_assert_cmpint (places[2], <, places[1]);
	g_assert_cmpint (places[1], <, places[0]);
	/* A name that mksquashfs would not understand is packed like any other. */
	g_assert_cmpint (places[0], <, MIN (places[3], places[4]));
}

static void
test_superblock (TestStore *store, gconstpointer data)
{
	davit_autofd file = -1;
	guint64 used = 0;

	for (guint i = 0; i < 6; i++)
		test_squash_layer (store, i);
	file = test_squash_file (store, 0, O_RDWR);
	g_assert_cmpint (pwrite (file, "sqsh", 4, 0), ==, 4);
	assert_mount_fails (store, 0, DAVIT_ERROR_CORRUPT, "does not begin with \"hsqs\"");
	assert_verify_fails (store, 0);
	davit_fd_close (&file);

	file = test_squash_file (store, 1, O_RDWR);
	/* A file is filled up to a block; what counts is what it says itself. */
	g_assert_cmpint (pread (file, &used, 8, AT_USED), ==, 8);
	g_assert_cmpint (ftruncate (file, (off_t) GUINT64_FROM_LE (used) - 1), ==, 0);
	assert_mount_fails (store, 1, DAVIT_ERROR_CORRUPT, "its file is damaged: it has");
	g_assert_cmpint (ftruncate (file, 50), ==, 0);
	assert_mount_fails (store, 1, DAVIT_ERROR_CORRUPT, "it ends in its superblock");
	g_assert_cmpint (ftruncate (file, 0), ==, 0);
	assert_mount_fails (store, 1, DAVIT_ERROR_CORRUPT, "does not begin with");
	assert_verify_fails (store, 1);
	davit_fd_close (&file);

	file = test_squash_file (store, 2, O_RDWR);
	g_assert_cmpint (pwrite (file, "\x05", 1, AT_VERSION), ==, 1);
	assert_mount_fails (store, 2, DAVIT_ERROR_CORRUPT, "its version is 5.0");
	davit_fd_close (&file);
	file = test_squash_file (store, 3, O_RDWR);
	g_assert_cmpint (pwrite (file, "\xff\xff\xff\xff", 4, AT_INODES), ==, 4);
	assert_mount_fails (store, 3, DAVIT_ERROR_CORRUPT, "a table lies outside of it");
	davit_fd_close (&file);
	{
		g_autofree char *name = test_squash_path (4);

		g_assert_cmpint (unlinkat (store->state_fd, name, 0), ==, 0);
		assert_mount_fails (store, 4, DAVIT_ERROR_CORRUPT, "its file is missing");
		assert_verify_fails (store, 4);
		/* No file, and none that would hang. */
		g_assert_cmpint (mkfifoat (store->state_fd, name, 0600), ==, 0);
		assert_mount_fails (store, 4, DAVIT_ERROR_CORRUPT, "it is no regular file");
	}
	/* The last one is not touched by all that. */
	g_assert_true (davit_storage_verify (store->storage, test_chain_id (5), NULL));
}

/* Right on the outside: only who reads it finds out. */
static void
test_damaged (TestStore *store, gconstpointer data)
{
	static const char *const ways[] = {"storage.squash.mount=kernel",
					   "storage.squash.mount=fuse"};
	g_autofree char *garbage = g_strnfill (64, '\xff');
	DavitRootfsRequest request = test_request ("x", 1);
	davit_autofd file = -1;
	guint64 inodes = 0;

	test_squash_layer (store, 0);
	file = test_squash_file (store, 0, O_RDWR);
	g_assert_cmpint (pread (file, &inodes, 8, AT_INODES), ==, 8);
	g_assert_cmpint (pwrite (file, garbage, 64, (off_t) GUINT64_FROM_LE (inodes)), ==, 64);
	for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
		g_autoptr (GError) error = NULL;
		int fd = -1;

		test_store_configure (store, ways[i]);
		assert_mount_fails (store, 0, DAVIT_ERROR_CORRUPT,
				    i == 0 ? "the kernel can't mount it"
					   : "squashfuse_ll can't serve it");
		/* The same when it is to become a container's. */
		g_assert_true (davit_storage_rootfs_create (store->storage, &request, NULL));
		g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_cmpuint (test_squash_loops (store), ==, 0);
		test_squash_servers_end (store);
	}
	assert_verify_fails (store, 0);
}

/* As text what a layer shows, or NULL: the program that serves it is one that must not. */
static char *
describe_layer (TestStore *store, guint number)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	if (davit_storage_layer_open (store->storage, test_chain_id (number), &fd, NULL, &error))
		return test_describe (fd);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE);
	g_assert_nonnull (strstr (error->message, "mixes up before version 0.2"));
	return NULL;
}

/* What was packed shows what the tree had, whoever reads it; with users that 16 bits can't hold. */
static void
test_ways_are_equal (TestStore *store, gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		g_autofree char *kernel = NULL;
		g_autofree char *fuse = NULL;
		davit_autofd layer = -1;

		test_store_configure (store, "storage.squash.mount=kernel");
		layer = test_layer_begin (store, i, NULL);
		test_fill_kinds (layer);
		test_write (layer, "far", "x");
		g_assert_cmpint (fchownat (layer, "far", 3000000000u, 70000, 0), ==, 0);
		test_whiteout (layer, "whiteout", DAVIT_WHITEOUTS_OVERLAY);
		if (i == 1) {
			test_fill_xattrs (layer);
			test_opaque (layer, "dir", DAVIT_WHITEOUTS_OVERLAY);
		}
		test_layer_commit (store, i);
		kernel = describe_layer (store, i);
		g_assert_nonnull (strstr (kernel, "/far 100644 3000000000:70000"));
		g_assert_nonnull (strstr (kernel, "/whiteout 20000 0:0"));
		g_assert_true ((i == 1) == (strstr (kernel, "trusted.overlay.opaque=79") != NULL));
		test_store_configure (store, "storage.squash.mount=fuse");
		fuse = describe_layer (store, i);
		/* Without such attributes any version will do. */
		if (fuse != NULL || i == 0)
			g_assert_cmpstr (fuse, ==, kernel);
	}
}

static void
assert_commit_fails (TestStore *store, DavitErrorCode code, const char *text)
{
	const char *const ids[] = {test_chain_id (0), NULL};
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_storage_layer_commit (store->storage, ids, &error));
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" does not say \"%s\"", error->message, text);
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_false (test_layer_exists (store, 0));
}

/* A program that fails, and one that makes something else: nothing becomes visible; again: works.
 */
static void
test_packer (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request ("x", 1);
	g_autofree char *path = g_strdup (g_getenv ("PATH"));
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;

	test_write (layer, "file", "x");
	test_squash_program (store, "mksquashfs", "echo no disk today >&2; exit 3");
	assert_commit_fails (store, DAVIT_ERROR_HELPER, "no disk today");
	test_squash_program (store, "mksquashfs", "echo no squashfs >$2");
	assert_commit_fails (store, DAVIT_ERROR_HELPER, "made no squashfs: it does not begin");
	test_squash_program (store, "mksquashfs", "rm -f $2");
	assert_commit_fails (store, DAVIT_ERROR_NOT_FOUND, "open what mksquashfs made");
	g_setenv ("PATH", path, TRUE);
	test_layer_commit (store, 0);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "x");
}

static void
test_holes (TestStore *store, gconstpointer data)
{
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd file = openat (layer, "hole", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	g_assert_cmpint (ftruncate (file, (off_t) 2 << 40), ==, 0);
	assert_commit_fails (store, DAVIT_ERROR_UNSUPPORTED, "which would take hours to pack");
	g_assert_true (davit_storage_layer_abort (store->storage, test_chain_id (0), NULL));
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
}

static void
test_options (TestStore *store, gconstpointer data)
{
	static const char *const wrong[][2] = {
		{"storage.squash.compression-level=0", "0 is not between 1 and 22"},
		{"storage.squash.block-size=100k", "102400 is no power of two"},
		{"storage.squash.mount=maybe", "auto, kernel"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
		const char *const overrides[] = {wrong[i][0], NULL};
		g_autofree char *built = g_test_build_filename (G_TEST_BUILT, ".", NULL);
		const char *plugin_path[] = {built, NULL};
		g_autoptr (GError) error = NULL;
		DavitConfig *config = davit_config_load (store->paths, overrides, &error);
		DavitDrivers *drivers = davit_drivers_new (store->paths, config, plugin_path);

		g_assert_no_error (error);
		g_assert_null (davit_drivers_storage (drivers, "squash", &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
		if (strstr (error->message, wrong[i][1]) == NULL)
			g_error ("\"%s\" does not say \"%s\"", error->message, wrong[i][1]);
		davit_drivers_free (drivers);
		davit_config_free (config);
	}
}

/* The option stands for the request's field, and a container keeps what it was made with. */
static void
test_memory_option (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest disk = test_request ("disk", 1);
	DavitRootfsRequest memory = test_request ("memory", 1);
	davit_autofd fd = -1;

	test_squash_layer (store, 0);
	fd = test_rootfs_mount (store, &disk);
	test_write (fd, "written", "x");
	davit_fd_close (&fd);
	test_store_configure (store, "storage.squash.tmpfs-upper=1m");
	fd = test_rootfs_mount (store, &disk);
	test_assert_content (fd, "written", "x");
	davit_fd_close (&fd);
	fd = test_rootfs_mount (store, &memory);
	test_write (fd, "written", "x");
	davit_fd_close (&fd);
	test_store_configure (store, NULL);
	fd = test_rootfs_mount (store, &memory);
	test_assert_absent (fd, "written");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("squash");
	test_contents_add ("squash");
	test_store_add ("squash", "file", test_file);
	test_store_add ("squash", "order", test_order);
	test_store_add ("squash", "superblock", test_superblock);
	test_store_add ("squash", "damaged", test_damaged);
	test_store_add ("squash", "ways-are-equal", test_ways_are_equal);
	test_store_add ("squash", "packer", test_packer);
	test_store_add ("squash", "holes", test_holes);
	test_store_add ("squash", "options", test_options);
	test_store_add ("squash", "memory-option", test_memory_option);
	return g_test_run ();
}
