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

		if (!store_check_chain_id (chain_ids[i], error))
			return FALSE;
		/* Never begun: what the commit says. */
		if (!g_hash_table_contains (store->begun, chain_ids[i]))
			continue;
		if (!store_layer_tree (store, chain_ids[i], &tree, error))
			return FALSE;
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

gboolean
overlay_lower_list (Store *store, const char *const *layers, guint minimum, char ***ret_lower,
		    GError **error)
{
	g_autoptr (GPtrArray) lower = g_ptr_array_new_with_free_func (g_free);

	for (guint i = 0; layers != NULL && layers[i] != NULL; i++) {
		if (!store_check_chain_id (layers[i], error))
			return FALSE;
	}
	for (guint i = hidden_count (store, layers); layers != NULL && layers[i] != NULL; i++)
		g_ptr_array_add (lower, g_build_filename ("layers", layers[i], STORE_TREE, NULL));
	for (guint i = 0; lower->len < minimum; i++) {
		char *name = g_strdup_printf ("empty-%u", i);

		g_ptr_array_insert (lower, 0, name);
		if (!empty_make (store, name, error))
			return FALSE;
	}
	g_ptr_array_add (lower, NULL);
	*ret_lower = (char **) g_ptr_array_free (g_steal_pointer (&lower), FALSE);
	return TRUE;
}

gboolean
overlay_layers_mount (Store *store, const char *const *layers, int *ret_mount_fd, GError **error)
{
	OverlayMount mount = {
		.state_dirfd = store->host->state_dirfd,
		.user_xattr = store->host->facts->rootless,
	};
	g_auto (GStrv) lower = NULL;

	if (!overlay_lower_list (store, layers, 2, &lower, error))
		return FALSE;
	mount.lower = (const char *const *) lower;
	return overlay_mount (&mount, ret_mount_fd, error);
}
