/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Layers that are whole: making them visible, finding them, removing them. */

#include "store-layers.h"

#include "store-cursor.h"
#include "store-stamp.h"
#include "store-tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

gboolean
store_layer_look (const Store *store, const char *name, gboolean *ret_committed, GError **error)
{
	g_autofree char *stamp = g_build_filename (name, STORE_STAMP, NULL);

	*ret_committed = faccessat (store->layers_fd, stamp, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return *ret_committed || errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	       store_error_errno (error, errno, "layer \"%s\": look for its stamp", name);
}

/* For those to whom one that can't be seen is as good as none. */
static gboolean
layer_is_committed (const Store *store, const char *chain_id)
{
	gboolean committed;

	return store_layer_look (store, chain_id, &committed, NULL) && committed;
}

gboolean
store_layer_exists (gpointer instance, const char *chain_id, gboolean *ret_exists, GError **error)
{
	const Store *store = (const Store *) instance;

	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	return store_layer_look (store, chain_id, ret_exists, error);
}

gboolean
store_layers_check (Store *store, const char *const *layers, GError **error)
{
	for (guint i = 0; layers != NULL && layers[i] != NULL; i++) {
		if (!store_check_chain_id (layers[i], error))
			return FALSE;
		if (!layer_is_committed (store, layers[i]))
			return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
						"layer \"%s\" does not exist", layers[i]);
	}
	return TRUE;
}

gboolean
store_layer_tree (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	g_autofree char *tree = g_build_filename (chain_id, store->form->root, NULL);
	gboolean begun = g_hash_table_contains (store->begun, chain_id);
	int fd;

	if (!begun && !layer_is_committed (store, chain_id))
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND, "layer \"%s\" does not exist",
					chain_id);
	fd = openat (begun ? store->stages_fd : store->layers_fd, tree,
		     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its tree is missing; remove the image and "
					"get it again",
					chain_id);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	*ret_fd = fd;
	return TRUE;
}

gboolean
store_layer_open (Store *store, const char *chain_id, int *ret_dirfd, GError **error)
{
	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	return store_layer_tree (store, chain_id, ret_dirfd, error);
}

/* Writes the stamps of those that are to be committed. NOT_FOUND: one was never begun. */
static gboolean
commit_stamp (Store *store, const char *const *chain_ids, guint *ret_new, GError **error)
{
	*ret_new = 0;
	for (guint i = 0; chain_ids[i] != NULL; i++) {
		gpointer stage = NULL;

		if (!store_check_chain_id (chain_ids[i], error))
			return FALSE;
		if (!g_hash_table_lookup_extended (store->begun, chain_ids[i], NULL, &stage)) {
			if (layer_is_committed (store, chain_ids[i]))
				continue;
			return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
						"layer \"%s\" was not begun", chain_ids[i]);
		}
		if ((store->form->seal != NULL &&
		     !store->form->seal (store, chain_ids[i], GPOINTER_TO_INT (stage), error)) ||
		    !store_stamp_write (store->form, GPOINTER_TO_INT (stage), error)) {
			g_prefix_error (error, "layer \"%s\": ", chain_ids[i]);
			return FALSE;
		}
		++*ret_new;
	}
	return TRUE;
}

static gboolean
commit_rename (Store *store, const char *chain_id, GError **error)
{
	/* What a removal on a full disk left, without a stamp, may be in the way. */
	gboolean committed = FALSE;

	if (renameat2 (store->stages_fd, chain_id, store->layers_fd, chain_id, RENAME_NOREPLACE) <
	    0) {
		if (errno != EEXIST)
			return store_error_errno (error, errno, "commit layer \"%s\"", chain_id);
		/* Somebody was faster: it is the same layer, and containers may stand on it. */
		if (!store_layer_look (store, chain_id, &committed, error))
			return FALSE;
		if (committed)
			return store_layer_abort (store, chain_id, error);
		if (!store_bury (store, store->layers_fd, chain_id, FALSE, error))
			return FALSE;
		if (renameat (store->stages_fd, chain_id, store->layers_fd, chain_id) < 0)
			return store_error_errno (error, errno, "commit layer \"%s\"", chain_id);
	}
	/* The lock goes with the descriptor. */
	g_hash_table_remove (store->begun, chain_id);
	return TRUE;
}

gboolean
store_layer_commit (gpointer instance, const char *const *chain_ids, GError **error)
{
	Store *store = (Store *) instance;
	guint n_new = 0;

	if (!commit_stamp (store, chain_ids, &n_new, error))
		return FALSE;
	/* Again: nothing to write, but the names of the first time may not be on disk yet. */
	if (n_new > 0 && syncfs (store->stages_fd) < 0)
		return store_error_errno (error, errno, "write layers to disk");
	/* Lowest first: a layer that is there has its parents, also after a crash in between. */
	for (guint i = 0; n_new > 0 && chain_ids[i] != NULL; i++) {
		if (g_hash_table_contains (store->begun, chain_ids[i]) &&
		    !commit_rename (store, chain_ids[i], error))
			return FALSE;
	}
	if (fsync (store->layers_fd) < 0)
		return store_error_errno (error, errno, "write the names of layers to disk");
	return TRUE;
}

gboolean
store_layer_remove (gpointer instance, const char *chain_id, GError **error)
{
	Store *store = (Store *) instance;

	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	store_tombs_sweep (store);
	return store_bury (store, store->layers_fd, chain_id, TRUE, error);
}

gboolean
store_layer_list (gpointer instance, DavitResult *result, GError **error)
{
	Store *store = (Store *) instance;
	g_auto (StoreCursor) layers = {0};
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_init (&layers, store->layers_fd, error) ||
	    !store_cursor_list (&layers, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);

		/* Whatever else somebody put here is no layer, and hides none. */
		if (store_check_chain_id (name, NULL) && layer_is_committed (store, name))
			store->host->result_string (result, "layer", name);
	}
	return TRUE;
}

gboolean
store_layer_verify (gpointer instance, const char *chain_id, GError **error)
{
	Store *store = (Store *) instance;
	store_autofd fd = -1;
	gboolean committed;

	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	if (!store_layer_look (store, chain_id, &committed, error))
		return FALSE;
	if (!committed)
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND, "layer \"%s\" does not exist",
					chain_id);
	fd = openat (store->layers_fd, chain_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return store_error_errno (error, errno, "open layer \"%s\"", chain_id);
	return store_stamp_check (store->form, fd, chain_id, error);
}
