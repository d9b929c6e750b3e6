/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One clone3 makes the process, in its new namespaces, with a pidfd, and in its v2 group; no helper
 * comes in between. Two namespaces are not made by it: that of cgroups, whose root is where a
 * process is when it makes it, and that of time, whose clocks must be set before anybody is in it.
 *
 * A pid namespace is joined by the parent for its children, and left again. A user namespace that
 * is joined must own the namespaces that are made: there a process in between goes into it, makes
 * the one that counts as its sibling (CLONE_PARENT), and ends.
 */

#include "native-clone.h"

#include "native-error.h"
#include "native-syscall.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NOT_BY_CLONE (CLONE_NEWCGROUP | CLONE_NEWTIME)

static const NativeNamespaceKind *
find_kind (int flag, guint *ret_index)
{
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		*ret_index = i;
		if (native_namespaces_kind (i)->flag == flag)
			break;
	}
	return native_namespaces_kind (*ret_index);
}

static int
namespace_fd (const NativeNamespaces *namespaces, int flag)
{
	guint index;

	find_kind (flag, &index);
	return namespaces->joined_flags & flag ? namespaces->fds[index] : -1;
}

/* Pid in the parent, 0 in the child, -1 with errno. */
static pid_t
clone_now (const NativeClone *request, guint64 more_flags, int *ret_pidfd)
{
	int cgroup_fd = native_cgroup_fd (request->cgroup);
	struct clone_args arguments = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | more_flags |
			 (guint64) (request->namespaces->new_flags & ~NOT_BY_CLONE),
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
	return native_error_say (error, native_error_code (number), "make the process: %s%s",
				 g_strerror (number), hint);
}

static gboolean
clone_direct (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	int pidfd = -1;
	pid_t pid = clone_now (request, 0, &pidfd);

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

	if (!native_namespaces_join (request->namespaces, CLONE_NEWUSER | CLONE_NEWPID, &report)) {
		native_report_send (socket, &report, -1);
		_exit (1);
	}
	pid = clone_now (request, CLONE_PARENT, &pidfd);
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
		return native_error_set (error, errno, "make a socket");
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

static gboolean
clone_in_pids (const NativeClone *request, int pids_fd, pid_t *ret_pid, int *ret_pidfd,
	       GError **error)
{
	int own = open ("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	gboolean cloned;

	if (own < 0)
		return native_error_set (error, errno, "open \"/proc/self/ns/pid\"");
	if (setns (pids_fd, CLONE_NEWPID) < 0) {
		int number = errno;

		close (own);
		return native_error_set (error, number, "join the pid namespace");
	}
	cloned = clone_direct (request, ret_pid, ret_pidfd, error);
	if (setns (own, CLONE_NEWPID) < 0 && cloned) {
		native_error_set (error, errno, "leave the pid namespace of the container");
		native_clone_discard (*ret_pid, ret_pidfd);
		cloned = FALSE;
	}
	close (own);
	return cloned;
}

gboolean
native_clone_process (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	int pids_fd = namespace_fd (request->namespaces, CLONE_NEWPID);
	int dumpable = prctl (PR_GET_DUMPABLE, 0, 0, 0, 0);
	gboolean cloned;

	/*
	 * Inherited: in a pid namespace that others are in already they could attach to the process
	 * before it had the time to say so itself (CVE-2016-9962). Not if the caller is no root:
	 * its child's files in /proc, which it must write to, would be root's.
	 */
	if (geteuid () == 0 && dumpable == 1)
		prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (request->namespaces->joined_flags & CLONE_NEWUSER)
		cloned = clone_between (request, ret_pid, ret_pidfd, error);
	else if (pids_fd >= 0)
		cloned = clone_in_pids (request, pids_fd, ret_pid, ret_pidfd, error);
	else
		cloned = clone_direct (request, ret_pid, ret_pidfd, error);
	if (geteuid () == 0 && dumpable == 1)
		prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
	return cloned;
}

pid_t
native_clone_sibling (int *ret_pidfd)
{
	struct clone_args arguments = {
		.flags = CLONE_PIDFD | CLONE_PARENT,
		.pidfd = (guint64) (guintptr) ret_pidfd,
	};
	pid_t pid = native_clone3 (&arguments);

	/* The kernel may have written a number there before it failed. */
	if (pid < 0)
		*ret_pidfd = -1;
	return pid;
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
