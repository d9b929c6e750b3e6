/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The caller's side of a connection. Its descriptors are shared with others: never non-blocking. */

#include "monitor/caller.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

gboolean
davit_caller_open (DavitCaller *caller, gboolean terminal, const char *detach_keys, GError **error)
{
	caller->signals.fd = -1;
	caller->terminal.input_fd = caller->terminal.size_fd = -1;
	if (!davit_detach_keys_parse (&caller->keys, terminal ? detach_keys : NULL, error))
		return FALSE;
	/* Signals first: one that came between the two would leave the terminal raw. */
	if (!davit_signals_open (&caller->signals, caller->forward != NULL, terminal, error))
		return FALSE;
	caller->resized = terminal;
	return !terminal || davit_terminal_open (&caller->terminal, caller->stdin_fd,
						 caller->stdout_fd, caller->stderr_fd, error);
}

void
davit_caller_close (DavitCaller *caller)
{
	davit_terminal_close (&caller->terminal);
	davit_signals_close (&caller->signals);
}

gboolean
davit_caller_read (DavitCaller *caller, gboolean *ret_detached, GError **error)
{
	guint8 typed[DAVIT_CALLER_PIECE];
	gssize got = read (caller->stdin_fd, typed, sizeof typed);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return TRUE;
	/* A terminal that was taken away answers EIO. */
	if (got < 0 && errno != EIO)
		return davit_error_errno (error, errno, "read standard input");
	if (got <= 0) {
		/* What was held back in case that more keys follow. */
		caller->n_input = caller->keys.matched;
		memcpy (caller->input, caller->keys.keys, caller->n_input);
		caller->keys.matched = 0;
		caller->stdin_fd = -1;
		caller->input_ended = TRUE;
		return TRUE;
	}
	*ret_detached = davit_detach_keys_filter (&caller->keys, typed, (gsize) got, caller->input,
						  &caller->n_input);
	return TRUE;
}

/* The signal's own way, now that the terminal is as it was. */
static gboolean
signal_obey (DavitCaller *caller, int number, GError **error)
{
	davit_caller_close (caller);
	raise (number);
	return davit_error_set (error, DAVIT_ERROR_CANCELLED, "signal %d came", number);
}

gboolean
davit_caller_handle_signals (DavitCaller *caller, GError **error)
{
	int number;

	while ((number = davit_signals_take (&caller->signals)) != 0) {
		if (number == SIGWINCH) {
			caller->resized = TRUE;
		} else if (number == SIGTSTP) {
			if (!davit_terminal_suspend (&caller->terminal, error))
				return FALSE;
			caller->resized = TRUE;
		} else if (davit_signals_is_proxied (&caller->signals, number)) {
			caller->forward (number, caller->data);
		} else {
			return signal_obey (caller, number, error);
		}
	}
	return TRUE;
}

gboolean
davit_caller_write (int fd, const guint8 *data, gsize length, gsize *ret_done, GError **error)
{
	gssize wrote = write (fd, data, MIN (length, DAVIT_CALLER_PIECE));
	const char *name = fd == STDERR_FILENO ? "standard error" : "standard output";

	*ret_done = 0;
	if (wrote >= 0) {
		*ret_done = (gsize) wrote;
		return TRUE;
	}
	if (errno == EINTR || errno == EAGAIN)
		return TRUE;
	if (errno == EPIPE)
		return davit_error_set (error, DAVIT_ERROR_CANCELLED, "%s: %s", name,
					g_strerror (EPIPE));
	return davit_error_errno (error, errno, "write %s", name);
}
