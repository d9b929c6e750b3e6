/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks through a directory tree without recursion. */

#include "store-walk.h"

#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

typedef struct {
	GPtrArray *names;
	guint next;
	struct stat status; /* of the directory itself */
} Level;

typedef struct {
	const StoreVisitor *visitor;
	gpointer data;
	StoreCursor cursor;
	GArray *levels;
} Walk;

static void
level_clear (gpointer data)
{
	g_ptr_array_unref (((Level *) data)->names);
}

static void
walk_clear (Walk *walk)
{
	store_cursor_clear (&walk->cursor);
	g_array_free (walk->levels, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static gboolean
walk_push (Walk *walk, const struct stat *status, GError **error)
{
	Level level = {.status = *status};

	if (!store_cursor_list (&walk->cursor, &level.names, error))
		return FALSE;
	g_array_append_val (walk->levels, level);
	return TRUE;
}

static gboolean
walk_entry (Walk *walk, const char *name, GError **error)
{
	StoreEntry entry = {
		.dirfd = walk->cursor.fd,
		.path = walk->cursor.path->str,
		.name = name,
	};

	if (fstatat (entry.dirfd, name, &entry.status, AT_SYMLINK_NOFOLLOW) < 0) {
		/* A running container may have removed it: it is not there, and that is all. */
		if (errno == ENOENT)
			return TRUE;
		return store_error_errno (error, errno, "look at \"%s/%s\"", entry.path, name);
	}
	if (!walk->visitor->entry (&entry, walk->data, error))
		return FALSE;
	if (!S_ISDIR (entry.status.st_mode))
		return TRUE;
	return store_cursor_enter (&walk->cursor, name, error) &&
	       walk_push (walk, &entry.status, error);
}

static gboolean
walk_pop (Walk *walk, GError **error)
{
	Level *level = &g_array_index (walk->levels, Level, walk->levels->len - 1);
	const char *slash = strrchr (walk->cursor.path->str, '/');
	g_autofree char *name = NULL;
	StoreEntry entry = {.status = level->status};

	g_array_set_size (walk->levels, walk->levels->len - 1);
	if (walk->levels->len == 0)
		return TRUE;
	name = g_strdup (slash + 1);
	if (!store_cursor_leave (&walk->cursor, error))
		return FALSE;
	entry.dirfd = walk->cursor.fd;
	entry.path = walk->cursor.path->str;
	entry.name = name;
	return walk->visitor->leave == NULL || walk->visitor->leave (&entry, walk->data, error);
}

gboolean
store_walk (int dirfd, const StoreVisitor *visitor, gpointer data, GError **error)
{
	g_auto (Walk) walk = {
		.visitor = visitor,
		.data = data,
		.levels = g_array_new (FALSE, FALSE, sizeof (Level)),
	};
	struct stat status = {0};

	g_array_set_clear_func (walk.levels, level_clear);
	if (!store_cursor_init (&walk.cursor, dirfd, error) || !walk_push (&walk, &status, error))
		return FALSE;
	while (walk.levels->len > 0) {
		Level *level = &g_array_index (walk.levels, Level, walk.levels->len - 1);

		if (level->next == level->names->len) {
			if (!walk_pop (&walk, error))
				return FALSE;
		} else if (!walk_entry (&walk,
					(const char *) g_ptr_array_index (level->names,
									  level->next++),
					error)) {
			return FALSE;
		}
	}
	return TRUE;
}
