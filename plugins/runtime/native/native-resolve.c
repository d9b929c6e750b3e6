/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Every path of a container goes through openat2 with RESOLVE_IN_ROOT: the kernel itself keeps it
 * inside, whatever a hostile image or another container that shares a volume does meanwhile
 * (CVE-2019-19921, CVE-2021-30465, CVE-2025-52565). What was opened is used by its descriptor and
 * never by its path again.
 */

#include "native-resolve.h"

#include "runtime-syscall.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Links that lead to nothing, one behind the other. */
#define LINK_LIMIT 8

static guint64
resolve_flags (NativeResolve how)
{
	guint64 flags = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

	return how == NATIVE_RESOLVE_NO_LINKS ? flags | RESOLVE_NO_SYMLINKS : flags;
}

int
native_resolve_open (int rootfd, const char *path, int flags, NativeResolve how)
{
	return runtime_openat2 (rootfd, path, flags == 0 ? O_PATH : (guint64) flags, 0,
				resolve_flags (how));
}

static int make_directories (int rootfd, char *path, NativeResolve how, int depth);

/*
 * A link that leads to nothing: what it names is made, inside the root, as if it had been there.
 * Images have such links (/var/lock to a /run/lock that only a boot makes). before is the path of
 * the directory that holds it.
 */
static int
make_link_target (int rootfd, int parent, const char *before, const char *name, int depth)
{
	char path[PATH_MAX];
	gsize used = strlen (before);
	ssize_t length;

	if (depth >= LINK_LIMIT)
		return -ELOOP;
	if (used + 2 >= sizeof path)
		return -ENAMETOOLONG;
	memcpy (path, before, used);
	path[used++] = '/';
	length = readlinkat (parent, name, path + used, sizeof path - used);
	if (length < 0)
		return -errno;
	if ((gsize) length >= sizeof path - used)
		return -ENAMETOOLONG;
	path[used + (gsize) length] = '\0';
	return make_directories (rootfd, path[used] == '/' ? path + used : path,
				 NATIVE_RESOLVE_LINKS, depth + 1);
}

/* The last component was not there: makes it below what its parent resolved to. */
static int
make_component (int rootfd, int parent, const char *before, const char *name, int depth)
{
	struct stat status;
	int fd;

	if (mkdirat (parent, name, 0755) < 0) {
		if (errno != EEXIST)
			return -errno;
		if (fstatat (parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK (status.st_mode))
			return make_link_target (rootfd, parent, before, name, depth);
	}
	fd = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

/* Opens path up to end, or makes its last component, which begins at name. */
static int
open_or_make (int rootfd, int parent, char *path, char *name, NativeResolve how, int depth)
{
	int fd = native_resolve_open (rootfd, path, O_PATH | O_DIRECTORY, how);

	if (fd != -ENOENT)
		return fd;
	if (name == path)
		return make_component (rootfd, parent, "", name, depth);
	name[-1] = '\0';
	fd = make_component (rootfd, parent, path, name, depth);
	name[-1] = '/';
	return fd;
}

/* Component by component; path is cut at each "/" in turn, and whole again afterwards. */
static int
make_directories (int rootfd, char *path, NativeResolve how, int depth)
{
	int parent = fcntl (rootfd, F_DUPFD_CLOEXEC, 3);
	char *name = path;

	if (parent < 0)
		return -errno;
	while (parent >= 0 && *name != '\0') {
		char *end = name + strcspn (name, "/");
		char cut = *end;
		int fd;

		*end = '\0';
		if (end != name) {
			fd = open_or_make (rootfd, parent, path, name, how, depth);
			close (parent);
			parent = fd;
		}
		*end = cut;
		name = cut != '\0' ? end + 1 : end;
	}
	return parent;
}

/* The usual case: only the last component is missing. */
static int
make_last (int rootfd, char *path, NativeResolve how)
{
	char *slash = strrchr (path, '/');
	int parent;
	int fd;

	if (slash == NULL || slash == path || slash[1] == '\0')
		return -ENOENT;
	*slash = '\0';
	parent = native_resolve_open (rootfd, path, O_PATH | O_DIRECTORY, how);
	fd = parent >= 0 ? make_component (rootfd, parent, path, slash + 1, 0) : parent;
	*slash = '/';
	if (parent >= 0)
		close (parent);
	return fd;
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
	fd = make_last (rootfd, buffer, how);
	if (fd != -ENOENT)
		return fd;
	return make_directories (rootfd, buffer, how, 0);
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
