/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Environment variables from flags and files. */

#include "base/error.h"
#include "cli/environment.h"

#include <glib/gstdio.h>
#include <string.h>

static const DavitFlag flags[] = {
	{.name = "env", .letter = 'e', .type = DAVIT_FLAG_LIST, .argument = "KEY", .help = "x"},
	{.name = "env-file", .type = DAVIT_FLAG_LIST, .argument = "FILE", .help = "x"},
	{.name = NULL},
};

static gboolean
read_words (const char *const *words, char **ret_text, GError **error)
{
	const DavitFlag *const tables[] = {flags, NULL};
	DavitSyntax syntax = {"exec", tables, FALSE};
	g_autoptr (DavitArguments) arguments = davit_arguments_parse (&syntax, words, error);
	g_auto (GStrv) variables = NULL;

	g_assert_nonnull (arguments);
	if (!davit_environment_from_arguments (arguments, &variables, error))
		return FALSE;
	*ret_text = g_strjoinv ("|", variables);
	return TRUE;
}

static void
test_flags (void)
{
	const char *const words[] = {"-e",   "A=1",
				     "-e",   "DAVIT_TEST_HERE",
				     "-e",   "DAVIT_TEST_NOT",
				     "-eB=", "-eC=x=y",
				     NULL};
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	g_setenv ("DAVIT_TEST_HERE", "yes", TRUE);
	g_unsetenv ("DAVIT_TEST_NOT");
	g_assert_true (read_words (words, &text, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (text, ==, "A=1|DAVIT_TEST_HERE=yes|B=|C=x=y");
}

/* The process goes to the runtime as JSON, which holds nothing else. */
static void
test_not_utf8 (void)
{
	const char *const words[] = {"-e", "DAVIT_TEST_BAD", NULL};
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	g_setenv ("DAVIT_TEST_BAD", "\xff", TRUE);
	g_assert_false (read_words (words, &text, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==,
			 "environment variable \"DAVIT_TEST_BAD\": its value in the environment is "
			 "not UTF-8");
}

static char *
file_make (const char *content, gssize length)
{
	g_autoptr (GError) error = NULL;
	char *path = NULL;
	int fd = g_file_open_tmp ("davit-test-XXXXXX", &path, &error);

	g_assert_no_error (error);
	g_close (fd, NULL);
	g_assert_true (g_file_set_contents (path, content, length, NULL));
	return path;
}

static void
test_file (void)
{
	g_autofree char *path = file_make ("# comment\n\n  A=1\nB=two words \n  # more\nC=", -1);
	const char *const words[] = {"-e", "A=2", "--env-file", path, NULL};
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	/* Flags come behind files, wherever they stand: the last one counts in the end. */
	g_assert_true (read_words (words, &text, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (text, ==, "A=1|B=two words |C=|A=2");
	g_unlink (path);
}

static void
refuse (const char *const *words, DavitErrorCode code, const char *wanted)
{
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_false (read_words (words, &text, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_nonnull (strstr (error->message, wanted));
	g_assert_null (text);
}

static void
test_refused (void)
{
	g_autofree char *bad = file_make ("A=1\n=2\n", -1);
	g_autofree char *nul = file_make ("A=1\0B=2", 7);
	const char *const empty[] = {"-e", "", NULL};
	const char *const nameless[] = {"-e", "=x", NULL};
	const char *const encoding[] = {"-e", "A=\377", NULL};
	const char *const missing[] = {"--env-file", "/none/at/all", NULL};
	const char *const line[] = {"--env-file", bad, NULL};
	const char *const zero[] = {"--env-file", nul, NULL};
	const char *const directory[] = {"--env-file", "/", NULL};

	refuse (empty, DAVIT_ERROR_USAGE, "environment variable \"\": must be KEY or KEY=VALUE");
	refuse (nameless, DAVIT_ERROR_USAGE, "environment variable \"=x\": must be");
	refuse (encoding, DAVIT_ERROR_USAGE, "in UTF-8");
	refuse (missing, DAVIT_ERROR_NOT_FOUND,
		"environment file: open \"/none/at/all\": No such file");
	refuse (line, DAVIT_ERROR_USAGE, "line 2: environment variable \"=2\"");
	refuse (zero, DAVIT_ERROR_USAGE, "holds a NUL byte");
	refuse (directory, DAVIT_ERROR_FAILED, "read \"/\": Is a directory");
	g_unlink (bad);
	g_unlink (nul);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cli/environment/flags", test_flags);
	g_test_add_func ("/cli/environment/not-utf8", test_not_utf8);
	g_test_add_func ("/cli/environment/file", test_file);
	g_test_add_func ("/cli/environment/refused", test_refused);
	return g_test_run ();
}
