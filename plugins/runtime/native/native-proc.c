/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host's own procfs serves, as long as nothing is mounted below the path that is wanted; where
 * something is (an engine inside a container has a read-only /proc/sys), a fresh one is made.
 */

#include "native-proc.h"

#include "native-error.h"
#include "native-syscall.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define PROC_ROOT_INODE 1

gboolean
native_proc_open (int *ret_fd, GError **error)
{
	struct statfs fs;
	struct stat status;
	int fd = native_openat2 (AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return native_error_set (error, -fd, "open \"/proc\"");
	if (fstatfs (fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || fstat (fd, &status) < 0 ||
	    status.st_ino != PROC_ROOT_INODE) {
		close (fd);
		return native_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					 "\"/proc\" is no proc file system; mount one there");
	}
	*ret_fd = fd;
	return TRUE;
}

int
native_proc_write (int proc_fd, const char *path, const char *text, gsize length)
{
	int fd = native_openat2 (proc_fd, path, O_WRONLY, 0,
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

/*
 * The name in field 2 may hold anything, ")" and line breaks included: fields count from its end.
 */
static gboolean
stat_parse (const char *text, guint64 *ret_start_time, char *ret_state)
{
	const char *field = strrchr (text, ')');

	if (field == NULL || field[1] != ' ')
		return FALSE;
	field += 2;
	*ret_state = *field;
	for (int number = 3; number < 22; number++) {
		field = strchr (field, ' ');
		if (field == NULL)
			return FALSE;
		field++;
	}
	*ret_start_time = g_ascii_strtoull (field, NULL, 10);
	return TRUE;
}

gboolean
native_proc_start_time (int proc_fd, int pid, guint64 *ret_start_time, char *ret_state,
			GError **error)
{
	char path[32];
	char text[1024];
	ssize_t length;
	int fd;

	g_snprintf (path, sizeof path, "%d/stat", pid);
	fd = native_openat2 (proc_fd, path, O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	length = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;
	if (length < 0)
		length = fd >= 0 ? -errno : fd;
	if (fd >= 0)
		close (fd);
	if (length < 0)
		return native_error_set (error, (int) -length, "process %d", pid);
	text[length] = '\0';
	if (!stat_parse (text, ret_start_time, ret_state))
		return native_error_say (error, DAVIT_ERROR_CORRUPT,
					 "process %d: can't read \"/proc/%d/stat\"", pid, pid);
	return TRUE;
}
