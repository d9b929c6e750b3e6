/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A layer from one storage plugin to another: packed again, and unpacked as its blob would have
 * been. The archive stands in a file between the two, since each of them is a worker that is waited
 * for. Its digest is not that of the blob: what vouches for it is that the plugin finds its layer
 * as it was when it was made of the blob.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "image/store-private.h"

#include <string.h>
#include <unistd.h>

#define SHORT_DIGEST 12

/* Whether a plugin has the layer, whole, and not mixed with those below it. */
static gboolean
source_open (const DavitStoreCopy *request, DavitStorage *storage, int *ret_dirfd,
	     DavitWhiteouts *ret_whiteouts, GError **error)
{
	const char *chain_id = request->image->chain_ids[request->index];
	gboolean exists = FALSE;

	if (!davit_storage_layer_exists (storage, chain_id, &exists, error))
		return FALSE;
	if (!exists)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"storage \"%s\" lacks the layer",
					davit_storage_name (storage));
	if (!davit_storage_verify (storage, chain_id, error) ||
	    !davit_storage_layer_open (storage, chain_id, ret_dirfd, ret_whiteouts, error))
		return FALSE;
	if (*ret_whiteouts != DAVIT_WHITEOUTS_APPLY || request->index == 0)
		return TRUE;
	davit_fd_close (ret_dirfd);
	return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"storage \"%s\" has it only together with those below it",
				davit_storage_name (storage));
}

static gboolean
source_find (DavitImageStore *store, const DavitStoreCopy *request, int *ret_dirfd,
	     DavitWhiteouts *ret_whiteouts, GError **error)
{
	g_autoptr (GPtrArray) storages = NULL;
	g_autoptr (GPtrArray) failures = NULL;
	g_autoptr (GString) reasons = g_string_new (NULL);

	if (!davit_store_storages (store, &storages, &failures, error))
		return FALSE;
	for (guint i = 0; i < storages->len; i++) {
		DavitStorage *storage = g_ptr_array_index (storages, i);
		g_autoptr (GError) local = NULL;

		if (storage == request->storage)
			continue;
		if (source_open (request, storage, ret_dirfd, ret_whiteouts, &local)) {
			davit_warning ("layer \"%.*s\": its blob is gone; it is made of that of "
				       "storage \"%s\"",
				       SHORT_DIGEST, request->image->chain_ids[request->index],
				       davit_storage_name (storage));
			return TRUE;
		}
		g_string_append_printf (reasons, "%s%s", reasons->len > 0 ? ", " : "",
					local->message);
	}
	return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "and no other storage gives it%s%s",
				reasons->len > 0 ? ": " : "", reasons->str);
}

static gboolean
layer_pack (DavitImageStore *store, const char *title, int source_dirfd, DavitWhiteouts whiteouts,
	    int archive_fd, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveSummary summary = {0};
	const DavitArchivePack pack = {
		.source_dirfd = source_dirfd,
		.output_fd = archive_fd,
		.compression = DAVIT_COMPRESSION_NONE,
		.whiteouts = whiteouts,
	};

	davit_store_step_begin (&step, store, "Packing layer %.*s", SHORT_DIGEST, title);
	if (!davit_archive_pack (&step.worker, &pack, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", title);
	davit_archive_summary_clear (&summary);
	davit_store_step_end (&step);
	return TRUE;
}

static gboolean
layer_unpack (DavitImageStore *store, const char *title, const DavitArchiveUnpack *unpack,
	      GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveSummary summary = {0};

	davit_store_step_begin (&step, store, "Unpacking layer %.*s", SHORT_DIGEST, title);
	if (!davit_archive_unpack (&step.worker, unpack, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", title);
	davit_archive_summary_clear (&summary);
	davit_store_step_end (&step);
	return TRUE;
}

gboolean
davit_store_copy_layer (DavitImageStore *store, const DavitStoreCopy *request, GError **error)
{
	const char *title = request->image->chain_ids[request->index];
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_APPLY;
	g_autoptr (DavitStage) stage = NULL;
	g_autofree char *name = NULL;
	davit_autofd source = -1;
	davit_autofd archive = -1;
	DavitArchiveUnpack unpack = {
		.target_dirfd = request->target_dirfd,
		.whiteouts = request->whiteouts,
	};

	if (!source_find (store, request, &source, &whiteouts, error))
		return FALSE;
	stage = davit_stage_new (store->content_fd, error);
	if (stage == NULL || !davit_stage_create (stage, &name, &archive, error) ||
	    !layer_pack (store, title, source, whiteouts, archive, error))
		return FALSE;
	if (lseek (archive, 0, SEEK_SET) < 0)
		return davit_error_set (error, DAVIT_ERROR_IO, "layer \"%s\": read what was packed",
					title);
	unpack.input_fd = archive;
	return layer_unpack (store, title, &unpack, error);
}
