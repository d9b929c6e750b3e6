/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit stop, davit restart, davit kill */

#include "base/error.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/each.h"

#include <signal.h>

/* Longer than a year is a slip, and its milliseconds would not fit everywhere. */
#define SECONDS_LIMIT (366 * 24 * 3600)

#define RUNNING (1u << DAVIT_STATUS_RUNNING | 1u << DAVIT_STATUS_PAUSED)

const DavitFlag davit_stop_flags[] = {
	{.name = "all", .letter = 'a', .type = DAVIT_FLAG_SWITCH, .help = "all that run"},
	{.name = "ignore",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "a container that does not exist is no error"},
	{.name = "signal",
	 .letter = 's',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SIGNAL",
	 .complete = "signal",
	 .help = "the signal to send first",
	 .fallback = "the container's"},
	{.name = "time",
	 .letter = 't',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SECONDS",
	 .help = "how long to wait before SIGKILL",
	 .fallback = "the container's, or 10"},
	{.name = "timeout", .alias = "time"},
	{.name = NULL},
};

const DavitFlag davit_restart_flags[] = {
	{.name = "all", .letter = 'a', .type = DAVIT_FLAG_SWITCH, .help = "all that run"},
	{.name = "running", .alias = "all"},
	{.name = "signal",
	 .letter = 's',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SIGNAL",
	 .complete = "signal",
	 .help = "the signal to send first",
	 .fallback = "the container's"},
	{.name = "time",
	 .letter = 't',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SECONDS",
	 .help = "how long to wait before SIGKILL",
	 .fallback = "the container's, or 10"},
	{.name = "timeout", .alias = "time"},
	{.name = NULL},
};

const DavitFlag davit_kill_flags[] = {
	{.name = "all", .letter = 'a', .type = DAVIT_FLAG_SWITCH, .help = "all that run"},
	{.name = "signal",
	 .letter = 's',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SIGNAL",
	 .complete = "signal",
	 .help = "the signal, by name or number",
	 .fallback = "KILL"},
	{.name = NULL},
};

typedef struct {
	int signal;	     /* 0: the container's */
	gint64 timeout_msec; /* -1: the container's */
} End;

static gboolean
end_parse (const DavitArguments *arguments, End *end, GError **error)
{
	const char *signal = davit_arguments_text (arguments, "signal");
	const char *seconds = davit_arguments_text (arguments, "time");
	guint64 number;

	end->signal = 0;
	end->timeout_msec = -1;
	if (signal != NULL && !davit_text_parse_signal (signal, &end->signal, error))
		return FALSE;
	if (seconds == NULL)
		return TRUE;
	if (!davit_text_parse_unsigned (seconds, SECONDS_LIMIT, "option \"--time\"", &number,
					error))
		return FALSE;
	end->timeout_msec = (gint64) number * 1000;
	return TRUE;
}

static gboolean
container_stop (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	const End *end = data;

	return davit_container_stop (container, end->signal, end->timeout_msec, error);
}

gboolean
davit_stop_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	End end;
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = RUNNING,
		.ignore = davit_arguments_switch (arguments, "ignore"),
		.parallel = TRUE,
		.func = container_stop,
		.data = &end,
	};

	return end_parse (arguments, &end, error) && davit_each_container (cli, &each, error);
}

static gboolean
container_restart (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	const End *end = data;
	DavitContainerStart start;
	gboolean runs = container->status == DAVIT_STATUS_RUNNING ||
			container->status == DAVIT_STATUS_PAUSED;

	/* Its end would remove it before it could be started. */
	if (runs && container->auto_remove)
		return davit_error_set (
			error, DAVIT_ERROR_STATE,
			"container \"%s\" was made with --rm: it can't be restarted",
			container->name);
	if (runs && !davit_container_stop (container, end->signal, end->timeout_msec, error))
		return FALSE;
	davit_container_start_init (&start);
	return davit_container_refresh (container, error) &&
	       davit_container_start (container, &start, NULL, NULL, error);
}

gboolean
davit_restart_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	End end;
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = RUNNING,
		.parallel = TRUE,
		.func = container_restart,
		.data = &end,
	};

	return end_parse (arguments, &end, error) && davit_each_container (cli, &each, error);
}

static gboolean
container_kill (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	return davit_container_kill (container, *(const int *) data, error);
}

gboolean
davit_kill_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *text = davit_arguments_text (arguments, "signal");
	int signal = SIGKILL;
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = RUNNING,
		.func = container_kill,
		.data = &signal,
	};

	if (text != NULL && !davit_text_parse_signal (text, &signal, error))
		return FALSE;
	return davit_each_container (cli, &each, error);
}
