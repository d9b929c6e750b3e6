/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit config show */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/rows.h"

#include <string.h>

const DavitFlag davit_list_flags[] = {
	{.name = "format",
	 .letter = 'f',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "table, json, \"table TEMPLATE\" or a Go template"},
	{.name = "noheading", .letter = 'n', .type = DAVIT_FLAG_SWITCH, .help = "no headings"},
	{.name = NULL},
};

const DavitField davit_config_fields[] = {
	{"Group", "GROUP", "group of the key file: engine, or KIND.NAME of a plugin"},
	{"Key", "KEY", "its key"},
	{"Value", "VALUE", "its value"},
	{"Source", "SOURCE", "FILE:LINE, --config, DAVIT_CONFIG or default"},
	{"Help", "HELP", "what it is for"},
	{NULL, NULL, NULL},
};

typedef struct {
	DavitRows *rows;
	DavitJsonWriter *writer; /* or NULL */
} Output;

typedef struct {
	const char *group;
	const char *key;
	const char *value;
	const char *source;
	const char *help;
} Setting;

static void
setting_add (Output *output, const Setting *setting)
{
	if (output->writer == NULL) {
		davit_rows_add (output->rows, NULL);
		davit_rows_set (output->rows, "Group", setting->group);
		davit_rows_set (output->rows, "Key", setting->key);
		davit_rows_set (output->rows, "Value", setting->value);
		davit_rows_set (output->rows, "Source", setting->source);
		davit_rows_set (output->rows, "Help", setting->help);
		return;
	}
	davit_json_writer_begin_object (output->writer, NULL);
	davit_json_writer_string (output->writer, "Group", setting->group);
	davit_json_writer_string (output->writer, "Key", setting->key);
	davit_json_writer_string (output->writer, "Value", setting->value);
	davit_json_writer_string (output->writer, "Source", setting->source);
	davit_json_writer_string (output->writer, "Help", setting->help);
	davit_json_writer_end_object (output->writer);
}

static gboolean
engine_add (Output *output, const DavitConfig *config, GError **error)
{
	g_autoptr (DavitOptionValues) values =
		davit_config_check_group (config, "engine", davit_config_engine_options (), error);

	if (values == NULL)
		return FALSE;
	for (guint i = 0; i < davit_option_values_count (values); i++) {
		const DavitOptionValue *value = davit_option_values_nth (values, i);
		Setting setting = {"engine", value->option->key, value->text, value->source,
				   value->option->help};

		setting_add (output, &setting);
	}
	return TRUE;
}

static gboolean
plugin_add (Output *output, const DavitPluginReport *report, char **groups, GError **error)
{
	g_autofree char *group =
		g_strconcat (davit_drivers_kind_name (report->kind), ".", report->name, NULL);

	/* As of [engine]: there is no value to show where what was written is none. */
	if (report->misset != NULL)
		return davit_error_set (error, DAVIT_ERROR_CONFIG, "%s", report->misset);
	for (guint i = 0; report->options != NULL && i < report->options->len; i++) {
		const DavitPluginOption *option = g_ptr_array_index (report->options, i);
		Setting setting = {group, option->key, option->value, option->source, option->help};

		setting_add (output, &setting);
	}
	/* Marked as known. */
	for (; *groups != NULL; groups++) {
		if (strcmp (*groups, group) == 0)
			(*groups)[0] = '\0';
	}
	return TRUE;
}

static gboolean
plugins_add (DavitCli *cli, Output *output, GError **error)
{
	g_autoptr (GPtrArray) reports = davit_drivers_list (cli->engine->drivers, error);
	g_auto (GStrv) groups = davit_config_groups (cli->engine->config);

	if (reports == NULL)
		return FALSE;
	for (guint i = 0; i < reports->len; i++) {
		if (!plugin_add (output, g_ptr_array_index (reports, i), groups, error))
			return FALSE;
	}
	for (char **group = groups; *group != NULL; group++) {
		if ((*group)[0] != '\0')
			davit_cli_notice (
				cli, "group [%s]: no plugin of that kind and name is installed",
				*group);
	}
	return TRUE;
}

gboolean
davit_config_show_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitRowsLook look = {
		.format = davit_arguments_text (arguments, "format"),
		.fields = davit_config_fields,
		.columns = "Group Key Value Source",
		.no_heading = davit_arguments_switch (arguments, "noheading"),
	};
	g_autoptr (DavitRows) rows = davit_rows_new (&look, error);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	Output output = {rows, NULL};
	g_autofree char *json = NULL;

	if (rows == NULL || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	if (davit_rows_is_json (rows))
		output.writer = writer;
	davit_json_writer_begin_array (writer, NULL);
	if (!engine_add (&output, cli->engine->config, error) || !plugins_add (cli, &output, error))
		return FALSE;
	davit_json_writer_end_array (writer);
	json = davit_json_writer_finish (writer, NULL);
	return output.writer != NULL ? davit_cli_print_json (json, error)
				     : davit_rows_print (rows, error);
}
