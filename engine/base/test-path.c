/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths in a root that wants to lead out, and the engine's own directories. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* DIRECTORY/root is the hostile root; DIRECTORY/secret is what it must not reach. */
typedef struct {
	char *directory;
	int fd;
	int root;
} Fixture;

static void
write_file (int dirfd, const char *name, const char *text)
{
	davit_autofd fd = openat (dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, text, strlen (text), name, NULL));
}

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	fixture->directory = g_dir_make_tmp ("davit-path-XXXXXX", NULL);
	g_assert_nonnull (fixture->directory);
	fixture->fd = open (fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (fixture->fd, >=, 0);
	g_assert_true (
		davit_path_open_subdirectory (fixture->fd, "root", 0755, &fixture->root, NULL));
	write_file (fixture->fd, "secret", "host");
	g_assert_cmpint (mkdirat (fixture->root, "etc", 0755), ==, 0);
	write_file (fixture->root, "secret", "container");
	write_file (fixture->root, "etc/passwd", "root:x:0:0\n");
	g_assert_cmpint (symlinkat ("../../../secret", fixture->root, "etc/out"), ==, 0);
	g_assert_cmpint (symlinkat ("/secret", fixture->root, "absolute"), ==, 0);
	g_assert_cmpint (symlinkat ("/proc/self/root", fixture->root, "magic"), ==, 0);
	g_assert_cmpint (symlinkat ("loop", fixture->root, "loop"), ==, 0);
	g_assert_cmpint (mkfifoat (fixture->root, "fifo", 0644), ==, 0);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	g_autofree char *name = g_path_get_basename (fixture->directory);
	g_autoptr (GError) error = NULL;
	davit_autofd above = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	close (fixture->root);
	close (fixture->fd);
	g_assert_true (davit_path_remove_tree (above, name, &error));
	g_assert_no_error (error);
	g_assert_cmpint (access (fixture->directory, F_OK), ==, -1);
	g_free (fixture->directory);
}

static void
assert_read (int rootfd, const char *path, const char *expected)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	g_assert_true (davit_path_read_file (rootfd, path, 1000, &text, &length, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (text, ==, expected);
	g_assert_cmpuint (length, ==, strlen (expected));
}

static void
assert_read_fails (int rootfd, const char *path, DavitErrorCode code, const char *message)
{
	g_autoptr (GError) error = NULL;
	char *text = NULL;

	g_assert_false (davit_path_read_file (rootfd, path, 4, &text, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, message);
	g_assert_null (text);
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
	int root = fixture->root;

	assert_read (root, "etc/passwd", "root:x:0:0\n");
	assert_read (root, "/etc/../etc/passwd", "root:x:0:0\n");
	/* Nothing leads out: these all stop at the root. */
	assert_read (root, "etc/out", "container");
	assert_read (root, "absolute", "container");
	assert_read (root, "../../../../secret", "container");
	assert_read_fails (root, "absent", DAVIT_ERROR_NOT_FOUND,
			   "open \"absent\": No such file or directory");
	assert_read_fails (root, "magic/etc/passwd", DAVIT_ERROR_NOT_FOUND,
			   "open \"magic/etc/passwd\": No such file or directory");
	assert_read_fails (root, "fifo", DAVIT_ERROR_FAILED,
			   "read \"fifo\": it is a FIFO, not a regular file");
	assert_read_fails (root, "etc", DAVIT_ERROR_FAILED,
			   "read \"etc\": it is a directory, not a regular file");
	assert_read_fails (root, "loop", DAVIT_ERROR_FAILED,
			   "open \"loop\": Too many levels of symbolic links");
	assert_read_fails (root, "secret", DAVIT_ERROR_CORRUPT,
			   "read \"secret\": longer than 4 bytes");
}

/* With a /proc inside the root, a magic link would lead out even of a root. */
static void
test_magic_link (Fixture *fixture, gconstpointer data)
{
	davit_autofd root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/secret", fixture->fd);
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (davit_path_open_in_root (root, path, O_RDONLY, 0, &fd, &error));
	g_assert_nonnull (error);
	g_assert_nonnull (strstr (error->message, "Too many levels of symbolic links"));
	g_assert_cmpint (fd, ==, -1);
}

static void
test_open (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	/* A mode that plays no part is no error. */
	g_assert_true (davit_path_open_in_root (fixture->root, "etc", O_RDONLY | O_DIRECTORY, 0644,
						&fd, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
	close (fd);
	fd = -1;
	g_assert_false (davit_path_open_in_root (fixture->root, "etc/passwd",
						 O_RDONLY | O_DIRECTORY, 0, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==,
			 "open \"etc/passwd\": it is a regular file, not a directory");
	g_clear_error (&error);
	g_assert_false (davit_path_open_in_root (fixture->root, "absolute", O_RDONLY | O_NOFOLLOW,
						 0, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "open \"absolute\": it is a symbolic link");
	g_clear_error (&error);
	g_assert_false (davit_path_open_in_root (fixture->root, "fifo", O_WRONLY | O_NONBLOCK, 0,
						 &fd, &error));
	g_assert_cmpstr (error->message, ==, "open \"fifo\": it is a FIFO");
	g_assert_cmpint (fd, ==, -1);
}

static void
assert_beneath_fails (int dirfd, const char *path, const char *message)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (
		davit_path_open_beneath (dirfd, path, O_RDONLY | O_NONBLOCK, 0, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PERMISSION);
	g_assert_cmpstr (error->message, ==, message);
	g_assert_cmpint (fd, ==, -1);
}

static void
test_beneath (Fixture *fixture, gconstpointer data)
{
	davit_autofd host = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	davit_autofd fd = -1;

	g_assert_true (
		davit_path_open_beneath (fixture->root, "etc/passwd", O_RDONLY, 0, &fd, NULL));
	assert_beneath_fails (fixture->root, "etc/../etc/passwd",
			      "open \"etc/../etc/passwd\": \"..\" is not allowed in it");
	assert_beneath_fails (fixture->root, "..", "open \"..\": \"..\" is not allowed in it");
	assert_beneath_fails (fixture->root, "absolute",
			      "open \"absolute\": it is or goes through a symbolic link");
	assert_beneath_fails (
		fixture->root, "/etc/passwd",
		"open \"/etc/passwd\": it leads out of its directory or into another mount");
	assert_beneath_fails (
		host, "proc/version",
		"open \"proc/version\": it leads out of its directory or into another mount");
	/* Two dots inside a name are only a name. */
	write_file (fixture->root, "a..b", "");
	davit_fd_close (&fd);
	g_assert_true (davit_path_open_beneath (fixture->root, "a..b", O_RDONLY, 0, &fd, NULL));
}

static void
assert_mode (int dirfd, const char *path, mode_t expected)
{
	struct stat status;

	g_assert_cmpint (fstatat (dirfd, path, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_cmpint (status.st_mode, ==, expected);
}

static void
make_directory (Fixture *fixture, const char *path, const char *expected)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	struct stat made;
	struct stat there;

	g_assert_true (davit_path_make_directory (fixture->root, path, 0751, (uid_t) -1, (gid_t) -1,
						  &fd, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fstat (fd, &made), ==, 0);
	g_assert_cmpint (fstatat (fixture->root, expected, &there, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_true (S_ISDIR (made.st_mode));
	g_assert_cmpint (made.st_ino, ==, there.st_ino);
	g_assert_cmpint (fcntl (fd, F_GETFL) & O_PATH, ==, O_PATH);
}

static void
test_make_directory (Fixture *fixture, gconstpointer data)
{
	mode_t mask = umask (0077);

	make_directory (fixture, "/a/b/c", "a/b/c");
	umask (mask);
	assert_mode (fixture->root, "a", S_IFDIR | 0751);
	assert_mode (fixture->root, "a/b/c", S_IFDIR | 0751);
	make_directory (fixture, "a//b/./c/", "a/b/c");
	make_directory (fixture, "/", ".");
	make_directory (fixture, "a/../../../x", "x");

	/* Through links inside the root, also to what is not there yet. */
	g_assert_cmpint (symlinkat ("/run", fixture->root, "a/run"), ==, 0);
	make_directory (fixture, "a/run/lock/deep", "run/lock/deep");
	g_assert_cmpint (symlinkat ("../../../../../y/z", fixture->root, "a/b/up"), ==, 0);
	make_directory (fixture, "a/b/up", "y/z");
	g_assert_cmpint (symlinkat ("/", fixture->root, "top"), ==, 0);
	make_directory (fixture, "top/etc/new", "etc/new");
	g_assert_cmpint (faccessat (fixture->fd, "y", F_OK, 0), ==, -1);
	g_assert_cmpint (faccessat (fixture->fd, "x", F_OK, 0), ==, -1);
}

static void
assert_make_fails (Fixture *fixture, const char *path, DavitErrorCode code, const char *message)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (davit_path_make_directory (fixture->root, path, 0755, (uid_t) -1,
						   (gid_t) -1, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, message);
	g_assert_cmpint (fd, ==, -1);
}

static void
test_make_fails (Fixture *fixture, gconstpointer data)
{
	g_assert_cmpint (symlinkat ("two", fixture->root, "one"), ==, 0);
	g_assert_cmpint (symlinkat ("one/x", fixture->root, "two"), ==, 0);
	assert_make_fails (fixture, "etc/passwd/x", DAVIT_ERROR_EXISTS,
			   "make \"etc/passwd/x\": \"/etc/passwd\" is a regular file, not a "
			   "directory");
	assert_make_fails (fixture, "absolute", DAVIT_ERROR_EXISTS,
			   "make \"absolute\": \"/absolute\" is a regular file, not a directory");
	assert_make_fails (fixture, "loop/x", DAVIT_ERROR_FAILED,
			   "make \"loop/x\": \"/loop\": Too many levels of symbolic links");
	assert_make_fails (fixture, "one/y", DAVIT_ERROR_FAILED,
			   "make \"one/y\": \"/one\": Too many levels of symbolic links");
}

static void
test_make_owner (Fixture *fixture, gconstpointer data)
{
	davit_autofd fd = -1;
	struct stat status;

	if (geteuid () != 0) {
		g_test_skip ("needs root");
		return;
	}
	g_assert_true (davit_path_make_directory (fixture->root, "etc/owned/deep", 02750, 1234,
						  4321, &fd, NULL));
	g_assert_cmpint (fstatat (fixture->root, "etc/owned", &status, 0), ==, 0);
	g_assert_cmpint (status.st_uid, ==, 1234);
	g_assert_cmpint (status.st_gid, ==, 4321);
	/* The owner is set before the mode: otherwise the bit would be lost. */
	assert_mode (fixture->root, "etc/owned/deep", S_IFDIR | 02750);
	/* What was there before keeps its own. */
	g_assert_cmpint (fstatat (fixture->root, "etc", &status, 0), ==, 0);
	g_assert_cmpint (status.st_uid, ==, 0);
}

static void
test_make_file (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_true (davit_path_make_file (fixture->root, "new/sub/file", 0604, &fd, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fcntl (fd, F_GETFL) & O_PATH, ==, O_PATH);
	close (fd);
	assert_mode (fixture->root, "new/sub", S_IFDIR | 0755);
	assert_mode (fixture->root, "new/sub/file", S_IFREG | 0604);

	/* One that exists stays as it is. */
	g_assert_true (davit_path_make_file (fixture->root, "etc/out", 0600, &fd, &error));
	close (fd);
	assert_read (fixture->root, "secret", "container");
	assert_mode (fixture->root, "secret", S_IFREG | 0644);

	/* As resolv.conf is in many images: a link to what only a running system makes. */
	g_assert_cmpint (symlinkat ("../run/x/resolv.conf", fixture->root, "etc/resolv.conf"), ==,
			 0);
	g_assert_true (davit_path_make_file (fixture->root, "/etc/resolv.conf", 0644, &fd, &error));
	g_assert_no_error (error);
	close (fd);
	fd = -1;
	assert_mode (fixture->root, "run/x/resolv.conf", S_IFREG | 0644);
	assert_mode (fixture->root, "run/x", S_IFDIR | 0755);

	g_assert_false (davit_path_make_file (fixture->root, "etc", 0644, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_EXISTS);
	g_assert_cmpstr (error->message, ==,
			 "make \"etc\": \"/etc\" is a directory, not a regular file");
	g_clear_error (&error);
	g_assert_false (davit_path_make_file (fixture->root, "fifo", 0644, &fd, &error));
	g_assert_cmpstr (error->message, ==,
			 "make \"fifo\": \"/fifo\" is a FIFO, not a regular file");
	g_clear_error (&error);
	g_assert_false (davit_path_make_file (fixture->root, "/", 0644, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_EXISTS);
	g_assert_cmpint (fd, ==, -1);
}

static void
test_replace (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd directory = -1;

	g_assert_true (davit_path_open_subdirectory (fixture->fd, "own", 0700, &directory, NULL));
	for (int durable = 0; durable < 2; durable++) {
		g_assert_true (
			davit_path_replace_file (directory, "a", "one", 3, 0640, durable, &error));
		assert_read (directory, "a", "one");
		assert_mode (directory, "a", S_IFREG | 0640);
		g_assert_true (
			davit_path_replace_file (directory, "a", "", 0, 0600, durable, &error));
		g_assert_no_error (error);
		assert_read (directory, "a", "");
	}
	g_assert_cmpint (mkdirat (directory, "taken", 0700), ==, 0);
	g_assert_false (davit_path_replace_file (directory, "taken", "x", 1, 0600, FALSE, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "write \"taken\": Is a directory");
	g_clear_error (&error);
	g_assert_false (davit_path_replace_file (directory, "../a", "x", 1, 0600, FALSE, &error));
	g_assert_cmpstr (error->message, ==, "write \"../a\": not one plain name");
	g_clear_error (&error);
	/* No temporary file is left. */
	g_assert_true (davit_path_list (directory, &names, &error));
	g_assert_cmpuint (names->len, ==, 2);
	g_assert_true (davit_path_sync_directory (directory, &error));
	g_assert_no_error (error);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	davit_autofd path = openat (fixture->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* Twice: the first must not use up the directory's position. */
	for (guint i = 0; i < 2; i++) {
		g_autoptr (GPtrArray) names = NULL;

		g_assert_true (davit_path_list (i == 0 ? path : fixture->fd, &names, &error));
		g_assert_no_error (error);
		g_assert_cmpuint (names->len, ==, 2);
		g_assert_true (g_ptr_array_find_with_equal_func (names, "root", g_str_equal, NULL));
		g_assert_true (
			g_ptr_array_find_with_equal_func (names, "secret", g_str_equal, NULL));
	}
}

static void
test_subdirectory (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	mode_t mask = umask (0777);
	int fd = -1;

	g_assert_true (davit_path_open_subdirectory (fixture->fd, "new", 0711, &fd, &error));
	umask (mask);
	g_assert_no_error (error);
	close (fd);
	fd = -1;
	assert_mode (fixture->fd, "new", S_IFDIR | 0711);
	g_assert_false (
		davit_path_open_subdirectory (fixture->root, "absolute", 0700, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "open directory \"absolute\": it is a symbolic link");
	g_clear_error (&error);
	g_assert_false (davit_path_open_subdirectory (fixture->root, "a/b", 0700, &fd, &error));
	g_assert_cmpstr (error->message, ==, "open directory \"a/b\": not one plain name");
	g_assert_cmpint (fd, ==, -1);
}

static void
assert_private_fails (const char *path, const char *text)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (davit_path_open_private (path, 0700, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PERMISSION);
	g_assert_nonnull (strstr (error->message, text));
	g_assert_nonnull (strstr (error->message, path));
	g_assert_cmpint (fd, ==, -1);
}

static void
test_private (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename (fixture->directory, "one/two/three", NULL);
	g_autofree char *link = g_build_filename (fixture->directory, "link", NULL);
	g_autofree char *slash = g_strconcat (link, "/", NULL);
	g_autofree char *file = g_build_filename (fixture->directory, "secret", NULL);
	g_autoptr (GError) error = NULL;
	int fd = -1;

	for (guint i = 0; i < 2; i++) {
		g_assert_true (davit_path_open_private (path, 0700, &fd, &error));
		g_assert_no_error (error);
		close (fd);
	}
	assert_mode (fixture->fd, "one/two", S_IFDIR | 0755);
	assert_mode (fixture->fd, "one/two/three", S_IFDIR | 0700);
	g_assert_cmpint (symlink (path, link), ==, 0);
	assert_private_fails (link, "is a symbolic link");
	assert_private_fails (slash, "is a symbolic link");
	assert_private_fails (file, "is a regular file");
	g_assert_cmpint (chmod (path, 0720), ==, 0);
	assert_private_fails (path, "is writable by others (mode 0720)");
	g_assert_cmpint (chmod (path, 0700), ==, 0);
	if (geteuid () == 0) {
		g_assert_cmpint (chown (path, 12345, 0), ==, 0);
		assert_private_fails (path, "belongs to user 12345, not to user 0");
	}
}

static void
add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	add ("/path/read", test_read);
	add ("/path/magic-link", test_magic_link);
	add ("/path/open", test_open);
	add ("/path/beneath", test_beneath);
	add ("/path/make-directory", test_make_directory);
	add ("/path/make-fails", test_make_fails);
	add ("/path/make-owner", test_make_owner);
	add ("/path/make-file", test_make_file);
	add ("/path/replace", test_replace);
	add ("/path/list", test_list);
	add ("/path/subdirectory", test_subdirectory);
	add ("/path/private", test_private);
	return g_test_run ();
}
