/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Every path of a container goes through openat2 with RESOLVE_IN_ROOT: the kernel itself keeps it
 * inside, whatever a hostile image or another container that shares a volume does meanwhile
 * (CVE-2019-19921, CVE-2021-30465, CVE-2025-52565). What was opened is used by its descriptor and
 * never by its path again.
 */

#include "native-resolve.h"

#include "native-syscall.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static guint64
resolve_flags (NativeResolve how)
{
	guint64 flags = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

	return how == NATIVE_RESOLVE_NO_LINKS ? flags | RESOLVE_NO_SYMLINKS : flags;
}

int
native_resolve_open (int rootfd, const char *path, int flags, NativeResolve how)
{
	return native_openat2 (rootfd, path, flags == 0 ? O_PATH : (guint64) flags, 0,
			       resolve_flags (how));
}

/* The last component was not there: makes it below what its parent resolved to. */
static int
make_component (int parent, const char *name, mode_t mode)
{
	int fd;

	if (mkdirat (parent, name, mode) < 0 && errno != EEXIST)
		return -errno;
	/* A dangling link also was "not there", and is not followed to make what it names. */
	fd = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

/* Component by component; buffer holds path and is cut at each "/" in turn. */
static int
make_directories (int rootfd, char *buffer, NativeResolve how)
{
	int parent = fcntl (rootfd, F_DUPFD_CLOEXEC, 3);
	char *name = buffer;

	while (parent >= 0 && *name != '\0') {
		char *end = name + strcspn (name, "/");
		char cut = *end;
		int fd = -ENOENT;

		*end = '\0';
		if (end != name) {
			fd = native_resolve_open (rootfd, buffer, O_PATH | O_DIRECTORY, how);
			if (fd == -ENOENT)
				fd = make_component (parent, name, 0755);
			close (parent);
			parent = fd;
		}
		*end = cut;
		name = cut != '\0' ? end + 1 : end;
	}
	return parent == -1 ? -errno : parent;
}

int
native_resolve_directory (int rootfd, const char *path, NativeResolve how)
{
	char buffer[PATH_MAX];
	gsize length = strlen (path);
	int fd = native_resolve_open (rootfd, path, O_PATH | O_DIRECTORY, how);

	if (fd != -ENOENT)
		return fd;
	if (length >= sizeof buffer)
		return -ENAMETOOLONG;
	memcpy (buffer, path, length + 1);
	return make_directories (rootfd, buffer, how);
}

int
native_resolve_parent (int rootfd, const char *path, NativeResolve how, const char **ret_name)
{
	char buffer[PATH_MAX];
	const char *slash = strrchr (path, '/');
	gsize length = slash != NULL ? (gsize) (slash - path) : 0;

	*ret_name = slash != NULL ? slash + 1 : path;
	if (length >= sizeof buffer - 1)
		return -ENAMETOOLONG;
	memcpy (buffer, path, length);
	buffer[length] = '\0';
	return native_resolve_directory (rootfd, length > 0 ? buffer : "/", how);
}

int
native_resolve_file (int rootfd, const char *path, NativeResolve how)
{
	const char *name;
	int fd = native_resolve_open (rootfd, path, O_PATH, how);
	int parent;

	if (fd != -ENOENT)
		return fd;
	parent = native_resolve_parent (rootfd, path, how, &name);
	if (parent < 0)
		return parent;
	fd = openat (parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		fd = -errno;
	close (parent);
	return fd;
}
