/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A socket and not the FIFO of other runtimes: the answer comes back the same way, nobody blocks
 * when the first process dies, and two starts at once are told apart. That somebody listens is a
 * fact of the kernel, which a file could only claim: the listener goes with execve.
 */

#include "native-start.h"

#include "native-report.h"
#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Paths of sockets are short; the directory's descriptor is as good as its path. */
static struct sockaddr_un
socket_address (int dirfd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dirfd,
		    NATIVE_START_SOCKET);
	return address;
}

gboolean
native_start_listen (int dirfd, int *ret_listener, GError **error)
{
	struct sockaddr_un address = socket_address (dirfd);
	int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind (fd, (const struct sockaddr *) &address, sizeof address) == 0 &&
	    fchmodat (dirfd, NATIVE_START_SOCKET, 0600, 0) == 0 && listen (fd, 4) == 0) {
		*ret_listener = fd;
		return TRUE;
	}
	runtime_error_set (error, errno, "make the socket \"%s\"", NATIVE_START_SOCKET);
	if (fd >= 0)
		close (fd);
	return FALSE;
}

/*
 * A connection of another kind is refused in another way if there is a listener (EPROTOTYPE) than
 * if there is none (ECONNREFUSED), and never reaches it.
 */
gboolean
native_start_is_awaited (int dirfd)
{
	struct sockaddr_un address = socket_address (dirfd);
	int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	gboolean awaited = FALSE;

	if (fd < 0)
		return FALSE;
	if (connect (fd, (const struct sockaddr *) &address, sizeof address) < 0)
		awaited = errno == EPROTOTYPE;
	close (fd);
	return awaited;
}

static gboolean
connect_to (int dirfd, const char *id, int *ret_fd, GError **error)
{
	struct sockaddr_un address = socket_address (dirfd);
	int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int number;

	if (fd < 0)
		return runtime_error_set (error, errno, "make a socket");
	if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0) {
		*ret_fd = fd;
		return TRUE;
	}
	number = errno;
	close (fd);
	if (number == ECONNREFUSED || number == ENOENT)
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" has been started already", id);
	return runtime_error_set (error, number, "start container \"%s\"", id);
}

/* Silence after the last word means that the program runs. */
static gboolean
listen_to (int fd, const char *id, GError **error)
{
	NativeReport report;
	gboolean accepted = FALSE;
	gboolean executing = FALSE;
	int passed = -1;

	for (;;) {
		if (!native_report_receive (fd, &report, &passed, error))
			return FALSE;
		if (passed >= 0)
			close (passed);
		if (report.kind == NATIVE_REPORT_FAILED)
			return native_report_to_error (&report, error);
		if (report.kind == 0)
			break;
		accepted |= report.kind == NATIVE_REPORT_ACCEPTED;
		executing |= report.kind == NATIVE_REPORT_EXECUTING;
	}
	if (executing)
		return TRUE;
	if (accepted)
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" was killed while it was started", id);
	return runtime_error_say (error, DAVIT_ERROR_STATE,
				  "container \"%s\" was started by somebody else, or has ended",
				  id);
}

gboolean
native_start_go (int dirfd, const char *id, const RuntimeRecord *record, GError **error)
{
	gboolean started;
	int pidfd = -1;
	int fd = -1;

	if (!runtime_record_open_process (record, &pidfd, error))
		return FALSE;
	if (pidfd < 0)
		return runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" has ended",
					  id);
	close (pidfd);
	if (!connect_to (dirfd, id, &fd, error))
		return FALSE;
	started = listen_to (fd, id, error);
	close (fd);
	return started;
}
