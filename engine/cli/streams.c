/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connecting streams, for run, start, attach and exec. */

#include "cli/streams.h"

#include "base/error.h"

#include <string.h>
#include <unistd.h>

void
davit_streams_init (DavitContainerStart *start, DavitArguments *arguments, gboolean standard_input)
{
	const char *proxy = davit_arguments_text (arguments, "sig-proxy");

	davit_container_start_init (start);
	start->attach = TRUE;
	start->stdin_open = standard_input;
	start->stdin_fd = standard_input ? STDIN_FILENO : -1;
	start->stdout_fd = STDOUT_FILENO;
	start->stderr_fd = STDERR_FILENO;
	start->detach_keys = davit_arguments_text (arguments, "detach-keys");
	start->signal_proxy = proxy == NULL || strcmp (proxy, "true") == 0;
}

gboolean
davit_streams_check_terminal (const DavitArguments *arguments, GError **error)
{
	if (!davit_arguments_switch (arguments, "tty") ||
	    !davit_arguments_switch (arguments, "interactive") ||
	    davit_arguments_switch (arguments, "detach") || isatty (STDIN_FILENO))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"the input device is not a TTY; leave out --tty");
}
