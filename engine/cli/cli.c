/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all verbs share: engine, output, errors and exit statuses. */

#include "cli/cli.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/json-escape.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

DavitEngine *
davit_cli_engine (DavitCli *cli, GError **error)
{
	DavitEngineOptions options = {0};

	if (cli->engine != NULL)
		return cli->engine;
	options.root = davit_arguments_text (cli->globals, "root");
	options.runroot = davit_arguments_text (cli->globals, "runroot");
	options.plugin_path = davit_arguments_list (cli->globals, "plugin-path");
	options.overrides = davit_arguments_list (cli->globals, "config");
	cli->engine = davit_engine_open (&options, error);
	return cli->engine;
}

gboolean
davit_cli_print (const char *text, GError **error)
{
	return davit_fd_write (STDOUT_FILENO, text, strlen (text), "standard output", error);
}

gboolean
davit_cli_print_line (const char *text, GError **error)
{
	g_autofree char *line = g_strconcat (text, "\n", NULL);

	return davit_cli_print (line, error);
}

gboolean
davit_cli_print_json (const char *text, GError **error)
{
	g_autofree char *safe = davit_json_escape_controls (text);

	return g_str_has_suffix (safe, "\n") ? davit_cli_print (safe, error)
					     : davit_cli_print_line (safe, error);
}

/* The status of the manual's section EXIT STATUS. */
static int
error_status (const DavitCli *cli, const GError *error)
{
	const DavitVerb *verb = cli->verb;

	if (verb == NULL)
		return DAVIT_CLI_STATUS_ENGINE;
	if (verb->status_not_found != 0 && davit_error_matches (error, DAVIT_ERROR_NOT_FOUND))
		return verb->status_not_found;
	if (verb->status_state != 0 && (davit_error_matches (error, DAVIT_ERROR_STATE) ||
					davit_error_matches (error, DAVIT_ERROR_BUSY)))
		return verb->status_state;
	return davit_error_exit_status (error);
}

static void
line_write (const char *text)
{
	g_autofree char *line = g_strconcat (text, "\n", NULL);

	/* Where not even this can be written, the exit status is all that is left. */
	davit_fd_write (STDERR_FILENO, line, strlen (line), "standard error", NULL);
}

static void
json_line_write (const char *level, const char *code, const char *text)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *valid = g_utf8_make_valid (text, -1);
	g_autofree char *line = NULL;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "level", level);
	davit_json_writer_string_if (writer, "code", code);
	davit_json_writer_string (writer, "msg", valid);
	davit_json_writer_end_object (writer);
	line = davit_json_writer_finish (writer, NULL);
	line_write (line);
}

void
davit_cli_report (DavitCli *cli, const GError *error)
{
	g_autofree char *safe = davit_log_escape (error->message);
	g_autofree char *line = g_strconcat ("davit: ", safe, NULL);

	if (cli->json_log)
		json_line_write ("error", davit_error_code_name ((DavitErrorCode) error->code),
				 safe);
	else
		line_write (line);
	cli->status = MAX (cli->status, error_status (cli, error));
}

gboolean
davit_cli_fail (DavitCli *cli, GError **error)
{
	davit_cli_report (cli, *error);
	g_clear_error (error);
	return FALSE;
}

void
davit_cli_notice (const DavitCli *cli, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *safe = NULL;
	va_list values;

	va_start (values, format);
	text = g_strdup_vprintf (format, values);
	va_end (values);
	safe = davit_log_escape (text);
	if (cli->json_log)
		json_line_write ("info", NULL, safe);
	else
		line_write (safe);
}

gboolean
davit_cli_is_fancy (int fd)
{
	const char *no_color = g_getenv ("NO_COLOR");

	return isatty (fd) && (no_color == NULL || no_color[0] == '\0') &&
	       g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

gboolean
davit_cli_confirm (const char *question)
{
	char answer[8] = "";

	if (!isatty (STDIN_FILENO))
		return FALSE;
	fprintf (stderr, "%s [y/N] ", question);
	fflush (stderr);
	return fgets (answer, sizeof answer, stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}
