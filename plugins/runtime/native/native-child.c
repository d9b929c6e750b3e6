/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The hand-shake. The child does what it can alone; the parent writes what only the parent may
 * (maps, score), records the process, and only then says go: a parent that dies before leaves no
 * process that nobody knows of, since the child's read ends then.
 */

#include "native-child.h"

#include "native-error.h"
#include "native-proc.h"
#include "native-report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

void
native_child_init (NativeChild *child)
{
	*child = (NativeChild){.pidfd = -1,
			       .sockets = {-1, -1},
			       .proc_fd = -1,
			       .terminal = -1,
			       .self = {.exe_fd = -1},
			       .null_fd = -1};
}

static void
close_if_open (int *fd)
{
	if (*fd >= 0)
		close (*fd);
	*fd = -1;
}

void
native_child_clear (NativeChild *child)
{
	if (child->pidfd >= 0)
		native_clone_discard (child->pid, &child->pidfd);
	close_if_open (&child->sockets[0]);
	close_if_open (&child->sockets[1]);
	close_if_open (&child->proc_fd);
	close_if_open (&child->terminal);
	close_if_open (&child->null_fd);
	native_self_clear (&child->self);
	g_clear_pointer (&child->pass_fds, g_free);
	g_clear_pointer (&child->scratch, g_free);
}

/* Opened on the host and looked at: never the container's (CVE-2026-88265). */
static gboolean
open_null (int *ret_fd, GError **error)
{
	int fd = open ("/dev/null", O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return native_error_set (error, errno, "open \"/dev/null\"");
	*ret_fd = fd;
	if (fstat (fd, &status) < 0 || !S_ISCHR (status.st_mode) ||
	    status.st_rdev != makedev (1, 3))
		return native_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					 "\"/dev/null\" of the host is not the null device");
	return TRUE;
}

void
native_child_pass (NativeChild *child, const int *pass_fds, gsize n_pass_fds)
{
	child->pass_fds = g_new0 (int, n_pass_fds + 1);
	child->n_pass_fds = n_pass_fds;
	child->scratch = g_new0 (int, n_pass_fds + 3);
	if (n_pass_fds > 0)
		memcpy (child->pass_fds, pass_fds, n_pass_fds * sizeof *pass_fds);
}

gboolean
native_child_prepare (NativeChild *child, const int request_stdio[3], int ret_stdio[3],
		      GError **error)
{
	for (int i = 0; i < 3; i++) {
		ret_stdio[i] = request_stdio[i];
		if (request_stdio[i] >= 0)
			continue;
		if (child->null_fd < 0 && !open_null (&child->null_fd, error))
			return FALSE;
		ret_stdio[i] = child->null_fd;
	}
	if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, child->sockets) < 0)
		return native_error_set (error, errno, "make a socket");
	native_self_prepare (&child->self);
	return native_proc_open (&child->proc_fd, error);
}

gboolean
native_child_clone (NativeChild *child, const NativeClone *request, GError **error)
{
	if (!native_clone_process (request, &child->pid, &child->pidfd, error))
		return FALSE;
	/* Else the end of the child would not be the end of the conversation. */
	close_if_open (&child->sockets[1]);
	return TRUE;
}

gboolean
native_child_set_oom_score (const NativeChild *child, const NativeProcess *process, GError **error)
{
	char path[48];
	int status;

	if (!process->has_oom_score)
		return TRUE;
	g_snprintf (path, sizeof path, "%d/oom_score_adj", (int) child->pid);
	status = native_proc_write (child->proc_fd, path, process->oom_score,
				    strlen (process->oom_score));
	if (status == -EACCES || status == -EPERM)
		return native_error_say (error, DAVIT_ERROR_PERMISSION,
					 "set process.oomScoreAdj to %s: %s; a value below the "
					 "caller's own needs CAP_SYS_RESOURCE",
					 process->oom_score, g_strerror (-status));
	if (status < 0)
		return native_error_set (error, -status, "set process.oomScoreAdj to %s",
					 process->oom_score);
	return TRUE;
}

void
native_child_release (const NativeChild *child)
{
	native_report_say (child->sockets[0], NATIVE_REPORT_GO);
}

/* The process that was made has made the one that counts, and ends. */
static void
child_replace (NativeChild *child, const NativeReport *report, int pidfd)
{
	siginfo_t information;

	while (waitid (P_PID, (id_t) child->pid, &information, WEXITED) < 0 && errno == EINTR)
		continue;
	close_if_open (&child->pidfd);
	child->pid = report->number;
	child->pidfd = pidfd;
}

/* Takes fd, which came with it. */
static void
child_handle (NativeChild *child, const NativeReport *report, int fd)
{
	if (report->kind == NATIVE_REPORT_TERMINAL && child->terminal < 0)
		child->terminal = fd;
	else if (report->kind == NATIVE_REPORT_PROCESS && fd >= 0)
		child_replace (child, report, fd);
	else
		close_if_open (&fd);
}

/* Of two processes the second may fail before the first has told of it; it is to be reaped, too. */
static gboolean
child_failed (NativeChild *child, const NativeReport *failure, GError **error)
{
	NativeReport report;
	int fd = -1;

	while (native_report_receive (child->sockets[0], &report, &fd, NULL) && report.kind != 0)
		child_handle (child, &report, fd);
	return native_report_to_error (failure, error);
}

gboolean
native_child_hear (NativeChild *child, guint until, const char *name, GError **error)
{
	gboolean executing = FALSE;
	NativeReport report;
	int fd = -1;

	for (;;) {
		if (!native_report_receive (child->sockets[0], &report, &fd, error))
			return FALSE;
		child_handle (child, &report, fd);
		if (report.kind == NATIVE_REPORT_FAILED)
			return child_failed (child, &report, error);
		executing |= report.kind == NATIVE_REPORT_EXECUTING;
		if (report.kind == 0 || (report.kind == until && !executing))
			break;
	}
	/* execve closes the socket: silence is what tells that it came to it. */
	if (report.kind == until || (executing && until == NATIVE_REPORT_EXECUTING))
		return TRUE;
	return native_error_say (error, DAVIT_ERROR_FAILED,
				 "%s ended before it could run; it may have been killed, for want "
				 "of memory in its control group or by somebody",
				 name);
}

void
native_child_take (NativeChild *child, const DavitHost *host, int *ret_pidfd, DavitResult *result)
{
	host->result_integer (result, "pid", child->pid);
	if (child->terminal >= 0)
		host->result_fd (result, "terminal", child->terminal);
	child->terminal = -1;
	*ret_pidfd = child->pidfd;
	child->pidfd = -1;
}
