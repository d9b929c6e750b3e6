/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Opening and reading below a directory that is not trusted.
 *
 * Only the kernel can resolve a path safely while somebody else renames its components: every way
 * in user space (realpath and a comparison, chroot and back) has been raced in other engines
 * (CVE-2018-15664, CVE-2019-10152, CVE-2021-30465). So there is no fallback for kernels that have
 * no openat2.
 */

#include "base/path.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel gives up with EAGAIN when something was renamed or mounted while it went past "..". */
#define TRIES 128

const guint64 davit_path_in_root = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

const DavitFileOps davit_path_file_ops = {
	.size = sizeof (DavitFileOps),
	.open_in_root = davit_path_open_in_root,
	.open_beneath = davit_path_open_beneath,
	.make_directory = davit_path_make_directory,
	.make_file = davit_path_make_file,
	.read_file = davit_path_read_file,
	.replace_file = davit_path_replace_file,
	.remove_tree = davit_path_remove_tree,
};

int
davit_path_openat2 (int dirfd, const char *path, int flags, mode_t mode, guint64 resolve)
{
	gboolean creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	struct open_how how = {
		.flags = (guint64) (guint) (flags | O_CLOEXEC),
		/* openat2 answers EINVAL to a mode that open would ignore. */
		.mode = creates ? mode & 07777 : 0,
		.resolve = resolve,
	};
	int fd = -1;

	for (guint i = 0; i < TRIES; i++) {
		fd = (int) syscall (SYS_openat2, dirfd, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
		/* With O_NONBLOCK it may also be a lease on the file; that ends in the same way. */
	}
	return fd;
}

const char *
davit_path_type_name (mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	default:
		return "something unknown";
	}
}

gboolean
davit_path_is_component (const char *name)
{
	return name[0] != '\0' && strchr (name, '/') == NULL && !g_str_equal (name, ".") &&
	       !g_str_equal (name, "..");
}

/* The kernel said no; look again and say which rule was broken. */
static gboolean
open_failed (int dirfd, const char *path, int flags, guint64 resolve, GError **error)
{
	int number = errno;
	struct stat status;
	davit_autofd fd = -1;

	if (number == ENOSYS)
		return davit_error_set (
			error, DAVIT_ERROR_UNAVAILABLE,
			"open \"%s\": the kernel has no openat2; Linux 5.6 or newer "
			"is needed",
			path);
	if (number == EXDEV)
		return davit_error_set (
			error, DAVIT_ERROR_PERMISSION,
			"open \"%s\": it leads out of its directory or into another "
			"mount",
			path);
	if (number != ELOOP && number != ENOTDIR && number != ENXIO && number != EISDIR)
		return davit_error_errno (error, number, "open \"%s\"", path);
	if (number == ELOOP && (resolve & RESOLVE_NO_SYMLINKS))
		return davit_error_set (error, DAVIT_ERROR_PERMISSION,
					"open \"%s\": it is or goes through a symbolic link", path);
	fd = davit_path_openat2 (dirfd, path, O_PATH | O_NOFOLLOW, 0, resolve);
	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, number, "open \"%s\"", path);
	if (number == ELOOP && !((flags & O_NOFOLLOW) && S_ISLNK (status.st_mode)))
		return davit_error_errno (error, number, "open \"%s\"", path);
	return davit_error_set (error, DAVIT_ERROR_FAILED, "open \"%s\": it is %s%s", path,
				davit_path_type_name (status.st_mode),
				flags & O_DIRECTORY ? ", not a directory" : "");
}

gboolean
davit_path_open_in_root (int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
			 GError **error)
{
	int fd = davit_path_openat2 (rootfd, path, flags, mode, davit_path_in_root);

	if (fd < 0)
		return open_failed (rootfd, path, flags, davit_path_in_root, error);
	*ret_fd = fd;
	return TRUE;
}

static gboolean
path_has_dot_dot (const char *path)
{
	for (const char *at = path; (at = strstr (at, "..")) != NULL; at += 2) {
		if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
			return TRUE;
	}
	return FALSE;
}

gboolean
davit_path_open_beneath (int dirfd, const char *path, int flags, mode_t mode, int *ret_fd,
			 GError **error)
{
	const guint64 resolve =
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	int fd;

	/* RESOLVE_BENEATH allows ".." that stays inside; a path that was checked has none. */
	if (path_has_dot_dot (path))
		return davit_error_set (error, DAVIT_ERROR_PERMISSION,
					"open \"%s\": \"..\" is not allowed in it", path);
	fd = davit_path_openat2 (dirfd, path, flags, mode, resolve);
	if (fd < 0)
		return open_failed (dirfd, path, flags, resolve, error);
	*ret_fd = fd;
	return TRUE;
}

static gboolean
regular_check (int fd, const char *path, GError **error)
{
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"read \"%s\": it is %s, not a regular file", path,
					davit_path_type_name (status.st_mode));
	return TRUE;
}

gboolean
davit_path_read_file (int rootfd, const char *path, gsize limit, char **ret_text, gsize *ret_length,
		      GError **error)
{
	davit_autofd look = -1;
	davit_autofd fd = -1;

	/* Opening some devices does something (a tape winds, a watchdog starts): look first. */
	if (!davit_path_open_in_root (rootfd, path, O_PATH, 0, &look, error) ||
	    !regular_check (look, path, error))
		return FALSE;
	/* It may be another file by now: O_NONBLOCK for a FIFO, and the check once more. */
	if (!davit_path_open_in_root (rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd,
				      error) ||
	    !regular_check (fd, path, error))
		return FALSE;
	return davit_fd_read (fd, limit, path, ret_text, ret_length, error);
}
