/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The storage "vfs", through the loader as the engine uses it. */

#include "../common/test-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* One time for all: the two stores are filled one after the other. */
static void
settle (int dirfd)
{
	const struct timespec times[] = {{1234567890, 0}, {1234567890, 987654321}};
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (dirfd, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		davit_autofd below =
			openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (below >= 0)
			settle (below);
		else
			g_assert_cmpint (utimensat (dirfd, name, times, AT_SYMLINK_NOFOLLOW), ==,
					 0);
	}
	g_assert_cmpint (futimens (dirfd, times), ==, 0);
}

/* What a container sees of three layers, as text. */
static char *
describe_layers (const char *driver)
{
	TestStore store = {0};
	DavitRootfsRequest request = test_request (ID, 3);
	DavitWhiteouts whiteouts;
	davit_autofd fd = -1;
	int layer;
	char *text;

	test_store_set_up (&store, driver);
	layer = test_layer_begin (&store, 0, &whiteouts);
	test_fill_kinds (layer);
	test_fill_xattrs (layer);
	test_fill_lower (layer);
	settle (layer);
	test_layer_commit (&store, 0);
	close (layer);

	layer = test_layer_begin (&store, 1, NULL);
	test_fill_upper (layer, whiteouts);
	test_whiteout (layer, "fifo", whiteouts);
	test_whiteout (layer, "link", whiteouts);
	settle (layer);
	test_layer_commit (&store, 1);
	close (layer);

	/* What was deleted comes back as something else. */
	layer = test_layer_begin (&store, 2, NULL);
	g_assert_cmpint (mkdirat (layer, "gone", 0700), ==, 0);
	g_assert_cmpint (symlinkat ("elsewhere", layer, "fifo"), ==, 0);
	g_assert_cmpint (fchmod (layer, 0750), ==, 0);
	settle (layer);
	test_layer_commit (&store, 2);
	close (layer);

	fd = test_rootfs_mount (&store, &request);
	text = test_describe (fd);
	davit_fd_close (&fd);
	test_store_tear_down (&store, driver);
	return text;
}

/* Both drivers show the same tree for the same layers. */
static void
test_identical (void)
{
	g_autofree char *overlay = g_test_build_filename (G_TEST_BUILT, "overlay.so", NULL);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	if (access (overlay, F_OK) < 0) {
		g_test_skip ("the plugin overlay is not built");
		return;
	}
	first = describe_layers ("vfs");
	second = describe_layers ("overlay");
	g_assert_cmpstr (first, ==, second);
	g_assert_nonnull (strstr (first, "/merged/old "));
	g_assert_null (strstr (first, "/opaque/old "));
}

/* A copy that was cut off is done anew, and never taken for a whole one. */
static void
test_half_copied (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;
	g_autoptr (GError) error = NULL;

	test_write (layer, "file", "layer");
	test_layer_commit (store, 0);
	g_assert_cmpint (mkdirat (store->state_fd, "rootfs/" ID, 0700), ==, 0);
	g_assert_cmpint (mkdirat (store->state_fd, "rootfs/" ID "/new", 0700), ==, 0);
	test_write (store->state_fd, "rootfs/" ID "/new/half", "half");
	g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "was not made to its end"));
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "layer");
	test_assert_absent (fd, "half");
	g_assert_cmpuint (test_count (store, "rootfs/" ID), ==, 1);
}

/* A file of several megabytes, and one that ends in the middle of a block. */
static void
test_content (TestStore *store, gconstpointer data)
{
	const gsize length = 5 * 1024 * 1024 + 123;
	g_autofree char *text = (char *) g_malloc (length);
	g_autofree char *copy = NULL;
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd file = openat (layer, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	davit_autofd fd = -1;
	gsize copy_length = 0;

	for (gsize i = 0; i < length; i++)
		text[i] = (char) (i * 31 + i / 4096);
	g_assert_true (davit_fd_write (file, text, length, "big", NULL));
	davit_fd_close (&file);
	test_layer_commit (store, 0);
	fd = test_rootfs_mount (store, &request);
	file = openat (fd, "big", O_RDONLY | O_CLOEXEC);
	g_assert_true (davit_fd_read (file, length, "big", &copy, &copy_length, NULL));
	g_assert_cmpmem (copy, copy_length, text, length);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("vfs");
	test_contents_add ("vfs");
	test_trees_add ("vfs");
	test_store_add ("vfs", "half-copied", test_half_copied);
	test_store_add ("vfs", "content", test_content);
	g_test_add_func ("/vfs/identical", test_identical);
	return g_test_run ();
}
