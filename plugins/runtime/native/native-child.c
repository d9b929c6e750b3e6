/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The hand-shake. The child does what it can alone; the parent writes what only the parent may
 * (maps, score), records the process, and only then says go: a parent that dies before leaves no
 * process that nobody knows of, since the child's read ends then.
 */

#include "native-child.h"

#include "native-proc.h"
#include "native-report.h"
#include "runtime-error.h"
#include "runtime-proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
native_child_settle (NativeChild *child)
{
	close_if_open (&child->proc_fd);
	close_if_open (&child->null_fd);
	native_self_clear (&child->self);
	g_clear_pointer (&child->pass_fds, g_free);
	g_clear_pointer (&child->scratch, g_free);
}

void
native_child_clear (NativeChild *child)
{
	if (child->pidfd >= 0)
		native_clone_discard (child->pid, &child->pidfd);
	close_if_open (&child->sockets[0]);
	close_if_open (&child->sockets[1]);
	close_if_open (&child->terminal);
	native_child_settle (child);
}

/* Opened on the host and looked at: never the container's (CVE-2026-88265). */
static gboolean
open_null (int *ret_fd, GError **error)
{
	int fd = open ("/dev/null", O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return runtime_error_set (error, errno, "open \"/dev/null\"");
	*ret_fd = fd;
	if (fstat (fd, &status) < 0 || !S_ISCHR (status.st_mode) ||
	    status.st_rdev != makedev (1, 3))
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
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
		return runtime_error_set (error, errno, "make a socket");
	native_self_prepare (&child->self);
	return runtime_proc_open (&child->proc_fd, error);
}

gboolean
native_child_expect_two (NativeChild *child, GError **error)
{
	child->two = TRUE;
	return native_report_identify (child->sockets[0], error);
}

typedef struct {
	const NativeClone *request;
	int parent_end;
} Beginning;

/* In the child. As long as it held our end, too, our end would never be closed to it. */
static void
child_begin (gpointer data)
{
	const Beginning *beginning = (const Beginning *) data;

	close (beginning->parent_end);
	beginning->request->run (beginning->request->data);
}

static gboolean
score_fail (int status, const char *score, GError **error)
{
	if (status == -EACCES || status == -EPERM)
		return runtime_error_say (error, DAVIT_ERROR_PERMISSION,
					  "set process.oomScoreAdj to %s: %s; a value below the "
					  "caller's own needs CAP_SYS_RESOURCE",
					  score, g_strerror (-status));
	return runtime_error_set (error, -status, "set process.oomScoreAdj to %s", score);
}

/* Our own, with what it was; both are read with it. */
static int
score_read (const NativeChild *child, char *text, gsize size)
{
	int fd = openat (child->proc_fd, "self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	gssize length = fd < 0 ? -1 : read (fd, text, size - 1);
	int status = length < 0 ? -errno : 0;

	text[MAX (length, 0)] = '\0';
	if (fd >= 0)
		close (fd);
	return status;
}

static int
score_write (const NativeChild *child, const char *score)
{
	return native_proc_write (child->proc_fd, "self/oom_score_adj", score, strlen (score));
}

/*
 * The files of a process that is not dumpable are root's of the host. A user who is not that lets
 * it inherit what it is to have, and takes back his own, which he may as he has not lowered it.
 */
static gboolean
clone_with_score (NativeChild *child, const NativeClone *request, GError **error)
{
	char before[16];
	gboolean cloned;
	int status = score_read (child, before, sizeof before);

	if (status == 0)
		status = score_write (child, request->oom_score);
	if (status < 0)
		return score_fail (status, request->oom_score, error);
	cloned = native_clone_process (request, &child->pid, &child->pidfd, error);
	status = score_write (child, before);
	if (cloned && status < 0)
		return score_fail (status, g_strchomp (before), error);
	return cloned;
}

gboolean
native_child_clone (NativeChild *child, const NativeClone *request, GError **error)
{
	Beginning beginning = {.request = request, .parent_end = child->sockets[0]};
	NativeClone whole = *request;

	whole.run = child_begin;
	whole.data = &beginning;
	if (whole.oom_score != NULL
		    ? !clone_with_score (child, &whole, error)
		    : !native_clone_process (&whole, &child->pid, &child->pidfd, error))
		return FALSE;
	child->scored = whole.oom_score != NULL;
	/* Else the end of the child would not be the end of the conversation. */
	close_if_open (&child->sockets[1]);
	return TRUE;
}

gboolean
native_child_set_oom_score (const NativeChild *child, const NativeProcess *process, GError **error)
{
	char path[48];
	int status;

	if (!process->has_oom_score || child->scored)
		return TRUE;
	g_snprintf (path, sizeof path, "%d/oom_score_adj", (int) child->pid);
	status = native_proc_write (child->proc_fd, path, process->oom_score,
				    strlen (process->oom_score));
	return status == 0 || score_fail (status, process->oom_score, error);
}

void
native_child_release (const NativeChild *child)
{
	/* Not said for want of memory: then it must not wait for it, nor we for it. */
	if (!native_report_say (child->sockets[0], NATIVE_REPORT_GO))
		shutdown (child->sockets[0], SHUT_WR);
}

static int
steal (int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
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
	child->replaced = TRUE;
}

/* Whether it comes from the process that was cloned by us, as the kernel says. */
static gboolean
child_is_believed (const NativeChild *child, pid_t sender)
{
	return !child->two || (!child->replaced && sender == child->pid);
}

/*
 * Hears a message. What comes with it is taken here, if it is from whom it must be. A process that
 * ends before it has named the other one leaves that waiting for us, with the socket open: so its
 * end is looked for, too.
 */
static gboolean
child_receive (NativeChild *child, NativeReport *report, GError **error)
{
	struct pollfd poll_fds[] = {{.fd = child->sockets[0], .events = POLLIN},
				    {.fd = child->pidfd, .events = POLLIN}};
	pid_t sender = 0;
	int fd = -1;

	while (child->two && !child->replaced && poll (poll_fds, 2, -1) < 0 && errno == EINTR)
		continue;
	if (poll_fds[0].revents == 0 && poll_fds[1].revents != 0) {
		memset (report, 0, sizeof *report);
		return TRUE;
	}
	if (!native_report_receive_from (child->sockets[0], report, &fd, &sender, error))
		return FALSE;
	if (child_is_believed (child, sender) && fd >= 0) {
		if (report->kind == NATIVE_REPORT_TERMINAL && child->terminal < 0)
			child->terminal = steal (&fd);
		else if (report->kind == NATIVE_REPORT_PROCESS)
			child_replace (child, report, steal (&fd));
	}
	close_if_open (&fd);
	return TRUE;
}

/* Of two processes the second may fail before the first has told of it; it is to be reaped, too. */
static gboolean
child_failed (NativeChild *child, const NativeReport *failure, GError **error)
{
	NativeReport report;

	while (child_receive (child, &report, NULL) && report.kind != 0)
		continue;
	return native_report_to_error (failure, error);
}

gboolean
native_child_hear (NativeChild *child, guint until, const char *name, GError **error)
{
	gboolean executing = FALSE;
	NativeReport report;

	for (;;) {
		if (!child_receive (child, &report, error))
			return FALSE;
		if (report.kind == NATIVE_REPORT_FAILED)
			return child_failed (child, &report, error);
		executing |= report.kind == NATIVE_REPORT_EXECUTING;
		if (report.kind == 0 || (report.kind == until && !executing))
			break;
	}
	/* execve closes the socket: silence is what tells that it came to it. */
	if (report.kind == until || (executing && until == NATIVE_REPORT_EXECUTING))
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_FAILED,
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
