/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* File descriptors that close themselves, and whole reads and writes. */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Closes if not -1 and keeps errno. */
void davit_fd_close (int *fd);

/* Declares a descriptor that is closed when it goes out of scope: davit_autofd fd = -1; */
#define davit_autofd __attribute__ ((cleanup (davit_fd_close))) int

static inline int
davit_fd_steal (int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* name is what the error text calls the file. EINTR is never seen, short writes go on. */
gboolean davit_fd_write (int fd, const void *data, gsize length, const char *name, GError **error);

/* Reads to the end; more than limit bytes is CORRUPT. A NUL stands behind the end. */
gboolean davit_fd_read (int fd, gsize limit, const char *name, char **ret_text, gsize *ret_length,
			GError **error);

/*
 * Opens what a user has named: a file, a directory, a device, or a pipe such as that of <(program).
 * TIMEOUT: it is a FIFO that nobody opens for writing within five seconds.
 */
gboolean davit_fd_open_input (const char *path, int *ret_fd, GError **error);
/* The same to write, with more flags (O_CREAT, ...). STATE: it is a FIFO that nobody reads. */
gboolean davit_fd_open_output (const char *path, int flags, mode_t mode, int *ret_fd,
			       GError **error);

/* Sends and receives up to 8 descriptors with a message over a Unix socket. */
gboolean davit_fd_send (int socket, const void *data, gsize length, const int *fds, guint n_fds,
			GError **error);
/*
 * Returns the bytes received; 0 at the end; -1 with an error. Descriptors come close-on-exec.
 * *n_fds: the room in fds on entry (8 are enough for all), the number received on return; more
 * than there is room for is CORRUPT. NULL: none are expected.
 */
gssize davit_fd_receive (int socket, void *data, gsize size, int *fds, guint *n_fds,
			 GError **error);

/* Sets or clears close-on-exec. */
gboolean davit_fd_set_cloexec (int fd, gboolean cloexec, GError **error);

/* Waits until fd is readable (or has hung up); -1 waits for ever. TIMEOUT when it passes. */
gboolean davit_fd_wait (int fd, int timeout_msec, GError **error);

/* A pidfd for a process of which pid and start time (/proc/PID/stat, field 22) are known. */
gboolean davit_fd_open_process (pid_t pid, guint64 start_time, int *ret_pidfd, GError **error);
/* The number of the process that a pidfd is for. NOT_FOUND: it has ended and was asked about. */
gboolean davit_fd_process_number (int pidfd, pid_t *ret_pid, GError **error);
gboolean davit_fd_process_start_time (pid_t pid, guint64 *ret_start_time, GError **error);

G_END_DECLS
