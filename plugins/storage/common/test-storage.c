/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static void
store_open_driver (TestStore *store)
{
	g_autofree char *built = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	g_autofree char *state =
		g_build_filename (store->directory, "root", "storage", store->driver, NULL);
	const char *plugin_path[] = {store->plugins != NULL ? store->plugins : built, NULL};
	g_autoptr (GError) error = NULL;

	store->drivers = davit_drivers_new (store->paths, store->config, plugin_path);
	store->storage = davit_drivers_storage (store->drivers, store->driver, &error);
	g_assert_no_error (error);
	store->state_fd = open (state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (store->state_fd, >=, 0);
}

/* What is mounted goes with its last user: most tests look whether it is gone. */
static void
config_load (TestStore *store, const char *option)
{
	gboolean packed = strcmp (store->driver, "squash") == 0;
	const char *const overrides[] = {
		packed ? "storage.squash.keep-mounted=0s" : option,
		packed ? option : NULL,
		NULL,
	};
	g_autoptr (GError) error = NULL;

	store->config = davit_config_load (store->paths, overrides, &error);
	g_assert_no_error (error);
}

void
test_store_set_up (TestStore *store, gconstpointer driver)
{
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;

	store->driver = (const char *) driver;
	store->directory =
		g_build_filename (store->parent != NULL ? store->parent : g_get_tmp_dir (),
				  "davit-test-storage-XXXXXX", NULL);
	g_assert_nonnull (g_mkdtemp (store->directory));
	root = g_build_filename (store->directory, "root", NULL);
	runroot = g_build_filename (store->directory, "run", NULL);
	store->paths = davit_paths_new ();
	davit_paths_set (&store->paths->root, root);
	davit_paths_set (&store->paths->runroot, runroot);
	davit_paths_set (&store->paths->sysconfdir, store->directory);
	config_load (store, NULL);
	store_open_driver (store);
}

void
test_store_reopen (TestStore *store)
{
	davit_drivers_free (store->drivers);
	davit_fd_close (&store->state_fd);
	store_open_driver (store);
}

void
test_store_configure (TestStore *store, const char *option)
{
	davit_drivers_free (store->drivers);
	davit_fd_close (&store->state_fd);
	davit_config_free (store->config);
	config_load (store, option);
	store_open_driver (store);
}

static char *
mount_table (void)
{
	char *text = NULL;

	g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL));
	return text;
}

void
test_store_tear_down (TestStore *store, gconstpointer driver)
{
	g_autofree char *parent = g_path_get_dirname (store->directory);
	g_autofree char *name = g_path_get_basename (store->directory);
	g_autofree char *mounts = mount_table ();
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	/* Nothing of all this was ever seen on the host. */
	g_assert_null (strstr (mounts, name));
	davit_drivers_free (store->drivers);
	davit_fd_close (&store->state_fd);
	davit_config_free (store->config);
	davit_paths_free (store->paths);
	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
	g_free (store->directory);
}

void
test_store_add (const char *driver, const char *name, void (*function) (TestStore *, gconstpointer))
{
	g_autofree char *path = g_strdup_printf ("/%s/%s", driver, name);

	g_test_add (path, TestStore, driver, test_store_set_up, function, test_store_tear_down);
}

gboolean
test_is_packed (const TestStore *store)
{
	return g_str_equal (store->driver, "squash");
}

const char *
test_chain_id (guint number)
{
	g_autofree char *id = g_strdup_printf ("%064x", number);

	return g_intern_string (id);
}

int
test_layer_begin (TestStore *store, guint number, DavitWhiteouts *ret_whiteouts)
{
	DavitLayerRequest request = {
		.size = sizeof request,
		.chain_id = test_chain_id (number),
		.parent_id = number > 0 ? test_chain_id (number - 1) : NULL,
	};
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_APPLY;
	g_autoptr (GError) error = NULL;
	int fd = -1;

	davit_storage_layer_begin (store->storage, &request, &fd, &whiteouts, &error);
	g_assert_no_error (error);
	g_assert_cmpint (fd, >=, 0);
	if (ret_whiteouts != NULL)
		*ret_whiteouts = whiteouts;
	return fd;
}

void
test_layer_commit (TestStore *store, guint number)
{
	const char *const ids[] = {test_chain_id (number), NULL};
	g_autoptr (GError) error = NULL;

	davit_storage_layer_commit (store->storage, ids, &error);
	g_assert_no_error (error);
}

gboolean
test_layer_exists (TestStore *store, guint number)
{
	g_autoptr (GError) error = NULL;
	gboolean exists = FALSE;

	davit_storage_layer_exists (store->storage, test_chain_id (number), &exists, &error);
	g_assert_no_error (error);
	return exists;
}

DavitRootfsRequest
test_request (const char *id, guint n_layers)
{
	const char **layers = g_new0 (const char *, n_layers + 1);

	for (guint i = 0; i < n_layers; i++)
		layers[i] = test_chain_id (i);
	g_test_queue_free ((gpointer) layers);
	return (DavitRootfsRequest){
		.size = sizeof (DavitRootfsRequest),
		.id = id,
		.layers = layers,
	};
}

int
test_rootfs_mount (TestStore *store, const DavitRootfsRequest *request)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	davit_storage_rootfs_create (store->storage, request, &error);
	g_assert_no_error (error);
	davit_storage_rootfs_mount (store->storage, request, &fd, &error);
	g_assert_no_error (error);
	g_assert_cmpint (fd, >=, 0);
	return fd;
}

void
test_write (int dirfd, const char *path, const char *text)
{
	davit_autofd fd = openat (dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, text, strlen (text), path, NULL));
}

void
test_assert_content (int dirfd, const char *path, const char *expected)
{
	davit_autofd fd = openat (dirfd, path, O_RDONLY | O_CLOEXEC);
	g_autofree char *text = NULL;

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_read (fd, 1024 * 1024, path, &text, NULL, NULL));
	g_assert_cmpstr (text, ==, expected);
}

gboolean
test_exists (int dirfd, const char *path)
{
	return faccessat (dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void
test_assert_absent (int dirfd, const char *path)
{
	g_assert_false (test_exists (dirfd, path));
	g_assert_cmpint (errno, ==, ENOENT);
}

static void
remove_path (int dirfd, const char *path)
{
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *name = g_path_get_basename (path);
	davit_autofd fd = openat (dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true (davit_path_remove_tree (fd, name, NULL));
}

void
test_whiteout (int dirfd, const char *path, DavitWhiteouts whiteouts)
{
	if (whiteouts == DAVIT_WHITEOUTS_APPLY)
		remove_path (dirfd, path);
	else
		g_assert_cmpint (mknodat (dirfd, path, S_IFCHR, makedev (0, 0)), ==, 0);
}

void
test_opaque (int dirfd, const char *path, DavitWhiteouts whiteouts)
{
	g_autofree char *full = g_strdup_printf ("/proc/self/fd/%d/%s", dirfd, path);
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd = openat (dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (whiteouts != DAVIT_WHITEOUTS_APPLY) {
		const char *mark = whiteouts == DAVIT_WHITEOUTS_OVERLAY_USER
					   ? "user.overlay.opaque"
					   : "trusted.overlay.opaque";

		g_assert_cmpint (lsetxattr (full, mark, "y", 1, 0), ==, 0);
		return;
	}
	g_assert_true (davit_path_list (fd, &names, NULL));
	for (guint i = 0; i < names->len; i++)
		g_assert_true (davit_path_remove_tree (fd,
						       (const char *) g_ptr_array_index (names, i),
						       NULL));
}

static void
describe_content (GString *text, int dirfd, const char *name, const struct stat *status)
{
	char target[4096];
	gssize length;

	if (S_ISLNK (status->st_mode)) {
		length = readlinkat (dirfd, name, target, sizeof target);
		g_assert_cmpint (length, >=, 0);
		g_string_append_printf (text, " -> %.*s", (int) length, target);
	}
	if (S_ISREG (status->st_mode) && status->st_size < 1024 * 1024) {
		davit_autofd fd = openat (dirfd, name, O_RDONLY | O_CLOEXEC);
		g_autofree char *content = NULL;
		g_autofree char *sum = NULL;
		gsize size = 0;

		g_assert_true (davit_fd_read (fd, 1024 * 1024, name, &content, &size, NULL));
		sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content,
						   size);
		g_string_append_printf (text, " %s", sum);
	}
}

static void
describe_xattrs (GString *text, int dirfd, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", dirfd, name);
	char list[4096];
	gssize length = llistxattr (path, list, sizeof list);

	for (gssize at = 0; at < length; at += (gssize) strlen (list + at) + 1) {
		char value[256];
		gssize size = lgetxattr (path, list + at, value, sizeof value);

		g_string_append_printf (text, " %s=", list + at);
		for (gssize i = 0; i < size; i++)
			g_string_append_printf (text, "%02x", (guchar) value[i]);
	}
}

static int
compare_names (gconstpointer first, gconstpointer second)
{
	return strcmp (*(const char *const *) first, *(const char *const *) second);
}

/* The trees of the tests are not deep. */
static void
describe_directory (GString *text, int dirfd, const char *path)
{
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (dirfd, &names, NULL));
	g_ptr_array_sort (names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		g_autofree char *full = g_strconcat (path, "/", name, NULL);
		struct stat status;

		g_assert_cmpint (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
		g_string_append_printf (text, "%s %o %u:%u", full, status.st_mode, status.st_uid,
					status.st_gid);
		if (!S_ISDIR (status.st_mode))
			g_string_append_printf (text, " %d links %d bytes", (int) status.st_nlink,
						(int) status.st_size);
		if (S_ISCHR (status.st_mode) || S_ISBLK (status.st_mode))
			g_string_append_printf (text, " device %x", (unsigned) status.st_rdev);
		g_string_append_printf (text, " %ld.%09ld", (long) status.st_mtim.tv_sec,
					status.st_mtim.tv_nsec);
		describe_content (text, dirfd, name, &status);
		describe_xattrs (text, dirfd, name);
		g_string_append_c (text, '\n');
		if (S_ISDIR (status.st_mode)) {
			davit_autofd fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			describe_directory (text, fd, full);
		}
	}
}

char *
test_describe (int dirfd)
{
	GString *text = g_string_new (NULL);
	struct stat status;

	g_assert_cmpint (fstat (dirfd, &status), ==, 0);
	g_string_append_printf (text, "/ %o %u:%u %ld\n", status.st_mode, status.st_uid,
				status.st_gid, (long) status.st_mtim.tv_sec);
	describe_directory (text, dirfd, "");
	return g_string_free (text, FALSE);
}

guint
test_count (TestStore *store, const char *directory)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd = openat (store->state_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true (davit_path_list (fd, &names, NULL));
	return names->len;
}
