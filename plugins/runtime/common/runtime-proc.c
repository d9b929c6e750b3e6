/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Only a procfs that is known to be one is asked: another could answer anything. */

#include "runtime-proc.h"

#include "runtime-error.h"
#include "runtime-syscall.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define PROC_ROOT_INODE 1

gboolean
runtime_proc_open (int *ret_fd, GError **error)
{
	struct statfs fs;
	struct stat status;
	int fd = runtime_openat2 (AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return runtime_error_set (error, -fd, "open \"/proc\"");
	if (fstatfs (fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || fstat (fd, &status) < 0 ||
	    status.st_ino != PROC_ROOT_INODE) {
		close (fd);
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  "\"/proc\" is no proc file system; mount one there");
	}
	*ret_fd = fd;
	return TRUE;
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
runtime_proc_start_time (int proc_fd, int pid, guint64 *ret_start_time, char *ret_state,
			 GError **error)
{
	char path[32];
	char text[1024];
	ssize_t length;
	int fd;

	g_snprintf (path, sizeof path, "%d/stat", pid);
	fd = runtime_openat2 (proc_fd, path, O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	length = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;
	if (length < 0)
		length = fd >= 0 ? -errno : fd;
	if (fd >= 0)
		close (fd);
	if (length < 0)
		return runtime_error_set (error, (int) -length, "process %d", pid);
	text[length] = '\0';
	if (!stat_parse (text, ret_start_time, ret_state))
		return runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					  "process %d: can't read \"/proc/%d/stat\"", pid, pid);
	return TRUE;
}
