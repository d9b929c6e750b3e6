/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Removal of trees that are meant to make it fail, or to make it remove something else. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	char *directory;
	int fd;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	fixture->directory = g_dir_make_tmp ("davit-remove-XXXXXX", NULL);
	g_assert_nonnull (fixture->directory);
	fixture->fd = open (fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (fixture->fd, >=, 0);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	close (fixture->fd);
	/* Every test has taken its tree away: an ordinary rmdir shows it. */
	g_assert_cmpint (rmdir (fixture->directory), ==, 0);
	g_free (fixture->directory);
}

static void
make_file (int dirfd, const char *name)
{
	int fd = openat (dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	g_assert_cmpint (fd, >=, 0);
	close (fd);
}

static void
assert_removed (Fixture *fixture, const char *name)
{
	g_autoptr (GError) error = NULL;
	gboolean removed = davit_path_remove_tree (fixture->fd, name, &error);

	g_assert_no_error (error);
	g_assert_true (removed);
	g_assert_cmpint (faccessat (fixture->fd, name, F_OK, AT_SYMLINK_NOFOLLOW), ==, -1);
	g_assert_cmpint (errno, ==, ENOENT);
}

static void
test_kinds (Fixture *fixture, gconstpointer data)
{
	g_assert_cmpint (mkdirat (fixture->fd, "keep", 0700), ==, 0);
	make_file (fixture->fd, "keep/file");
	g_assert_cmpint (mkdirat (fixture->fd, "tree", 0700), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "tree/empty", 0700), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "tree/full", 0500), ==, 0);
	make_file (fixture->fd, "tree/full/file");
	g_assert_cmpint (mkfifoat (fixture->fd, "tree/fifo", 0600), ==, 0);
	g_assert_cmpint (symlinkat ("../keep", fixture->fd, "tree/link"), ==, 0);
	g_assert_cmpint (symlinkat ("keep", fixture->fd, "link"), ==, 0);
	assert_removed (fixture, "tree");
	assert_removed (fixture, "link");
	assert_removed (fixture, "tree");
	g_assert_cmpint (faccessat (fixture->fd, "keep/file", F_OK, 0), ==, 0);
	assert_removed (fixture, "keep");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = {"", ".", "..", "a/b", "/"};

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autoptr (GError) error = NULL;

		g_assert_false (davit_path_remove_tree (fixture->fd, names[i], &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
		g_assert_true (g_str_has_suffix (error->message, "not one plain name"));
	}
}

/* Many names in one directory: some file systems lose their place when names go meanwhile. */
static void
test_wide (Fixture *fixture, gconstpointer data)
{
	davit_autofd tree = -1;

	g_assert_true (davit_path_open_subdirectory (fixture->fd, "tree", 0700, &tree, NULL));
	for (guint i = 0; i < 3000; i++) {
		g_autofree char *name = g_strdup_printf ("a-rather-long-name-%u", i);

		if (i % 3 == 0)
			g_assert_cmpint (mkdirat (tree, name, 0700), ==, 0);
		else
			make_file (tree, name);
	}
	assert_removed (fixture, "tree");
}

/* Deeper than the descriptors that we have, than PATH_MAX, and than any stack. */
static void
test_deep (Fixture *fixture, gconstpointer data)
{
	const struct rlimit few = {200, 200};
	struct rlimit before;
	int status = 0;
	int fd = dup (fixture->fd);
	pid_t child;

	g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
	for (guint i = 0; i < 5000; i++) {
		int below = -1;

		g_assert_true (davit_path_open_subdirectory (fd, "tree", 0700, &below, NULL));
		if (i % 50 == 0)
			make_file (below, "file");
		close (fd);
		fd = below;
	}
	close (fd);
	child = fork ();
	if (child == 0) {
		if (setrlimit (RLIMIT_NOFILE, &few) < 0)
			_exit (2);
		_exit (davit_path_remove_tree (fixture->fd, "tree", NULL) ? 0 : 1);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	assert_removed (fixture, "tree");
}

/* A user has no way into a directory without permissions, until it gives them to itself. */
static void
run_without_permissions (int fd)
{
	static const char *const paths[] = {"tree", "tree/a", "tree/a/b", "tree/a/b/c", NULL};

	if (setresgid (65534, 65534, 65534) < 0 || setresuid (65534, 65534, 65534) < 0)
		_exit (1);
	for (guint i = 0; paths[i] != NULL; i++)
		g_assert_cmpint (mkdirat (fd, paths[i], 0700), ==, 0);
	make_file (fd, "tree/a/b/file");
	g_assert_cmpint (fchmodat (fd, "tree/a/b/c", 0, 0), ==, 0);
	g_assert_cmpint (fchmodat (fd, "tree/a/b", 0, 0), ==, 0);
	g_assert_cmpint (fchmodat (fd, "tree/a", 0500, 0), ==, 0);
	g_assert_cmpint (fchmodat (fd, "tree", 0111, 0), ==, 0);
	_exit (davit_path_remove_tree (fd, "tree", NULL) ? 0 : 2);
}

static void
test_permissions (Fixture *fixture, gconstpointer data)
{
	int status = 0;
	pid_t child;

	if (geteuid () != 0) {
		g_test_skip ("needs root to become another user");
		return;
	}
	g_assert_cmpint (fchown (fixture->fd, 65534, 65534), ==, 0);
	child = fork ();
	if (child == 0)
		run_without_permissions (fixture->fd);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	g_assert_cmpint (faccessat (fixture->fd, "tree", F_OK, 0), ==, -1);
}

/* 0: as it should be. In a child, which has a mount namespace of its own. */
static int
run_mount (Fixture *fixture)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *keep = g_build_filename (fixture->directory, "keep", NULL);
	g_autofree char *inside = g_build_filename (fixture->directory, "tree/deep/in", NULL);

	if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 1;
	/* The same file system: only the mount is another one. */
	if (mount (keep, inside, NULL, MS_BIND, NULL) < 0)
		return 2;
	if (davit_path_remove_tree (fixture->fd, "tree", &error))
		return 3;
	if (!davit_error_matches (error, DAVIT_ERROR_BUSY) ||
	    strcmp (error->message, "remove \"tree/deep/in\": something is mounted there; "
				    "unmount it first") != 0)
		return 4;
	return faccessat (fixture->fd, "keep/file", F_OK, 0) == 0 ? 0 : 5;
}

static void
test_mount (Fixture *fixture, gconstpointer data)
{
	int status = 0;
	pid_t child;

	if (geteuid () != 0) {
		g_test_skip ("needs root to mount");
		return;
	}
	g_assert_cmpint (mkdirat (fixture->fd, "keep", 0700), ==, 0);
	make_file (fixture->fd, "keep/file");
	g_assert_cmpint (mkdirat (fixture->fd, "tree", 0700), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "tree/deep", 0700), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "tree/deep/in", 0700), ==, 0);
	child = fork ();
	if (child == 0)
		_exit (run_mount (fixture));
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	assert_removed (fixture, "tree");
	g_assert_cmpint (faccessat (fixture->fd, "keep/file", F_OK, 0), ==, 0);
	assert_removed (fixture, "keep");
}

/* Somebody swaps a directory for a link to another one, as fast as it can. */
static void
run_swapper (int fd)
{
	for (;;) {
		if (renameat2 (fd, "tree/a", fd, "tree/b", RENAME_EXCHANGE) < 0 && errno == ENOENT)
			_exit (0);
	}
}

static void
test_race (Fixture *fixture, gconstpointer data)
{
	g_assert_cmpint (mkdirat (fixture->fd, "keep", 0700), ==, 0);
	make_file (fixture->fd, "keep/file");
	for (guint i = 0; i < 100; i++) {
		pid_t child;

		g_assert_cmpint (mkdirat (fixture->fd, "tree", 0700), ==, 0);
		g_assert_cmpint (mkdirat (fixture->fd, "tree/a", 0700), ==, 0);
		make_file (fixture->fd, "tree/a/file");
		g_assert_cmpint (symlinkat ("../keep", fixture->fd, "tree/b"), ==, 0);
		child = fork ();
		if (child == 0)
			run_swapper (fixture->fd);
		/* It may lose against the swapper, and say so; it must not touch the other one. */
		davit_path_remove_tree (fixture->fd, "tree", NULL);
		kill (child, SIGKILL);
		g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
		assert_removed (fixture, "tree");
		g_assert_cmpint (faccessat (fixture->fd, "keep/file", F_OK, 0), ==, 0);
	}
	assert_removed (fixture, "keep");
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
	add ("/path-remove/kinds", test_kinds);
	add ("/path-remove/names", test_names);
	add ("/path-remove/wide", test_wide);
	add ("/path-remove/deep", test_deep);
	add ("/path-remove/permissions", test_permissions);
	add ("/path-remove/mount", test_mount);
	add ("/path-remove/race", test_race);
	return g_test_run ();
}
