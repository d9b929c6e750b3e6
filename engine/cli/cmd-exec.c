/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit exec */

#include "base/error.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/environment.h"
#include "cli/streams.h"

#include <fcntl.h>

/* As many descriptors as a runtime can be handed over a socket, and more than anybody passes. */
#define PRESERVE_LIMIT 200

const char davit_exec_manual[] =
	"Options end at CONTAINER: what follows the command belongs to it. The exit status is the "
	"command's, 126 if it can't be executed, 127 if it is not there, and 255 if the container "
	"does not run.\n"
	"$ davit exec -it web sh\n"
	"$ davit exec -u postgres -w /tmp db pg_dump\n";

const DavitFlag davit_exec_flags[] = {
	{.name = "detach",
	 .letter = 'd',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "don't wait for the command"},
	{.name = "detach-keys",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEYS",
	 .help = "keys that leave a terminal; \"\" for none",
	 .fallback = "ctrl-p,ctrl-q"},
	{.name = "env",
	 .letter = 'e',
	 .type = DAVIT_FLAG_LIST,
	 .argument = "KEY[=VALUE]",
	 .help = "an environment variable; without a value: the caller's"},
	{.name = "env-file",
	 .type = DAVIT_FLAG_LIST,
	 .argument = "FILE",
	 .complete = "file",
	 .help = "read environment variables from a file, one a line"},
	{.name = "interactive",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "connect standard input"},
	{.name = "preserve-fds",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "NUMBER",
	 .help = "pass as many descriptors on, from 3",
	 .fallback = "0"},
	{.name = "privileged",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "give the command all capabilities"},
	{.name = "tty", .letter = 't', .type = DAVIT_FLAG_SWITCH, .help = "give it a terminal"},
	{.name = "user",
	 .letter = 'u',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "USER[:GROUP]",
	 .help = "the user, by name or number",
	 .fallback = "the container's"},
	{.name = "workdir",
	 .letter = 'w',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "DIRECTORY",
	 .help = "working directory inside",
	 .fallback = "the container's"},
	{.name = NULL},
};

static gboolean
preserve_parse (const DavitArguments *arguments, guint *ret, GError **error)
{
	const char *text = davit_arguments_text (arguments, "preserve-fds");
	guint64 number = 0;

	if (text != NULL &&
	    !davit_text_parse_unsigned (text, PRESERVE_LIMIT, "option \"--preserve-fds\"", &number,
					error))
		return FALSE;
	for (guint64 i = 0; i < number; i++) {
		if (fcntl (3 + (int) i, F_GETFD) < 0)
			return davit_error_set (
				error, DAVIT_ERROR_USAGE,
				"option \"--preserve-fds\": descriptor %d is not open",
				3 + (int) i);
	}
	*ret = (guint) number;
	return TRUE;
}

static gboolean
operands_check (const char *const *operands, GError **error)
{
	for (; *operands != NULL; operands++) {
		if (!g_utf8_validate (*operands, -1, NULL))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"argument \"%s\": is not UTF-8", *operands);
	}
	return TRUE;
}

gboolean
davit_exec_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *operands = davit_arguments_operands (arguments);
	g_auto (GStrv) environment = NULL;
	g_autoptr (DavitContainer) container = NULL;
	DavitContainerExec exec = {
		.command = operands + 1,
		.user = davit_arguments_text (arguments, "user"),
		.workdir = davit_arguments_text (arguments, "workdir"),
		.privileged = davit_arguments_switch (arguments, "privileged"),
		.terminal = davit_arguments_switch (arguments, "tty"),
		.detach = davit_arguments_switch (arguments, "detach"),
	};

	/* Before the engine opens a file, which could have one of the numbers. */
	if (!preserve_parse (arguments, &exec.preserve_fds, error) ||
	    !operands_check (operands, error) || !davit_streams_check_terminal (arguments, error) ||
	    !davit_environment_from_arguments (arguments, &environment, error) ||
	    davit_cli_engine (cli, error) == NULL)
		return FALSE;
	exec.env = (const char *const *) environment;
	davit_streams_init (&exec.streams, arguments,
			    davit_arguments_switch (arguments, "interactive"));
	container = davit_container_find (cli->engine, operands[0], error);
	return container != NULL && davit_container_exec (container, &exec, &cli->status, error);
}
