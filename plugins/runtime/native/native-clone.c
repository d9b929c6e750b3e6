/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One clone3 makes the process, in its new namespaces, with a pidfd, and in its v2 group; no helper
 * comes in between. Two namespaces are not made by it: that of cgroups, whose root is where a
 * process is when it makes it, and that of time, whose clocks must be set before anybody is in it.
 *
 * A user namespace that is joined must own the namespaces that are made: there a process in between
 * goes into it, makes the one that counts as its sibling (CLONE_PARENT), and ends. If a pid
 * namespace is joined, the process that is made here stays out of all: see native-joined.c.
 */

#include "native-clone.h"

#include "native-syscall.h"
#include "runtime-error.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NOT_BY_CLONE (CLONE_NEWCGROUP | CLONE_NEWTIME)

/* Those that clone3 makes. */
static guint64
new_flags (const NativeNamespaces *namespaces)
{
	return (guint64) (namespaces->new_flags & ~NOT_BY_CLONE);
}

/* Pid in the parent, 0 in the child, -1 with errno. */
static pid_t
clone_now (const NativeClone *request, guint64 more_flags, int *ret_pidfd)
{
	int cgroup_fd = request->cgroup != NULL ? native_cgroup_fd (request->cgroup) : -1;
	struct clone_args arguments = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | more_flags,
		.pidfd = (guint64) (guintptr) ret_pidfd,
		.exit_signal = more_flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	if (cgroup_fd >= 0) {
		arguments.flags |= CLONE_INTO_CGROUP;
		arguments.cgroup = (guint64) cgroup_fd;
	}
	return native_clone3 (&arguments);
}

static gboolean
clone_fail (int number, const NativeClone *request, GError **error)
{
	const char *hint = "";

	if (number == EPERM)
		hint = "; the caller needs CAP_SYS_ADMIN, or a user namespace";
	else if (number == ENOSPC)
		hint = "; too many namespaces, see /proc/sys/user/max_*_namespaces";
	else if (number == EAGAIN)
		hint = "; too many processes: see ulimit -u and the limits of the control groups";
	else if (number == EINVAL)
		hint = "; the kernel may lack one of the kinds of namespaces";
	else if (number == EBUSY || number == EOPNOTSUPP)
		hint = "; the control group can't hold processes, since groups below it have "
		       "controllers";
	return runtime_error_say (error, runtime_error_code (number), "make the process: %s%s",
				  g_strerror (number), hint);
}

static gboolean
clone_direct (const NativeClone *request, guint64 flags, pid_t *ret_pid, int *ret_pidfd,
	      GError **error)
{
	int pidfd = -1;
	pid_t pid = clone_now (request, flags, &pidfd);

	if (pid == 0) {
		request->run (request->data);
		_exit (1);
	}
	if (pid < 0)
		return clone_fail (errno, request, error);
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return TRUE;
}

/* In the process in between. */
static void
between_run (const NativeClone *request, int socket)
{
	NativeReport report = {.kind = NATIVE_REPORT_PROCESS};
	int pidfd = -1;
	pid_t pid;

	if (!native_namespaces_join (request->namespaces, CLONE_NEWUSER, &report)) {
		native_report_send (socket, &report, -1);
		_exit (1);
	}
	pid = clone_now (request, CLONE_PARENT | new_flags (request->namespaces), &pidfd);
	if (pid == 0) {
		close (socket);
		request->run (request->data);
		_exit (1);
	}
	if (pid < 0) {
		native_report_fail (&report, NATIVE_STEP_CLONE, errno, NULL);
		/* The kernel may have written a number there before it failed. */
		pidfd = -1;
	}
	report.number = pid < 0 ? report.number : pid;
	native_report_send (socket, &report, pidfd);
	_exit (0);
}

static gboolean
clone_between (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	struct clone_args arguments = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	NativeReport report;
	int sockets[2];
	gboolean received;
	pid_t between;

	if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return runtime_error_set (error, errno, "make a socket");
	between = native_clone3 (&arguments);
	if (between == 0) {
		close (sockets[0]);
		between_run (request, sockets[1]);
	}
	close (sockets[1]);
	if (between < 0) {
		close (sockets[0]);
		return clone_fail (errno, request, error);
	}
	received = native_report_receive (sockets[0], &report, ret_pidfd, error);
	close (sockets[0]);
	while (waitpid (between, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (!received)
		return FALSE;
	if (report.kind != NATIVE_REPORT_PROCESS || *ret_pidfd < 0)
		return native_report_to_error (&report, error);
	*ret_pid = report.number;
	return TRUE;
}

gboolean
native_clone_process (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	const NativeNamespaces *namespaces = request->namespaces;
	int dumpable = prctl (PR_GET_DUMPABLE, 0, 0, 0, 0);
	gboolean cloned;

	/*
	 * Inherited: who sees the process could attach to it before it had the time to say so
	 * itself (CVE-2016-9962). Not if the caller is no root: its child's files in /proc, which
	 * it must write to, would be root's.
	 */
	if (geteuid () == 0 && dumpable == 1)
		prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (namespaces->joined_flags & CLONE_NEWPID)
		cloned = clone_direct (request, 0, ret_pid, ret_pidfd, error);
	else if (namespaces->joined_flags & CLONE_NEWUSER)
		cloned = clone_between (request, ret_pid, ret_pidfd, error);
	else
		cloned = clone_direct (request, new_flags (namespaces), ret_pid, ret_pidfd, error);
	if (geteuid () == 0 && dumpable == 1)
		prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
	return cloned;
}

void
native_clone_discard (pid_t pid, int *pidfd)
{
	siginfo_t information;

	kill (pid, SIGKILL);
	while (waitid (P_PID, (id_t) pid, &information, WEXITED | __WALL) < 0 && errno == EINTR)
		continue;
	close (*pidfd);
	*pidfd = -1;
}
