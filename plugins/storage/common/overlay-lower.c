/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the lower directories of a mount. */

#include "overlay-lower.h"

#include "overlay-mount.h"
#include "store-layers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* opaque/CHAIN-ID: a directory for each layer that hides all below it. Most stores have none. */
#define OPAQUE "opaque"

static gboolean
tree_is_opaque (const Store *store, int tree)
{
	const char *mark =
		store->host->facts->rootless ? "user.overlay.opaque" : "trusted.overlay.opaque";
	char value = 0;

	return fgetxattr (tree, mark, &value, 1) == 1 && value == 'y';
}

/* What stays of a mark when the commit fails does no harm: the layer will have it again. */
static gboolean
opaque_mark (const Store *store, const char *chain_id, GError **error)
{
	g_autofree char *name = g_build_filename (OPAQUE, chain_id, NULL);

	if ((mkdirat (store->host->state_dirfd, OPAQUE, 0700) < 0 && errno != EEXIST) ||
	    (mkdirat (store->host->state_dirfd, name, 0700) < 0 && errno != EEXIST))
		return store_error_errno (error, errno, "make directory \"%s\"", name);
	return TRUE;
}

gboolean
overlay_layer_commit (gpointer instance, const char *const *chain_ids, GError **error)
{
	Store *store = (Store *) instance;

	for (guint i = 0; chain_ids[i] != NULL; i++) {
		store_autofd tree = -1;
		gpointer stage = NULL;

		if (!store_check_chain_id (chain_ids[i], error))
			return FALSE;
		/* Never begun: what the commit says. */
		if (!g_hash_table_lookup_extended (store->begun, chain_ids[i], NULL, &stage))
			continue;
		tree = openat (GPOINTER_TO_INT (stage), STORE_TREE,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* Sealed by an earlier call, which has looked at it. */
		if (tree < 0 && errno == ENOENT && store->form->seal != NULL)
			continue;
		if (tree < 0)
			return store_error_errno (error, errno, "open layer \"%s\"", chain_ids[i]);
		if (tree_is_opaque (store, tree) && !opaque_mark (store, chain_ids[i], error))
			return FALSE;
	}
	/* Its syncfs is for the marks too: they are on disk before the layer is. */
	return store_layer_commit (store, chain_ids, error);
}

/* The number of layers that don't count since one above hides them. */
static guint
hidden_count (const Store *store, const char *const *layers)
{
	if (layers == NULL ||
	    faccessat (store->host->state_dirfd, OPAQUE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	for (guint i = g_strv_length ((char **) layers); i > 0; i--) {
		g_autofree char *name = g_build_filename (OPAQUE, layers[i - 1], NULL);

		if (faccessat (store->host->state_dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return i - 1;
	}
	return 0;
}

static gboolean
empty_make (Store *store, const char *name, GError **error)
{
	if (mkdirat (store->host->state_dirfd, name, 0755) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "make directory \"%s\"", name);
	return TRUE;
}

void
overlay_lower_prepend (OverlayLower *lower, char *path)
{
	int none = -1;

	g_ptr_array_insert (lower->paths, 0, path);
	g_array_prepend_val (lower->fds, none);
}

static gboolean
lower_add (OverlayLower *lower, Store *store, const char *layer, GError **error)
{
	int fd = -1;

	if (store->form->mount != NULL && !store->form->mount (store, layer, &fd, error))
		return FALSE;
	g_ptr_array_add (lower->paths, g_build_filename ("layers", layer, store->form->root, NULL));
	g_array_append_val (lower->fds, fd);
	return TRUE;
}

static void
descriptor_clear (gpointer data)
{
	store_fd_close ((int *) data);
}

gboolean
overlay_lower_init (OverlayLower *lower, Store *store, const char *const *layers, guint minimum,
		    GError **error)
{
	*lower = (OverlayLower){
		.paths = g_ptr_array_new_with_free_func (g_free),
		.fds = g_array_new (FALSE, FALSE, sizeof (int)),
	};
	g_array_set_clear_func (lower->fds, descriptor_clear);
	for (guint i = 0; layers != NULL && layers[i] != NULL; i++) {
		if (!store_check_chain_id (layers[i], error))
			return FALSE;
	}
	for (guint i = hidden_count (store, layers); layers != NULL && layers[i] != NULL; i++) {
		if (!lower_add (lower, store, layers[i], error))
			return FALSE;
	}
	for (guint i = 0; lower->paths->len < minimum; i++) {
		char *name = g_strdup_printf ("empty-%u", i);

		overlay_lower_prepend (lower, name);
		if (!empty_make (store, name, error))
			return FALSE;
	}
	g_ptr_array_add (lower->paths, NULL);
	return TRUE;
}

void
overlay_lower_clear (OverlayLower *lower)
{
	/* Zeroed: it was never initialised. */
	if (lower->paths == NULL)
		return;
	g_ptr_array_unref (lower->paths);
	g_array_unref (lower->fds);
	*lower = (OverlayLower){0};
}

guint
overlay_lower_count (const OverlayLower *lower)
{
	return lower->fds->len;
}

const char *const *
overlay_lower_paths (const OverlayLower *lower)
{
	return (const char *const *) lower->paths->pdata;
}

const int *
overlay_lower_fds (const OverlayLower *lower)
{
	for (guint i = 0; i < lower->fds->len; i++) {
		if (g_array_index (lower->fds, int, i) >= 0)
			return (const int *) (const void *) lower->fds->data;
	}
	return NULL;
}

gboolean
overlay_layers_mount (Store *store, const char *const *layers, int *ret_mount_fd, GError **error)
{
	OverlayMount mount = {
		.state_dirfd = store->host->state_dirfd,
		.user_xattr = store->host->facts->rootless,
	};
	g_auto (OverlayLower) lower = {0};

	if (!overlay_lower_init (&lower, store, layers, 2, error))
		return FALSE;
	mount.lower = overlay_lower_paths (&lower);
	mount.lower_fds = overlay_lower_fds (&lower);
	return overlay_mount (&mount, ret_mount_fd, error);
}
