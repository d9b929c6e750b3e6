/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container changed: its tree compared with the one of its uppermost layer. Directories are
 * told as "changed" when something in them is, as an overlay shows it too.
 */

#include "vfs.h"

#include "store-layers.h"
#include "store-rootfs.h"
#include "store-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	Store *store;
	DavitResult *result;
	StoreCursor layer; /* as deep as the container's tree has an equal there */
	guint missing;	   /* how many directories deeper the walk is */
	/* Of gboolean, one for each directory above: whether it was told. */
	GArray *told;
	GString *told_path;
} Changes;

static void
changes_clear (Changes *changes)
{
	store_cursor_clear (&changes->layer);
	g_array_free (changes->told, TRUE);
	g_string_free (changes->told_path, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Changes, changes_clear)

/* The directories on the way to path that were not told yet. */
static void
changes_tell_above (Changes *changes, const char *path)
{
	const char *at = path;

	for (guint i = 0; i < changes->told->len; i++) {
		const char *end = strchr (at + 1, '/');
		gsize length = end != NULL ? (gsize) (end - path) : strlen (path);

		if (!g_array_index (changes->told, gboolean, i)) {
			g_string_truncate (changes->told_path, 0);
			g_string_append_len (changes->told_path, path, (gssize) length);
			changes->store->host->result_string (changes->result, "changed",
							     changes->told_path->str);
			g_array_index (changes->told, gboolean, i) = TRUE;
		}
		at = path + length;
	}
}

static void
changes_tell (Changes *changes, const char *kind, const char *directory, const char *name)
{
	g_autofree char *path = g_strconcat (directory, "/", name, NULL);

	changes_tell_above (changes, directory);
	changes->store->host->result_string (changes->result, kind, path);
}

static gboolean
targets_are_equal (const Changes *changes, const StoreEntry *entry)
{
	char first[PATH_MAX];
	char second[PATH_MAX];
	gssize first_length = readlinkat (entry->dirfd, entry->name, first, sizeof first);
	gssize second_length = readlinkat (changes->layer.fd, entry->name, second, sizeof second);

	return first_length >= 0 && first_length == second_length &&
	       memcmp (first, second, (gsize) first_length) == 0;
}

/* The time of the last change of content tells for content: reading both would take minutes. */
static gboolean
entries_are_equal (const Changes *changes, const StoreEntry *entry, const struct stat *layer)
{
	const struct stat *status = &entry->status;

	if (status->st_mode != layer->st_mode || status->st_uid != layer->st_uid ||
	    status->st_gid != layer->st_gid || status->st_rdev != layer->st_rdev)
		return FALSE;
	if (status->st_mtim.tv_sec != layer->st_mtim.tv_sec ||
	    status->st_mtim.tv_nsec != layer->st_mtim.tv_nsec)
		return FALSE;
	if (S_ISREG (status->st_mode))
		return status->st_size == layer->st_size;
	return !S_ISLNK (status->st_mode) || targets_are_equal (changes, entry);
}

/* What the layer has in a directory and the container has not. */
static gboolean
changes_tell_deleted (Changes *changes, int dirfd, const char *path, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_list (&changes->layer, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		struct stat status;

		if (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
			changes_tell (changes, "deleted", path, name);
	}
	return TRUE;
}

static gboolean
changes_enter (Changes *changes, const StoreEntry *entry, gboolean told, gboolean exists,
	       GError **error)
{
	g_autofree char *path = g_strconcat (entry->path, "/", entry->name, NULL);
	store_autofd fd = -1;

	g_array_append_val (changes->told, told);
	if (!exists) {
		changes->missing++;
		return TRUE;
	}
	if (!store_cursor_enter (&changes->layer, entry->name, error))
		return FALSE;
	fd = openat (entry->dirfd, entry->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open directory \"%s\"", path);
	return changes_tell_deleted (changes, fd, path, error);
}

static gboolean
changes_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Changes *changes = (Changes *) data;
	gboolean directory = S_ISDIR (entry->status.st_mode);
	struct stat layer = {0};
	gboolean exists = changes->missing == 0 && fstatat (changes->layer.fd, entry->name, &layer,
							    AT_SYMLINK_NOFOLLOW) == 0;
	gboolean told = TRUE;

	if (!exists)
		changes_tell (changes, "added", entry->path, entry->name);
	else if (!entries_are_equal (changes, entry, &layer))
		changes_tell (changes, "changed", entry->path, entry->name);
	else
		told = FALSE;
	return !directory ||
	       changes_enter (changes, entry, told, exists && S_ISDIR (layer.st_mode), error);
}

static gboolean
changes_leave (const StoreEntry *entry, gpointer data, GError **error)
{
	Changes *changes = (Changes *) data;

	g_array_set_size (changes->told, changes->told->len - 1);
	if (changes->missing > 0) {
		changes->missing--;
		return TRUE;
	}
	return store_cursor_leave (&changes->layer, error);
}

static gboolean
changes_run (Changes *changes, int root, GError **error)
{
	static const StoreVisitor visitor = {.entry = changes_entry, .leave = changes_leave};

	return (changes->missing > 0 || changes_tell_deleted (changes, root, "", error)) &&
	       store_walk (root, &visitor, changes, error);
}

gboolean
vfs_changes (gpointer instance, const DavitRootfsRequest *request, DavitResult *result,
	     GError **error)
{
	Store *store = (Store *) instance;
	guint n_layers = request->layers != NULL ? g_strv_length ((char **) request->layers) : 0;
	g_auto (Changes) changes = {
		.store = store,
		.result = result,
		.told = g_array_new (FALSE, FALSE, sizeof (gboolean)),
		.told_path = g_string_new (NULL),
	};
	store_autofd rootfs = -1;
	store_autofd root = -1;
	store_autofd layer = -1;

	if (!store_rootfs_find (store, request->id, &rootfs, error))
		return FALSE;
	root = openat (rootfs, VFS_ROOT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return store_error_errno (error, errno, "open root file system \"%s\"",
					  request->id);
	/* Without layers all is added. */
	if (n_layers == 0)
		changes.missing = 1;
	else if (!store_layer_tree (store, request->layers[n_layers - 1], &layer, error))
		return FALSE;
	if (!store_cursor_init (&changes.layer, layer >= 0 ? layer : root, error))
		return FALSE;
	return changes_run (&changes, root, error);
}
