/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals as a descriptor. */

#include "monitor/signals.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * What tells a program to end or to do something. Those of job control are not among them: they
 * are about the process that the shell knows, and stopping it must not stop the container.
 */
static const int proxied[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};

/* These stop or tell us while the terminal is raw. */
static const int terminal_signals[] = {SIGTSTP, SIGWINCH};

static void
signal_take (DavitSignals *signals, int number)
{
	struct sigaction action;

	/* One that is ignored would come through a signalfd all the same once it is blocked. */
	if (number != SIGWINCH && sigaction (number, NULL, &action) == 0 &&
	    action.sa_handler == SIG_IGN)
		return;
	sigaddset (&signals->taken, number);
}

gboolean
davit_signals_open (DavitSignals *signals, gboolean proxy, gboolean terminal, GError **error)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	signals->proxy = proxy;
	sigemptyset (&signals->taken);
	for (gsize i = 0; (proxy || terminal) && i < G_N_ELEMENTS (proxied); i++)
		signal_take (signals, proxied[i]);
	for (int number = SIGRTMIN; proxy && number <= SIGRTMAX; number++)
		signal_take (signals, number);
	for (gsize i = 0; terminal && i < G_N_ELEMENTS (terminal_signals); i++)
		signal_take (signals, terminal_signals[i]);
	signals->fd = signalfd (-1, &signals->taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd < 0)
		return davit_error_errno (error, errno, "descriptor for signals");
	sigprocmask (SIG_BLOCK, &signals->taken, &signals->old_mask);
	/* A reader of our output that goes away must not take us along before we have tidied. */
	sigaction (SIGPIPE, &ignore, &signals->old_pipe);
	return TRUE;
}

void
davit_signals_close (DavitSignals *signals)
{
	if (signals->fd < 0)
		return;
	davit_fd_close (&signals->fd);
	sigaction (SIGPIPE, &signals->old_pipe, NULL);
	sigprocmask (SIG_SETMASK, &signals->old_mask, NULL);
}

void
davit_signals_hold (sigset_t *ret_before)
{
	sigset_t held;

	sigemptyset (&held);
	sigaddset (&held, SIGHUP);
	sigaddset (&held, SIGINT);
	sigaddset (&held, SIGTERM);
	sigprocmask (SIG_BLOCK, &held, ret_before);
}

void
davit_signals_release (const sigset_t *before)
{
	sigprocmask (SIG_SETMASK, before, NULL);
}

int
davit_signals_take (DavitSignals *signals)
{
	struct signalfd_siginfo info;

	if (read (signals->fd, &info, sizeof info) != (gssize) sizeof info)
		return 0;
	return (int) info.ssi_signo;
}

gboolean
davit_signals_is_proxied (const DavitSignals *signals, int number)
{
	return signals->proxy && number != SIGWINCH && number != SIGTSTP;
}
