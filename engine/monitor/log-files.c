/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finding a log's files. A rotation renames from the oldest to the newest, so that names move
 * upwards while we look; inode numbers tell which file is which.
 */

#include "monitor/log-files.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* More than anybody keeps; each costs a descriptor while it is read. */
#define FILES_LIMIT 500

/* How often a name may be taken away between two looks at it before we give up. */
#define RETRY_LIMIT 100

static char *
name_make (const char *name, guint index)
{
	return index == 0 ? g_strdup (name) : g_strdup_printf ("%s.%u", name, index);
}

/* -1 in ret_fd: it is not there. */
static gboolean
file_open (int dirfd, const char *name, guint index, int *ret_fd, GError **error)
{
	g_autofree char *file = name_make (name, index);
	davit_autofd fd =
		openat (dirfd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "open log \"%s\"", file);
	if (fd >= 0 && fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "log \"%s\"", file);
	if (fd >= 0 && !S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"log \"%s\": is not a regular file", file);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

static gboolean
file_is_same (int a, int b)
{
	struct stat of_a, of_b;

	return fstat (a, &of_a) == 0 && fstat (b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static void
element_close (gpointer element)
{
	davit_fd_close (element);
}

static gboolean
files_collect (int dirfd, const char *name, GArray *files, GError **error)
{
	guint missing = 0;

	/* Newest first: the other way round, one that is renamed meanwhile would be missed. */
	for (guint index = 0; index < FILES_LIMIT && missing < 2; index++) {
		davit_autofd fd = -1;

		if (!file_open (dirfd, name, index, &fd, error))
			return FALSE;
		/* A gap may be a rotation that goes on just now. */
		missing = fd < 0 ? missing + 1 : 0;
		if (fd < 0 || (files->len > 0 && file_is_same (fd, g_array_index (files, int, 0))))
			continue;
		g_array_prepend_val (files, fd);
		davit_fd_steal (&fd);
	}
	return TRUE;
}

GArray *
davit_log_files_open (int dirfd, const char *name, GError **error)
{
	for (guint retry = 0; retry < RETRY_LIMIT; retry++) {
		g_autoptr (GArray) files = g_array_new (FALSE, FALSE, sizeof (int));
		davit_autofd before = -1;
		davit_autofd after = -1;

		g_array_set_clear_func (files, element_close);
		if (!file_open (dirfd, name, 0, &before, error) ||
		    !files_collect (dirfd, name, files, error) ||
		    !file_open (dirfd, name, 0, &after, error))
			return NULL;
		/* A rotation in between would have shown us files twice, and in a wrong order. */
		if ((before < 0 && after < 0) || file_is_same (before, after))
			return g_steal_pointer (&files);
	}
	davit_error_set (error, DAVIT_ERROR_BUSY,
			 "log \"%s\": is rotated faster than it can be read", name);
	return NULL;
}

/*
 * The index of the file that fd refers to; if it is gone, one more than the oldest that there is,
 * so that the next one is that. ret_newer: the descriptor of the one before it, or -1.
 */
static gboolean
index_find (int dirfd, const char *name, int fd, guint *ret_index, int *ret_newer, GError **error)
{
	davit_autofd newer = -1;
	guint missing = 0;

	for (guint index = 0; index < FILES_LIMIT && missing < 2; index++) {
		davit_autofd found = -1;

		if (!file_open (dirfd, name, index, &found, error))
			return FALSE;
		missing = found < 0 ? missing + 1 : 0;
		if (found >= 0 && file_is_same (found, fd)) {
			*ret_index = index;
			*ret_newer = davit_fd_steal (&newer);
			return TRUE;
		}
		/* Over a gap the one before is kept: whatever it is, it is newer. */
		if (found >= 0 || missing > 1)
			*ret_index = index + 1;
		if (found >= 0) {
			davit_fd_close (&newer);
			newer = davit_fd_steal (&found);
		}
	}
	*ret_newer = davit_fd_steal (&newer);
	return TRUE;
}

gboolean
davit_log_files_next (int dirfd, const char *name, int fd, int *ret_fd, GError **error)
{
	if (fd < 0)
		return file_open (dirfd, name, 0, ret_fd, error);
	for (guint retry = 0; retry < RETRY_LIMIT; retry++) {
		guint index = 0;
		guint again = 0;
		davit_autofd newer = -1;
		davit_autofd ignored = -1;

		if (!index_find (dirfd, name, fd, &index, &newer, error) ||
		    !index_find (dirfd, name, fd, &again, &ignored, error))
			return FALSE;
		/* The same twice: nothing was renamed while we looked the first time. */
		if (index == again && (newer < 0) == (ignored < 0) &&
		    (newer < 0 || file_is_same (newer, ignored))) {
			*ret_fd = davit_fd_steal (&newer);
			return TRUE;
		}
	}
	return davit_error_set (error, DAVIT_ERROR_BUSY,
				"log \"%s\": is rotated faster than it can be read", name);
}
