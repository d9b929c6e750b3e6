/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The caller's terminal: raw while it belongs to a container, and put back afterwards. */

#pragma once

#include <glib.h>
#include <termios.h>

G_BEGIN_DECLS

/**
 * DavitTerminal: zeroed with the descriptors at -1: no terminal.
 */
typedef struct {
	int input_fd; /* is raw; -1: it is not a terminal */
	int size_fd;  /* tells the size; -1: nobody does */
	struct termios saved;
} DavitTerminal;

/* Looks which of the caller's streams (-1: none) are terminals; makes input raw. */
gboolean davit_terminal_open (DavitTerminal *terminal, int stdin_fd, int stdout_fd, int stderr_fd,
			      GError **error);
/* Puts it back. Repeatable. */
void davit_terminal_close (DavitTerminal *terminal);
/* Stops the caller as its SIGTSTP would, with the terminal as it was, and goes on later. */
gboolean davit_terminal_suspend (DavitTerminal *terminal, GError **error);
/* FALSE if nobody knows it. */
gboolean davit_terminal_size (const DavitTerminal *terminal, guint16 *ret_rows,
			      guint16 *ret_columns);

G_END_DECLS
