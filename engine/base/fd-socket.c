/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages with descriptors over Unix sockets. */

#include "base/fd.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_LIMIT 8

typedef union {
	char bytes[CMSG_SPACE (sizeof (int) * FDS_LIMIT)];
	struct cmsghdr alignment;
} Control;

gboolean
davit_fd_send (int socket, const void *data, gsize length, const int *fds, guint n_fds,
	       GError **error)
{
	struct iovec vector = {.iov_base = (void *) data, .iov_len = length};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	Control control = {{0}};
	gssize sent;

	if (n_fds > FDS_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"send %u descriptors: at most %d fit", n_fds, FDS_LIMIT);
	if (n_fds > 0) {
		struct cmsghdr *header = &control.alignment;

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
		memcpy (CMSG_DATA (header), fds, sizeof (int) * n_fds);
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
	}
	do {
		sent = sendmsg (socket, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return davit_error_errno (error, errno, "send to a socket");
	/* The descriptors went with the first byte. */
	if ((gsize) sent < length)
		return davit_fd_send (socket, (const char *) data + sent, length - (gsize) sent,
				      NULL, 0, error);
	return TRUE;
}

/* Takes over the descriptors of a message: into fds as far as there is room, others are closed. */
static guint
message_take_fds (struct msghdr *message, int *fds, guint room)
{
	guint taken = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL;
	     header = CMSG_NXTHDR (message, header)) {
		gsize count;

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		count = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);
		for (gsize i = 0; i < count; i++) {
			int fd;

			memcpy (&fd, CMSG_DATA (header) + i * sizeof (int), sizeof fd);
			if (taken < room)
				fds[taken] = fd;
			else
				close (fd);
			taken++;
		}
	}
	return taken;
}

gssize
davit_fd_receive (int socket, void *data, gsize size, int *fds, guint *n_fds, GError **error)
{
	struct iovec vector = {.iov_base = data, .iov_len = size};
	Control control = {{0}};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	guint room = n_fds != NULL ? MIN (*n_fds, FDS_LIMIT) : 0;
	guint taken;
	gssize got;

	do {
		got = recvmsg (socket, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		davit_error_errno (error, errno, "receive from a socket");
		return -1;
	}
	taken = message_take_fds (&message, fds, room);
	if (taken > room || (message.msg_flags & MSG_CTRUNC)) {
		for (guint i = 0; i < MIN (taken, room); i++)
			close (fds[i]);
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "receive from a socket: more than %u descriptors came", room);
		return -1;
	}
	if (n_fds != NULL)
		*n_fds = taken;
	return got;
}
