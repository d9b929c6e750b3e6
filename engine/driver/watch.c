/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child with a deadline: watch.h. */

#include "driver/watch.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is in the pipe now. FALSE at its end, or when there is too much. */
static gboolean
watch_read (DavitWatch *watch)
{
	char buffer[4096];
	gssize length;

	while ((length = read (watch->fd, buffer, sizeof buffer)) > 0) {
		if (watch->text->len + (gsize) length > watch->limit)
			return FALSE;
		g_string_append_len (watch->text, buffer, length);
	}
	return length < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * The end of the pipe alone tells nothing: a process that the plugin left behind may hold it open.
 */
void
davit_watch_wait (DavitWatch *watch, guint deadline_msec)
{
	gint64 end = g_get_monotonic_time () + (gint64) deadline_msec * 1000;
	gboolean reading = TRUE;

	for (;;) {
		struct pollfd polls[] = {
			{.fd = watch->pidfd, .events = POLLIN},
			{.fd = reading ? watch->fd : -1, .events = POLLIN},
		};
		gint64 left = (end - g_get_monotonic_time () + 999) / 1000;

		if (left <= 0) {
			watch->late = TRUE;
			return;
		}
		if (poll (polls, G_N_ELEMENTS (polls), (int) left) < 0 && errno != EINTR)
			return;
		if (polls[1].revents != 0)
			reading = watch_read (watch);
		if (polls[0].revents != 0) {
			watch_read (watch);
			return;
		}
	}
}

/*
 * fork has no way to say in which namespaces. Like it, this goes on with a copy of everything;
 * what glibc does around fork is for processes with threads, which there are none of.
 */
static pid_t
watch_clone (guint64 namespaces)
{
	if (namespaces == 0)
		return fork ();
	return (pid_t) syscall (SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL);
}

gboolean
davit_watch_start (DavitWatch *watch, guint64 namespaces, DavitWatchFunc run, gconstpointer data,
		   GError **error)
{
	int pipe_fds[2];

	if (pipe2 (pipe_fds, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "pipe");
	watch->pid = watch_clone (namespaces);
	if (watch->pid == 0) {
		close (pipe_fds[0]);
		run (pipe_fds[1], data);
		_exit (1);
	}
	watch->fd = pipe_fds[0];
	close (pipe_fds[1]);
	if (watch->pid < 0)
		return davit_error_errno (error, errno, "fork");
	/* Here too: otherwise a kill of the group might come before there is one. */
	setpgid (watch->pid, watch->pid);
	fcntl (watch->fd, F_SETFL, O_NONBLOCK);
	watch->pidfd = pidfd_open (watch->pid, 0);
	if (watch->pidfd < 0)
		return davit_error_errno (error, errno, "pidfd");
	return TRUE;
}

/* Until the child is collected nobody else can have its number. */
void
davit_watch_end (DavitWatch *watch, siginfo_t *ret_info)
{
	int options = WEXITED | WNOWAIT;

	if (watch->pid > 0) {
		if (watch->late || watch->pidfd < 0)
			kill (watch->pid, SIGKILL);
		while (waitid (P_PID, (id_t) watch->pid, ret_info, options) < 0 && errno == EINTR)
			continue;
		kill (-watch->pid, SIGKILL);
		while (waitid (P_PID, (id_t) watch->pid, ret_info, WEXITED) < 0 && errno == EINTR)
			continue;
	}
	davit_fd_close (&watch->pidfd);
	davit_fd_close (&watch->fd);
}

int
davit_watch_isolate (int fd)
{
	static const struct rlimit no_core = {0, 0};
	/* A caller without standard streams has it as one of 0 to 2, which are replaced here. */
	int result = fd > STDERR_FILENO ? fd : fcntl (fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	davit_autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = STDIN_FILENO; null >= 0 && i <= STDERR_FILENO; i++)
		dup2 (null, i);
	/* The one that was opened here may be one of them. */
	if (null <= STDERR_FILENO)
		null = -1;
	/* Its own group, so that its own children can be ended with it. */
	setpgid (0, 0);
	prctl (PR_SET_PDEATHSIG, SIGKILL);
	setrlimit (RLIMIT_CORE, &no_core);
	return result;
}
