/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit wait */

#include "cli/cmd.h"
#include "cli/each.h"

const DavitFlag davit_wait_flags[] = {
	{.name = "ignore",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "a container that does not exist is no error"},
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

gboolean
davit_wait_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.ignore = davit_arguments_switch (arguments, "ignore"),
		.silent = TRUE,
		.func = container_wait,
	};

	return davit_each_container (cli, &each, error);
}
