/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Spans in the order of their beginning, indented by depth, with the process they ran in. */

#include "base/trace-table.h"
#include "base/json.h"
#include "base/table.h"

#include <string.h>

typedef struct {
	DavitJson *event;
	double start; /* microseconds */
	gint64 depth;
} Row;

static int
rows_compare (const void *a, const void *b)
{
	const Row *one = a;
	const Row *two = b;

	if (one->start != two->start)
		return one->start > two->start ? 1 : -1;
	/* The inner one of two that began in the same nanosecond was written first. */
	return (one->depth > two->depth) - (one->depth < two->depth);
}

static void
row_clear (gpointer row)
{
	davit_json_free (((Row *) row)->event);
}

static GArray *
rows_read (const char *events)
{
	GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));

	g_array_set_clear_func (rows, row_clear);
	for (const char *end; (end = strstr (events, ",\n")) != NULL; events = end + 2) {
		Row row = {davit_json_parse (events, end - events, NULL), 0, 0};

		if (row.event == NULL)
			continue;
		row.start = davit_json_number (davit_json_member (row.event, "ts"));
		row.depth = davit_json_integer (
			davit_json_member (davit_json_member (row.event, "args"), "depth"));
		g_array_append_val (rows, row);
	}
	g_array_sort (rows, rows_compare);
	return rows;
}

static void
row_add (DavitTable *table, const Row *row, double first)
{
	const DavitJson *event = row->event;
	const char *category = davit_json_string (davit_json_member (event, "cat"));
	const char *name = davit_json_string (davit_json_member (event, "name"));
	double duration = davit_json_number (davit_json_member (event, "dur"));
	g_autofree char *span =
		g_strdup_printf ("%*s%s: %s", (int) CLAMP (row->depth, 0, 32) * 2, "",
				 category == NULL ? "" : category, name == NULL ? "" : name);
	g_autofree char *process =
		g_strdup_printf ("%" G_GINT64_FORMAT,
				 davit_json_integer (davit_json_member (event, "pid")));
	g_autofree char *start = g_strdup_printf ("%.3f", (row->start - first) / 1000);
	g_autofree char *time = g_strdup_printf ("%.3f", duration / 1000);
	const char *cells[] = {span, process, start, time, NULL};

	davit_table_add (table, cells);
}

char *
davit_trace_table (const char *events)
{
	static const char *const headings[] = {"SPAN", "PROCESS", "START MS", "TIME MS", NULL};
	g_autoptr (GArray) rows = rows_read (events);
	g_autoptr (DavitTable) table = davit_table_new (headings, TRUE);

	for (guint column = 1; column <= 3; column++)
		davit_table_align_right (table, column);
	for (guint i = 0; i < rows->len; i++)
		row_add (table, &g_array_index (rows, Row, i), g_array_index (rows, Row, 0).start);
	return davit_table_print (table);
}
