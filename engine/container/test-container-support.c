/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "container/test-container-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"
#include "container/names.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void
test_engine_reopen (TestEngine *test, const char *const *overrides)
{
	g_autofree char *fixtures =
		g_test_build_filename (G_TEST_BUILT, "container", "fixtures", NULL);
	const char *plugin_path[] = {fixtures, NULL};
	DavitEngineOptions options = {test->root, test->runroot, plugin_path, overrides};
	g_autoptr (GError) error = NULL;

	g_clear_pointer (&test->engine, davit_engine_close);
	test->engine = davit_engine_open (&options, &error);
	g_assert_no_error (error);
}

void
test_engine_set_up (TestEngine *test, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	test->directory = g_dir_make_tmp ("davit-test-container-XXXXXX", NULL);
	g_assert_nonnull (test->directory);
	test->root = g_build_filename (test->directory, "root", NULL);
	test->runroot = g_build_filename (test->directory, "run", NULL);
	test_engine_reopen (test, NULL);
	davit_container_directories_open (test->engine, &test->directories, &error);
	g_assert_no_error (error);
}

void
test_engine_tear_down (TestEngine *test, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname (test->directory);
	g_autofree char *name = g_path_get_basename (test->directory);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	davit_container_directories_close (&test->directories);
	davit_engine_close (test->engine);
	davit_path_remove_tree (fd, name, &error);
	g_assert_no_error (error);
	g_free (test->root);
	g_free (test->runroot);
	g_free (test->directory);
}

void
test_engine_add (const char *path, void (*function) (TestEngine *, gconstpointer))
{
	g_test_add (path, TestEngine, NULL, test_engine_set_up, function, test_engine_tear_down);
}

char *
test_id (guint number)
{
	return g_strdup_printf ("%064x", number);
}

void
test_file_write (TestEngine *test, const char *id, const char *name, const char *text)
{
	davit_autofd fd = -1;
	g_autoptr (GError) error = NULL;

	davit_path_open_subdirectory (test->directories.containers_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	davit_path_replace_file (fd, name, text, strlen (text), 0600, FALSE, &error);
	g_assert_no_error (error);
}

static void
record_write (TestEngine *test, const char *id, const char *name, const char *args, gint64 created,
	      const char *more)
{
	g_autofree char *text = g_strdup_printf (
		"{\"version\": 1, \"id\": \"%s\", \"name\": \"%s\", "
		"\"created\": %" G_GINT64_FORMAT ", \"image\": \"localhost/box:latest\", "
		"\"imageId\": \"sha256:%s\", \"layers\": [\"%s\"], \"storage\": \"toy-storage\", "
		"\"runtime\": \"toy-runtime\", \"network\": \"toy-network\", "
		"\"seccomp\": {\"profile\": \"unconfined\"}, "
		"\"args\": %s, \"labels\": {\"app\": \"web\"}%s}",
		id, name, created, id, id, args, more);
	g_autoptr (GError) error = NULL;

	test_file_write (test, id, "record.json", text);
	davit_name_claim_volatile (test->directories.names_fd, name, id, &error);
	g_assert_no_error (error);
}

void
test_record_write (TestEngine *test, const char *id, const char *name, gint64 created,
		   const char *more)
{
	record_write (test, id, name, "[\"sleep\", \"1000\"]", created, more);
}

void
test_container_write (TestEngine *test, const char *id, const char *name, const char *args,
		      const char *more)
{
	DavitRootfsRequest request = {.size = sizeof request, .id = id};
	g_autoptr (GError) error = NULL;
	DavitStorage *storage =
		davit_drivers_storage (test->engine->drivers, "toy-storage", &error);

	g_assert_no_error (error);
	record_write (test, id, name, args, davit_text_now (), more);
	davit_storage_rootfs_create (storage, &request, &error);
	g_assert_no_error (error);
}

void
test_run_write (TestEngine *test, const char *id, const DavitRun *run)
{
	davit_autofd fd = -1;
	g_autoptr (GError) error = NULL;

	davit_path_open_subdirectory (test->directories.run_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	davit_run_write (fd, run, &error);
	g_assert_no_error (error);
}

DavitContainer *
test_find (TestEngine *test, const char *name)
{
	g_autoptr (GError) error = NULL;
	DavitContainer *container = davit_container_find (test->engine, name, &error);

	g_assert_no_error (error);
	return container;
}

void
test_engine_assert_error (TestEngine *test, GError **error, gint code, const char *expected)
{
	g_auto (GStrv) parts = NULL;
	g_autofree char *text = NULL;

	g_assert_nonnull (*error);
	parts = g_strsplit ((*error)->message, test->directory, -1);
	text = g_strjoinv ("@", parts);
	g_assert_cmpstr (text, ==, expected);
	g_assert_true (g_error_matches (*error, DAVIT_ERROR, code));
	g_clear_error (error);
}
