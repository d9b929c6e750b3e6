/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Marking what names lead to. */

#include "image/reach.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/path.h"
#include "image/content.h"
#include "image/manifest.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define RECORD_LIMIT (64 * 1024)

void
davit_reach_clear (DavitReach *reach)
{
	g_clear_pointer (&reach->blobs, g_hash_table_unref);
	g_clear_pointer (&reach->chain_ids, g_hash_table_unref);
}

/* Passes on what is no damage. TRUE: go on. */
static gboolean
damage_forgive (GError **local, GError **error)
{
	if (*local == NULL || davit_error_is_damage (*local)) {
		g_clear_error (local);
		return TRUE;
	}
	g_propagate_error (error, g_steal_pointer (local));
	return FALSE;
}

static gboolean
manifest_mark (DavitImageStore *store, DavitReach *reach, const char *digest, GError **error)
{
	g_autoptr (DavitManifest) manifest = NULL;
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	g_hash_table_add (reach->blobs, g_strdup (digest));
	if (davit_content_read (store->blobs_fd, "manifest", digest, DAVIT_MANIFEST_LIMIT, &text,
				&length, &local))
		manifest = davit_manifest_parse (text, length, NULL, &local);
	if (manifest == NULL || manifest->is_index)
		return damage_forgive (&local, error);
	g_hash_table_add (reach->blobs, g_strdup (manifest->config.digest));
	for (guint i = 0; i < manifest->layers->len; i++)
		g_hash_table_add (
			reach->blobs,
			g_strdup (g_array_index (manifest->layers, DavitDescriptor, i).digest));
	return TRUE;
}

static gboolean
record_mark (DavitImageStore *store, DavitReach *reach, const char *manifest, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autoptr (DavitImage) image = NULL;

	if (!manifest_mark (store, reach, manifest, error))
		return FALSE;
	image = davit_store_read_image (store, manifest, NULL, &local);
	if (image == NULL)
		return damage_forgive (&local, error);
	for (char **chain_id = image->chain_ids; *chain_id != NULL; chain_id++)
		g_hash_table_add (reach->chain_ids, g_strdup (*chain_id));
	return TRUE;
}

/*
 * A record that can't be read may have been written by a newer davit. Whatever looks like a digest
 * in it keeps what it names.
 */
static gboolean
damage_mark (DavitImageStore *store, DavitReach *reach, const char *file, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!davit_path_read_file (store->images_fd, file, RECORD_LIMIT, &text, &length, &local))
		return damage_forgive (&local, error);
	for (const char *at = text;
	     at + strlen ("sha256:") + DAVIT_DIGEST_HEX_LENGTH <= text + length; at++) {
		g_autofree char *digest = NULL;

		if (*at != 's')
			continue;
		digest = g_strndup (at, strlen ("sha256:") + DAVIT_DIGEST_HEX_LENGTH);
		if (davit_digest_is_valid (digest) && !record_mark (store, reach, digest, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_reach_find (DavitImageStore *store, DavitReach *reach, GError **error)
{
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, error);

	if (names == NULL)
		return FALSE;
	reach->blobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	reach->chain_ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		g_hash_table_add (reach->blobs, g_strdup (record->id));
		if (!record_mark (store, reach, record->manifest, error))
			return FALSE;
	}
	for (guint i = 0; i < names->damaged->len; i++) {
		const DavitNameDamage *damage = g_ptr_array_index (names->damaged, i);

		if (!damage_mark (store, reach, damage->file, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_reach_lost_blobs (DavitImageStore *store, const DavitReach *reach, GPtrArray **ret_digests,
			GError **error)
{
	g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GPtrArray) files = NULL;

	if (!davit_path_list (store->blobs_fd, &files, error))
		return FALSE;
	for (guint i = 0; i < files->len; i++) {
		g_autofree char *digest =
			g_strconcat ("sha256:", (char *) g_ptr_array_index (files, i), NULL);

		if (davit_digest_is_valid (digest) && !g_hash_table_contains (reach->blobs, digest))
			g_ptr_array_add (digests, g_steal_pointer (&digest));
	}
	*ret_digests = g_steal_pointer (&digests);
	return TRUE;
}

gboolean
davit_reach_remove_blob (DavitImageStore *store, const char *digest, GError **error)
{
	if (unlinkat (store->blobs_fd, davit_digest_hex (digest), 0) == 0 || errno == ENOENT)
		return TRUE;
	/* Not one of ours: a blob is a file. */
	if (errno == EISDIR || errno == EPERM)
		return davit_path_remove_tree (store->blobs_fd, davit_digest_hex (digest), error);
	return davit_error_errno (error, errno, "remove blob \"%s\"", digest);
}
