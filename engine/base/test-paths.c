/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where things are, for root and for others. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/paths.h"
#include "davit-config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_defaults (void)
{
	g_autoptr (DavitPaths) paths = NULL;

	if (geteuid () != 0) {
		g_test_skip ("needs root");
		return;
	}
	g_unsetenv ("DAVIT_DATADIR");
	g_setenv ("DAVIT_LIBEXECDIR", "/somewhere/else", TRUE);
	/* Relative to where the caller happens to be: no good. */
	g_setenv ("XDG_DATA_HOME", "relative", TRUE);
	paths = davit_paths_new ();
	g_assert_cmpstr (paths->root, ==, DAVIT_LOCALSTATEDIR);
	g_assert_cmpstr (paths->runroot, ==, "/run/davit");
	g_assert_cmpstr (paths->datadir, ==, DAVIT_DATADIR);
	g_assert_cmpstr (paths->sysconfdir, ==, DAVIT_SYSCONFDIR);
	g_assert_cmpstr (paths->libexecdir, ==, "/somewhere/else");
	g_assert_cmpstr (paths->plugindir, ==, DAVIT_PLUGINDIR);
	g_assert_cmpint (paths->root_fd, ==, -1);
	g_assert_cmpint (paths->runroot_fd, ==, -1);
}

static void
run_as_user (void)
{
	g_autoptr (DavitPaths) first = NULL;
	g_autoptr (DavitPaths) second = NULL;

	g_setenv ("HOME", "/home/user", TRUE);
	g_setenv ("XDG_DATA_HOME", "/data", TRUE);
	g_setenv ("XDG_RUNTIME_DIR", "/runtime", TRUE);
	first = davit_paths_new ();
	g_assert_cmpstr (first->root, ==, "/data/davit");
	g_assert_cmpstr (first->runroot, ==, "/runtime/davit");
	g_setenv ("XDG_DATA_HOME", "relative", TRUE);
	g_unsetenv ("XDG_RUNTIME_DIR");
	second = davit_paths_new ();
	g_assert_cmpstr (second->root, ==, "/home/user/.local/share/davit");
	g_assert_cmpstr (second->runroot, ==, "/tmp/davit-65534");
}

static void
test_user (void)
{
	int status = 0;
	pid_t child;

	if (geteuid () != 0) {
		g_test_skip ("needs root to become another user");
		return;
	}
	child = fork ();
	if (child == 0) {
		if (setresuid (65534, 65534, 65534) < 0)
			_exit (1);
		run_as_user ();
		_exit (0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

static void
test_open (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *directory = g_dir_make_tmp ("davit-paths-XXXXXX", NULL);
	g_autofree char *root = g_build_filename (directory, "a/../b/root", NULL);
	g_autofree char *plain = g_build_filename (directory, "b/root", NULL);
	g_autofree char *name = g_path_get_basename (directory);
	g_autoptr (DavitPaths) paths = davit_paths_new ();
	davit_autofd above = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;
	int fd;

	davit_paths_set (&paths->root, root);
	davit_paths_set (&paths->runroot, directory);
	g_assert_cmpstr (paths->root, ==, plain);
	g_assert_true (davit_paths_open_root (paths, &error));
	g_assert_no_error (error);
	fd = paths->root_fd;
	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (fstat (fd, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0700);
	g_assert_true (davit_paths_open_root (paths, &error));
	g_assert_cmpint (paths->root_fd, ==, fd);

	g_assert_cmpint (chmod (directory, 0777), ==, 0);
	g_assert_false (davit_paths_open_runroot (paths, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PERMISSION);
	g_assert_nonnull (strstr (error->message, "is writable by others (mode 0777)"));
	g_assert_cmpint (paths->runroot_fd, ==, -1);
	g_assert_true (davit_path_remove_tree (above, name, NULL));
}

static void
test_relative (void)
{
	g_autofree char *expected = g_canonicalize_filename ("x/y", NULL);
	g_autoptr (DavitPaths) paths = davit_paths_new ();

	davit_paths_set (&paths->datadir, "x/./y");
	g_assert_cmpstr (paths->datadir, ==, expected);
	g_assert_true (g_path_is_absolute (paths->datadir));
}

static void
test_boot_id (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	g_assert_true (davit_paths_boot_id (&first, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (strlen (first), ==, 36);
	g_assert_true (davit_paths_boot_id (&second, &error));
	g_assert_cmpstr (first, ==, second);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/paths/defaults", test_defaults);
	g_test_add_func ("/paths/user", test_user);
	g_test_add_func ("/paths/open", test_open);
	g_test_add_func ("/paths/relative", test_relative);
	g_test_add_func ("/paths/boot-id", test_boot_id);
	return g_test_run ();
}
