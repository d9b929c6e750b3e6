/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit plugin list, davit plugin info */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "cli/rows.h"
#include "driver/report.h"

#include <string.h>

const char davit_plugin_list_manual[] =
	"A plugin has one of three states: it loads and is usable here; it loads, but this host "
	"lacks something (the first thing is named; davit-plugin-info(1) shows all); or it does "
	"not "
	"load. Each is opened in a process of its own: one that crashes is a line of the list.\n";

const DavitField davit_plugin_fields[] = {
	{"Kind", "KIND", "storage, network, runtime or checkpoint"},
	{"Name", "NAME", "its name"},
	{"Version", "VERSION", "its version"},
	{"State", "STATE", "usable, not usable here and why, or does not load and why"},
	{"Path", "PATH", "its file"},
	{"Summary", "SUMMARY", "what it is"},
	{NULL, NULL, NULL},
};

static void
needs_write (DavitJsonWriter *writer, const GPtrArray *needs)
{
	davit_json_writer_begin_array (writer, "Needs");
	for (guint i = 0; needs != NULL && i < needs->len; i++) {
		const DavitNeed *need = g_ptr_array_index (needs, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "What", need->what);
		davit_json_writer_boolean (writer, "Met", need->met);
		davit_json_writer_string_if (writer, "Hint", need->hint);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
options_write (DavitJsonWriter *writer, const GPtrArray *options)
{
	davit_json_writer_begin_array (writer, "Options");
	for (guint i = 0; options != NULL && i < options->len; i++) {
		const DavitPluginOption *option = g_ptr_array_index (options, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "Key", option->key);
		davit_json_writer_string (writer, "Type", option->type);
		davit_json_writer_string_if (writer, "Choices", option->choices);
		davit_json_writer_string (writer, "Default", option->fallback);
		davit_json_writer_string (writer, "Value", option->value);
		davit_json_writer_string (writer, "Source", option->source);
		davit_json_writer_string (writer, "Help", option->help);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
words_write (DavitJsonWriter *writer, const char *key, char **words)
{
	static const char *const none[] = {NULL};

	davit_json_writer_strings (writer, key, words == NULL ? none : (const char *const *) words);
}

static void
report_write (DavitJsonWriter *writer, const DavitPluginReport *report)
{
	g_autofree char *state = davit_report_state (report);
	g_autofree char *abi = g_strdup_printf ("%u.%u", report->abi_major, report->abi_minor);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Kind", davit_drivers_kind_name (report->kind));
	davit_json_writer_string (writer, "Name", report->name);
	davit_json_writer_string (writer, "Version", report->version);
	davit_json_writer_string (writer, "State", state);
	davit_json_writer_boolean (writer, "Loads", report->loads);
	davit_json_writer_boolean (writer, "Usable", report->usable);
	davit_json_writer_string (writer, "Path", report->path);
	davit_json_writer_string (writer, "Summary", report->summary);
	davit_json_writer_string (writer, "License", report->license);
	davit_json_writer_string (writer, "Abi", report->loads ? abi : NULL);
	needs_write (writer, report->needs);
	options_write (writer, report->options);
	words_write (writer, "Operations", report->operations);
	words_write (writer, "MissingOperations", report->missing);
	davit_json_writer_end_object (writer);
}

static gboolean
list_json (const GPtrArray *reports, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_array (writer, NULL);
	for (guint i = 0; i < reports->len; i++)
		report_write (writer, g_ptr_array_index (reports, i));
	davit_json_writer_end_array (writer);
	text = davit_json_writer_finish (writer, NULL);
	return davit_cli_print_json (text, error);
}

static void
row_add (DavitRows *rows, const DavitPluginReport *report)
{
	davit_rows_add (rows, NULL);
	davit_rows_set (rows, "Kind", davit_drivers_kind_name (report->kind));
	davit_rows_set (rows, "Name", report->name);
	davit_rows_set (rows, "Version", report->version);
	davit_rows_take (rows, "State", davit_report_state (report));
	davit_rows_set (rows, "Path", report->path);
	davit_rows_set (rows, "Summary", report->summary);
}

gboolean
davit_plugin_list_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitRowsLook look = {
		.format = davit_arguments_text (arguments, "format"),
		.fields = davit_plugin_fields,
		.columns = "Kind Name Version State",
		.no_heading = davit_arguments_switch (arguments, "noheading"),
	};
	g_autoptr (DavitRows) rows = davit_rows_new (&look, error);
	g_autoptr (GPtrArray) reports = NULL;

	if (rows == NULL || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	reports = davit_drivers_list (cli->engine->drivers, error);
	if (reports == NULL)
		return FALSE;
	if (davit_rows_is_json (rows))
		return list_json (reports, error);
	for (guint i = 0; i < reports->len; i++)
		row_add (rows, g_ptr_array_index (reports, i));
	return davit_rows_print (rows, error);
}

gboolean
davit_plugin_info_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *name = davit_arguments_operands (arguments)[0];
	const char *slash = strchr (name, '/');
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autoptr (DavitPluginReport) report = NULL;
	g_autofree char *text = NULL;
	DavitKind kind = 0;

	if (slash != NULL) {
		g_autofree char *word = g_strndup (name, (gsize) (slash - name));

		if (!davit_drivers_parse_kind (word, &kind, error))
			return FALSE;
		name = slash + 1;
	}
	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	report = davit_drivers_report (cli->engine->drivers, kind, name, error);
	if (report == NULL)
		return FALSE;
	report_write (writer, report);
	text = davit_json_writer_finish (writer, NULL);
	return davit_document_print (text, davit_arguments_text (arguments, "format"), FALSE,
				     error);
}
