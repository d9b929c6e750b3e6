/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An engine makes nothing before it is asked for, and can be called again with the same words. */

#include "base/error.h"
#include "base/fd.h"
#include "container/test-container-support.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_open (TestEngine *test, gconstpointer data)
{
	const char *plugin_path[] = {"/plugins/../plugins", NULL};
	const char *overrides[] = {"engine.pids-limit=5", NULL};
	g_autofree char *root = g_build_filename (test->directory, "new", NULL);
	g_autofree char *runroot = g_build_filename (test->directory, "new-run", NULL);
	DavitEngineOptions options = {root, runroot, plugin_path, overrides};
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitEngine) engine = davit_engine_open (&options, &error);
	const char *expected[] = {"--root",   root,	  "--runroot",	runroot, "--plugin-path",
				  "/plugins", "--config", overrides[0], NULL};
	davit_autofd names_fd = -1;

	g_assert_no_error (error);
	g_assert_true (g_strv_equal ((const char *const *) engine->self_arguments, expected));
	g_assert_cmpuint (strlen (engine->boot_id), ==, 36);
	g_assert_false (g_file_test (root, G_FILE_TEST_EXISTS));
	g_assert_false (g_file_test (runroot, G_FILE_TEST_EXISTS));
	g_assert_true (davit_engine_open_state (engine, NULL, &names_fd, NULL, &error));
	g_assert_no_error (error);
	g_assert_cmpint (names_fd, >=, 0);
	g_assert_true (g_file_test (root, G_FILE_TEST_IS_DIR));
	g_assert_true (g_file_test (runroot, G_FILE_TEST_IS_DIR));
}

static void
test_refused (TestEngine *test, gconstpointer data)
{
	const char *overrides[] = {"engine.storage=none-such", NULL};
	const char *wrong[] = {"engine.colour=blue", NULL};
	g_autofree char *open_root = g_build_filename (test->directory, "open", NULL);
	DavitEngineOptions options = {.root = open_root, .runroot = test->runroot};
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitEngine) engine = NULL;

	options.overrides = wrong;
	g_assert_null (davit_engine_open (&options, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
	g_clear_error (&error);

	options.overrides = overrides;
	g_assert_cmpint (mkdir (open_root, 0777), ==, 0);
	g_assert_cmpint (chmod (open_root, 0777), ==, 0);
	engine = davit_engine_open (&options, &error);
	g_assert_no_error (error);
	/* A name that was asked for never falls back to another. */
	g_assert_null (davit_engine_storage (engine, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PLUGIN_FILE);
	g_clear_error (&error);
	g_assert_null (davit_container_list (engine, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PERMISSION);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/engine/open", test_open);
	test_engine_add ("/engine/refused", test_refused);
	return g_test_run ();
}
