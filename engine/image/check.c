/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Looking after the store: names, the blobs they lead to, layers in storage plugins, and what is
 * left over. A repair never takes away what may still be good: a name goes only when its manifest
 * or configuration is lost, a layer only to be unpacked again from a blob that is there.
 */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/content.h"
#include "image/reach.h"
#include "image/resolve.h"

#include <string.h>

typedef struct {
	DavitImageStore *store;
	gboolean repair;
	GPtrArray *findings;
	GPtrArray *storages; /* DavitStorage */
	GHashTable *seen;    /* digests of layers that were looked at */
} Check;

static void
check_clear (Check *check)
{
	g_clear_pointer (&check->findings, g_ptr_array_unref);
	g_clear_pointer (&check->storages, g_ptr_array_unref);
	g_clear_pointer (&check->seen, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

static void finding (Check *check, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
finding (Check *check, const char *format, ...)
{
	va_list arguments;

	va_start (arguments, format);
	g_ptr_array_add (check->findings, g_strdup_vprintf (format, arguments));
	va_end (arguments);
}

/* The rest of the store is looked at although something failed. */
static void
failure (Check *check, const char *what, GError **error)
{
	finding (check, "%s: %s", what, (*error)->message);
	g_clear_error (error);
}

static gboolean
names_check (Check *check, const DavitNames *names, GError **error)
{
	for (guint i = 0; i < names->damaged->len; i++) {
		const DavitNameDamage *damage = g_ptr_array_index (names->damaged, i);

		finding (check, "image name \"images/%s\": %s", damage->file, damage->reason);
		if (check->repair && !damage->newer && !damage->unknown &&
		    !davit_names_remove (check->store->images_fd, damage->file, error))
			return FALSE;
	}
	/* Who writes one holds the lock that is ours now. */
	for (guint i = 0; i < names->unfinished->len; i++) {
		const char *file = g_ptr_array_index (names->unfinished, i);

		finding (check, "\"images/%s\": left by a process that died", file);
		if (check->repair && !davit_names_remove (check->store->images_fd, file, error))
			return FALSE;
	}
	return TRUE;
}

/* Whether the bytes of a layer's blob are those that its digest was made from. */
static gboolean
layer_blob_is_good (Check *check, const DavitImage *image, guint index, GError **error)
{
	const char *digest = image->layer_digests[index];
	const DavitJson *layers = davit_json_member (image->manifest, "layers");
	const DavitJson *size = davit_json_member (davit_json_element (layers, index), "size");
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveScan scan = {.copy_fd = -1};
	DavitArchiveSummary summary = {0};
	davit_autofd fd = -1;
	gboolean same;

	if (!davit_content_open (check->store->blobs_fd, "layer", digest,
				 (guint64) davit_json_integer (size), &fd, error))
		return FALSE;
	davit_store_step_begin (&step, check->store, "Checking layer %.12s",
				davit_digest_hex (digest));
	scan.input_fd = fd;
	if (!davit_archive_scan (&step.worker, &scan, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", digest);
	davit_store_step_end (&step);
	same = strcmp (summary.digest, digest) == 0 &&
	       strcmp (summary.diff_id, image->diff_ids[index]) == 0;
	davit_archive_summary_clear (&summary);
	return same || davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": does not fit its digest", digest);
}

static void
layer_blobs_check (Check *check, const char *label, const DavitImage *image)
{
	for (guint i = 0; image->layer_digests[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;

		if (!g_hash_table_add (check->seen, g_strdup (image->layer_digests[i])))
			continue;
		if (!layer_blob_is_good (check, image, i, &local))
			failure (check, label, &local);
	}
}

/* A layer that the storage has although it lacks the one below, or that is not what it was. */
static gboolean
storage_layer_is_good (DavitStorage *storage, const char *chain_id, gboolean exists,
		       gboolean above_exists, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (!exists)
		return !above_exists ||
		       davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\" is missing in storage \"%s\"", chain_id,
					davit_storage_name (storage));
	if (davit_storage_verify (storage, chain_id, &local) ||
	    davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
storage_repair (Check *check, const DavitImage *image, DavitStorage *storage, const char *damaged,
		GError **error)
{
	return davit_storage_layer_remove (storage, damaged, error) &&
	       davit_image_store_unpack (check->store, image, storage, error);
}

static gboolean
storage_check (Check *check, const char *label, const DavitImage *image, DavitStorage *storage,
	       GError **error)
{
	gboolean above_exists = FALSE;

	for (guint i = g_strv_length (image->chain_ids); i > 0; i--) {
		const char *chain_id = image->chain_ids[i - 1];
		g_autoptr (GError) local = NULL;
		gboolean exists = FALSE;

		if (!davit_storage_layer_exists (storage, chain_id, &exists, error))
			return FALSE;
		if (!storage_layer_is_good (storage, chain_id, exists, above_exists, &local)) {
			gboolean damaged = davit_error_is_damage (local);

			failure (check, label, &local);
			if (check->repair && damaged &&
			    !storage_repair (check, image, storage, chain_id, &local))
				failure (check, label, &local);
		}
		above_exists = above_exists || exists;
	}
	return TRUE;
}

static gboolean
record_check (Check *check, const DavitName *record, GError **error)
{
	const char *name = record->name == NULL ? record->id : record->name;
	g_autofree char *label = g_strdup_printf ("image \"%s\"", name);
	g_autoptr (GError) local = NULL;
	g_autoptr (DavitImage) image =
		davit_store_read_image (check->store, record->manifest, NULL, &local);

	if (image == NULL) {
		gboolean lost = davit_error_matches (local, DAVIT_ERROR_CORRUPT);

		failure (check, label, &local);
		/* Nothing can be made of it, and nothing else tells what it was. */
		return !check->repair || !lost ||
		       davit_names_remove (check->store->images_fd, record->file, error);
	}
	if (strcmp (image->id, record->id) != 0) {
		finding (check, "%s: its record has another id, \"%s\"", label, record->id);
		if (check->repair && !davit_names_write (check->store->images_fd, record->name,
							 record->manifest, image->id, error))
			return FALSE;
	}
	layer_blobs_check (check, label, image);
	for (guint i = 0; i < check->storages->len; i++) {
		if (!storage_check (check, label, image, g_ptr_array_index (check->storages, i),
				    &local))
			failure (check, label, &local);
	}
	return TRUE;
}

static gboolean
lost_blobs_check (Check *check, GError **error)
{
	g_auto (DavitReach) reach = {NULL, NULL};
	g_autoptr (GPtrArray) digests = NULL;

	if (!davit_reach_find (check->store, &reach, error) ||
	    !davit_reach_lost_blobs (check->store, &reach, &digests, error))
		return FALSE;
	for (guint i = 0; i < digests->len; i++) {
		const char *digest = g_ptr_array_index (digests, i);

		finding (check, "blob \"%s\": no image leads to it", digest);
		if (check->repair && !davit_reach_remove_blob (check->store, digest, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
stages_check (Check *check, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_stage_clean (check->store->content_fd, check->repair, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		finding (check, "\"content/stage/%s\": left by a process that died",
			 (const char *) g_ptr_array_index (names, i));
	return TRUE;
}

static gboolean
storages_open (Check *check, GError **error)
{
	g_autoptr (GPtrArray) failures = NULL;

	if (!davit_store_storages (check->store, &check->storages, &failures, error))
		return FALSE;
	for (guint i = 0; i < failures->len; i++)
		finding (check, "%s", (const char *) g_ptr_array_index (failures, i));
	return TRUE;
}

/* Under the lock, so that nothing is taken for lost that is just getting its name. */
static gboolean
names_and_blobs_check (Check *check, GError **error)
{
	g_autoptr (DavitNames) names = davit_names_read (check->store->images_fd, error);

	if (names == NULL || !names_check (check, names, error))
		return FALSE;
	for (guint i = 0; i < names->records->len; i++) {
		if (!record_check (check, g_ptr_array_index (names->records, i), error))
			return FALSE;
	}
	return (!check->repair || davit_path_sync_directory (check->store->images_fd, error)) &&
	       lost_blobs_check (check, error);
}

gboolean
davit_image_store_check (DavitImageStore *store, gboolean repair, GPtrArray **ret_findings,
			 GError **error)
{
	g_auto (Check) check = {.store = store, .repair = repair};
	gboolean ok;

	check.findings = g_ptr_array_new_with_free_func (g_free);
	check.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	if (!davit_store_open (store, error) || !stages_check (&check, error) ||
	    !storages_open (&check, error) || !davit_store_removal_begin (store, error))
		return FALSE;
	ok = davit_store_lock (store, error);
	if (ok) {
		ok = names_and_blobs_check (&check, error);
		davit_store_unlock (store);
	}
	davit_store_removal_end (store);
	if (ok)
		*ret_findings = g_steal_pointer (&check.findings);
	return ok;
}
