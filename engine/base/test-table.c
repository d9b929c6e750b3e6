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

/* Letters beyond ASCII come through and fit in every locale; the last one here is two wide. */
static void
test_letters (void)
{
	static const char *const cells[] = {"\xc3\xa4", "\xe2\x82\xac", "x", NULL};
	static const char *const others[] = {"abc", "\xe6\xbc\xa2", "y", NULL};
	static const char *const more[] = {"a\xc3\xa4", "b", "\xff", NULL};

	for (guint i = 0; i < 2; i++) {
		g_autoptr (DavitTable) table = davit_table_new (headings, FALSE);
		g_autofree char *text = NULL;

		setlocale (LC_ALL, i == 0 ? "C" : "C.UTF-8");
		davit_table_add (table, cells);
		davit_table_add (table, others);
		/* A letter behind one of ASCII: without a locale the library does not come back. */
		davit_table_add (table, more);
		text = davit_table_print (table);
		g_assert_cmpstr (text, ==,
				 "\xc3\xa4     \xe2\x82\xac    x\n"
				 "abc   \xe6\xbc\xa2   y\n"
				 "a\xc3\xa4    b    \\xff\n");
	}
	setlocale (LC_ALL, "C");
}

/* Whatever characters there are, and whatever stands in a heading, the end is reached. */
static void
test_characters (void)
{
	static const char *const wrong[] = {"a\xff", "\xc3", "a\x1b\xc3\xa4", NULL};
	g_autoptr (DavitTable) table = davit_table_new (wrong, TRUE);
	g_autofree char *text = NULL;

	for (gunichar c = 0x80; c < 0x110000; c += c < 0x3000 ? 1 : 61) {
		char letter[8] = "";
		const char *cells[] = {letter, "x", letter, NULL};

		if (!g_unichar_validate (c))
			continue;
		g_unichar_to_utf8 (c, letter);
		davit_table_add (table, cells);
	}
	text = davit_table_print (table);
	g_assert_true (g_utf8_validate (text, -1, NULL));
	g_assert_true (g_str_has_prefix (text, "a\xef\xbf\xbd"));
}

static char *
random_text (void)
{
	guint length = (guint) g_test_rand_int_range (-6, 12) % 12;
	GString *text = g_string_new (NULL);

	for (guint i = 0; i < length && length < 11; i++)
		g_string_append_c (text, "ab \\\"\t"[g_test_rand_int_range (0, 6)]);
	return g_string_free (text, FALSE);
}

/* The bottom line has a letter beyond ASCII, so that the library prints it; it is cut off again. */
static char *
random_print (char **cells, guint lines, gboolean heading, gboolean by_library)
{
	static const char *const last[] = {"\xc3\xa4", "", "", NULL};
	g_autoptr (DavitTable) table = davit_table_new (headings, heading);
	static const char *const plain[] = {"x", "", "", NULL};
	char *text;
	guint end = 0;

	davit_table_align_right (table, 1);
	for (guint i = 0; i < lines; i++)
		davit_table_add (table, (const char *const *) cells + i * 3UL);
	davit_table_add (table, by_library ? last : plain);
	text = davit_table_print (table);
	for (guint i = 0; i + 1 < strlen (text); i++)
		end = text[i] == '\n' ? i : end;
	text[end] = '\0';
	return text;
}

/* What is laid out without the library looks as it does with it. */
static void
test_same (void)
{
	for (guint i = 0; i < 300; i++) {
		g_auto (GStrv) cells = g_new0 (char *, 13);
		g_autofree char *own = NULL;
		g_autofree char *library = NULL;

		for (guint j = 0; j < 12; j++)
			cells[j] = random_text ();
		own = random_print (cells, 4, i % 2 == 0, FALSE);
		library = random_print (cells, 4, i % 2 == 0, TRUE);
		g_assert_cmpstr (own, ==, library);
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
	g_test_add_func ("/table/characters", test_characters);
	g_test_add_func ("/table/same", test_same);
	return g_test_run ();
}
