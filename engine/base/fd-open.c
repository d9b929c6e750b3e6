/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Opening what a user has named: a file, a device or a pipe. Only a FIFO whose other end nobody
 * has opened is refused: the kernel would wait at it for ever, deaf to signals whose handlers
 * restart system calls.
 */

#include "base/fd.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* For who starts both ends at once; davit is often the faster one. */
#define WRITER_TIME_MSEC 5000

/* Reads cannot tell "nothing yet" from "nobody there" without taking bytes; tee takes none. */
static gboolean
has_writer (int fd)
{
	int ends[2];
	gssize got;
	gboolean found;

	if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return TRUE;
	got = tee (fd, ends[1], 1, SPLICE_F_NONBLOCK);
	found = got > 0 || (got < 0 && errno == EAGAIN);
	close (ends[0]);
	close (ends[1]);
	return found;
}

static gboolean
writer_wait (int fd, const char *path, GError **error)
{
	/* A pipe whose writers have come and gone is ready, too. */
	if (davit_fd_wait (fd, WRITER_TIME_MSEC, NULL) || has_writer (fd))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_TIMEOUT,
				"open \"%s\": it is a FIFO that nobody writes to", path);
}

static gboolean
blocking_set (int fd, const char *path, GError **error)
{
	int flags = fcntl (fd, F_GETFL);

	if (flags < 0 || fcntl (fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	return TRUE;
}

gboolean
davit_fd_open_input (const char *path, int *ret_fd, GError **error)
{
	davit_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	if (S_ISFIFO (status.st_mode) && !writer_wait (fd, path, error))
		return FALSE;
	if (!blocking_set (fd, path, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_fd_open_output (const char *path, int flags, mode_t mode, int *ret_fd, GError **error)
{
	davit_autofd fd = open (path, flags | O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	int number = errno;
	struct stat status;

	if (fd < 0 && number == ENXIO && stat (path, &status) == 0 && S_ISFIFO (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"open \"%s\": it is a FIFO that nobody reads; start its "
					"reader first",
					path);
	if (fd < 0)
		return davit_error_errno (error, number, "open \"%s\"", path);
	if (!blocking_set (fd, path, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}
