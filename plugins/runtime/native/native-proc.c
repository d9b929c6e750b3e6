/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host's own procfs serves, as long as nothing is mounted below the path that is wanted; where
 * something is (an engine inside a container has a read-only /proc/sys), a fresh one is made.
 */

#include "native-proc.h"

#include "runtime-syscall.h"

#include <sys/mount.h>

int
native_proc_write (int proc_fd, const char *path, const char *text, gsize length)
{
	int fd = runtime_openat2 (proc_fd, path, O_WRONLY, 0,
				  RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
	ssize_t written;

	if (fd < 0)
		return fd;
	written = write (fd, text, length);
	if (written < 0)
		written = -errno;
	else
		written = (gsize) written == length ? 0 : -EIO;
	close (fd);
	return (int) written;
}

int
native_proc_make (void)
{
	int context = fsopen ("proc", FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return -errno;
	if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fd = -errno;
	else if ((fd = fsmount (context, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)) < 0)
		fd = -errno;
	close (context);
	return fd;
}
