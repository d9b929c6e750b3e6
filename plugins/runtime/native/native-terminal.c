/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The master is opened in a directory that is known to be a devpts, the slave is asked from the
 * master (TIOCGPTPEER): no path of the container decides what either is (CVE-2025-52565).
 */

#include "native-terminal.h"

#include "native-resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int
open_master (int root_fd, NativeReport *report)
{
	int directory = native_resolve_open (root_fd, "/dev/pts", O_PATH | O_DIRECTORY,
					     NATIVE_RESOLVE_NO_LINKS);
	struct statfs fs = {0};
	int fd = -1;

	if (directory < 0 || fstatfs (directory, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC) {
		native_report_fail (report, NATIVE_STEP_TERMINAL_DEVPTS,
				    directory < 0 ? directory : 0, NULL);
	} else {
		fd = openat (directory, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			native_report_fail (report, NATIVE_STEP_TERMINAL, errno, NULL);
	}
	if (directory >= 0)
		close (directory);
	return fd;
}

static int
open_slave (int master, const NativeProcess *process)
{
	struct winsize size = {.ws_row = process->rows, .ws_col = process->columns};
	int unlocked = 0;
	int fd;

	if (ioctl (master, TIOCSPTLCK, &unlocked) < 0)
		return -1;
	if (process->rows > 0 && process->columns > 0 && ioctl (master, TIOCSWINSZ, &size) < 0)
		return -1;
	fd = ioctl (master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	/* The group stays: devpts gives what its option gid says. */
	if (fd >= 0 && fchown (fd, process->uid, (gid_t) -1) < 0) {
		int number = errno;

		close (fd);
		errno = number;
		fd = -1;
	}
	return fd;
}

gboolean
native_terminal_open (int root_fd, const NativeProcess *process, int *ret_master, int *ret_slave,
		      NativeReport *report)
{
	int master = open_master (root_fd, report);
	int slave;

	if (master < 0)
		return FALSE;
	slave = open_slave (master, process);
	if (slave < 0) {
		native_report_fail (report, NATIVE_STEP_TERMINAL, errno, NULL);
		close (master);
		return FALSE;
	}
	*ret_master = master;
	*ret_slave = slave;
	return TRUE;
}

static gboolean
console_verify (int root_fd, int slave)
{
	int fd = native_resolve_open (root_fd, "/dev/console", O_PATH, NATIVE_RESOLVE_NO_LINKS);
	struct stat found = {0};
	struct stat wanted = {0};
	gboolean same;

	if (fd < 0)
		return FALSE;
	same = fstat (fd, &found) == 0 && fstat (slave, &wanted) == 0 && S_ISCHR (found.st_mode) &&
	       found.st_rdev == wanted.st_rdev && found.st_dev == wanted.st_dev;
	close (fd);
	return same;
}

gboolean
native_terminal_bind_console (int root_fd, int slave, NativeReport *report)
{
	int target = native_resolve_file (root_fd, "/dev/console", NATIVE_RESOLVE_NO_LINKS);
	int tree = -1;
	gboolean bound = FALSE;

	if (target < 0)
		return native_report_fail (report, NATIVE_STEP_CONSOLE, target, NULL);
	tree = open_tree (slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree >= 0)
		bound = move_mount (tree, "", target, "",
				    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
	if (!bound)
		native_report_fail (report, NATIVE_STEP_CONSOLE, errno, NULL);
	else if (!console_verify (root_fd, slave))
		bound = native_report_fail (report, NATIVE_STEP_CONSOLE, ESTALE, NULL);
	if (tree >= 0)
		close (tree);
	close (target);
	return bound;
}
