/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit logs */

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "container/container.h"
#include "monitor/log-reader.h"

#include <string.h>
#include <unistd.h>

const DavitFlag davit_logs_flags[] = {
	{.name = "follow",
	 .letter = 'f',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "go on until the container ends"},
	{.name = "names",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "put the name of the container before each line"},
	{.name = "since",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TIME",
	 .help = "only what is newer: a time (RFC 3339), seconds since 1970, or 10m"},
	{.name = "tail",
	 .letter = 'n',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "NUMBER",
	 .help = "only as many of the last lines",
	 .fallback = "all"},
	{.name = "timestamps",
	 .letter = 't',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "put the time before each line"},
	{.name = "until",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TIME",
	 .help = "only what is older"},
	{.name = NULL},
};

typedef struct {
	const char *name; /* or NULL */
	gboolean timestamps;
	gboolean inside[2]; /* of a line, for standard output and error */
	GError *error;
} Printer;

/* What a program has written is given back as it is: escaping it would break what it means. */
static gboolean
piece_print (gint64 time, gboolean is_stderr, const char *text, gsize length, gboolean partial,
	     gpointer data)
{
	Printer *printer = data;
	g_autoptr (GString) line = g_string_sized_new (length + 64);
	int fd = is_stderr ? STDERR_FILENO : STDOUT_FILENO;

	if (!printer->inside[is_stderr] && printer->name != NULL)
		g_string_append_printf (line, "%s ", printer->name);
	if (!printer->inside[is_stderr] && printer->timestamps) {
		g_autofree char *stamp = davit_text_time (time);

		g_string_append_printf (line, "%s ", stamp);
	}
	g_string_append_len (line, text, (gssize) length);
	if (!partial)
		g_string_append_c (line, '\n');
	printer->inside[is_stderr] = partial;
	return davit_fd_write (fd, line->str, line->len,
			       is_stderr ? "standard error" : "standard output", &printer->error);
}

static gboolean
tail_parse (const DavitArguments *arguments, gint64 *ret, GError **error)
{
	const char *text = davit_arguments_text (arguments, "tail");
	guint64 number;

	/* docker and podman take -1 for all, too. */
	if (text == NULL || strcmp (text, "all") == 0 || strcmp (text, "-1") == 0) {
		*ret = -1;
		return TRUE;
	}
	if (!davit_text_parse_unsigned (text, G_MAXINT64, "option \"--tail\"", &number, error))
		return FALSE;
	*ret = (gint64) number;
	return TRUE;
}

static gboolean
query_parse (const DavitArguments *arguments, DavitLogQuery *query, GError **error)
{
	const char *since = davit_arguments_text (arguments, "since");
	const char *until = davit_arguments_text (arguments, "until");

	davit_log_query_init (query);
	query->follow = davit_arguments_switch (arguments, "follow");
	return tail_parse (arguments, &query->tail, error) &&
	       (since == NULL ||
		davit_text_parse_time (since, "option \"--since\"", &query->since, error)) &&
	       (until == NULL ||
		davit_text_parse_time (until, "option \"--until\"", &query->until, error));
}

/*
 * ret_fd: readable at its end. No look at its status decides whether there is one to come: it may
 * end, and be removed, right behind that.
 */
static gboolean
follow_begin (DavitContainer *container, DavitLogQuery *query, int *ret_fd, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (!query->follow || davit_container_open_end (container, ret_fd, &local)) {
		query->end_fd = *ret_fd;
		return TRUE;
	}
	query->follow = FALSE;
	if (davit_error_matches (local, DAVIT_ERROR_STATE) ||
	    davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
davit_logs_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;
	Printer printer = {.timestamps = davit_arguments_switch (arguments, "timestamps")};
	DavitLogQuery query;
	davit_autofd end_fd = -1;

	if (!query_parse (arguments, &query, error) || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	container =
		davit_container_find (cli->engine, davit_arguments_operands (arguments)[0], error);
	if (container == NULL || !davit_container_log (container, &query.dirfd, &query.name, error))
		return FALSE;
	if (!follow_begin (container, &query, &end_fd, error))
		return FALSE;
	if (davit_arguments_switch (arguments, "names"))
		printer.name = container->name;
	if (!davit_log_read (&query, piece_print, &printer, error)) {
		g_clear_error (&printer.error);
		return FALSE;
	}
	if (printer.error == NULL)
		return TRUE;
	g_propagate_error (error, printer.error);
	return FALSE;
}
