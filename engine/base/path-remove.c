/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removes a tree that a container may have made, and may still be changing.
 *
 * - No link is followed and no mount is entered: openat2 looks at each step, so that also a bind
 *   mount of the same file system is seen (a comparison of st_dev would not see it).
 * - A tree may be a million directories deep. Neither the stack nor the descriptors may run out:
 *   what lies deeper than DEPTH_LIMIT is moved up to the top directory, whose turn comes later.
 *   Going back up by ".." is no way: a directory that was moved meanwhile leads elsewhere.
 * - A directory without permissions stops root nowhere, but every other user: it gets them.
 */

#include "base/path.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_LIMIT 64

/* One directory on the way down. */
typedef struct {
	DIR *dir;
	char *name;	   /* in the one above; of the first: as asked for */
	gboolean progress; /* something went since it was read from its start */
} Level;

typedef struct {
	int dirfd;	 /* where the tree hangs */
	GPtrArray *path; /* of Level, the top first */
	guint moved;	 /* names given to what was moved up */
} Removal;

static void
level_free (gpointer data)
{
	Level *level = (Level *) data;

	closedir (level->dir);
	g_free (level->name);
	g_free (level);
}

static Level *
removal_level (const Removal *removal, guint index)
{
	return (Level *) g_ptr_array_index (removal->path, index);
}

static Level *
removal_last (const Removal *removal)
{
	return removal_level (removal, removal->path->len - 1);
}

/* The directory in which the last level, or the top itself, has its name. */
static int
removal_parent (const Removal *removal)
{
	if (removal->path->len < 2)
		return removal->dirfd;
	return dirfd (removal_level (removal, removal->path->len - 2)->dir);
}

static gboolean
removal_failed (const Removal *removal, const char *name, int number, GError **error)
{
	g_autoptr (GString) path = g_string_new (NULL);

	for (guint i = 0; i < removal->path->len; i++)
		g_string_append_printf (path, "%s/", removal_level (removal, i)->name);
	g_string_append (path, name);
	if (number == EXDEV || number == EBUSY)
		return davit_error_set (
			error, DAVIT_ERROR_BUSY,
			"remove \"%s\": something is mounted there; unmount it first", path->str);
	davit_error_errno (error, number, "remove \"%s\"", path->str);
	if (number == EPERM)
		davit_error_hint (error, "it may be immutable: see lsattr");
	return FALSE;
}

/* Gives the owner all permissions for a directory that can't be opened. -1 and errno. */
static int
directory_unlock (int parent, const char *name)
{
	davit_autofd fd = davit_path_openat2 (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0,
					      RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	char link[32];

	if (fd < 0)
		return -1;
	/* fchmod does not take O_PATH, and fchmodat would follow a link that came in between. */
	g_snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
	return chmod (link, 0700);
}

/* Opens a directory to read, whatever its permissions. -1 and errno. */
static int
directory_open (int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	const guint64 resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	int fd = davit_path_openat2 (parent, name, flags, 0, resolve);

	if (fd >= 0 || errno != EACCES)
		return fd;
	if (directory_unlock (parent, name) < 0)
		return -1;
	return davit_path_openat2 (parent, name, flags, 0, resolve);
}

/*
 * unlinkat; gives the directory permissions if that is what fails, but not the one in which the
 * tree hangs, which is the caller's. -1 and errno.
 */
static int
entry_unlink (const Removal *removal, int parent, const char *name, int flags)
{
	if (unlinkat (parent, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (errno != EACCES || parent == removal->dirfd)
		return -1;
	if (fchmod (parent, 0700) < 0) {
		errno = EACCES;
		return -1;
	}
	return unlinkat (parent, name, flags) == 0 || errno == ENOENT ? 0 : -1;
}

/* Goes down into a directory. One that went away meanwhile is no error. */
static gboolean
removal_enter (Removal *removal, int parent, const char *name, GError **error)
{
	Level *level;
	DIR *dir;
	int fd = directory_open (parent, name);

	if (fd < 0)
		return errno == ENOENT || removal_failed (removal, name, errno, error);
	dir = fdopendir (fd);
	if (dir == NULL) {
		close (fd);
		return removal_failed (removal, name, ENOMEM, error);
	}
	level = g_new0 (Level, 1);
	level->dir = dir;
	level->name = g_strdup (name);
	g_ptr_array_add (removal->path, level);
	return TRUE;
}

/* Moves a directory that lies too deep up to the top. Fails where it can't be: FALSE. */
static gboolean
removal_move_up (Removal *removal, int parent, const char *name)
{
	int top = dirfd (removal_level (removal, 0)->dir);

	for (guint tries = 0; tries < 2; tries++) {
		char moved[48];

		g_snprintf (moved, sizeof moved, ".davit-removed-%d-%u", (int) getpid (),
			    removal->moved++);
		if (renameat2 (parent, name, top, moved, RENAME_NOREPLACE) == 0)
			return TRUE;
		/* To move a directory to another one, it must itself be writable. */
		if (errno == EACCES)
			directory_unlock (parent, name);
		else if (errno != EEXIST)
			return FALSE;
	}
	return FALSE;
}

static gboolean
removal_entry (Removal *removal, Level *level, const struct dirent *entry, GError **error)
{
	int parent = dirfd (level->dir);

	if (entry->d_type != DT_DIR) {
		if (entry_unlink (removal, parent, entry->d_name, 0) == 0) {
			level->progress = TRUE;
			return TRUE;
		}
		if (errno != EISDIR)
			return removal_failed (removal, entry->d_name, errno, error);
	}
	/* Empty ones are many, and need not be opened. */
	if (entry_unlink (removal, parent, entry->d_name, AT_REMOVEDIR) == 0) {
		level->progress = TRUE;
		return TRUE;
	}
	/* Something else took its place: the next round sees it as it is. */
	if (errno == ENOTDIR)
		return TRUE;
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES)
		return removal_failed (removal, entry->d_name, errno, error);
	if (removal->path->len >= DEPTH_LIMIT && removal_move_up (removal, parent, entry->d_name)) {
		level->progress = TRUE;
		removal_level (removal, 0)->progress = TRUE;
		return TRUE;
	}
	return removal_enter (removal, parent, entry->d_name, error);
}

/* The last level was read to its end: it goes, or is read once more. */
static gboolean
removal_leave (Removal *removal, GError **error)
{
	Level *level = removal_last (removal);
	g_autofree char *name = NULL;
	int number;

	if (entry_unlink (removal, removal_parent (removal), level->name, AT_REMOVEDIR) == 0) {
		g_ptr_array_set_size (removal->path, (int) removal->path->len - 1);
		if (removal->path->len > 0)
			removal_last (removal)->progress = TRUE;
		return TRUE;
	}
	number = errno;
	/* File systems may pass over names when others go while a directory is read. */
	if ((number == ENOTEMPTY || number == EEXIST) && level->progress) {
		level->progress = FALSE;
		rewinddir (level->dir);
		return TRUE;
	}
	name = g_strdup (level->name);
	g_ptr_array_set_size (removal->path, (int) removal->path->len - 1);
	/* Replaced by something else behind our back; whatever it is, it is no part of the tree. */
	if (number == ENOTDIR && removal->path->len > 0)
		return TRUE;
	return removal_failed (removal, name, number, error);
}

static gboolean
removal_run (Removal *removal, GError **error)
{
	while (removal->path->len > 0) {
		Level *level = removal_last (removal);
		const struct dirent *entry;

		errno = 0;
		entry = readdir (level->dir);
		if (entry == NULL && errno != 0 && errno != ENOENT)
			return removal_failed (removal, ".", errno, error);
		if (entry == NULL) {
			if (!removal_leave (removal, error))
				return FALSE;
			continue;
		}
		if (g_str_equal (entry->d_name, ".") || g_str_equal (entry->d_name, ".."))
			continue;
		if (!removal_entry (removal, level, entry, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_path_remove_tree (int dirfd, const char *name, GError **error)
{
	g_autoptr (GPtrArray) path = g_ptr_array_new_with_free_func (level_free);
	Removal removal = {.dirfd = dirfd, .path = path};

	if (!davit_path_is_component (name))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"remove \"%s\": not one plain name", name);
	if (entry_unlink (&removal, dirfd, name, 0) == 0)
		return TRUE;
	if (errno != EISDIR)
		return removal_failed (&removal, name, errno, error);
	return removal_enter (&removal, dirfd, name, error) && removal_run (&removal, error);
}
