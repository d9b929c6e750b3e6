/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows of fields, and the ways to show them. */

#include "cli/rows.h"

#include "base/error.h"
#include "base/table.h"
#include "cli/cli.h"
#include "cli/template.h"

#include <string.h>

typedef struct {
	const char *const *labels;
	char *cells[]; /* one a field, in the order of the fields; NULL: empty */
} Row;

struct _DavitRows {
	DavitRowsLook look;
	guint n_fields;
	gboolean *wanted; /* one a field */
	gboolean *is_integer;
	guint next; /* the field that was asked for last */
	gboolean json;
	gboolean table;
	DavitTemplate *template; /* NULL: the usual columns */
	GPtrArray *rows;	 /* Row */
	char **columns;
};

static void
row_free (const DavitRows *rows, Row *row)
{
	for (guint i = 0; i < rows->n_fields; i++)
		g_free (row->cells[i]);
	g_free (row);
}

void
davit_rows_free (DavitRows *rows)
{
	if (rows == NULL)
		return;
	g_clear_pointer (&rows->template, davit_template_free);
	g_strfreev (rows->columns);
	for (guint i = 0; i < rows->rows->len; i++)
		row_free (rows, g_ptr_array_index (rows->rows, i));
	g_ptr_array_unref (rows->rows);
	g_free (rows->wanted);
	g_free (rows->is_integer);
	g_free (rows);
}

static gboolean
template_prepare (DavitRows *rows, const char *text, GError **error)
{
	g_autofree const char **names = g_new0 (const char *, rows->n_fields + 1);

	rows->template = davit_template_parse (text, error);
	if (rows->template == NULL)
		return FALSE;
	for (guint i = 0; i < rows->n_fields; i++)
		names[i] = rows->look.fields[i].name;
	return davit_template_check_fields (rows->template, names, error);
}

/* The usual columns are shown where there is no template. */
static gboolean
field_is_shown (const DavitRows *rows, const char *field)
{
	if (rows->template != NULL)
		return davit_template_uses_field (rows->template, field);
	return g_strv_contains ((const char *const *) rows->columns, field);
}

static gboolean
format_prepare (DavitRows *rows, GError **error)
{
	const char *format = rows->look.format;

	if (format == NULL || strcmp (format, "table") == 0) {
		rows->table = TRUE;
		return TRUE;
	}
	if (strcmp (format, "json") == 0) {
		rows->json = TRUE;
		return TRUE;
	}
	if (g_str_has_prefix (format, "table ")) {
		rows->table = TRUE;
		format += strlen ("table ");
	}
	return template_prepare (rows, format, error);
}

DavitRows *
davit_rows_new (const DavitRowsLook *look, GError **error)
{
	g_autoptr (DavitRows) rows = g_new0 (DavitRows, 1);

	rows->look = *look;
	rows->rows = g_ptr_array_new ();
	rows->columns = g_strsplit (look->columns, " ", -1);
	while (look->fields[rows->n_fields].name != NULL)
		rows->n_fields++;
	if (!format_prepare (rows, error))
		return NULL;
	rows->wanted = g_new0 (gboolean, rows->n_fields + 1);
	rows->is_integer = g_new0 (gboolean, rows->n_fields + 1);
	for (guint i = 0; i < rows->n_fields; i++)
		rows->wanted[i] = field_is_shown (rows, look->fields[i].name);
	return g_steal_pointer (&rows);
}

gboolean
davit_rows_is_json (const DavitRows *rows)
{
	return rows->json;
}

/* Verbs go through the fields in their order: nearly always it is the next one. */
static guint
field_index (const DavitRows *rows, const char *field)
{
	for (guint i = rows->next; i < rows->n_fields; i++) {
		if (strcmp (rows->look.fields[i].name, field) == 0)
			return i;
	}
	for (guint i = 0; i < rows->next; i++) {
		if (strcmp (rows->look.fields[i].name, field) == 0)
			return i;
	}
	return rows->n_fields;
}

gboolean
davit_rows_wants (DavitRows *rows, const char *field)
{
	guint index = field_index (rows, field);

	if (index < rows->n_fields)
		rows->next = index;
	return index < rows->n_fields && rows->wanted[index];
}

void
davit_rows_add (DavitRows *rows, const char *const *labels)
{
	Row *row = g_malloc0 (sizeof *row + rows->n_fields * sizeof *row->cells);

	row->labels = labels;
	rows->next = 0;
	g_ptr_array_add (rows->rows, row);
}

void
davit_rows_take (DavitRows *rows, const char *field, char *text)
{
	Row *row = g_ptr_array_index (rows->rows, rows->rows->len - 1);
	guint index = field_index (rows, field);

	g_return_if_fail (index < rows->n_fields);
	rows->next = index;
	g_free (row->cells[index]);
	row->cells[index] = rows->wanted[index] ? text : NULL;
	if (!rows->wanted[index])
		g_free (text);
}

void
davit_rows_set (DavitRows *rows, const char *field, const char *text)
{
	if (davit_rows_wants (rows, field))
		davit_rows_take (rows, field, g_strdup (text));
}

void
davit_rows_set_integer (DavitRows *rows, const char *field, gint64 integer)
{
	if (!davit_rows_wants (rows, field))
		return;
	rows->is_integer[field_index (rows, field)] = TRUE;
	davit_rows_take (rows, field, g_strdup_printf ("%" G_GINT64_FORMAT, integer));
}

/* What a template sees of a row; row NULL: the headings. */
static DavitJson *
row_to_json (const DavitRows *rows, const Row *row, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *document = NULL;

	davit_json_writer_begin_object (writer, NULL);
	for (guint i = 0; i < rows->n_fields; i++) {
		const DavitField *field = &rows->look.fields[i];
		g_autofree char *valid = NULL;
		const char *text;

		if (row != NULL && row->cells[i] != NULL && rows->is_integer[i]) {
			davit_json_writer_integer (writer, field->name,
						   g_ascii_strtoll (row->cells[i], NULL, 10));
			continue;
		}
		text = row == NULL ? field->heading : row->cells[i];
		valid = g_utf8_make_valid (text == NULL ? "" : text, -1);
		davit_json_writer_string (writer, field->name, valid);
	}
	davit_json_writer_end_object (writer);
	document = davit_json_writer_finish (writer, NULL);
	return davit_json_parse (document, -1, error);
}

static gboolean
row_render (const DavitRows *rows, const Row *row, GString *output, GError **error)
{
	g_autoptr (DavitJson) json = row_to_json (rows, row, error);
	static const char *const no_labels[] = {NULL};
	DavitTemplateData data = {json, no_labels};

	if (json == NULL)
		return FALSE;
	if (row != NULL && row->labels != NULL)
		data.labels = row->labels;
	return davit_template_render (rows->template, &data, output, error);
}

static gboolean
lines_print (const DavitRows *rows, GError **error)
{
	g_autoptr (GString) output = g_string_new (NULL);

	for (guint i = 0; i < rows->rows->len; i++) {
		if (!row_render (rows, g_ptr_array_index (rows->rows, i), output, error))
			return FALSE;
		g_string_append_c (output, '\n');
	}
	return davit_cli_print (output->str, error);
}

/* The cells of a row as a template renders it; the first one (the headings) gives the number. */
static gboolean
row_split (const DavitRows *rows, const Row *row, guint length, char ***ret_cells, GError **error)
{
	g_autoptr (GString) line = g_string_new (NULL);
	g_auto (GStrv) cells = NULL;
	guint count;

	if (!row_render (rows, row, line, error))
		return FALSE;
	cells = g_strsplit (line->str, "\t", length == 0 ? -1 : (gint) length);
	count = g_strv_length (cells);
	if (count < length) {
		cells = g_renew (char *, cells, length + 1);
		for (guint i = count; i <= length; i++)
			cells[i] = i < length ? g_strdup ("") : NULL;
	}
	*ret_cells = g_steal_pointer (&cells);
	return TRUE;
}

static gboolean
template_table_print (const DavitRows *rows, GError **error)
{
	g_auto (GStrv) headings = NULL;
	g_autoptr (DavitTable) table = NULL;
	g_autofree char *text = NULL;

	if (!row_split (rows, NULL, 0, &headings, error))
		return FALSE;
	if (headings[0] == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "format \"table\": no columns");
	table = davit_table_new ((const char *const *) headings, !rows->look.no_heading);
	for (guint i = 0; i < rows->rows->len; i++) {
		g_auto (GStrv) cells = NULL;

		if (!row_split (rows, g_ptr_array_index (rows->rows, i), g_strv_length (headings),
				&cells, error))
			return FALSE;
		davit_table_add (table, (const char *const *) cells);
	}
	text = davit_table_print (table);
	return davit_cli_print (text, error);
}

static gboolean
columns_print (const DavitRows *rows, GError **error)
{
	guint length = g_strv_length (rows->columns);
	g_autofree guint *indices = g_new0 (guint, length);
	g_autofree const char **cells = g_new0 (const char *, length + 1);
	g_autoptr (DavitTable) table = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < length; i++) {
		indices[i] = field_index (rows, rows->columns[i]);
		cells[i] = rows->look.fields[indices[i]].heading;
	}
	table = davit_table_new (cells, !rows->look.no_heading);
	for (guint i = 0; i < rows->rows->len; i++) {
		const Row *row = g_ptr_array_index (rows->rows, i);

		for (guint j = 0; j < length; j++)
			cells[j] = row->cells[indices[j]];
		davit_table_add (table, cells);
	}
	text = davit_table_print (table);
	return davit_cli_print (text, error);
}

gboolean
davit_rows_print (DavitRows *rows, GError **error)
{
	if (!rows->table)
		return lines_print (rows, error);
	return rows->template != NULL ? template_table_print (rows, error)
				      : columns_print (rows, error);
}
