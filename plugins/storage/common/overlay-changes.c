/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container changed: what is in its upper directory, compared with a mount of the layers
 * alone, so that the kernel does the merging here too.
 */

#include "overlay-store.h"

#include "overlay-lower.h"
#include "overlay-memory.h"
#include "store-rootfs.h"
#include "store-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef struct {
	Store *store;
	DavitResult *result;
	StoreCursor lower; /* as deep in the layers as the upper directory has an equal there */
	guint missing;	   /* how many directories deeper the walk is */
} Changes;

static void
changes_clear (Changes *changes)
{
	store_cursor_clear (&changes->lower);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Changes, changes_clear)

static void
changes_add (Changes *changes, const char *kind, const char *directory, const char *name)
{
	g_autofree char *path = g_strconcat (directory, "/", name, NULL);

	changes->store->host->result_string (changes->result, kind, path);
}

static gboolean
lower_look (const Changes *changes, const char *name, struct stat *ret_status)
{
	return changes->missing == 0 &&
	       fstatat (changes->lower.fd, name, ret_status, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
entry_is_opaque (const Changes *changes, const StoreEntry *entry)
{
	const char *mark = changes->store->host->facts->rootless ? "user.overlay.opaque"
								 : "trusted.overlay.opaque";
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", entry->dirfd, entry->name);
	char value = 0;

	/* "y": nothing of the layers shows through; "x" only says that there are whiteouts. */
	return lgetxattr (path, mark, &value, 1) == 1 && value == 'y';
}

/* The directory was made anew in the place of an older one: what that had is gone. */
static gboolean
changes_add_hidden (Changes *changes, const StoreEntry *entry, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autofree char *path = g_strconcat (entry->path, "/", entry->name, NULL);

	if (!store_cursor_list (&changes->lower, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		g_autofree char *inside = g_build_filename (entry->name, name, NULL);
		struct stat status;

		if (fstatat (entry->dirfd, inside, &status, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno == ENOENT)
			changes_add (changes, "deleted", path, name);
	}
	return TRUE;
}

static gboolean
changes_enter (Changes *changes, const StoreEntry *entry, const struct stat *lower, GError **error)
{
	if (lower == NULL || !S_ISDIR (lower->st_mode)) {
		changes->missing++;
		return TRUE;
	}
	if (!store_cursor_enter (&changes->lower, entry->name, error))
		return FALSE;
	return !entry_is_opaque (changes, entry) || changes_add_hidden (changes, entry, error);
}

static gboolean
changes_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Changes *changes = (Changes *) data;
	gboolean whiteout =
		S_ISCHR (entry->status.st_mode) && entry->status.st_rdev == makedev (0, 0);
	struct stat lower;
	gboolean exists = lower_look (changes, entry->name, &lower);

	if (!whiteout)
		changes_add (changes, exists ? "changed" : "added", entry->path, entry->name);
	else if (exists)
		changes_add (changes, "deleted", entry->path, entry->name);
	if (!S_ISDIR (entry->status.st_mode))
		return TRUE;
	return changes_enter (changes, entry, exists ? &lower : NULL, error);
}

static gboolean
changes_leave (const StoreEntry *entry, gpointer data, GError **error)
{
	Changes *changes = (Changes *) data;

	if (changes->missing > 0) {
		changes->missing--;
		return TRUE;
	}
	return store_cursor_leave (&changes->lower, error);
}

gboolean
overlay_changes (gpointer instance, const DavitRootfsRequest *request, DavitResult *result,
		 GError **error)
{
	static const StoreVisitor visitor = {.entry = changes_entry, .leave = changes_leave};
	Store *store = (Store *) instance;
	g_auto (Changes) changes = {.store = store, .result = result};
	store_autofd rootfs = -1;
	store_autofd upper = -1;
	store_autofd layers = -1;
	guint64 memory = 0;

	if (!store_rootfs_find (store, request->id, &rootfs, error) ||
	    !overlay_memory_find (rootfs, &memory, error))
		return FALSE;
	if (memory > 0)
		return store_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"root file system \"%s\": what it writes is in memory, and "
					"seen by the container alone",
					request->id);
	upper = openat (rootfs, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* One that is read-only has none. */
	if (upper < 0 && errno == ENOENT)
		return TRUE;
	if (upper < 0)
		return store_error_errno (error, errno, "open root file system \"%s\"",
					  request->id);
	if (!overlay_layers_mount (store, request->layers, &layers, error) ||
	    !store_cursor_init (&changes.lower, layers, error))
		return FALSE;
	return store_walk (upper, &visitor, &changes, error);
}
