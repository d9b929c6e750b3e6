/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Layers of an image into a storage plugin: begin, let the archive worker unpack, and commit all of
 * them at once, so that the disk is waited for only once an image.
 */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"
#include "image/content.h"
#include "image/file.h"
#include "image/layer-lock.h"
#include "image/store-private.h"

#include <string.h>

#define SHORT_DIGEST 12

typedef struct {
	DavitImageStore *store;
	const DavitStoreUnpack *request;
	DavitLayerLocks *locks;
	GPtrArray *begun; /* chain ids, borrowed from the image */
} Unpacking;

static void
unpacking_clear (Unpacking *unpacking)
{
	g_clear_pointer (&unpacking->locks, davit_layer_locks_free);
	g_clear_pointer (&unpacking->begun, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Unpacking, unpacking_clear)

/* ret_staged: it is new, and lies in the stage. */
static gboolean
layer_open (const Unpacking *unpacking, guint index, int *ret_fd, gboolean *ret_staged,
	    GError **error)
{
	const DavitImage *image = unpacking->request->image;
	const DavitJson *layers = davit_json_member (image->manifest, "layers");
	const DavitJson *size = davit_json_member (davit_json_element (layers, index), "size");
	const char *digest = image->layer_digests[index];

	if (unpacking->request->stage != NULL &&
	    !davit_stage_open_blob (unpacking->request->stage, digest, ret_fd, error))
		return FALSE;
	*ret_staged = *ret_fd >= 0;
	return *ret_staged ||
	       davit_content_open (unpacking->store->blobs_fd, "layer", digest,
				   (guint64) davit_json_integer (size), ret_fd, error);
}

static gboolean
layer_exists (const Unpacking *unpacking, guint index, gboolean *ret, GError **error)
{
	*ret = FALSE;
	return unpacking->request->storage == NULL ||
	       davit_storage_layer_exists (unpacking->request->storage,
					   unpacking->request->image->chain_ids[index], ret, error);
}

/* What the storage has is right; that says nothing about a blob that came with an image now. */
static gboolean
layer_check (const Unpacking *unpacking, guint index, GError **error)
{
	const DavitImage *image = unpacking->request->image;
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveSummary summary = {0};
	DavitArchiveScan scan = {.input_fd = -1, .copy_fd = -1};
	davit_autofd fd = -1;
	gboolean staged = FALSE, ok;

	if (unpacking->request->trusted || unpacking->request->stage == NULL ||
	    strcmp (image->layer_digests[index], image->diff_ids[index]) == 0)
		return TRUE;
	if (!layer_open (unpacking, index, &fd, &staged, error))
		return FALSE;
	if (!staged)
		return TRUE;
	davit_store_step_begin (&step, unpacking->store, "Checking layer %.*s", SHORT_DIGEST,
				davit_digest_hex (image->layer_digests[index]));
	scan.input_fd = fd;
	if (!davit_archive_scan (&step.worker, &scan, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", image->layer_digests[index]);
	davit_store_step_end (&step);
	ok = strcmp (summary.diff_id, image->diff_ids[index]) == 0;
	if (!ok)
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "layer \"%s\": its diff id is \"%s\" and not \"%s\"",
				 image->layer_digests[index], summary.diff_id,
				 image->diff_ids[index]);
	davit_archive_summary_clear (&summary);
	return ok;
}

/* A blob that is gone may be had again: of the layer that another storage made of it. */
static gboolean
layer_open_or_copy (const Unpacking *unpacking, const DavitStoreCopy *copy, int *ret_fd,
		    gboolean *ret_staged, GError **error)
{
	const DavitStoreUnpack *request = unpacking->request;
	g_autoptr (GError) local = NULL;

	if (layer_open (unpacking, copy->index, ret_fd, ret_staged, &local))
		return TRUE;
	if (request->stage == NULL && (davit_error_matches (local, DAVIT_ERROR_CORRUPT) ||
				       davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))) {
		if (davit_store_copy_layer (unpacking->store, copy, error))
			return TRUE;
		return davit_error_prefix (error, "%s", local->message);
	}
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
layer_fill (const Unpacking *unpacking, guint index, int target_dirfd, DavitWhiteouts whiteouts,
	    GError **error)
{
	const DavitImage *image = unpacking->request->image;
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveSummary summary = {0};
	DavitArchiveUnpack unpack = {.target_dirfd = target_dirfd, .whiteouts = whiteouts};
	DavitStoreCopy copy = {
		.image = image,
		.index = index,
		.storage = unpacking->request->storage,
		.target_dirfd = target_dirfd,
		.whiteouts = whiteouts,
	};
	davit_autofd fd = -1;
	gboolean staged = FALSE;

	if (!layer_open_or_copy (unpacking, &copy, &fd, &staged, error))
		return FALSE;
	if (fd < 0)
		return TRUE;
	davit_store_step_begin (&step, unpacking->store, "Unpacking layer %.*s", SHORT_DIGEST,
				davit_digest_hex (image->layer_digests[index]));
	unpack.input_fd = fd;
	/* The diff id vouches for the bytes: it stands in a document whose digest is known. */
	if (!staged || !unpacking->request->trusted)
		unpack.expected_diff_id = image->diff_ids[index];
	if (!davit_archive_unpack (&step.worker, &unpack, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", image->layer_digests[index]);
	davit_archive_summary_clear (&summary);
	davit_store_step_end (&step);
	return TRUE;
}

static gboolean
layer_unpack (Unpacking *unpacking, guint index, GError **error)
{
	const DavitImage *image = unpacking->request->image;
	DavitLayerRequest request = {
		.size = sizeof request,
		.chain_id = image->chain_ids[index],
		.parent_id = index == 0 ? NULL : image->chain_ids[index - 1],
	};
	g_autoptr (GError) local = NULL;
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_APPLY;
	davit_autofd dirfd = -1;

	if (!davit_storage_layer_begin (unpacking->request->storage, &request, &dirfd, &whiteouts,
					&local)) {
		/* Committed by somebody who doesn't know our locks. */
		if (davit_error_matches (local, DAVIT_ERROR_EXISTS))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	g_ptr_array_add (unpacking->begun, image->chain_ids[index]);
	return layer_fill (unpacking, index, dirfd, whiteouts, error);
}

/* How many layers are there, from the lowest up to the first that is missing. */
static gboolean
layers_count (const Unpacking *unpacking, guint *ret_count, GError **error)
{
	gboolean exists = TRUE;
	guint count = 0;

	while (unpacking->request->image->chain_ids[count] != NULL) {
		if (!layer_exists (unpacking, count, &exists, error))
			return FALSE;
		if (!exists)
			break;
		count++;
	}
	*ret_count = count;
	return TRUE;
}

/*
 * Sees to it that what is there stays: between the look and the container that will stand on it,
 * or the layer that is going to, another process may find that no name leads there.
 */
static gboolean
base_share (Unpacking *unpacking, GError **error)
{
	guint count = 0;
	guint now = 0;

	unpacking->locks = davit_layer_locks_new (unpacking->store->content_fd, error);
	if (unpacking->locks == NULL)
		return FALSE;
	do {
		davit_layer_locks_release (unpacking->locks);
		if (!layers_count (unpacking, &count, error))
			return FALSE;
		if (count == 0)
			return TRUE;
		if (!davit_layer_locks_share (unpacking->locks,
					      unpacking->request->image->chain_ids[count - 1],
					      error) ||
		    !layers_count (unpacking, &now, error))
			return FALSE;
	} while (now < count);
	return TRUE;
}

static gboolean
layer_see_to (Unpacking *unpacking, guint index, GError **error)
{
	gboolean exists = FALSE;

	if (!layer_exists (unpacking, index, &exists, error))
		return FALSE;
	if (unpacking->request->storage != NULL && !exists) {
		if (!davit_layer_locks_take (unpacking->locks,
					     unpacking->request->image->chain_ids[index], error) ||
		    /* Somebody may have made it while we waited. */
		    !layer_exists (unpacking, index, &exists, error))
			return FALSE;
		if (!exists)
			return layer_unpack (unpacking, index, error);
	}
	return layer_check (unpacking, index, error);
}

static gboolean
layers_see_to (Unpacking *unpacking, GError **error)
{
	if (unpacking->request->storage != NULL && !base_share (unpacking, error))
		return FALSE;
	for (guint i = 0; unpacking->request->image->chain_ids[i] != NULL; i++) {
		if (!layer_see_to (unpacking, i, error))
			return FALSE;
	}
	if (unpacking->begun->len == 0)
		return TRUE;
	g_ptr_array_add (unpacking->begun, NULL);
	return davit_storage_layer_commit (unpacking->request->storage,
					   (const char *const *) unpacking->begun->pdata, error);
}

gboolean
davit_store_unpack (DavitImageStore *store, const DavitStoreUnpack *request, GError **error)
{
	g_auto (Unpacking) unpacking = {.store = store, .request = request};

	unpacking.begun = g_ptr_array_new ();
	if (layers_see_to (&unpacking, error)) {
		if (request->ret_hold != NULL)
			*request->ret_hold = g_steal_pointer (&unpacking.locks);
		return TRUE;
	}
	/* Highest first: a layer may stand on the one below it. */
	for (guint i = unpacking.begun->len; i > 0; i--) {
		const char *chain_id = g_ptr_array_index (unpacking.begun, i - 1);

		if (chain_id != NULL)
			davit_storage_layer_abort (request->storage, chain_id, NULL);
	}
	return FALSE;
}

gboolean
davit_image_store_unpack (DavitImageStore *store, const DavitImage *image, DavitStorage *storage,
			  GError **error)
{
	DavitStoreUnpack request = {.image = image, .storage = storage};

	davit_trace_scope ("image", "unpack");
	return davit_store_open (store, error) && davit_store_unpack (store, &request, error);
}

gboolean
davit_image_store_convert (DavitImageStore *store, const DavitImage *image, DavitStorage *storage,
			   GError **error)
{
	g_autoptr (DavitImageHold) hold = NULL;

	davit_trace_scope ("image", "convert");
	if (!davit_image_store_hold (store, image, storage, &hold, error))
		return FALSE;
	for (char **chain_id = image->chain_ids; *chain_id != NULL; chain_id++) {
		g_auto (DavitStoreStep) step = {0};
		g_autoptr (GError) local = NULL;

		davit_store_step_begin (&step, store, "Verifying layer %.*s", SHORT_DIGEST,
					*chain_id);
		if (!davit_storage_verify (storage, *chain_id, &local) &&
		    !davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return davit_error_hint (error,
						 "davit system check --repair makes it anew");
		}
		davit_store_step_end (&step);
	}
	return TRUE;
}

gboolean
davit_image_store_hold (DavitImageStore *store, const DavitImage *image, DavitStorage *storage,
			DavitImageHold **ret_hold, GError **error)
{
	DavitStoreUnpack request = {.image = image, .storage = storage, .ret_hold = ret_hold};

	davit_trace_scope ("image", "unpack");
	if (image->file != NULL)
		return davit_file_adopt (store, image, storage, ret_hold, error);
	return davit_store_open (store, error) && davit_store_unpack (store, &request, error);
}

void
davit_image_hold_free (DavitImageHold *hold)
{
	davit_layer_locks_free (hold);
}
