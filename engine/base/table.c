/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The look of a table, in the terms of libsmartcols. */

#include "base/table.h"
#include "base/log.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR "   "

struct _DavitTable {
	struct libscols_table *table;
	guint columns;
};

DavitTable *
davit_table_new (const char *const *headings, gboolean heading)
{
	DavitTable *table = g_new0 (DavitTable, 1);

	table->table = scols_new_table ();
	if (table->table == NULL)
		g_error ("out of memory");
	scols_table_enable_noheadings (table->table, !heading);
	/* Escaping is ours; the library's would turn "\" and, without a locale, letters to hex. */
	scols_table_enable_noencoding (table->table, TRUE);
	/* Taken for no terminal, it cuts nothing off. docker lets wide rows wrap, too. */
	scols_table_set_termforce (table->table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_column_separator (table->table, SEPARATOR);
	/* A heading widens its column even where it is not shown. */
	for (; headings[table->columns] != NULL; table->columns++)
		scols_table_new_column (table->table, heading ? headings[table->columns] : "", 0,
					0);
	return table;
}

void
davit_table_free (DavitTable *table)
{
	if (table == NULL)
		return;
	scols_unref_table (table->table);
	g_free (table);
}

void
davit_table_align_right (DavitTable *table, guint column)
{
	struct libscols_column *found = scols_table_get_column (table->table, column);

	g_return_if_fail (found != NULL);
	scols_column_set_flags (found, SCOLS_FL_RIGHT);
}

void
davit_table_add (DavitTable *table, const char *const *cells)
{
	struct libscols_line *line = scols_table_new_line (table->table, NULL);

	if (line == NULL)
		g_error ("out of memory");
	for (guint i = 0; i < table->columns; i++) {
		g_autofree char *safe = davit_log_escape (cells[i] == NULL ? "" : cells[i]);

		scols_line_set_data (line, i, safe);
	}
}

/* The library fills up cells that are narrower than their column, the last of a line too. */
static char *
ends_trim (const char *text)
{
	GString *trimmed = g_string_new (NULL);

	while (*text != '\0') {
		gsize length = strcspn (text, "\n");
		gsize kept = length;

		while (kept > 0 && text[kept - 1] == ' ')
			kept--;
		g_string_append_len (trimmed, text, (gssize) kept);
		g_string_append_c (trimmed, '\n');
		text += length + (text[length] == '\n');
	}
	return g_string_free (trimmed, FALSE);
}

/* The library prints nothing at all where there is no line; the heading says that one looked. */
static char *
heading_print (const DavitTable *table)
{
	GString *text = g_string_new (NULL);

	for (guint i = 0; i < table->columns; i++) {
		struct libscols_column *column = scols_table_get_column (table->table, i);

		g_string_append_printf (text, "%s%s", i == 0 ? "" : SEPARATOR,
					scols_cell_get_data (scols_column_get_header (column)));
	}
	g_string_append_c (text, '\n');
	return g_string_free (text, FALSE);
}

char *
davit_table_print (DavitTable *table)
{
	char *text = NULL;
	char *trimmed;

	if (scols_table_get_nlines (table->table) == 0)
		return scols_table_is_noheadings (table->table) ? g_strdup ("")
								: heading_print (table);
	if (scols_print_table_to_string (table->table, &text) != 0)
		g_error ("out of memory");
	trimmed = ends_trim (text == NULL ? "" : text);
	/* It comes from the C library's malloc. */
	free (text);
	return trimmed;
}
