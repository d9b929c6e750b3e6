/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * tmpcopyup: a tmpfs that begins with what the root file system has at its place. Runs in the
 * child, on a tmpfs that is attached nowhere yet; both sides are walked by descriptor, links are
 * copied and never followed.
 */

#include "native-mounts.h"
#include "native-resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Deeper trees are refused: the walk is a recursion, and the stack is what it is. */
#define DEPTH_LIMIT 64

/* As the kernel fills it in. */
typedef struct {
	guint64 inode;
	gint64 offset;
	guint16 length;
	guint8 type;
	char name[];
} DirectoryEntry;

static int copy_directory (int from, int to, int depth, gboolean keep_metadata);

static int
copy_contents (int from, int to, const struct stat *status)
{
	off_t left = status->st_size;

	while (left > 0) {
		ssize_t sent = sendfile (to, from, NULL, left > 1 << 20 ? 1 << 20 : (gsize) left);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		if (sent == 0)
			break;
		left -= sent;
	}
	return 0;
}

/* Owner first: a change of it takes the set-uid bits. */
static int
copy_metadata (int to, const struct stat *status)
{
	struct timespec times[2] = {status->st_atim, status->st_mtim};

	if (fchown (to, status->st_uid, status->st_gid) < 0 ||
	    fchmod (to, status->st_mode & 07777) < 0 || futimens (to, times) < 0)
		return -errno;
	return 0;
}

static int
copy_file (int from_dir, int to_dir, const char *name)
{
	int from = openat (from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	int result;
	int to = -1;

	if (from < 0)
		return -errno;
	if (fstat (from, &status) < 0 || !S_ISREG (status.st_mode))
		result = -ESTALE;
	else if ((to = openat (to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		result = -errno;
	else
		result = copy_contents (from, to, &status);
	if (result == 0)
		result = copy_metadata (to, &status);
	if (to >= 0)
		close (to);
	close (from);
	return result;
}

static int
copy_link (int from_dir, int to_dir, const char *name, const struct stat *status)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat (from_dir, name, target, sizeof target - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (symlinkat (target, to_dir, name) < 0 ||
	    fchownat (to_dir, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int
copy_subdirectory (int from_dir, int to_dir, const char *name, int depth)
{
	int from;
	int to = -1;
	int result;

	if (depth >= DEPTH_LIMIT)
		return -ELOOP;
	from = openat (from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return -errno;
	if (mkdirat (to_dir, name, 0700) < 0 ||
	    (to = openat (to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		result = -errno;
	else
		result = copy_directory (from, to, depth + 1, FALSE);
	if (to >= 0)
		close (to);
	close (from);
	return result;
}

static int
copy_entry (int from, int to, const char *name, int depth)
{
	struct stat status;

	if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
		return 0;
	if (fstatat (from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR (status.st_mode))
		return copy_subdirectory (from, to, name, depth);
	if (S_ISREG (status.st_mode))
		return copy_file (from, to, name);
	if (S_ISLNK (status.st_mode))
		return copy_link (from, to, name, &status);
	/* A tmpfs over it hides a device, FIFO or socket; none of them has contents to keep. */
	return 0;
}

static int
copy_directory (int from, int to, int depth, gboolean keep_metadata)
{
	_Alignas(DirectoryEntry) char buffer[4096];
	struct stat status;
	int result = 0;

	for (;;) {
		long length = syscall (SYS_getdents64, from, buffer, sizeof buffer);

		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		for (long at = 0; at < length && result == 0;) {
			const DirectoryEntry *entry = (const DirectoryEntry *) (buffer + at);

			result = copy_entry (from, to, entry->name, depth);
			at += entry->length;
		}
		if (result < 0)
			return result;
	}
	if (keep_metadata)
		return 0;
	/* After what is in it, which changes its times. */
	return fstat (from, &status) < 0 ? -errno : copy_metadata (to, &status);
}

/* The directory itself is as the one that it covers, unless the options say what it is. */
static gboolean
has_mode (const NativeMount *mount)
{
	for (guint i = 0; i < mount->options.data->len; i++)
		if (strncmp ((const char *) mount->options.data->pdata[i], "mode=", 5) == 0)
			return TRUE;
	return FALSE;
}

gboolean
native_mount_copy_up (const NativeMount *mount, int root_fd, int tree_fd, NativeReport *report)
{
	int from = native_resolve_open (root_fd, mount->destination, O_RDONLY | O_DIRECTORY,
					mount->no_links ? NATIVE_RESOLVE_NO_LINKS
							: NATIVE_RESOLVE_LINKS);
	int to;
	int result;

	if (from == -ENOENT)
		return TRUE;
	if (from < 0)
		return native_report_fail (report, NATIVE_STEP_COPY_UP, from, mount->destination);
	to = openat (tree_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = to < 0 ? -errno : copy_directory (from, to, 0, has_mode (mount));
	if (to >= 0)
		close (to);
	close (from);
	if (result < 0)
		return native_report_fail (report, NATIVE_STEP_COPY_UP, result, mount->destination);
	return TRUE;
}
