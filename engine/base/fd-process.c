/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Descriptors for processes of which a number is on record. A number alone may belong to somebody
 * else by now; with the time at which the process was started it can't.
 */

#include "base/fd.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAT_LIMIT 4096
/* proc(5): the field behind the name of the program is number 3. */
#define START_TIME_FIELD 22
#define FIRST_FIELD 3

/* The program's name may hold spaces and brackets: the fields begin behind the last bracket. */
static gboolean
stat_parse_start_time (const char *text, guint64 *ret_start_time)
{
	const char *field = strrchr (text, ')');
	char *end = NULL;

	if (field == NULL)
		return FALSE;
	for (int i = FIRST_FIELD; i <= START_TIME_FIELD; i++) {
		field = strchr (field + 1, ' ');
		if (field == NULL)
			return FALSE;
	}
	if (!g_ascii_isdigit (field[1]))
		return FALSE;
	*ret_start_time = g_ascii_strtoull (field + 1, &end, 10);
	return *end == ' ';
}

gboolean
davit_fd_process_start_time (pid_t pid, guint64 *ret_start_time, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
	g_autofree char *text = NULL;
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "process %d does not exist",
					(int) pid);
	if (fd < 0)
		return davit_error_errno (error, errno, "read \"%s\"", path);
	if (!davit_fd_read (fd, STAT_LIMIT, path, &text, NULL, error)) {
		/* It ended while we looked: ESRCH, which is NOT_FOUND. */
		return FALSE;
	}
	if (!stat_parse_start_time (text, ret_start_time))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"read \"%s\": no start time in it", path);
	return TRUE;
}

gboolean
davit_fd_open_process (pid_t pid, guint64 start_time, int *ret_pidfd, GError **error)
{
	davit_autofd pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
	guint64 found = 0;

	/* EINVAL: gone, but others are left in its session (Linux before 6.16). */
	if (pidfd < 0 && (errno == ESRCH || errno == EINVAL))
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "process %d does not exist",
					(int) pid);
	if (pidfd < 0)
		return davit_error_errno (error, errno, "open process %d", (int) pid);
	/*
	 * Looked at after the descriptor is there. If the number changed hands in between, the one
	 * that has it now was started after this call, and so can't be the one on record.
	 */
	if (!davit_fd_process_start_time (pid, &found, error))
		return FALSE;
	if (found != start_time)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"process %d does not exist: the number belongs to another "
					"one by now",
					(int) pid);
	*ret_pidfd = davit_fd_steal (&pidfd);
	return TRUE;
}

gboolean
davit_fd_process_number (int pidfd, pid_t *ret_pid, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", pidfd);
	g_autofree char *text = NULL;
	const char *line;
	gint64 number = 0;
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "read \"%s\"", path);
	if (!davit_fd_read (fd, STAT_LIMIT, path, &text, NULL, error))
		return FALSE;
	line = strstr (text, "\nPid:");
	if (line == NULL)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"descriptor %d is not one of a process", pidfd);
	number = g_ascii_strtoll (line + strlen ("\nPid:"), NULL, 10);
	/* -1: gone for good. 0: of another pid namespace. */
	if (number <= 0)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"the process of descriptor %d does not exist any more",
					pidfd);
	*ret_pid = (pid_t) number;
	return TRUE;
}
