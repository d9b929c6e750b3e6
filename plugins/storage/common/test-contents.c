/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What layers and containers hold: it comes out as it went in, and what changed is known. */

#include "test-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
set_time (int dirfd, const char *name, gint64 seconds, int flags)
{
	const struct timespec times[] = {{seconds, 1}, {seconds, 123456789}};

	g_assert_cmpint (utimensat (dirfd, name, times, flags), ==, 0);
}

static void
assert_node (int dirfd, const char *name, mode_t mode, uid_t uid, guint device)
{
	struct stat status;

	g_assert_cmpint (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_cmpint (status.st_mode, ==, mode);
	g_assert_cmpint (status.st_uid, ==, uid);
	g_assert_cmpuint ((guint) status.st_rdev, ==, device);
}

void
test_fill_kinds (int fd)
{
	char name[256];

	g_assert_cmpint (mkdirat (fd, "dir", 0700), ==, 0);
	test_write (fd, "dir/file", "content");
	g_assert_cmpint (linkat (fd, "dir/file", fd, "hard", 0), ==, 0);
	g_assert_cmpint (linkat (fd, "dir/file", fd, "dir/hard", 0), ==, 0);
	g_assert_cmpint (symlinkat ("../../etc/passwd", fd, "link"), ==, 0);
	g_assert_cmpint (fchownat (fd, "link", 7, 8, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_cmpint (mkfifoat (fd, "fifo", 0640), ==, 0);
	g_assert_cmpint (mknodat (fd, "char", S_IFCHR | 0640, makedev (1, 3)), ==, 0);
	g_assert_cmpint (mknodat (fd, "block", S_IFBLK | 0660, makedev (7, 1)), ==, 0);
	g_assert_cmpint (mknodat (fd, "socket", S_IFSOCK | 0777, 0), ==, 0);
	test_write (fd, "setuid", "#!");
	g_assert_cmpint (fchownat (fd, "setuid", 1000, 1001, 0), ==, 0);
	g_assert_cmpint (fchmodat (fd, "setuid", 04755, 0), ==, 0);
	g_assert_cmpint (mkdirat (fd, "sticky", 0), ==, 0);
	g_assert_cmpint (fchmodat (fd, "sticky", 03777, 0), ==, 0);
	test_write (fd, "\xff\xfe\n", "a name that is no text");
	memset (name, 'n', 255);
	name[255] = '\0';
	test_write (fd, name, "the longest");
	set_time (fd, "dir/file", 1000000000, 0);
	set_time (fd, "link", 900000000, AT_SYMLINK_NOFOLLOW);
	set_time (fd, "dir", 800000000, 0);
	set_time (fd, "char", -5, 0);
}

void
test_fill_xattrs (int fd)
{
	/* cap_net_raw=ep, revision 2 */
	static const char capability[] = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00"
					 "\x00\x00\x00\x00\x00\x00\x00\x00";
	davit_autofd file = openat (fd, "setuid", O_RDONLY | O_CLOEXEC);
	davit_autofd directory = openat (fd, "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d/link", fd);

	g_assert_cmpint (fsetxattr (file, "security.capability", capability, 20, 0), ==, 0);
	g_assert_cmpint (fsetxattr (file, "user.note", "a\0b", 3, 0), ==, 0);
	g_assert_cmpint (fsetxattr (directory, "trusted.note", "dir", 3, 0), ==, 0);
	g_assert_cmpint (lsetxattr (link, "trusted.note", "link", 4, 0), ==, 0);
}

/* Brings the times of everything in a directory to what a packed layer can hold. */
static void
round_times (int dirfd)
{
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (dirfd, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		struct timespec times[2] = {{0}};
		struct stat status;

		g_assert_cmpint (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
		times[1].tv_sec = MAX (status.st_mtim.tv_sec, 0);
		if (S_ISDIR (status.st_mode)) {
			davit_autofd fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			round_times (fd);
		}
		g_assert_cmpint (utimensat (dirfd, name, times, AT_SYMLINK_NOFOLLOW), ==, 0);
	}
}

/* Everything that a layer can hold comes out as it went in. */
static void
test_kinds (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 2);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;
	struct stat first;
	struct stat second;

	test_fill_kinds (layer);
	test_fill_xattrs (layer);
	g_assert_cmpint (fchown (layer, 42, 43), ==, 0);
	g_assert_cmpint (fchmod (layer, 0751), ==, 0);
	set_time (layer, ".", 700000000, 0);
	if (test_is_packed (store))
		round_times (layer);
	before = test_describe (layer);
	/* This one it brings into range itself. */
	if (test_is_packed (store))
		set_time (layer, "char", -5, 0);
	test_layer_commit (store, 0);
	davit_fd_close (&layer);
	/* A second one on top that changes nothing but the attributes of "/". */
	layer = test_layer_begin (store, 1, NULL);
	g_assert_cmpint (fchown (layer, 42, 43), ==, 0);
	g_assert_cmpint (fchmod (layer, 0751), ==, 0);
	set_time (layer, ".", 700000000, 0);
	test_layer_commit (store, 1);

	fd = test_rootfs_mount (store, &request);
	after = test_describe (fd);
	g_assert_cmpstr (after, ==, before);
	assert_node (fd, "char", S_IFCHR | 0640, 0, (guint) makedev (1, 3));
	assert_node (fd, "setuid", S_IFREG | 04755, 1000, 0);
	g_assert_cmpint (fstatat (fd, "hard", &first, 0), ==, 0);
	g_assert_cmpint (fstatat (fd, "dir/hard", &second, 0), ==, 0);
	g_assert_cmpint (first.st_nlink, ==, 3);
	g_assert_cmpint (first.st_ino, ==, second.st_ino);
	g_assert_nonnull (strstr (after, "security.capability=0100000200200000"));
}

static void
test_sparse (TestStore *store, gconstpointer data)
{
	const off_t size = (off_t) (test_is_packed (store) ? 1 : 1024) * 1024 * 1024 * 1024;
	DavitRootfsRequest request = test_request (ID, 2);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd top = -1;
	davit_autofd fd = -1;
	davit_autofd file = openat (layer, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat status;
	char byte = 0;

	g_assert_cmpint (ftruncate (file, size), ==, 0);
	g_assert_cmpint (pwrite (file, "a", 1, 5000000), ==, 1);
	g_assert_cmpint (pwrite (file, "z", 1, size - 1), ==, 1);
	davit_fd_close (&file);
	test_layer_commit (store, 0);
	top = test_layer_begin (store, 1, NULL);
	test_layer_commit (store, 1);
	fd = test_rootfs_mount (store, &request);
	file = openat (fd, "sparse", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (fstat (file, &status), ==, 0);
	g_assert_cmpint (status.st_size, ==, size);
	g_assert_cmpint (status.st_blocks, <, 4096);
	g_assert_cmpint (pread (file, &byte, 1, 5000000), ==, 1);
	g_assert_cmpint (byte, ==, 'a');
	g_assert_cmpint (pread (file, &byte, 1, size - 1), ==, 1);
	g_assert_cmpint (byte, ==, 'z');
}

void
test_fill_lower (int fd)
{
	test_write (fd, "gone", "x");
	test_write (fd, "file-then-dir", "x");
	g_assert_cmpint (mkdirat (fd, "gone-dir", 0755), ==, 0);
	test_write (fd, "gone-dir/inside", "x");
	g_assert_cmpint (mkdirat (fd, "opaque", 0755), ==, 0);
	test_write (fd, "opaque/old", "x");
	g_assert_cmpint (mkdirat (fd, "opaque/old-dir", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fd, "merged", 0755), ==, 0);
	test_write (fd, "merged/old", "low");
	test_write (fd, "merged/both", "low");
}

/* mkdirat that takes what is there: with APPLY the layer begins with its parent's tree. */
static void
ensure_directory (int fd, const char *path)
{
	g_assert_true (mkdirat (fd, path, 0755) == 0 || errno == EEXIST);
}

void
test_fill_upper (int fd, DavitWhiteouts whiteouts)
{
	test_whiteout (fd, "gone", whiteouts);
	test_whiteout (fd, "gone-dir", whiteouts);
	if (whiteouts == DAVIT_WHITEOUTS_APPLY)
		test_whiteout (fd, "file-then-dir", whiteouts);
	ensure_directory (fd, "file-then-dir");
	test_write (fd, "file-then-dir/new", "high");
	ensure_directory (fd, "opaque");
	test_opaque (fd, "opaque", whiteouts);
	test_write (fd, "opaque/new", "high");
	ensure_directory (fd, "merged");
	test_write (fd, "merged/both", "high");
	test_write (fd, "merged/new", "high");
}

static void
test_whiteouts (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 2);
	DavitWhiteouts whiteouts;
	davit_autofd low = test_layer_begin (store, 0, NULL);
	davit_autofd high = -1;
	davit_autofd fd = -1;

	test_fill_lower (low);
	test_layer_commit (store, 0);
	high = test_layer_begin (store, 1, &whiteouts);
	test_fill_upper (high, whiteouts);
	test_layer_commit (store, 1);

	fd = test_rootfs_mount (store, &request);
	test_assert_absent (fd, "gone");
	test_assert_absent (fd, "gone-dir");
	test_assert_content (fd, "file-then-dir/new", "high");
	test_assert_absent (fd, "opaque/old");
	test_assert_absent (fd, "opaque/old-dir");
	test_assert_content (fd, "opaque/new", "high");
	test_assert_content (fd, "merged/old", "low");
	test_assert_content (fd, "merged/both", "high");
	test_assert_content (fd, "merged/new", "high");
}

/* A layer may say of "/" itself that nothing below it counts. */
static void
test_opaque_root (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 3);
	DavitWhiteouts whiteouts;
	davit_autofd low = test_layer_begin (store, 0, NULL);
	davit_autofd middle = -1;
	davit_autofd high = -1;
	davit_autofd fd = -1;

	test_fill_lower (low);
	test_layer_commit (store, 0);
	middle = test_layer_begin (store, 1, &whiteouts);
	test_opaque (middle, ".", whiteouts);
	test_write (middle, "middle", "x");
	test_layer_commit (store, 1);
	high = test_layer_begin (store, 2, NULL);
	test_write (high, "high", "x");
	test_layer_commit (store, 2);

	fd = test_rootfs_mount (store, &request);
	test_assert_absent (fd, "gone");
	test_assert_absent (fd, "merged");
	test_assert_content (fd, "middle", "x");
	test_assert_content (fd, "high", "x");
	davit_fd_close (&fd);

	/* And when it is the uppermost: what the container writes is not hidden, nor hides it. */
	request = test_request ("other", 2);
	fd = test_rootfs_mount (store, &request);
	test_assert_absent (fd, "gone");
	test_assert_content (fd, "middle", "x");
	test_write (fd, "written", "y");
	test_assert_content (fd, "written", "y");
}

static void
assert_changes (const DavitResult *result, const char *key, const char *const *expected)
{
	g_autofree const char **got = davit_result_strings (result, key);

	for (guint i = 0; expected[i] != NULL; i++) {
		if (!g_strv_contains (got, expected[i]))
			g_error ("\"%s\" is not %s", expected[i], key);
	}
	g_assert_cmpuint (g_strv_length ((char **) got), ==, g_strv_length ((char **) expected));
}

static void
test_changes (TestStore *store, gconstpointer data)
{
	static const char *const added[] = {"/new", "/new-dir", "/new-dir/inside", "/merged/new",
					    NULL};
	static const char *const changed[] = {"/merged", "/merged/both", NULL};
	static const char *const deleted[] = {"/gone", "/gone-dir", NULL};
	DavitRootfsRequest request = test_request (ID, 1);
	g_autoptr (DavitResult) none = davit_result_new ();
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree const char **nothing = NULL;
	davit_autofd low = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;

	test_fill_lower (low);
	test_layer_commit (store, 0);
	fd = test_rootfs_mount (store, &request);
	g_assert_true (davit_storage_changes (store->storage, &request, none, &error));
	g_assert_no_error (error);
	nothing = davit_result_strings (none, "changed");
	g_assert_cmpuint (g_strv_length ((char **) nothing), ==, 0);

	g_assert_cmpint (unlinkat (fd, "gone", 0), ==, 0);
	g_assert_cmpint (unlinkat (fd, "gone-dir/inside", 0), ==, 0);
	g_assert_cmpint (unlinkat (fd, "gone-dir", AT_REMOVEDIR), ==, 0);
	test_write (fd, "new", "x");
	g_assert_cmpint (mkdirat (fd, "new-dir", 0755), ==, 0);
	test_write (fd, "new-dir/inside", "x");
	test_write (fd, "merged/both", "written");
	test_write (fd, "merged/new", "x");
	g_assert_true (davit_storage_changes (store->storage, &request, result, &error));
	g_assert_no_error (error);
	assert_changes (result, "added", added);
	assert_changes (result, "changed", changed);
	assert_changes (result, "deleted", deleted);
}

static gint64
result_integer (const DavitResult *result, const char *key)
{
	gint64 value = -1;

	g_assert_true (davit_result_integer (result, key, &value));
	return value;
}

static void
test_usage (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	g_autoptr (DavitResult) layer = davit_result_new ();
	g_autoptr (DavitResult) before = davit_result_new ();
	g_autoptr (DavitResult) after = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = g_strnfill (100000, 'x');
	davit_autofd low = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;

	test_write (low, "file", text);
	/* The same file under another name takes nothing. */
	g_assert_cmpint (linkat (low, "file", low, "again", 0), ==, 0);
	test_layer_commit (store, 0);
	g_assert_true (
		davit_storage_usage (store->storage, NULL, test_chain_id (0), layer, &error));
	g_assert_no_error (error);
	/* A packed one: its directory with a file, a stamp, and the attributes of "/". */
	g_assert_cmpint (result_integer (layer, "inodes"), ==, test_is_packed (store) ? 4 : 2);
	g_assert_cmpint (result_integer (layer, "bytes"), >=,
			 test_is_packed (store) ? 4096 : 100000);
	g_assert_cmpint (result_integer (layer, "bytes"), <, 200000);

	fd = test_rootfs_mount (store, &request);
	g_assert_true (davit_storage_usage (store->storage, ID, NULL, before, &error));
	test_write (fd, "written", text);
	syncfs (fd);
	g_assert_true (davit_storage_usage (store->storage, ID, NULL, after, &error));
	g_assert_no_error (error);
	g_assert_cmpint (result_integer (after, "inodes"), ==,
			 result_integer (before, "inodes") + 1);
	g_assert_cmpint (result_integer (after, "bytes"), >=,
			 result_integer (before, "bytes") + 100000);
	g_assert_false (davit_storage_usage (store->storage, "absent", NULL, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
}

/* Deeper than any path can name, as only a process inside can make it. */
static void
test_deep (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 0);
	g_autoptr (DavitResult) usage = davit_result_new ();
	g_autoptr (DavitResult) changes = davit_result_new ();
	g_autoptr (GError) error = NULL;
	davit_autofd fd = test_rootfs_mount (store, &request);
	int at = dup (fd);

	for (guint i = 0; i < 2000; i++) {
		int below = -1;

		g_assert_true (davit_path_open_subdirectory (at, "deep", 0700, &below, &error));
		close (at);
		at = below;
	}
	close (at);
	g_assert_true (davit_storage_usage (store->storage, ID, NULL, usage, &error));
	g_assert_no_error (error);
	g_assert_cmpint (result_integer (usage, "inodes"), >, 2000);
	g_assert_true (davit_storage_changes (store->storage, &request, changes, &error));
	g_assert_no_error (error);
	davit_fd_close (&fd);
	g_assert_true (davit_storage_rootfs_remove (store->storage, ID, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
}

void
test_contents_add (const char *driver)
{
	test_store_add (driver, "kinds", test_kinds);
	test_store_add (driver, "sparse", test_sparse);
	test_store_add (driver, "whiteouts", test_whiteouts);
	test_store_add (driver, "opaque-root", test_opaque_root);
	test_store_add (driver, "changes", test_changes);
	test_store_add (driver, "usage", test_usage);
	test_store_add (driver, "deep", test_deep);
}
