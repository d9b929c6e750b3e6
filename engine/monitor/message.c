/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages between a client and a monitor. */

#include "monitor/message.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static gboolean
monitor_gone (GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"the container's monitor has gone away");
}

static gboolean
message_check (DavitMessageReader *reader, GError **error)
{
	g_autofree char *reason = NULL;

	if (reader->header.type != DAVIT_MESSAGE_REFUSED)
		return TRUE;
	reason = g_strndup ((const char *) davit_message_payload (reader), reader->header.length);
	return davit_error_set (error, DAVIT_ERROR_BUSY, "the container's monitor refuses: %s",
				reason);
}

gboolean
davit_message_read (DavitMessageReader *reader, int fd, gboolean *ret_complete, GError **error)
{
	gsize wanted = sizeof reader->header;

	*ret_complete = FALSE;
	if (reader->got >= wanted && reader->got == wanted + reader->header.length)
		reader->got = 0;
	for (;;) {
		gssize got;

		if (reader->got >= sizeof reader->header) {
			if (reader->header.length > DAVIT_PROTOCOL_PAYLOAD_LIMIT)
				return davit_error_set (error, DAVIT_ERROR_CORRUPT,
							"message from the monitor: is too long");
			wanted = sizeof reader->header + reader->header.length;
		}
		if (reader->got == wanted) {
			*ret_complete = TRUE;
			return message_check (reader, error);
		}
		got = recv (fd, reader->data + reader->got, wanted - reader->got, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return TRUE;
		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return monitor_gone (error);
		if (got < 0)
			return davit_error_errno (error, errno, "read from the monitor");
		reader->got += (gsize) got;
	}
}

gboolean
davit_message_wait (DavitMessageReader *reader, int fd, gint64 deadline, GError **error)
{
	for (;;) {
		gint64 left = deadline < 0 ? -1 : deadline - g_get_monotonic_time ();
		gboolean complete;

		if (!davit_message_read (reader, fd, &complete, error))
			return FALSE;
		if (complete)
			return TRUE;
		/* Rounded up: a wait that is a little too short would be one more round. */
		if (deadline >= 0)
			left = left <= 0 ? 0 : MIN (left / 1000 + 1, G_MAXINT);
		if (!davit_fd_wait (fd, (int) left, error))
			return FALSE;
	}
}

static gboolean
writable_wait (int fd, GError **error)
{
	struct pollfd request = {.fd = fd, .events = POLLOUT};

	while (poll (&request, 1, -1) < 0) {
		if (errno != EINTR)
			return davit_error_errno (error, errno, "wait for the monitor");
	}
	return TRUE;
}

gboolean
davit_message_send (int fd, guint16 type, const void *data, gsize length, GError **error)
{
	g_autofree guint8 *message = g_malloc (sizeof (DavitMessageHeader) + length);
	DavitMessageHeader header = {(guint32) length, type, 0};
	gsize total = sizeof header + length;
	gsize done = 0;

	memcpy (message, &header, sizeof header);
	if (length > 0)
		memcpy (message + sizeof header, data, length);
	while (done < total) {
		gssize sent = send (fd, message + done, total - done, MSG_NOSIGNAL);

		if (sent >= 0)
			done += (gsize) sent;
		else if (errno == EPIPE || errno == ECONNRESET)
			return monitor_gone (error);
		else if (errno == EAGAIN && !writable_wait (fd, error))
			return FALSE;
		else if (errno != EAGAIN && errno != EINTR)
			return davit_error_errno (error, errno, "write to the monitor");
	}
	return TRUE;
}

static gboolean
length_check (const DavitMessageReader *reader, gsize length, GError **error)
{
	return reader->header.length == length ||
	       davit_error_set (error, DAVIT_ERROR_CORRUPT,
				"message from the monitor: has a wrong length");
}

gboolean
davit_message_get_exit (const DavitMessageReader *reader, DavitExit *ret_exit, GError **error)
{
	DavitMessageExit message;

	if (!length_check (reader, sizeof message, error))
		return FALSE;
	memcpy (&message, reader->data + sizeof reader->header, sizeof message);
	*ret_exit = (DavitExit){
		.status = message.status,
		.signal = message.signal,
		.finished = message.finished,
		.oom_killed = (message.flags & DAVIT_EXIT_OOM_KILLED) != 0,
		.timed_out = (message.flags & DAVIT_EXIT_TIMED_OUT) != 0,
	};
	return TRUE;
}

gboolean
davit_message_check_hello (const DavitMessageReader *reader, GError **error)
{
	DavitMessageHello hello;

	if (!length_check (reader, sizeof hello, error))
		return FALSE;
	memcpy (&hello, reader->data + sizeof reader->header, sizeof hello);
	return hello.version == DAVIT_PROTOCOL_VERSION ||
	       davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				"the container's monitor speaks version %u, and not %d; use the "
				"davit that started the container",
				hello.version, DAVIT_PROTOCOL_VERSION);
}
