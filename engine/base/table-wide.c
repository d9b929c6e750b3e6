/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * libsmartcols is bound when a table needs it. It would cost every start of a container a tenth of
 * a millisecond, and few tables have more than ASCII.
 */

#include "base/table-wide.h"

#include <dlfcn.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libsmartcols.so.1"

/* Named as in the library, without its prefix. */
typedef struct {
	void *handle;
	__typeof__ (scols_new_table) *new_table;
	__typeof__ (scols_unref_table) *unref_table;
	__typeof__ (scols_table_enable_noheadings) *table_enable_noheadings;
	__typeof__ (scols_table_enable_noencoding) *table_enable_noencoding;
	__typeof__ (scols_table_set_termforce) *table_set_termforce;
	__typeof__ (scols_table_set_column_separator) *table_set_column_separator;
	__typeof__ (scols_table_new_column) *table_new_column;
	__typeof__ (scols_table_new_line) *table_new_line;
	__typeof__ (scols_line_set_data) *line_set_data;
	__typeof__ (scols_print_table_to_string) *print_table_to_string;
} Library;

static gboolean
library_find (const Library *library, const char *name, void **ret_function)
{
	*ret_function = dlsym (library->handle, name);
	return *ret_function != NULL;
}

#define FIND(name) library_find (library, "scols_" #name, (void **) &library->name)

static gboolean
library_open (Library *library)
{
	library->handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return library->handle != NULL && FIND (new_table) && FIND (unref_table) &&
	       FIND (table_enable_noheadings) && FIND (table_enable_noencoding) &&
	       FIND (table_set_termforce) && FIND (table_set_column_separator) &&
	       FIND (table_new_column) && FIND (table_new_line) && FIND (line_set_data) &&
	       FIND (print_table_to_string);
}

static struct libscols_table *
table_new (const Library *library, const DavitTableWide *wide)
{
	struct libscols_table *table = library->new_table ();

	if (table == NULL)
		g_error ("out of memory");
	library->table_enable_noheadings (table, !wide->heading);
	/* Escaping is ours; the library's would turn "\" and, without a locale, letters to hex. */
	library->table_enable_noencoding (table, TRUE);
	/* Taken for no terminal, it cuts nothing off. docker lets wide rows wrap, too. */
	library->table_set_termforce (table, SCOLS_TERMFORCE_NEVER);
	library->table_set_column_separator (table, wide->separator);
	/* A heading widens its column even where it is not shown. */
	for (guint i = 0; i < wide->columns; i++)
		library->table_new_column (table, wide->heading ? wide->headings[i] : "", 0,
					   wide->right[i] ? SCOLS_FL_RIGHT : 0);
	return table;
}

static struct libscols_table *
table_fill (const Library *library, const DavitTableWide *wide)
{
	struct libscols_table *table = table_new (library, wide);
	const char *cell = wide->cells;

	for (guint i = 0; i < wide->lines; i++) {
		struct libscols_line *line = library->table_new_line (table, NULL);

		if (line == NULL)
			g_error ("out of memory");
		for (guint j = 0; j < wide->columns; j++) {
			library->line_set_data (line, j, cell);
			cell += strlen (cell) + 1;
		}
	}
	return table;
}

static char *
table_print (const Library *library, const DavitTableWide *wide)
{
	struct libscols_table *table = table_fill (library, wide);
	char *printed = NULL;
	char *text;

	if (library->print_table_to_string (table, &printed) != 0)
		g_error ("out of memory");
	library->unref_table (table);
	text = g_strdup (printed == NULL ? "" : printed);
	/* It comes from the C library's malloc. */
	free (printed);
	return text;
}

/*
 * The program has no locale: what it prints is UTF-8 everywhere. But without one the library 2.38
 * never comes back from a cell in which a letter beyond ASCII follows one of ASCII, so that any
 * image could stop a list by its command.
 */
char *
davit_table_wide_print (const DavitTableWide *wide)
{
	locale_t unicode = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
	Library library = {0};
	char *text = NULL;
	locale_t before;

	if (unicode == (locale_t) 0)
		return NULL;
	if (library_open (&library)) {
		before = uselocale (unicode);
		text = table_print (&library, wide);
		uselocale (before);
	}
	freelocale (unicode);
	if (library.handle != NULL)
		dlclose (library.handle);
	return text;
}
