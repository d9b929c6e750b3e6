/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts and codes of errors. */

#include "base/error.h"

#include <errno.h>
#include <string.h>

static void
test_set (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_error_set (NULL, DAVIT_ERROR_BUSY, "nobody listens"));
	g_assert_false (
		davit_error_set (&error, DAVIT_ERROR_BUSY, "layer \"%s\" is in use", "a%s"));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_assert_cmpstr (error->message, ==, "layer \"a%s\" is in use");
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_BUSY));
	g_assert_false (davit_error_matches (error, DAVIT_ERROR_FAILED));
	g_assert_false (davit_error_matches (NULL, DAVIT_ERROR_FAILED));
}

static void
test_errno (void)
{
	static const struct {
		int number;
		DavitErrorCode code;
	} table[] = {
		{ENOENT, DAVIT_ERROR_NOT_FOUND},       {EEXIST, DAVIT_ERROR_EXISTS},
		{ENOTEMPTY, DAVIT_ERROR_EXISTS},       {EBUSY, DAVIT_ERROR_BUSY},
		{EPERM, DAVIT_ERROR_PERMISSION},       {EACCES, DAVIT_ERROR_PERMISSION},
		{EROFS, DAVIT_ERROR_PERMISSION},       {EIO, DAVIT_ERROR_IO},
		{ENOSPC, DAVIT_ERROR_NO_SPACE},	       {EDQUOT, DAVIT_ERROR_NO_SPACE},
		{EUCLEAN, DAVIT_ERROR_CORRUPT},	       {ENOSYS, DAVIT_ERROR_UNAVAILABLE},
		{EOPNOTSUPP, DAVIT_ERROR_UNAVAILABLE}, {ETIMEDOUT, DAVIT_ERROR_TIMEOUT},
		{ECANCELED, DAVIT_ERROR_CANCELLED},    {ECONNREFUSED, DAVIT_ERROR_NETWORK},
		{EINVAL, DAVIT_ERROR_FAILED},	       {ENOMEM, DAVIT_ERROR_FAILED},
	};

	for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *text =
			g_strdup_printf ("mount \"/a\": %s", g_strerror (table[i].number));

		g_assert_false (davit_error_errno (&error, table[i].number, "mount \"%s\"", "/a"));
		g_assert_error (error, DAVIT_ERROR, (int) table[i].code);
		g_assert_cmpstr (error->message, ==, text);
	}
	g_assert_false (davit_error_errno (NULL, EIO, "nobody listens"));
}

static void
test_words (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_error_prefix (NULL, "x"));
	g_assert_false (davit_error_prefix (&error, "x"));
	g_assert_false (davit_error_hint (&error, "x"));
	g_assert_no_error (error);
	davit_error_set (&error, DAVIT_ERROR_IO, "read");
	g_assert_false (davit_error_prefix (&error, "storage/%s", "vfs"));
	g_assert_false (davit_error_hint (&error, "try %d", 2));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_IO);
	g_assert_cmpstr (error->message, ==, "storage/vfs: read; try 2");
}

static void
test_convert (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_error_convert (&error, DAVIT_ERROR_CONFIG));
	g_assert_no_error (error);
	g_set_error (&error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "line 1");
	g_assert_false (davit_error_convert (&error, DAVIT_ERROR_CONFIG));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
	g_assert_cmpstr (error->message, ==, "line 1");
	/* One of ours knows better. */
	g_assert_false (davit_error_convert (&error, DAVIT_ERROR_IO));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
}

static void
test_names (void)
{
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

	for (int i = DAVIT_ERROR_FAILED; i <= DAVIT_ERROR_NO_PROGRAM; i++) {
		const char *name = davit_error_code_name ((DavitErrorCode) i);

		g_assert_nonnull (name);
		g_assert_true (g_hash_table_add (seen, (gpointer) name));
	}
	g_assert_cmpstr (davit_error_code_name (DAVIT_ERROR_NOT_FOUND), ==, "not-found");
	g_assert_cmpstr (davit_error_code_name ((DavitErrorCode) 999), ==, "failed");
	g_assert_cmpstr (davit_error_code_name ((DavitErrorCode) -1), ==, "failed");
}

static void
test_exit_status (void)
{
	g_autoptr (GError) error = NULL;

	davit_error_set (&error, DAVIT_ERROR_NO_PROGRAM, "x");
	g_assert_cmpint (davit_error_exit_status (error), ==, 127);
	error->code = DAVIT_ERROR_NOT_EXECUTABLE;
	g_assert_cmpint (davit_error_exit_status (error), ==, 126);
	error->code = DAVIT_ERROR_NOT_FOUND;
	g_assert_cmpint (davit_error_exit_status (error), ==, 125);
	/* The number of another domain means nothing here. */
	error->domain = G_KEY_FILE_ERROR;
	error->code = DAVIT_ERROR_NO_PROGRAM;
	g_assert_cmpint (davit_error_exit_status (error), ==, 125);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/error/set", test_set);
	g_test_add_func ("/error/errno", test_errno);
	g_test_add_func ("/error/words", test_words);
	g_test_add_func ("/error/convert", test_convert);
	g_test_add_func ("/error/names", test_names);
	g_test_add_func ("/error/exit-status", test_exit_status);
	return g_test_run ();
}
