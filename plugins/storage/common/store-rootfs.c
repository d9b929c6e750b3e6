/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes, finds and removes the directories of containers. */

#include "store-rootfs.h"

#include "store-cursor.h"
#include "store-layers.h"
#include "store-stage.h"
#include "store-tombs.h"
#include "store-xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
store_rootfs_make (Store *store, const char *id, int *ret_fd, GError **error)
{
	int fd;

	if (!store_check_id (id, error))
		return FALSE;
	if (mkdirat (store->rootfs_fd, id, 0700) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "make root file system \"%s\"", id);
	fd = openat (store->rootfs_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open root file system \"%s\"", id);
	*ret_fd = fd;
	return TRUE;
}

gboolean
store_rootfs_find (Store *store, const char *id, int *ret_fd, GError **error)
{
	int fd;

	if (!store_check_id (id, error))
		return FALSE;
	fd = openat (store->rootfs_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"root file system \"%s\" does not exist", id);
	if (fd < 0)
		return store_error_errno (error, errno, "open root file system \"%s\"", id);
	*ret_fd = fd;
	return TRUE;
}

/*
 * Marks of overlayfs belong to the place where they are: an opaque lower directory must not make
 * the upper one opaque, which would hide every layer.
 */
static void
drop_overlay_marks (GPtrArray *xattrs)
{
	for (guint i = xattrs->len; i > 0; i--) {
		const StoreXattr *xattr = (const StoreXattr *) g_ptr_array_index (xattrs, i - 1);

		if (g_str_has_prefix (xattr->name, "trusted.overlay.") ||
		    g_str_has_prefix (xattr->name, "user.overlay."))
			g_ptr_array_remove_index (xattrs, i - 1);
	}
}

gboolean
store_rootfs_copy_attributes (int from_fd, int to_fd, GError **error)
{
	g_autoptr (GPtrArray) xattrs = NULL;
	struct timespec times[2];
	struct stat status;

	if (fstat (from_fd, &status) < 0)
		return store_error_errno (error, errno, "look at a directory");
	if (!store_xattr_read (from_fd, ".", &xattrs, error))
		return FALSE;
	drop_overlay_marks (xattrs);
	if (!store_xattr_write (to_fd, ".", xattrs, error))
		return FALSE;
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	/* The owner first: to change it takes bits of the mode away. */
	if (fchown (to_fd, status.st_uid, status.st_gid) < 0 ||
	    fchmod (to_fd, status.st_mode & 07777) < 0 || futimens (to_fd, times) < 0)
		return store_error_errno (error, errno, "set owner and mode of \"/\"");
	return TRUE;
}

/* The mount was never attached anywhere by us, and what the container had went with it. */
gboolean
store_rootfs_unmount (gpointer instance, const char *id, GError **error)
{
	return store_check_id (id, error);
}

gboolean
store_rootfs_remove (gpointer instance, const char *id, GError **error)
{
	Store *store = (Store *) instance;

	if (!store_check_id (id, error))
		return FALSE;
	/* Nothing needs to be on disk: after a crash the whole of it is removed once more. */
	return store_bury (store, store->rootfs_fd, id, FALSE, error);
}

static gboolean
prune_stages (Store *store, DavitResult *result, GError **error)
{
	g_auto (StoreCursor) stages = {0};
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_init (&stages, store->stages_fd, error) ||
	    !store_cursor_list (&stages, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		gboolean busy = FALSE;

		if (!store_stage_clear (store, name, &busy, error))
			return FALSE;
		if (!busy)
			store->host->result_string (result, "removed", name);
	}
	return TRUE;
}

static gboolean
prune_rootfs (Store *store, const char *const *ids, DavitResult *result, GError **error)
{
	g_auto (StoreCursor) roots = {0};
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_init (&roots, store->rootfs_fd, error) ||
	    !store_cursor_list (&roots, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);

		if (ids != NULL && g_strv_contains (ids, name))
			continue;
		if (!store_bury (store, store->rootfs_fd, name, FALSE, error))
			return FALSE;
		store->host->result_string (result, "removed", name);
	}
	return TRUE;
}

/* Layers that lack their stamp: a removal on a full disk that did not come to its end. */
static gboolean
prune_layers (Store *store, DavitResult *result, GError **error)
{
	g_auto (StoreCursor) layers = {0};
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_init (&layers, store->layers_fd, error) ||
	    !store_cursor_list (&layers, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		gboolean committed;

		if (!store_layer_look (store, name, &committed, error))
			return FALSE;
		if (committed)
			continue;
		if (!store_bury (store, store->layers_fd, name, FALSE, error))
			return FALSE;
		store->host->result_string (result, "removed", name);
	}
	return TRUE;
}

gboolean
store_prune (gpointer instance, const char *const *ids, DavitResult *result, GError **error)
{
	Store *store = (Store *) instance;

	return prune_rootfs (store, ids, result, error) && prune_stages (store, result, error) &&
	       prune_layers (store, result, error) && store_tombs_empty (store, result, error);
}
