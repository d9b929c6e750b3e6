/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Garbage: blobs and layers that no name leads to, stages of dead processes. It is found
 * by looking at all of it, never by counting references, which a crash would leave wrong.
 */

#include "base/error.h"
#include "image/layer-lock.h"
#include "image/reach.h"

typedef struct {
	DavitImageStore *store;
	DavitUsedFunc used;
	gpointer data;
	DavitReach reach;
	DavitLayerLocks *locks;
	GPtrArray *lines;
} Collection;

static void
collection_clear (Collection *collection)
{
	davit_reach_clear (&collection->reach);
	g_clear_pointer (&collection->locks, davit_layer_locks_free);
	g_clear_pointer (&collection->lines, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Collection, collection_clear)

static gboolean
blobs_collect (Collection *collection, GError **error)
{
	g_autoptr (GPtrArray) digests = NULL;

	if (!davit_reach_lost_blobs (collection->store, &collection->reach, &digests, error))
		return FALSE;
	for (guint i = 0; i < digests->len; i++) {
		const char *digest = g_ptr_array_index (digests, i);

		if (!davit_reach_remove_blob (collection->store, digest, error))
			return FALSE;
		g_ptr_array_add (collection->lines, g_strconcat ("Deleted: ", digest, NULL));
	}
	return TRUE;
}

/* The layers of a storage that no name leads to. */
static gboolean
layers_find (Collection *collection, DavitStorage *storage, GPtrArray **ret_layers, GError **error)
{
	g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) local = NULL;
	g_autofree const char **layers = NULL;

	if (!davit_storage_layer_list (storage, result, &local)) {
		/* A driver that can't say what it has keeps it. */
		if (!davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
	}
	layers = davit_result_strings (result, "layer");
	for (guint i = 0; layers[i] != NULL; i++) {
		if (!g_hash_table_contains (collection->reach.chain_ids, layers[i]))
			g_ptr_array_add (found, g_strdup (layers[i]));
	}
	*ret_layers = g_steal_pointer (&found);
	return TRUE;
}

/*
 * Takes the locks of all of them before the first one goes: who holds a layer needs those below it
 * too, and which these are is told by blobs that may be gone.
 */
static gboolean
layers_lock (Collection *collection, const GPtrArray *layers, gboolean *ret_taken, GError **error)
{
	*ret_taken = TRUE;
	for (guint i = 0; *ret_taken && i < layers->len; i++) {
		if (!davit_layer_locks_try (collection->locks, layers->pdata[i], ret_taken, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
layers_remove (Collection *collection, DavitStorage *storage, const GPtrArray *layers,
	       GError **error)
{
	g_auto (GStrv) used = NULL;

	/* Now, and not before: a container that was made until here is among them. */
	if (collection->used != NULL && !collection->used (&used, collection->data, error))
		return FALSE;
	for (guint i = 0; i < layers->len; i++) {
		const char *layer = layers->pdata[i];

		if (used != NULL && g_strv_contains ((const char *const *) used, layer))
			continue;
		if (!davit_storage_layer_remove (storage, layer, error))
			return FALSE;
		g_ptr_array_add (collection->lines, g_strconcat ("Deleted: layer ", layer, NULL));
	}
	return TRUE;
}

static gboolean
layers_collect (Collection *collection, DavitStorage *storage, GError **error)
{
	g_autoptr (GPtrArray) layers = NULL;
	gboolean taken = FALSE;
	gboolean ok;

	if (!layers_find (collection, storage, &layers, error))
		return FALSE;
	if (layers->len == 0)
		return TRUE;
	ok = layers_lock (collection, layers, &taken, error);
	if (ok && taken)
		ok = layers_remove (collection, storage, layers, error);
	else if (ok)
		g_ptr_array_add (collection->lines,
				 g_strdup_printf ("Kept: layers of storage \"%s\": one is in use "
						  "just now",
						  davit_storage_name (storage)));
	davit_layer_locks_release (collection->locks);
	return ok;
}

static gboolean
storages_collect (Collection *collection, GError **error)
{
	g_autoptr (GPtrArray) storages = NULL;
	g_autoptr (GPtrArray) failures = NULL;

	if (!davit_store_storages (collection->store, &storages, &failures, error))
		return FALSE;
	for (guint i = 0; i < storages->len; i++) {
		if (!layers_collect (collection, g_ptr_array_index (storages, i), error))
			return FALSE;
	}
	/* A plugin that was taken away keeps its layers, and hinders nobody. */
	for (guint i = 0; i < failures->len; i++)
		g_ptr_array_add (collection->lines,
				 g_strconcat ("Kept: ", g_ptr_array_index (failures, i), NULL));
	return TRUE;
}

static gboolean
collect_locked (Collection *collection, GError **error)
{
	collection->locks = davit_layer_locks_new (collection->store->content_fd, error);
	return collection->locks != NULL &&
	       davit_reach_find (collection->store, &collection->reach, error) &&
	       blobs_collect (collection, error) && storages_collect (collection, error);
}

gboolean
davit_image_store_collect (DavitImageStore *store, DavitUsedFunc used, gpointer data,
			   GPtrArray **ret_lines, GError **error)
{
	g_auto (Collection) collection = {.store = store, .used = used, .data = data};
	gboolean ok;

	collection.lines = g_ptr_array_new_with_free_func (g_free);
	if (!davit_store_open (store, error) ||
	    !davit_stage_clean (store->content_fd, TRUE, NULL, error) ||
	    !davit_store_lock (store, error))
		return FALSE;
	ok = collect_locked (&collection, error);
	davit_store_unlock (store);
	davit_store_removal_end (store);
	if (ok)
		*ret_lines = g_steal_pointer (&collection.lines);
	return ok;
}
