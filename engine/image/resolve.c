/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From what a person calls an image to the image, by the rule in reference.h; and the list. */

#include "image/resolve.h"
#include "base/digest.h"
#include "base/error.h"
#include "image/reference.h"

#include <string.h>

/* Whether a record is DOMAIN/PATH with the tag, or the digest, that the reference has. */
static gboolean
record_fits (const DavitName *record, const DavitReference *reference)
{
	g_autoptr (DavitReference) own = NULL;
	g_autofree char *wanted = NULL;
	g_autofree char *has = NULL;

	if (record->name == NULL)
		return FALSE;
	own = davit_reference_parse (record->name, NULL);
	if (own == NULL)
		return FALSE;
	wanted = davit_reference_repository (reference);
	has = davit_reference_repository (own);
	if (reference->domain == NULL) {
		const char *slash = strchr (has, '/');

		if (slash == NULL || !g_str_has_suffix (slash, wanted) ||
		    slash[strlen (slash) - strlen (wanted) - 1] != '/')
			return FALSE;
	} else if (strcmp (wanted, has) != 0) {
		return FALSE;
	}
	if (reference->digest != NULL)
		return strcmp (reference->digest, record->manifest) == 0;
	return g_strcmp0 (reference->tag, own->tag) == 0;
}

static const DavitName *
record_find (const DavitNames *names, const DavitReference *reference)
{
	for (guint i = 0; i < names->records->len; i++) {
		if (record_fits (g_ptr_array_index (names->records, i), reference))
			return g_ptr_array_index (names->records, i);
	}
	return NULL;
}

/* With a domain filled in. A damaged record of that name is an error: it is not "not found". */
static gboolean
candidate_find (const DavitNames *names, const char *text, const char *domain,
		const DavitName **ret, GError **error)
{
	g_autoptr (DavitReference) reference = davit_reference_parse (text, NULL);
	g_autofree char *name = NULL;
	const DavitNameDamage *damage;

	davit_reference_complete (reference, domain);
	*ret = record_find (names, reference);
	if (*ret != NULL)
		return TRUE;
	name = davit_reference_text (reference);
	damage = davit_names_find_damage (names, name);
	if (damage != NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"image \"%s\": its record \"images/%s\" is damaged: %s; "
					"load or import it again",
					text, damage->file, damage->reason);
	return TRUE;
}

static gboolean
suffix_find (const DavitNames *names, const char *text, const DavitName **ret, GError **error)
{
	g_autoptr (DavitReference) reference = davit_reference_parse (text, NULL);
	const DavitName *found = NULL;

	if (reference->tag == NULL && reference->digest == NULL)
		reference->tag = g_strdup ("latest");
	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		if (!record_fits (record, reference))
			continue;
		if (found != NULL)
			return davit_error_set (
				error, DAVIT_ERROR_USAGE,
				"image \"%s\" may be \"%s\" or \"%s\"; give the whole name", text,
				found->name, record->name);
		found = record;
	}
	*ret = found;
	return TRUE;
}

static gboolean
name_find (const DavitNames *names, const char *text, const DavitName **ret, GError **error)
{
	g_autoptr (DavitReference) reference = davit_reference_parse (text, error);

	if (reference == NULL)
		return FALSE;
	if (!candidate_find (names, text, "localhost", ret, error))
		return FALSE;
	if (*ret != NULL || reference->domain != NULL)
		return TRUE;
	if (!candidate_find (names, text, "docker.io", ret, error))
		return FALSE;
	return *ret != NULL || suffix_find (names, text, ret, error);
}

/* Several records may lead to the same image. */
static gboolean
id_find (const DavitNames *names, const char *text, const char *digits, const DavitName **ret,
	 GError **error)
{
	const DavitName *found = NULL;

	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		if (!g_str_has_prefix (davit_digest_hex (record->id), digits))
			continue;
		if (found != NULL && strcmp (found->id, record->id) != 0)
			return davit_error_set (
				error, DAVIT_ERROR_USAGE,
				"image \"%s\": more than one id begins so; give more digits", text);
		found = found == NULL ? record : found;
	}
	*ret = found;
	return TRUE;
}

gboolean
davit_resolve_record (const DavitNames *names, const char *text, gboolean *ret_by_id,
		      const DavitName **ret, GError **error)
{
	const char *digits = davit_reference_id_digits (text);
	gboolean is_id = digits != NULL && (digits != text || strlen (digits) == 64);
	const DavitName *found = NULL;

	*ret_by_id = FALSE;
	if (!is_id && !name_find (names, text, &found, error))
		return FALSE;
	if (found == NULL && digits != NULL) {
		if (!id_find (names, text, digits, &found, error))
			return FALSE;
		*ret_by_id = found != NULL;
	}
	if (found == NULL)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "image \"%s\" not found",
					text);
	*ret = found;
	return TRUE;
}

/* Readers take no lock: what can't be read may have been removed, or replaced, just now. */
static gboolean
record_is_current (DavitImageStore *store, const DavitName *record)
{
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, NULL);

	for (guint i = 0; names != NULL && i < names->records->len; i++) {
		const DavitName *now = g_ptr_array_index (names->records, i);

		if (strcmp (now->file, record->file) == 0)
			return strcmp (now->manifest, record->manifest) == 0;
	}
	return names == NULL;
}

/* ret_again: the record has changed since it was read. */
static DavitImage *
resolve_once (DavitImageStore *store, const char *reference, gboolean *ret_again, GError **error)
{
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, error);
	g_auto (GStrv) own = NULL;
	const DavitName *record = NULL;
	DavitImage *image;
	gboolean by_id;

	*ret_again = FALSE;
	if (names == NULL || !davit_resolve_record (names, reference, &by_id, &record, error))
		return NULL;
	own = davit_names_of (names, record->id);
	image = davit_store_read_image (store, record->manifest, (const char *const *) own, error);
	if (image != NULL)
		return image;
	*ret_again = !record_is_current (store, record);
	davit_error_prefix (error, "image \"%s\"", reference);
	return NULL;
}

DavitImage *
davit_image_store_resolve (DavitImageStore *store, const char *reference, GError **error)
{
	gboolean again = TRUE;

	if (!davit_store_open (store, error))
		return NULL;
	while (again) {
		g_autoptr (GError) local = NULL;
		DavitImage *image = resolve_once (store, reference, &again, &local);

		if (image != NULL)
			return image;
		if (!again)
			g_propagate_error (error, g_steal_pointer (&local));
	}
	return NULL;
}

static void
image_free (gpointer image)
{
	davit_image_free (image);
}

static int
image_compare (gconstpointer left, gconstpointer right)
{
	const DavitImage *a = *(const DavitImage *const *) left;
	const DavitImage *b = *(const DavitImage *const *) right;

	if (a->created != b->created)
		return a->created < b->created ? 1 : -1;
	return strcmp (a->id, b->id);
}

static void
record_list (DavitImageStore *store, const DavitNames *names, const DavitName *record,
	     GHashTable *seen, GPtrArray *images, GPtrArray *damaged)
{
	g_autoptr (GError) error = NULL;
	g_auto (GStrv) own = NULL;
	DavitImage *image;

	/* Two manifests may lead to one image, say with layers compressed and not. */
	if (g_hash_table_contains (seen, record->id))
		return;
	own = davit_names_of (names, record->id);
	image = davit_store_read_image (store, record->manifest, (const char *const *) own, &error);
	if (image != NULL) {
		g_hash_table_add (seen, record->id);
		g_ptr_array_add (images, image);
		return;
	}
	if (!record_is_current (store, record))
		return;
	g_ptr_array_add (damaged, g_strdup_printf ("image \"%s\": %s",
						   record->name == NULL ? record->id : record->name,
						   error->message));
}

gboolean
davit_image_store_list (DavitImageStore *store, GPtrArray **ret_images, GPtrArray **ret_damaged,
			GError **error)
{
	g_autoptr (DavitNames) names = NULL;
	g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (image_free);
	g_autoptr (GPtrArray) damaged = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

	if (!davit_store_open (store, error))
		return FALSE;
	names = davit_names_read (store->images_fd, error);
	if (names == NULL)
		return FALSE;
	for (guint i = 0; i < names->records->len; i++)
		record_list (store, names, g_ptr_array_index (names->records, i), seen, images,
			     damaged);
	for (guint i = 0; i < names->damaged->len; i++) {
		const DavitNameDamage *damage = g_ptr_array_index (names->damaged, i);

		g_ptr_array_add (damaged, g_strdup_printf ("image name \"images/%s\": %s",
							   damage->file, damage->reason));
	}
	g_ptr_array_sort (images, image_compare);
	*ret_images = g_steal_pointer (&images);
	if (ret_damaged != NULL)
		*ret_damaged = g_steal_pointer (&damaged);
	return TRUE;
}
