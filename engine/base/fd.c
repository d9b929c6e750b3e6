/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole reads and writes, waiting, and closing. */

#include "base/fd.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((gsize) 64 * 1024)

void
davit_fd_close (int *fd)
{
	int number = errno;

	/* Linux has closed it even when close fails; a second try might hit another's file. */
	if (*fd >= 0)
		close (*fd);
	*fd = -1;
	errno = number;
}

gboolean
davit_fd_write (int fd, const void *data, gsize length, const char *name, GError **error)
{
	const char *bytes = (const char *) data;

	while (length > 0) {
		gssize written = write (fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN) {
			struct pollfd waiting = {.fd = fd, .events = POLLOUT};

			/* A terminal or pipe that another program made non-blocking. */
			if (poll (&waiting, 1, -1) < 0 && errno != EINTR)
				return davit_error_errno (error, errno, "write \"%s\"", name);
			continue;
		}
		if (written < 0)
			return davit_error_errno (error, errno, "write \"%s\"", name);
		bytes += written;
		length -= (gsize) written;
	}
	return TRUE;
}

/* The room to begin with: one byte more than the file holds, so that one read sees its end. */
static gsize
size_guess (int fd, gsize limit)
{
	struct stat status;
	gsize guess = READ_STEP;

	if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status.st_size > 0)
		guess = (gsize) status.st_size;
	return MIN (guess, limit) + 1;
}

gboolean
davit_fd_read (int fd, gsize limit, const char *name, char **ret_text, gsize *ret_length,
	       GError **error)
{
	gsize room = size_guess (fd, limit);
	gsize length = 0;
	g_autofree char *text = (char *) g_malloc (room + 1);

	for (;;) {
		gssize got;

		if (length == room) {
			room = MIN (room * 2, limit + 1);
			text = (char *) g_realloc (text, room + 1);
		}
		got = read (fd, text + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return davit_error_errno (error, errno, "read \"%s\"", name);
		if (got == 0)
			break;
		length += (gsize) got;
		if (length > limit)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"read \"%s\": longer than %" G_GSIZE_FORMAT
						" bytes",
						name, limit);
	}
	text[length] = '\0';
	if (ret_length != NULL)
		*ret_length = length;
	if (ret_text != NULL)
		*ret_text = g_steal_pointer (&text);
	return TRUE;
}

gboolean
davit_fd_set_cloexec (int fd, gboolean cloexec, GError **error)
{
	if (fcntl (fd, F_SETFD, cloexec ? FD_CLOEXEC : 0) < 0)
		return davit_error_errno (error, errno, "set close-on-exec of descriptor %d", fd);
	return TRUE;
}

gboolean
davit_fd_wait (int fd, int timeout_msec, GError **error)
{
	gint64 deadline = g_get_monotonic_time () + (gint64) timeout_msec * 1000;
	int left = timeout_msec;

	for (;;) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		int ready = poll (&waiting, 1, left);

		if (ready > 0 && (waiting.revents & POLLNVAL))
			return davit_error_errno (error, EBADF, "wait for descriptor %d", fd);
		if (ready > 0)
			return TRUE;
		if (ready == 0)
			return davit_error_set (error, DAVIT_ERROR_TIMEOUT,
						"nothing happened within %d ms", timeout_msec);
		if (errno != EINTR)
			return davit_error_errno (error, errno, "wait for descriptor %d", fd);
		if (timeout_msec >= 0)
			left = (int) MAX ((deadline - g_get_monotonic_time () + 999) / 1000, 0);
	}
}
