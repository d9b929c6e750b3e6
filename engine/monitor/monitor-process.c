/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first process: its end, and how it is brought about. Orphans of it, and on_exit. */

#include "monitor-text.h"
#include "monitor.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is said of a process whose status went elsewhere. */
#define STATUS_UNKNOWN 255

bool
monitor_process_open (struct monitor *monitor)
{
	sigset_t handled, blocked;

	sigemptyset (&handled);
	sigaddset (&handled, SIGCHLD);
	sigaddset (&handled, SIGTERM);
	/* The caller's terminal is none of our business: no signal of it may end the monitor. */
	blocked = handled;
	sigaddset (&blocked, SIGHUP);
	sigaddset (&blocked, SIGINT);
	sigaddset (&blocked, SIGQUIT);
	/* An ignored SIGCHLD would be inherited, and statuses thrown away. */
	signal (SIGCHLD, SIG_DFL);
	signal (SIGPIPE, SIG_IGN);
	/* A log that reaches the limit of the caller's shell must not end it. */
	signal (SIGXFSZ, SIG_IGN);
	if (sigprocmask (SIG_SETMASK, &blocked, NULL) < 0 ||
	    prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return false;
	monitor->signal_fd = signalfd (-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (monitor->signal_fd < 0 ||
	    !monitor_watch (monitor, monitor->signal_fd, MONITOR_SOURCE_SIGNAL, EPOLLIN) ||
	    !monitor_watch (monitor, monitor->arguments.pid_fd, MONITOR_SOURCE_PROCESS, EPOLLIN))
		return false;
	if (monitor->arguments.timeout > 0)
		monitor_timer_set (monitor, MONITOR_TIMER_TIMEOUT, monitor->arguments.timeout);
	return true;
}

static void
status_record (struct monitor *monitor, const siginfo_t *info)
{
	monitor->exit.signal = info->si_code == CLD_EXITED ? 0 : info->si_status;
	monitor->exit.status =
		info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	monitor->exit.finished = (int64_t) monitor_text_now ();
	monitor->child_ended = true;
}

static void
children_reap (struct monitor *monitor)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid (P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
			return;
		if ((uint64_t) info.si_pid == monitor->arguments.pid && !monitor->child_ended)
			status_record (monitor, &info);
		if (info.si_pid == monitor->on_exit_pid)
			monitor->on_exit_pid = 0;
	}
}

void
monitor_process_signals (struct monitor *monitor)
{
	struct signalfd_siginfo info;

	while (read (monitor->signal_fd, &info, sizeof info) == (ssize_t) sizeof info) {
		/* The host goes down, or somebody wants us gone: then the container goes first. */
		if (info.ssi_signo == SIGTERM && !monitor->child_ended)
			monitor_process_stop (monitor);
	}
	children_reap (monitor);
}

void
monitor_process_ended (struct monitor *monitor)
{
	siginfo_t info = {0};

	monitor_unwatch (monitor, monitor->arguments.pid_fd);
	if (monitor->child_ended)
		return;
	if (waitid (P_PIDFD, (id_t) monitor->arguments.pid_fd, &info, WEXITED | WNOHANG) == 0) {
		/* Traced, as by who makes a checkpoint: SIGCHLD comes when that lets go. */
		if (info.si_pid != 0)
			status_record (monitor, &info);
		return;
	}
	monitor->exit.status = STATUS_UNKNOWN;
	monitor->exit.finished = (int64_t) monitor_text_now ();
	monitor->child_ended = true;
}

void
monitor_process_stop (struct monitor *monitor)
{
	int number = (int) monitor->arguments.stop_signal;

	if (monitor->deadlines[MONITOR_TIMER_KILL] != 0)
		return;
	pidfd_send_signal (monitor->arguments.pid_fd, number > 0 ? number : SIGTERM, NULL, 0);
	monitor_timer_set (monitor, MONITOR_TIMER_KILL, monitor->arguments.stop_timeout);
}

void
monitor_process_kill (struct monitor *monitor)
{
	pidfd_send_signal (monitor->arguments.pid_fd, SIGKILL, NULL, 0);
}

void
monitor_process_run_on_exit (struct monitor *monitor)
{
	char **argv = monitor->arguments.on_exit;
	sigset_t none;
	pid_t pid;

	monitor->concluded = true;
	if (argv == NULL || monitor->cleaned)
		return;
	pid = fork ();
	if (pid > 0)
		monitor->on_exit_pid = pid;
	if (pid != 0)
		return;
	/* What is ignored or blocked here would be so in all that it starts. */
	signal (SIGPIPE, SIG_DFL);
	signal (SIGXFSZ, SIG_DFL);
	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
	execv (argv[0], argv);
	_exit (127);
}
