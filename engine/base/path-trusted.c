/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The engine's own directories: opening them after a look at who owns them, listing, replacing. */

#include "base/path.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX_LENGTH 16

static gboolean
private_make (const char *path, mode_t mode, GError **error)
{
	g_autofree char *above = g_path_get_dirname (path);

	if (g_mkdir_with_parents (above, 0755) < 0)
		return davit_error_errno (error, errno, "make directory \"%s\"", above);
	if (mkdir (path, mode) < 0 && errno != EEXIST)
		return davit_error_errno (error, errno, "make directory \"%s\"", path);
	return TRUE;
}

static gboolean
private_check (int fd, const char *path, GError **error)
{
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open directory \"%s\"", path);
	if (status.st_uid != geteuid ())
		return davit_error_set (error, DAVIT_ERROR_PERMISSION,
					"directory \"%s\" belongs to user %u, not to user %u; it "
					"must be the caller's own",
					path, (unsigned) status.st_uid, (unsigned) geteuid ());
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return davit_error_set (error, DAVIT_ERROR_PERMISSION,
					"directory \"%s\" is writable by others (mode %04o); run "
					"chmod go-w on it",
					path, (unsigned) status.st_mode & 07777);
	return TRUE;
}

gboolean
davit_path_open_private (const char *path, mode_t mode, int *ret_fd, GError **error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	/* With a "/" at its end the kernel would follow a symbolic link in spite of O_NOFOLLOW. */
	g_autofree char *plain = g_canonicalize_filename (path, NULL);
	struct stat status;
	davit_autofd fd = open (plain, flags);

	if (fd < 0 && errno == ENOENT) {
		if (!private_make (plain, mode, error))
			return FALSE;
		fd = open (plain, flags);
	}
	if (fd < 0) {
		int number = errno;

		if (lstat (plain, &status) == 0 && !S_ISDIR (status.st_mode))
			return davit_error_set (error, DAVIT_ERROR_PERMISSION,
						"directory \"%s\" is %s; give the place itself",
						path, davit_path_type_name (status.st_mode));
		return davit_error_errno (error, number, "open directory \"%s\"", path);
	}
	if (!private_check (fd, path, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_path_open_subdirectory (int dirfd, const char *name, mode_t mode, int *ret_fd, GError **error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	gboolean made = FALSE;
	davit_autofd fd = -1;

	if (!davit_path_is_component (name))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"open directory \"%s\": not one plain name", name);
	fd = openat (dirfd, name, flags);
	if (fd < 0 && errno == ENOENT) {
		made = mkdirat (dirfd, name, mode) == 0;
		if (!made && errno != EEXIST)
			return davit_error_errno (error, errno, "make directory \"%s\"", name);
		fd = openat (dirfd, name, flags);
	}
	if (fd < 0) {
		int number = errno;
		struct stat status;

		if (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISDIR (status.st_mode))
			return davit_error_set (error, DAVIT_ERROR_FAILED,
						"open directory \"%s\": it is %s", name,
						davit_path_type_name (status.st_mode));
		return davit_error_errno (error, number, "open directory \"%s\"", name);
	}
	/* The umask took bits away. */
	if (made && fchmod (fd, mode) < 0)
		return davit_error_errno (error, errno, "make directory \"%s\"", name);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_path_list (int dirfd, GPtrArray **ret_names, GError **error)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	const struct dirent *entry;
	DIR *dir;
	/* Opened anew: a copy would share the position, and a second list would find nothing. */
	int fd = openat (dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int number;

	if (fd < 0)
		return davit_error_errno (error, errno, "list a directory");
	dir = fdopendir (fd);
	if (dir == NULL) {
		number = errno;
		close (fd);
		return davit_error_errno (error, number, "list a directory");
	}
	for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0) {
		if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
			g_ptr_array_add (names, g_strdup (entry->d_name));
	}
	number = errno;
	closedir (dir);
	if (number != 0)
		return davit_error_errno (error, number, "list a directory");
	*ret_names = g_steal_pointer (&names);
	return TRUE;
}

gboolean
davit_path_sync_directory (int dirfd, GError **error)
{
	if (fsync (dirfd) < 0)
		return davit_error_errno (error, errno, "write a directory to disk");
	return TRUE;
}

typedef struct {
	const void *data;
	gsize length;
	mode_t mode;
	gboolean durable;
} Content;

/* All of the file but its name. The mode before fsync: it is to be on disk, too. */
static gboolean
temporary_write (int fd, const char *name, const Content *content, GError **error)
{
	if (!davit_fd_write (fd, content->data, content->length, name, error))
		return FALSE;
	if (fchmod (fd, content->mode) < 0)
		return davit_error_errno (error, errno, "write \"%s\"", name);
	if (content->durable && fsync (fd) < 0)
		return davit_error_errno (error, errno, "write \"%s\" to disk", name);
	return TRUE;
}

gboolean
davit_path_replace_file (int dirfd, const char *name, const void *data, gsize length, mode_t mode,
			 gboolean durable, GError **error)
{
	const Content content = {data, length, mode, durable};
	char suffix[SUFFIX_LENGTH + 1];
	g_autofree char *temporary = NULL;
	davit_autofd fd = -1;
	gboolean done;

	if (!davit_path_is_component (name))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"write \"%s\": not one plain name", name);
	/* Who lists the directory passes over what begins with a dot. */
	davit_digest_random_hex (suffix, SUFFIX_LENGTH);
	temporary = g_strconcat (DAVIT_PATH_TEMPORARY_PREFIX, suffix, NULL);
	fd = openat (dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return davit_error_errno (error, errno, "write \"%s\"", name);
	done = temporary_write (fd, name, &content, error);
	if (done && renameat (dirfd, temporary, dirfd, name) < 0)
		done = davit_error_errno (error, errno, "write \"%s\"", name);
	if (!done) {
		unlinkat (dirfd, temporary, 0);
		return FALSE;
	}
	return !durable || davit_path_sync_directory (dirfd, error);
}
