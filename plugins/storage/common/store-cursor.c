/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Moves in a directory tree with one descriptor. */

#include "store-cursor.h"

#include "store-error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	dev_t device;
	ino_t inode;
	gsize path_length;
} Above;

/* Opens name of dirfd and becomes it. */
static gboolean
cursor_go (StoreCursor *cursor, int dirfd, const char *name, GError **error)
{
	store_autofd fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat (fd, &status) < 0)
		return store_error_errno (error, errno, "open directory \"%s/%s\"",
					  cursor->path->str, name);
	store_fd_close (&cursor->fd);
	cursor->fd = store_fd_steal (&fd);
	cursor->device = status.st_dev;
	cursor->inode = status.st_ino;
	return TRUE;
}

gboolean
store_cursor_init (StoreCursor *cursor, int dirfd, GError **error)
{
	*cursor = (StoreCursor){
		.fd = -1,
		.above = g_array_new (FALSE, FALSE, sizeof (Above)),
		.path = g_string_new (NULL),
	};
	return cursor_go (cursor, dirfd, ".", error);
}

void
store_cursor_clear (StoreCursor *cursor)
{
	/* Zeroed: it was never initialised. */
	if (cursor->path == NULL)
		return;
	store_fd_close (&cursor->fd);
	g_array_free (cursor->above, TRUE);
	g_string_free (cursor->path, TRUE);
	*cursor = (StoreCursor){.fd = -1};
}

gboolean
store_cursor_enter (StoreCursor *cursor, const char *name, GError **error)
{
	Above above = {cursor->device, cursor->inode, cursor->path->len};

	if (!cursor_go (cursor, cursor->fd, name, error))
		return FALSE;
	g_array_append_val (cursor->above, above);
	g_string_append_c (cursor->path, '/');
	g_string_append (cursor->path, name);
	return TRUE;
}

gboolean
store_cursor_leave (StoreCursor *cursor, GError **error)
{
	Above above = g_array_index (cursor->above, Above, cursor->above->len - 1);

	if (!cursor_go (cursor, cursor->fd, "..", error))
		return FALSE;
	if (cursor->device != above.device || cursor->inode != above.inode)
		return store_error_set (error, DAVIT_ERROR_BUSY,
					"directory \"%s\" was moved while it was read",
					cursor->path->str);
	g_array_set_size (cursor->above, cursor->above->len - 1);
	g_string_truncate (cursor->path, above.path_length);
	return TRUE;
}

static int
compare_names (gconstpointer first, gconstpointer second)
{
	return strcmp (*(const char *const *) first, *(const char *const *) second);
}

gboolean
store_cursor_list (const StoreCursor *cursor, GPtrArray **ret_names, GError **error)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	const struct dirent *entry;
	int number;
	int fd = openat (cursor->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

	if (dir == NULL) {
		number = errno;
		store_fd_close (&fd);
		return store_error_errno (error, number, "list directory \"%s/\"",
					  cursor->path->str);
	}
	for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0) {
		if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
			g_ptr_array_add (names, g_strdup (entry->d_name));
	}
	number = errno;
	closedir (dir);
	if (number != 0)
		return store_error_errno (error, number, "list directory \"%s/\"",
					  cursor->path->str);
	g_ptr_array_sort (names, compare_names);
	*ret_names = g_steal_pointer (&names);
	return TRUE;
}
