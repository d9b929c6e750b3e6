/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "driver/test-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

void
test_home_configure (TestHome *home, const char *const *overrides)
{
	const char *plugin_path[] = {home->plugins, NULL};
	g_autoptr (GError) error = NULL;

	g_clear_pointer (&home->drivers, davit_drivers_free);
	g_clear_pointer (&home->config, davit_config_free);
	home->config = davit_config_load (home->paths, overrides, &error);
	g_assert_no_error (error);
	home->drivers = davit_drivers_new (home->paths, home->config, plugin_path);
}

void
test_home_set_up (TestHome *home, gconstpointer data)
{
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;
	g_autofree char *absent = NULL;

	g_unsetenv ("DAVIT_PLUGIN_PATH");
	home->directory = g_dir_make_tmp ("davit-test-driver-XXXXXX", NULL);
	g_assert_nonnull (home->directory);
	home->plugins = g_build_filename (home->directory, "plugins", NULL);
	g_assert_cmpint (g_mkdir (home->plugins, 0755), ==, 0);
	root = g_build_filename (home->directory, "root", NULL);
	runroot = g_build_filename (home->directory, "run", NULL);
	absent = g_build_filename (home->directory, "absent", NULL);
	home->paths = davit_paths_new ();
	davit_paths_set (&home->paths->root, root);
	davit_paths_set (&home->paths->runroot, runroot);
	davit_paths_set (&home->paths->sysconfdir, absent);
	davit_paths_set (&home->paths->datadir, absent);
	davit_paths_set (&home->paths->plugindir, absent);
	test_home_configure (home, NULL);
}

static void
remove_directory (const char *path)
{
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *name = g_path_get_basename (path);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
}

void
test_home_tear_down (TestHome *home, gconstpointer data)
{
	davit_drivers_free (home->drivers);
	davit_config_free (home->config);
	davit_paths_free (home->paths);
	remove_directory (home->directory);
	g_free (home->plugins);
	g_free (home->directory);
}

char *
test_fixture_path (const char *name)
{
	g_autofree char *base = g_strconcat (name, ".so", NULL);

	return g_test_build_filename (G_TEST_BUILT, "driver", "fixtures", base, NULL);
}

char *
test_home_install (TestHome *home, const char *fixture, const char *to, guint mode)
{
	g_autofree char *source = test_fixture_path (fixture);
	g_autofree char *base = g_strconcat (to, ".so", NULL);
	char *path = g_build_filename (home->plugins, base, NULL);
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *content = NULL;
	gsize length = 0;

	g_assert_true (g_file_get_contents (source, &content, &length, NULL));
	g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
	g_assert_true (g_file_set_contents (path, content, (gssize) length, NULL));
	g_assert_cmpint (chmod (path, mode), ==, 0);
	return path;
}

void
test_home_put (TestHome *home, const char *fixture, const char *to)
{
	g_free (test_home_install (home, fixture, to, 0755));
}

void
test_assert_error (TestHome *home, GError **error, gint code, const char *expected)
{
	g_auto (GStrv) parts = NULL;
	g_autofree char *text = NULL;

	g_assert_nonnull (*error);
	parts = g_strsplit ((*error)->message, home->directory, -1);
	text = g_strjoinv ("@", parts);
	g_assert_cmpstr (text, ==, expected);
	g_assert_true (g_error_matches (*error, DAVIT_ERROR, code));
	g_clear_error (error);
}

void
test_add (const char *path, void (*function) (TestHome *, gconstpointer))
{
	g_test_add (path, TestHome, NULL, test_home_set_up, function, test_home_tear_down);
}
