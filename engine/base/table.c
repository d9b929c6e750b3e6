/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The look of a table. Where all is ASCII a column is as wide as its longest text has bytes, which
 * is known as soon as the cells are there; libsmartcols, which counts and converts every character
 * several times, would take most of the time of a long list. It lays out the others, whose
 * characters may take two places, or none.
 */

#include "base/table.h"
#include "base/log.h"
#include "base/table-wide.h"

#include <string.h>

#define SEPARATOR "   "

struct _DavitTable {
	char **headings;
	gboolean heading;
	guint columns;
	gboolean *right;
	gsize *widths;	/* of the longest cell, in bytes */
	GString *cells; /* escaped, line by line, with a NUL behind each */
	guint lines;
	gboolean ascii;
};

static gboolean
text_is_ascii (const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

DavitTable *
davit_table_new (const char *const *headings, gboolean heading)
{
	DavitTable *table = g_new0 (DavitTable, 1);

	table->columns = g_strv_length ((char **) headings);
	table->headings = g_new0 (char *, table->columns + 1);
	/* They may come from a template of the command line. */
	for (guint i = 0; i < table->columns; i++)
		table->headings[i] = g_utf8_make_valid (headings[i], -1);
	table->heading = heading;
	table->right = g_new0 (gboolean, table->columns + 1);
	table->widths = g_new0 (gsize, table->columns + 1);
	table->cells = g_string_new (NULL);
	table->ascii = TRUE;
	/* As in the library a column has at least one place. */
	for (guint i = 0; i < table->columns; i++)
		table->widths[i] = 1;
	/* A heading that is not shown does not widen its column. */
	for (guint i = 0; heading && i < table->columns; i++) {
		table->ascii = table->ascii && text_is_ascii (table->headings[i]);
		table->widths[i] = MAX (strlen (table->headings[i]), 1);
	}
	return table;
}

void
davit_table_free (DavitTable *table)
{
	if (table == NULL)
		return;
	g_strfreev (table->headings);
	g_free (table->right);
	g_free (table->widths);
	g_string_free (table->cells, TRUE);
	g_free (table);
}

void
davit_table_align_right (DavitTable *table, guint column)
{
	g_return_if_fail (column < table->columns);
	table->right[column] = TRUE;
}

void
davit_table_add (DavitTable *table, const char *const *cells)
{
	for (guint i = 0; i < table->columns; i++) {
		gsize start = table->cells->len;

		if (cells[i] != NULL)
			davit_log_escape_append (table->cells, cells[i]);
		table->widths[i] = MAX (table->widths[i], table->cells->len - start);
		table->ascii = table->ascii && text_is_ascii (table->cells->str + start);
		g_string_append_c (table->cells, '\0');
	}
	table->lines++;
}

static void
fill (GString *text, gsize count)
{
	gsize length = text->len;

	g_string_set_size (text, length + count);
	memset (text->str + length, ' ', count);
}

/* Cells are filled up, but the last of a line only in front. */
static void
cell_print (const DavitTable *table, guint column, const char *cell, GString *text)
{
	gsize length = strlen (cell);
	gsize rest = table->widths[column] - length;

	if (table->right[column])
		fill (text, rest);
	g_string_append_len (text, cell, (gssize) length);
	if (column + 1 == table->columns)
		return;
	if (!table->right[column])
		fill (text, rest);
	g_string_append (text, SEPARATOR);
}

static void
line_end (GString *text)
{
	gsize length = text->len;

	while (length > 0 && text->str[length - 1] == ' ')
		length--;
	g_string_truncate (text, length);
	g_string_append_c (text, '\n');
}

static char *
bytes_print (const DavitTable *table)
{
	GString *text = g_string_sized_new (table->cells->len * 2);
	const char *cell = table->cells->str;

	for (guint i = 0; table->heading && i < table->columns; i++)
		cell_print (table, i, table->headings[i], text);
	if (table->heading)
		line_end (text);
	for (guint i = 0; i < table->lines; i++) {
		for (guint j = 0; j < table->columns; j++) {
			cell_print (table, j, cell, text);
			cell += strlen (cell) + 1;
		}
		line_end (text);
	}
	return g_string_free (text, FALSE);
}

/* The library fills up cells that are narrower than their column, the last of a line too. */
static char *
ends_trim (const char *text)
{
	GString *trimmed = g_string_new (NULL);

	while (*text != '\0') {
		gsize length = strcspn (text, "\n");

		g_string_append_len (trimmed, text, (gssize) length);
		line_end (trimmed);
		text += length + (text[length] == '\n');
	}
	return g_string_free (trimmed, FALSE);
}

static char *
wide_print (const DavitTable *table)
{
	const DavitTableWide wide = {
		.headings = table->headings,
		.heading = table->heading,
		.columns = table->columns,
		.right = table->right,
		.separator = SEPARATOR,
		.cells = table->cells->str,
		.lines = table->lines,
	};
	char *text = davit_table_wide_print (&wide);
	char *trimmed;

	if (text == NULL)
		return bytes_print (table);
	trimmed = ends_trim (text);
	g_free (text);
	return trimmed;
}

/* Without any line the library prints nothing at all; the heading says that one looked. */
static char *
heading_print (const DavitTable *table)
{
	g_autofree char *line = g_strjoinv (SEPARATOR, table->headings);

	return table->heading ? g_strconcat (line, "\n", NULL) : g_strdup ("");
}

char *
davit_table_print (DavitTable *table)
{
	if (table->lines == 0)
		return heading_print (table);
	return table->ascii ? bytes_print (table) : wide_print (table);
}
