/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit wait */

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/each.h"

const DavitFlag davit_wait_flags[] = {
	{.name = "condition",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "STATE",
	 .help = "what to wait for: exited, stopped or not-running, which are the same",
	 .fallback = "exited"},
	{.name = "ignore",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "a container that does not exist is no error"},
	/* -i is this one of podman, and not --ignore. */
	{.name = "interval",
	 .letter = 'i',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TIME",
	 .help = "how often to look; davit is told of the end, so this changes nothing"},
	{.name = NULL},
};

static gboolean
container_wait (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	DavitExit ended = {0};
	g_autofree char *line = NULL;

	if (!davit_container_wait (container, -1, &ended, error))
		return FALSE;
	line = g_strdup_printf ("%d\n", ended.status);
	return davit_cli_print (line, error);
}

static gboolean
condition_check (const char *condition, GError **error)
{
	static const char *const ends[] = {"exited", "stopped", "not-running", NULL};
	static const char *const others[] = {"configured", "created",  "healthy",   "initialized",
					     "next-exit",  "paused",   "removed",   "removing",
					     "running",	   "stopping", "unhealthy", NULL};

	if (condition == NULL || g_strv_contains (ends, condition))
		return TRUE;
	if (!g_strv_contains (others, condition))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--condition\" of \"wait\" must be one of exited, "
					"stopped, not-running, not \"%s\"",
					condition);
	return davit_error_set (
		error, DAVIT_ERROR_UNSUPPORTED,
		"option \"--condition\" of \"wait\": \"%s\" is not there yet; davit "
		"inspect --format '{{.State.Status}}' tells the state",
		condition);
}

gboolean
davit_wait_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.ignore = davit_arguments_switch (arguments, "ignore"),
		.silent = TRUE,
		.func = container_wait,
	};

	return condition_check (davit_arguments_text (arguments, "condition"), error) &&
	       davit_each_container (cli, &each, error);
}
