/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removing names, and images with their last one. Only records go here, which needs no byte of free
 * space and no blob that can still be read; what they led to is davit_image_store_collect's.
 */

#include "base/error.h"
#include "base/path.h"
#include "image/reference.h"
#include "image/resolve.h"

#include <string.h>

static gboolean
id_is_used (const DavitImageRemove *request, const char *id)
{
	return request->used_ids != NULL && g_strv_contains (request->used_ids, id);
}

static gboolean
used_check (const DavitImageRemove *request, const char *id, GError **error)
{
	if (!id_is_used (request, id))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_BUSY,
				"image \"%s\": a container was made from it; remove the container "
				"first",
				request->reference);
}

/* All records of an image. */
static GPtrArray *
records_of (const DavitNames *names, const char *id)
{
	GPtrArray *records = g_ptr_array_new ();

	for (guint i = 0; i < names->records->len; i++) {
		DavitName *record = g_ptr_array_index (names->records, i);

		if (strcmp (record->id, id) == 0)
			g_ptr_array_add (records, record);
	}
	return records;
}

static gboolean
record_remove (DavitImageStore *store, const DavitName *record, GPtrArray *lines, GError **error)
{
	if (!davit_names_remove (store->images_fd, record->file, error))
		return FALSE;
	if (record->name != NULL)
		g_ptr_array_add (lines, g_strconcat ("Untagged: ", record->name, NULL));
	return TRUE;
}

static gboolean
remove_by_id (DavitImageStore *store, const DavitImageRemove *request, const GPtrArray *records,
	      GPtrArray *lines, GError **error)
{
	const char *id = ((const DavitName *) g_ptr_array_index (records, 0))->id;

	if (!used_check (request, id, error))
		return FALSE;
	if (records->len > 1 && !request->force)
		return davit_error_set (error, DAVIT_ERROR_BUSY,
					"image \"%s\" has %u names; remove them one by one, or all "
					"with --force",
					request->reference, records->len);
	for (guint i = 0; i < records->len; i++) {
		if (!record_remove (store, g_ptr_array_index (records, i), lines, error))
			return FALSE;
	}
	g_ptr_array_add (lines, g_strconcat ("Deleted: ", id, NULL));
	return TRUE;
}

static gboolean
remove_by_name (DavitImageStore *store, const DavitImageRemove *request, const DavitName *record,
		const GPtrArray *records, GPtrArray *lines, GError **error)
{
	if (records->len == 1 && !used_check (request, record->id, error))
		return FALSE;
	if (!record_remove (store, record, lines, error))
		return FALSE;
	if (records->len == 1)
		g_ptr_array_add (lines, g_strconcat ("Deleted: ", record->id, NULL));
	return TRUE;
}

/* A name whose record can't be read can still be removed, if it is given in full. */
static gboolean
damage_remove (DavitImageStore *store, const DavitNames *names, const char *reference,
	       gboolean *ret_removed, GPtrArray *lines, GError **error)
{
	g_autofree char *name = davit_reference_give (reference, "localhost", NULL);
	const DavitNameDamage *damage = name == NULL ? NULL : davit_names_find_damage (names, name);

	if (damage == NULL || damage->newer || davit_names_find (names, name) != NULL)
		return TRUE;
	if (!davit_names_remove (store->images_fd, damage->file, error))
		return FALSE;
	g_ptr_array_add (lines, g_strconcat ("Untagged: ", name, NULL));
	*ret_removed = TRUE;
	return TRUE;
}

static gboolean
remove_locked (DavitImageStore *store, const DavitImageRemove *request, GPtrArray *lines,
	       GError **error)
{
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, error);
	g_autoptr (GPtrArray) records = NULL;
	const DavitName *record = NULL;
	gboolean by_id = FALSE, removed = FALSE;

	if (names == NULL ||
	    !damage_remove (store, names, request->reference, &removed, lines, error))
		return FALSE;
	if (!removed) {
		if (!davit_resolve_record (names, request->reference, &by_id, &record, error))
			return FALSE;
		records = records_of (names, record->id);
		if (by_id ? !remove_by_id (store, request, records, lines, error)
			  : !remove_by_name (store, request, record, records, lines, error))
			return FALSE;
	}
	/* Blobs may go next: no name may come back after a crash and lead to nothing. */
	return davit_path_sync_directory (store->images_fd, error);
}

gboolean
davit_image_store_remove (DavitImageStore *store, const DavitImageRemove *request,
			  GPtrArray **ret_lines, GError **error)
{
	g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
	gboolean ok;

	if (!davit_store_open (store, error) || !davit_store_removal_begin (store, error) ||
	    !davit_store_lock (store, error))
		return FALSE;
	ok = remove_locked (store, request, lines, error);
	davit_store_unlock (store);
	if (ok)
		*ret_lines = g_steal_pointer (&lines);
	return ok;
}
