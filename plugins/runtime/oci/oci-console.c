/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime connects and sends one descriptor (SCM_RIGHTS). Nobody need accept for that: it stays
 * in the socket's queue, so that we look only when the runtime has ended, and never wait. What
 * comes is checked to be the master of a pseudoterminal: the monitor would read from anything.
 */

#include "oci-console.h"

#include "oci-files.h"
#include "runtime-error.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The descriptor and its frame; a sender's others are closed by the kernel. */
#define CONTROL_SIZE CMSG_SPACE (sizeof (int))

/*
 * A socket's path has 107 bytes at most, and some programs don't know how to get around that. The
 * other form leads through our own descriptor, whatever the length of the path.
 */
static gboolean
path_make (OciConsole *console, GError **error)
{
	console->path = oci_files_path (console->dirfd, console->name, error);
	if (console->path == NULL)
		return FALSE;
	if (strlen (console->path) < sizeof ((struct sockaddr_un *) NULL)->sun_path)
		return TRUE;
	g_free (console->path);
	console->path = g_strdup_printf ("/proc/%d/fd/%d/%s", (int) getpid (), console->dirfd,
					 console->name);
	return TRUE;
}

gboolean
oci_console_listen (OciConsole *console, int dirfd, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	console->dirfd = dirfd;
	console->name = oci_files_name ("console", "sock");
	if (!path_make (console, error))
		return FALSE;
	g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dirfd,
		    console->name);
	console->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (console->fd < 0 ||
	    bind (console->fd, (const struct sockaddr *) &address, sizeof address) < 0 ||
	    listen (console->fd, 1) < 0)
		return runtime_error_set (error, errno, "make the socket for the terminal");
	return TRUE;
}

static int
descriptor_receive (int connection)
{
	union {
		char bytes[CONTROL_SIZE];
		struct cmsghdr align;
	} control;
	char name[4096];
	struct iovec data = {name, sizeof name};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	const struct cmsghdr *header;
	ssize_t length;
	int fd = -1;

	do
		length = recvmsg (connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (length < 0 && errno == EINTR);
	header = length >= 0 ? CMSG_FIRSTHDR (&message) : NULL;
	if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN (sizeof fd))
		memcpy (&fd, CMSG_DATA (header), sizeof fd);
	return fd;
}

gboolean
oci_console_receive (const OciConsole *console, guint16 rows, guint16 columns, int *ret_fd,
		     GError **error)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};
	int connection = accept4 (console->fd, NULL, NULL, SOCK_CLOEXEC);
	unsigned number = 0;
	int fd;

	if (connection < 0)
		return runtime_error_say (
			error, DAVIT_ERROR_HELPER,
			"the runtime gave no terminal: nobody came to the socket");
	fd = descriptor_receive (connection);
	close (connection);
	if (fd < 0)
		return runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "the runtime gave no terminal: it sent no descriptor");
	if (ioctl (fd, TIOCGPTN, &number) < 0) {
		close (fd);
		return runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "the runtime gave no terminal: what it sent is not the "
					  "master of one");
	}
	/* Not all of them know consoleSize. */
	if (rows > 0 && columns > 0)
		ioctl (fd, TIOCSWINSZ, &size);
	*ret_fd = fd;
	return TRUE;
}

void
oci_console_clear (OciConsole *console)
{
	if (console->fd >= 0)
		close (console->fd);
	console->fd = -1;
	if (console->name != NULL)
		unlinkat (console->dirfd, console->name, 0);
	g_clear_pointer (&console->name, g_free);
	g_clear_pointer (&console->path, g_free);
}
