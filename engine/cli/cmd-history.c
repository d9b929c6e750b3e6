/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit history */

#include "base/text.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/ps.h"
#include "cli/rows.h"

#include <string.h>

#define SHORT_ID 12
#define SHORT_COMMAND 45

const DavitFlag davit_history_flags[] = {
	{.name = "format",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "table, json, \"table TEMPLATE\" or a Go template"},
	{.name = "human",
	 .letter = 'H',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "sizes and times for people",
	 .fallback = "true"},
	{.name = "no-trunc", .type = DAVIT_FLAG_SWITCH, .help = "don't shorten ids and commands"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "ids only"},
	{.name = NULL},
};

const DavitField davit_history_fields[] = {
	{"ID", "ID", "id of the image for the newest step, <missing> for the others"},
	{"Created", "CREATED", "how long ago"},
	{"CreatedSince", "CREATED", "the same, under docker's name"},
	{"CreatedAt", "CREATED AT", "when"},
	{"CreatedBy", "CREATED BY", "what made it"},
	{"Size", "SIZE", "of its layer"},
	{"Comment", "COMMENT", "what was noted"},
	{NULL, NULL, NULL},
};

typedef struct {
	gboolean whole;
	gboolean human;
} Look;

static char *
step_id (const DavitImage *image, guint index, gboolean whole)
{
	if (index > 0)
		return g_strdup ("<missing>");
	return whole ? g_strdup (image->id) : g_strndup (image->id + strlen ("sha256:"), SHORT_ID);
}

static char *
command_text (const char *command, gboolean whole)
{
	g_autofree char *valid = g_utf8_make_valid (command == NULL ? "" : command, -1);

	if (whole || g_utf8_strlen (valid, -1) <= SHORT_COMMAND)
		return g_steal_pointer (&valid);
	*g_utf8_offset_to_pointer (valid, SHORT_COMMAND - 3) = '\0';
	return g_strconcat (valid, "...", NULL);
}

static void
step_add (DavitRows *rows, const DavitImageHistory *step, char *id, const Look *look)
{
	gint64 now = davit_text_now ();

	davit_rows_add (rows, NULL);
	davit_rows_take (rows, "ID", id);
	davit_rows_take (rows, "CreatedAt", davit_text_time (step->created));
	davit_rows_take (rows, "Created",
			 look->human ? davit_ps_ago (step->created, now)
				     : davit_text_time (step->created));
	davit_rows_take (rows, "CreatedSince", davit_ps_ago (step->created, now));
	davit_rows_take (rows, "CreatedBy", command_text (step->created_by, look->whole));
	davit_rows_take (rows, "Size",
			 look->human ? davit_text_size (step->size)
				     : g_strdup_printf ("%" G_GUINT64_FORMAT, step->size));
	davit_rows_set (rows, "Comment", step->comment);
}

static gboolean
history_json (const DavitImage *image, const GPtrArray *history, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_array (writer, NULL);
	for (guint i = 0; i < history->len; i++) {
		const DavitImageHistory *step = g_ptr_array_index (history, i);
		g_autofree char *id = step_id (image, i, TRUE);
		g_autofree char *created = davit_text_time (step->created);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "id", id);
		davit_json_writer_string (writer, "created", created);
		davit_json_writer_string (writer, "CreatedBy",
					  step->created_by == NULL ? "" : step->created_by);
		davit_json_writer_unsigned (writer, "size", step->size);
		davit_json_writer_string (writer, "comment",
					  step->comment == NULL ? "" : step->comment);
		davit_json_writer_boolean (writer, "emptyLayer", step->empty_layer);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
	text = davit_json_writer_finish (writer, NULL);
	return davit_cli_print_json (text, error);
}

static gboolean
ids_print (const DavitImage *image, guint n_steps, gboolean whole, GError **error)
{
	for (guint i = 0; i < n_steps; i++) {
		g_autofree char *id = step_id (image, i, whole);

		if (!davit_cli_print_line (id, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_history_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	Look look = {davit_arguments_switch (arguments, "no-trunc"),
		     !davit_arguments_has (arguments, "human") ||
			     davit_arguments_switch (arguments, "human")};
	DavitRowsLook rows_look = {
		.format = davit_arguments_text (arguments, "format"),
		.fields = davit_history_fields,
		.columns = "ID Created CreatedBy Size Comment",
	};
	g_autoptr (DavitRows) rows = davit_rows_new (&rows_look, error);
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GPtrArray) history = NULL;

	if (rows == NULL || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	image = davit_image_store_resolve (cli->engine->images,
					   davit_arguments_operands (arguments)[0], error);
	if (image == NULL)
		return FALSE;
	history = davit_image_history (image);
	if (davit_arguments_switch (arguments, "quiet") && rows_look.format == NULL)
		return ids_print (image, history->len, look.whole, error);
	if (davit_rows_is_json (rows))
		return history_json (image, history, error);
	for (guint i = 0; i < history->len; i++)
		step_add (rows, g_ptr_array_index (history, i), step_id (image, i, look.whole),
			  &look);
	return davit_rows_print (rows, error);
}
