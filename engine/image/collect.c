/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Garbage: blobs and layers that no name leads to, stages and locks of dead processes. It is found
 * by looking at all of it, never by counting references, which a crash would leave wrong.
 */

#include "base/error.h"
#include "image/layer-lock.h"
#include "image/reach.h"

static gboolean
blobs_collect (DavitImageStore *store, const DavitReach *reach, GPtrArray *lines, GError **error)
{
	g_autoptr (GPtrArray) digests = NULL;

	if (!davit_reach_lost_blobs (store, reach, &digests, error))
		return FALSE;
	for (guint i = 0; i < digests->len; i++) {
		const char *digest = g_ptr_array_index (digests, i);

		if (!davit_reach_remove_blob (store, digest, error))
			return FALSE;
		g_ptr_array_add (lines, g_strconcat ("Deleted: ", digest, NULL));
	}
	return TRUE;
}

static gboolean
layers_collect (DavitStorage *storage, const DavitReach *reach, const char *const *used,
		GPtrArray *lines, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) local = NULL;
	g_autofree const char **layers = NULL;

	if (!davit_storage_layer_list (storage, result, &local)) {
		/* A driver that can't say what it has keeps it. */
		if (davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	layers = davit_result_strings (result, "layer");
	for (guint i = 0; layers[i] != NULL; i++) {
		if (g_hash_table_contains (reach->chain_ids, layers[i]) ||
		    (used != NULL && g_strv_contains (used, layers[i])))
			continue;
		if (!davit_storage_layer_remove (storage, layers[i], error))
			return FALSE;
		g_ptr_array_add (lines, g_strconcat ("Deleted: layer ", layers[i], NULL));
	}
	return TRUE;
}

static gboolean
storages_collect (DavitImageStore *store, const DavitReach *reach, const char *const *used,
		  GPtrArray *lines, GError **error)
{
	g_autoptr (GPtrArray) storages = NULL;
	g_autoptr (GPtrArray) failures = NULL;

	if (!davit_store_storages (store, &storages, &failures, error))
		return FALSE;
	for (guint i = 0; i < storages->len; i++) {
		if (!layers_collect (g_ptr_array_index (storages, i), reach, used, lines, error))
			return FALSE;
	}
	/* A plugin that was taken away keeps its layers, and hinders nobody. */
	for (guint i = 0; i < failures->len; i++)
		g_ptr_array_add (lines,
				 g_strconcat ("Kept: ", g_ptr_array_index (failures, i), NULL));
	return TRUE;
}

static gboolean
collect_locked (DavitImageStore *store, const char *const *used, GPtrArray *lines, GError **error)
{
	g_auto (DavitReach) reach = {NULL, NULL};

	return davit_reach_find (store, &reach, error) &&
	       blobs_collect (store, &reach, lines, error) &&
	       storages_collect (store, &reach, used, lines, error);
}

gboolean
davit_image_store_collect (DavitImageStore *store, const char *const *used_chain_ids,
			   GPtrArray **ret_lines, GError **error)
{
	g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
	gboolean ok;

	if (!davit_store_open (store, error) ||
	    !davit_stage_clean (store->content_fd, TRUE, NULL, error) ||
	    !davit_layer_locks_clean (store->content_fd, error) || !davit_store_lock (store, error))
		return FALSE;
	ok = collect_locked (store, used_chain_ids, lines, error);
	davit_store_unlock (store);
	if (ok)
		*ret_lines = g_steal_pointer (&lines);
	return ok;
}
