/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Layers as overlayfs wants them: the engine writes deletions as the kernel reads them. */

#include "overlay-store.h"

#include "store-layers.h"

DavitWhiteouts
overlay_whiteouts (const Store *store)
{
	return store->host->facts->rootless ? DAVIT_WHITEOUTS_OVERLAY_USER
					    : DAVIT_WHITEOUTS_OVERLAY;
}

gboolean
overlay_layer_begin (gpointer instance, const DavitLayerRequest *request, int *ret_dirfd,
		     DavitWhiteouts *ret_whiteouts, GError **error)
{
	Store *store = (Store *) instance;
	g_autoptr (GError) ignored = NULL;
	int stage_fd = -1;

	if (!store_stage_begin (store, request, &stage_fd, error))
		return FALSE;
	if (!store_make_directory (stage_fd, STORE_TREE, 0755, ret_dirfd, error)) {
		store_layer_abort (store, request->chain_id, &ignored);
		return FALSE;
	}
	*ret_whiteouts = overlay_whiteouts (store);
	return TRUE;
}
