/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The caller's terminal. */

#include "monitor/terminal.h"

#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

static gboolean
terminal_make_raw (DavitTerminal *terminal, GError **error)
{
	struct termios raw;

	if (terminal->input_fd < 0)
		return TRUE;
	if (tcgetattr (terminal->input_fd, &terminal->saved) < 0)
		return davit_error_errno (error, errno, "settings of the terminal");
	raw = terminal->saved;
	cfmakeraw (&raw);
	if (tcsetattr (terminal->input_fd, TCSANOW, &raw) < 0)
		return davit_error_errno (error, errno, "make the terminal raw");
	return TRUE;
}

gboolean
davit_terminal_open (DavitTerminal *terminal, int stdin_fd, int stdout_fd, int stderr_fd,
		     GError **error)
{
	const int fds[] = {stdin_fd, stdout_fd, stderr_fd};

	terminal->input_fd = stdin_fd >= 0 && isatty (stdin_fd) ? stdin_fd : -1;
	terminal->size_fd = -1;
	for (gsize i = 0; i < G_N_ELEMENTS (fds) && terminal->size_fd < 0; i++) {
		if (fds[i] >= 0 && isatty (fds[i]))
			terminal->size_fd = fds[i];
	}
	if (terminal_make_raw (terminal, error))
		return TRUE;
	terminal->input_fd = -1;
	return FALSE;
}

/* In the background tcsetattr would stop us, and the terminal would stay raw: hence the mask. */
static void
terminal_restore (DavitTerminal *terminal)
{
	sigset_t set, old;

	if (terminal->input_fd < 0)
		return;
	sigemptyset (&set);
	sigaddset (&set, SIGTTOU);
	sigprocmask (SIG_BLOCK, &set, &old);
	tcsetattr (terminal->input_fd, TCSANOW, &terminal->saved);
	sigprocmask (SIG_SETMASK, &old, NULL);
}

void
davit_terminal_close (DavitTerminal *terminal)
{
	terminal_restore (terminal);
	terminal->input_fd = -1;
}

gboolean
davit_terminal_suspend (DavitTerminal *terminal, GError **error)
{
	terminal_restore (terminal);
	raise (SIGSTOP);
	return terminal_make_raw (terminal, error);
}

gboolean
davit_terminal_size (const DavitTerminal *terminal, guint16 *ret_rows, guint16 *ret_columns)
{
	struct winsize size;

	if (terminal->size_fd < 0 || ioctl (terminal->size_fd, TIOCGWINSZ, &size) < 0)
		return FALSE;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return TRUE;
}
