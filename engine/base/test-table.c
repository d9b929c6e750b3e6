/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The look of tables. */

#include "base/table.h"

#include <locale.h>
#include <string.h>

static const char *const headings[] = {"ID", "SIZE", "NAMES", NULL};
static const char *const first[] = {"1", "12kB", "a\nb", NULL};
static const char *const second[] = {"23456", NULL, "back\\slash", NULL};

static void
test_look (void)
{
	g_autoptr (DavitTable) table = davit_table_new (headings, TRUE);
	g_autofree char *text = NULL;

	davit_table_add (table, first);
	davit_table_add (table, second);
	text = davit_table_print (table);
	g_assert_cmpstr (text, ==,
			 "ID      SIZE   NAMES\n"
			 "1       12kB   a\\x0ab\n"
			 "23456          back\\slash\n");
}

static void
test_right (void)
{
	g_autoptr (DavitTable) table = davit_table_new (headings, FALSE);
	static const char *const third[] = {"x", "5B", "", NULL};
	g_autofree char *text = NULL;

	davit_table_align_right (table, 1);
	davit_table_add (table, first);
	davit_table_add (table, third);
	text = davit_table_print (table);
	g_assert_cmpstr (text, ==, "1   12kB   a\\x0ab\nx     5B\n");
}

static void
test_wide (void)
{
	g_autoptr (DavitTable) table = davit_table_new (headings, TRUE);
	g_autofree char *wide = g_strnfill (5000, 'w');
	const char *cells[] = {wide, wide, wide, NULL};
	g_autofree char *text = NULL;
	g_autofree char *wanted = g_strdup_printf ("%s   %s   %s\n", wide, wide, wide);

	/* Even where the environment claims a terminal. */
	g_setenv ("COLUMNS", "40", TRUE);
	davit_table_add (table, cells);
	text = davit_table_print (table);
	g_assert_nonnull (strstr (text, wanted));
}

static void
test_empty (void)
{
	g_autoptr (DavitTable) table = davit_table_new (headings, TRUE);
	g_autoptr (DavitTable) nothing = davit_table_new (headings, FALSE);
	g_autofree char *text = davit_table_print (table);
	g_autofree char *none = davit_table_print (nothing);

	g_assert_cmpstr (text, ==, "ID   SIZE   NAMES\n");
	g_assert_cmpstr (none, ==, "");
}

/* Letters beyond ASCII come through in every locale; with a UTF-8 one columns fit, too. */
static void
test_letters (void)
{
	static const char *const cells[] = {"\xc3\xa4", "\xe2\x82\xac", "x", NULL};

	for (guint i = 0; i < 2; i++) {
		g_autoptr (DavitTable) table = davit_table_new (headings, FALSE);
		g_autofree char *text = NULL;

		setlocale (LC_ALL, i == 0 ? "C" : "C.UTF-8");
		davit_table_add (table, cells);
		text = davit_table_print (table);
		if (i == 0)
			g_assert_nonnull (strstr (text, "\xe2\x82\xac  "));
		else
			g_assert_cmpstr (text, ==, "\xc3\xa4   \xe2\x82\xac   x\n");
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/table/look", test_look);
	g_test_add_func ("/table/right", test_right);
	g_test_add_func ("/table/wide", test_wide);
	g_test_add_func ("/table/empty", test_empty);
	g_test_add_func ("/table/letters", test_letters);
	return g_test_run ();
}
