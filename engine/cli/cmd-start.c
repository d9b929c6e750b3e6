/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit start, davit attach */

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/each.h"
#include "cli/streams.h"

const DavitFlag davit_start_flags[] = {
	{.name = "attach",
	 .letter = 'a',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "stay connected, and exit with its status"},
	{.name = "interactive",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "connect standard input too"},
	{.name = "all", .type = DAVIT_FLAG_SWITCH, .help = "start all that don't run"},
	{.name = "detach-keys",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEYS",
	 .help = "keys that leave a terminal; \"\" for none",
	 .fallback = "ctrl-p,ctrl-q"},
	{.name = "sig-proxy",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "with --attach: pass signals on",
	 .fallback = "true"},
	{.name = NULL},
};

const DavitFlag davit_attach_flags[] = {
	{.name = "no-stdin", .type = DAVIT_FLAG_SWITCH, .help = "leave standard input alone"},
	{.name = "detach-keys",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEYS",
	 .help = "keys that leave a terminal; \"\" for none",
	 .fallback = "ctrl-p,ctrl-q"},
	{.name = "sig-proxy",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "pass signals on to the container",
	 .fallback = "true"},
	{.name = NULL},
};

static gboolean
start_detached (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	DavitContainerStart start;

	davit_container_start_init (&start);
	/* As docker: what runs already is where it was to be brought, what is paused is not. */
	if (container->status == DAVIT_STATUS_RUNNING)
		return TRUE;
	return davit_container_start (container, &start, NULL, NULL, error);
}

static gboolean
start_attached (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	DavitArguments *arguments = data;
	DavitContainerStart start;
	DavitExit ended = {0};
	gboolean detached = FALSE;

	davit_streams_init (&start, arguments, davit_arguments_switch (arguments, "interactive"));
	if (!davit_container_start (container, &start, &detached, &ended, error))
		return FALSE;
	cli->status = detached ? 0 : ended.status;
	return TRUE;
}

gboolean
davit_start_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	gboolean attach = davit_arguments_switch (arguments, "attach") ||
			  davit_arguments_switch (arguments, "interactive");
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = 1u << DAVIT_STATUS_CREATED | 1u << DAVIT_STATUS_INITIALIZED |
			    1u << DAVIT_STATUS_STOPPED | 1u << DAVIT_STATUS_EXITED,
		.silent = attach,
		.func = attach ? start_attached : start_detached,
		.data = arguments,
	};

	if (attach && davit_arguments_operand_count (arguments) != 1)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"start\": --attach and --interactive take one container");
	return davit_each_container (cli, &each, error);
}

gboolean
davit_attach_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autoptr (DavitContainer) container = NULL;
	DavitContainerStart streams;
	DavitExit ended = {0};
	gboolean detached = FALSE;

	if (engine == NULL)
		return FALSE;
	container = davit_container_find (engine, davit_arguments_operands (arguments)[0], error);
	if (container == NULL)
		return FALSE;
	davit_streams_init (&streams, arguments, !davit_arguments_switch (arguments, "no-stdin"));
	if (!davit_container_attach (container, &streams, &detached, &ended, error))
		return FALSE;
	cli->status = detached ? 0 : ended.status;
	return TRUE;
}
