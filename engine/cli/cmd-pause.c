/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit pause, davit unpause */

#include "cli/cmd.h"
#include "cli/each.h"

const DavitFlag davit_pause_flags[] = {
	{.name = "all",
	 .letter = 'a',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "all that the command concerns"},
	{.name = NULL},
};

static gboolean
container_pause (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	return davit_container_pause (container, error);
}

static gboolean
container_unpause (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	return davit_container_unpause (container, error);
}

gboolean
davit_pause_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = 1u << DAVIT_STATUS_RUNNING,
		.func = container_pause,
	};

	return davit_each_container (cli, &each, error);
}

gboolean
davit_unpause_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		.statuses = 1u << DAVIT_STATUS_PAUSED,
		.func = container_unpause,
	};

	return davit_each_container (cli, &each, error);
}
