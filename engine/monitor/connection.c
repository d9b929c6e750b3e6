/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connections to monitors, and what is said on them besides streams. */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/message.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A monitor never waits for anything, so that only a stopped one is as slow as that. */
#define HELLO_TIMEOUT_USEC (5 * G_USEC_PER_SEC)

static gboolean
hello_read (int fd, GError **error)
{
	gint64 deadline = g_get_monotonic_time () + HELLO_TIMEOUT_USEC;
	DavitMessageReader reader;

	reader.got = 0;
	if (!davit_message_wait (&reader, fd, deadline, error))
		return FALSE;
	if (reader.header.type != DAVIT_MESSAGE_HELLO)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"the container's monitor does not say hello");
	return davit_message_check_hello (&reader, error);
}

gboolean
davit_monitor_connect (int run_dirfd, int *ret_fd, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	davit_autofd fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return davit_error_errno (error, errno, "socket");
	/* Through the descriptor: the directory's path may be longer than a socket's may be. */
	g_snprintf (address.sun_path, sizeof address.sun_path,
		    "/proc/self/fd/%d/" DAVIT_PROTOCOL_SOCKET, run_dirfd);
	if (connect (fd, (struct sockaddr *) &address, sizeof address) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
						"the container has no monitor");
		return davit_error_errno (error, errno, "connect to the container's monitor");
	}
	if (!hello_read (fd, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_monitor_pair (int *ret_monitor_fd, int *ret_client_fd, GError **error)
{
	int fds[2];

	if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return davit_error_errno (error, errno, "pair of sockets");
	*ret_monitor_fd = fds[0];
	*ret_client_fd = fds[1];
	return TRUE;
}

gboolean
davit_monitor_cleaned (int monitor_fd, GError **error)
{
	return davit_message_send (monitor_fd, DAVIT_MESSAGE_CLEANED, NULL, 0, error);
}

gboolean
davit_monitor_stopping (int monitor_fd, GError **error)
{
	return davit_message_send (monitor_fd, DAVIT_MESSAGE_STOPPING, NULL, 0, error);
}

gboolean
davit_monitor_resize (int monitor_fd, guint16 rows, guint16 columns, GError **error)
{
	DavitMessageResize resize = {rows, columns};

	return davit_message_send (monitor_fd, DAVIT_MESSAGE_RESIZE, &resize, sizeof resize, error);
}

gboolean
davit_monitor_wait (int monitor_fd, int timeout_msec, DavitExit *ret_exit, GError **error)
{
	gint64 deadline = -1;
	DavitMessageReader reader;

	if (timeout_msec >= 0)
		deadline = g_get_monotonic_time () + (gint64) timeout_msec * 1000;
	reader.got = 0;
	do {
		if (!davit_message_wait (&reader, monitor_fd, deadline, error))
			return FALSE;
	} while (reader.header.type != DAVIT_MESSAGE_EXIT);
	return davit_message_get_exit (&reader, ret_exit, error);
}
