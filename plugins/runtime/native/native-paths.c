/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container must not see or write although its /proc and /sys have it.
 *
 * A file is covered by the host's /dev/null, never by the container's, which could be replaced by a
 * link while it is looked at (CVE-2025-31133); directories by one empty read-only tmpfs that all of
 * them share. Each is looked at again afterwards: it must be what was put there.
 */

#include "native-paths.h"

#include "native-resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MASK_FLAGS (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Not there, or a file where the path wants a directory: nothing to protect. */
static gboolean
is_absent (int status)
{
	return status == -ENOENT || status == -ENOTDIR;
}

static gboolean
attach (int tree, int target)
{
	return move_mount (tree, "", target, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}

static int
make_empty (void)
{
	int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
	int fd = -1;

	if (context < 0)
		return -errno;
	if (fsconfig (context, FSCONFIG_SET_STRING, "mode", "755", 0) == 0 &&
	    fsconfig (context, FSCONFIG_SET_STRING, "nr_inodes", "1", 0) == 0 &&
	    fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount (context, FSMOUNT_CLOEXEC, MASK_FLAGS);
	if (fd < 0)
		fd = -errno;
	close (context);
	return fd;
}

/*
 * empty_fd is the first one's mount: the others are clones, which the kernel before 6.15 makes only
 * of what is attached already.
 */
static int
mask_directory (int target, int *empty_fd)
{
	int tree;
	int status;

	if (*empty_fd < 0) {
		*empty_fd = make_empty ();
		if (*empty_fd < 0)
			return *empty_fd;
		return attach (*empty_fd, target) ? 0 : -errno;
	}
	tree = open_tree (*empty_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	status = attach (tree, target) ? 0 : -errno;
	close (tree);
	return status;
}

static int
mask_file (int target)
{
	int tree = open_tree (AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat status;
	int result = -ENODEV;

	if (tree < 0)
		return -errno;
	if (fstat (tree, &status) < 0)
		result = -errno;
	else if (S_ISCHR (status.st_mode) && status.st_rdev == makedev (1, 3))
		result = attach (tree, target) ? 0 : -errno;
	close (tree);
	return result;
}

static gboolean
is_masked (int root_fd, const char *path, gboolean directory)
{
	int fd = native_resolve_open (root_fd, path, O_PATH, NATIVE_RESOLVE_LINKS);
	struct stat status = {0};
	struct statfs fs = {0};
	gboolean masked;

	if (fd < 0)
		return FALSE;
	if (directory)
		masked = fstatfs (fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
			 (fs.f_flags & ST_RDONLY);
	else
		masked = fstat (fd, &status) == 0 && S_ISCHR (status.st_mode) &&
			 status.st_rdev == makedev (1, 3);
	close (fd);
	return masked;
}

static gboolean
mask_path (const char *path, int root_fd, int *empty_fd, NativeReport *report)
{
	int target = native_resolve_open (root_fd, path, O_PATH, NATIVE_RESOLVE_LINKS);
	struct stat status;
	int result;

	if (is_absent (target))
		return TRUE;
	if (target < 0)
		return native_report_fail (report, NATIVE_STEP_MASK, target, path);
	result = fstat (target, &status) < 0 ? -errno
		 : S_ISDIR (status.st_mode)  ? mask_directory (target, empty_fd)
					     : mask_file (target);
	close (target);
	if (result < 0)
		return native_report_fail (report, NATIVE_STEP_MASK, result, path);
	return is_masked (root_fd, path, S_ISDIR (status.st_mode)) ||
	       native_report_fail (report, NATIVE_STEP_MASK_VERIFY, 0, path);
}

gboolean
native_paths_mask (const char *const *paths, int root_fd, NativeReport *report)
{
	gboolean masked = TRUE;
	int empty_fd = -1;

	for (guint i = 0; masked && paths != NULL && paths[i] != NULL; i++)
		masked = mask_path (paths[i], root_fd, &empty_fd, report);
	if (empty_fd >= 0)
		close (empty_fd);
	return masked;
}

static gboolean
is_read_only (int root_fd, const char *path)
{
	int fd = native_resolve_open (root_fd, path, O_PATH, NATIVE_RESOLVE_LINKS);
	struct statfs fs = {0};
	gboolean read_only;

	if (fd < 0)
		return FALSE;
	read_only = fstatfs (fd, &fs) == 0 && (fs.f_flags & ST_RDONLY);
	close (fd);
	return read_only;
}

/* What is a mount itself is made read-only; of anything else a copy, with all below it, over it. */
static int
bind_read_only (int target)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	int tree;
	int status = 0;

	if (mount_setattr (target, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
			   sizeof attributes) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	tree = open_tree (target, "",
			  AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (mount_setattr (tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) <
		    0 ||
	    !attach (tree, target))
		status = -errno;
	close (tree);
	return status;
}

gboolean
native_paths_read_only (const char *const *paths, int root_fd, NativeReport *report)
{
	for (guint i = 0; paths != NULL && paths[i] != NULL; i++) {
		int target = native_resolve_open (root_fd, paths[i], O_PATH, NATIVE_RESOLVE_LINKS);
		int status;

		if (is_absent (target))
			continue;
		if (target < 0)
			return native_report_fail (report, NATIVE_STEP_READ_ONLY, target, paths[i]);
		status = bind_read_only (target);
		close (target);
		if (status < 0)
			return native_report_fail (report, NATIVE_STEP_READ_ONLY, status, paths[i]);
		if (!is_read_only (root_fd, paths[i]))
			return native_report_fail (report, NATIVE_STEP_READ_ONLY_VERIFY, 0,
						   paths[i]);
	}
	return TRUE;
}
