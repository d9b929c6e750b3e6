/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of storage plugins. davit/storage.h documents the operations. A wrapper adds:
 * a span in the trace, the check that the plugin kept the contract, the prefix "storage/NAME: "
 * of its errors, and the answer of an optional operation that it lacks, which is UNSUPPORTED. The
 * engine calls plugins in no other way. result may be NULL: what is filled in is dropped then.
 */

#pragma once

#include "driver/drivers.h"
#include "driver/result.h"

#include <davit/storage.h>

G_BEGIN_DECLS

const char *davit_storage_name (const DavitStorage *storage);

/* An error UNAVAILABLE names the first need that is not met. */
gboolean davit_storage_probe (DavitStorage *storage, GError **error);

gboolean davit_storage_layer_begin (DavitStorage *storage, const DavitLayerRequest *request,
				    int *ret_dirfd, DavitWhiteouts *ret_whiteouts, GError **error);
gboolean davit_storage_layer_commit (DavitStorage *storage, const char *const *chain_ids,
				     GError **error);
gboolean davit_storage_layer_abort (DavitStorage *storage, const char *chain_id, GError **error);
gboolean davit_storage_layer_exists (DavitStorage *storage, const char *chain_id,
				     gboolean *ret_exists, GError **error);
gboolean davit_storage_layer_remove (DavitStorage *storage, const char *chain_id, GError **error);
gboolean davit_storage_rootfs_create (DavitStorage *storage, const DavitRootfsRequest *request,
				      GError **error);
gboolean davit_storage_rootfs_mount (DavitStorage *storage, const DavitRootfsRequest *request,
				     int *ret_mount_fd, GError **error);
gboolean davit_storage_rootfs_unmount (DavitStorage *storage, const char *id, GError **error);
gboolean davit_storage_rootfs_remove (DavitStorage *storage, const char *id, GError **error);
gboolean davit_storage_changes (DavitStorage *storage, const DavitRootfsRequest *request,
				DavitResult *result, GError **error);
gboolean davit_storage_usage (DavitStorage *storage, const char *id, const char *chain_id,
			      DavitResult *result, GError **error);
gboolean davit_storage_verify (DavitStorage *storage, const char *chain_id, GError **error);
gboolean davit_storage_prune (DavitStorage *storage, const char *const *ids, DavitResult *result,
			      GError **error);
/* ret_whiteouts may be NULL. */
gboolean davit_storage_layer_open (DavitStorage *storage, const char *chain_id, int *ret_dirfd,
				   DavitWhiteouts *ret_whiteouts, GError **error);
gboolean davit_storage_layer_list (DavitStorage *storage, DavitResult *result, GError **error);
gboolean davit_storage_layer_adopt (DavitStorage *storage, const DavitLayerFile *file,
				    GError **error);

G_END_DECLS
