/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * flock, with a deadline where one is wanted.
 *
 * The kernel has no flock with a deadline. A timer's signal would need a handler, which is global;
 * trying again and again is polling. So a child that shares the open file waits in our place: what
 * it locks is locked for us too, and it can be killed when the time is up.
 */

#include "base/lock.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
lock_flock (int fd, int operation)
{
	int result;

	do {
		result = flock (fd, operation);
	} while (result < 0 && errno == EINTR);
	return result;
}

static G_GNUC_NORETURN void
lock_wait_in_child (int fd, pid_t parent)
{
	/* An orphan would get the lock some day and keep it for nobody. */
	prctl (PR_SET_PDEATHSIG, SIGKILL);
	if (getppid () != parent)
		_exit (1);
	_exit (lock_flock (fd, LOCK_EX) < 0);
}

static gboolean
lock_take_before (int fd, int timeout_msec, const char *name, GError **error)
{
	pid_t parent = getpid ();
	pid_t child = fork ();
	davit_autofd pidfd = -1;
	gboolean ended = FALSE;

	if (child == 0)
		lock_wait_in_child (fd, parent);
	if (child < 0)
		return davit_error_errno (error, errno, "lock \"%s\": start a child", name);
	pidfd = (int) syscall (SYS_pidfd_open, child, 0);
	if (pidfd >= 0)
		ended = davit_fd_wait (pidfd, timeout_msec, NULL);
	if (!ended)
		kill (child, SIGKILL);
	while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
		continue;
	/* Ours already if the child got it, also if that was in the last moment. */
	if (lock_flock (fd, LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	if (errno != EWOULDBLOCK)
		return davit_error_errno (error, errno, "lock \"%s\"", name);
	return davit_error_set (error, DAVIT_ERROR_TIMEOUT,
				"lock \"%s\": in use by another process for more than %d ms", name,
				timeout_msec);
}

gboolean
davit_lock_take (int fd, int timeout_msec, const char *name, GError **error)
{
	if (lock_flock (fd, timeout_msec < 0 ? LOCK_EX : LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	if (errno != EWOULDBLOCK)
		return davit_error_errno (error, errno, "lock \"%s\"", name);
	if (timeout_msec > 0)
		return lock_take_before (fd, timeout_msec, name, error);
	return davit_error_set (error, DAVIT_ERROR_BUSY, "\"%s\" is in use by another process",
				name);
}

void
davit_lock_release (int fd)
{
	if (fd >= 0)
		lock_flock (fd, LOCK_UN);
}
