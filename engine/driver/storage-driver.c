/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checked calls of storage plugins. */

#include "driver/storage-driver.h"

#include "driver/call.h"

const char *
davit_storage_name (const DavitStorage *storage)
{
	return storage->driver.module->plugin.name;
}

gboolean
davit_storage_probe (DavitStorage *storage, GError **error)
{
	return davit_driver_probe (&storage->driver, error);
}

/* A directory and how deletions stand in it, as an operation gave them. */
static gboolean
layer_check (DavitDriver *driver, const char *operation, int dirfd, DavitWhiteouts whiteouts,
	     GError **error)
{
	if (!davit_contract_directory (driver, operation, dirfd, error))
		return FALSE;
	if (whiteouts >= DAVIT_WHITEOUTS_APPLY && whiteouts <= DAVIT_WHITEOUTS_OVERLAY_USER)
		return TRUE;
	return davit_contract_broken (driver, operation, error,
				      "gave the form of whiteouts %d, which there is not",
				      (int) whiteouts);
}

gboolean
davit_storage_layer_begin (DavitStorage *storage, const DavitLayerRequest *request, int *ret_dirfd,
			   DavitWhiteouts *ret_whiteouts, GError **error)
{
	DavitDriver *driver = &storage->driver;
	DavitWhiteouts whiteouts = (DavitWhiteouts) 0;
	int dirfd = -1;

	if (!davit_call (driver, storage.layer_begin, NULL, error, request, &dirfd, &whiteouts))
		return davit_contract_untouched (driver, "layer_begin",
						 dirfd == -1 && (int) whiteouts == 0, error);
	if (!layer_check (driver, "layer_begin", dirfd, whiteouts, error))
		return FALSE;
	*ret_dirfd = dirfd;
	*ret_whiteouts = whiteouts;
	return TRUE;
}

gboolean
davit_storage_layer_commit (DavitStorage *storage, const char *const *chain_ids, GError **error)
{
	return davit_call (&storage->driver, storage.layer_commit, NULL, error, chain_ids);
}

gboolean
davit_storage_layer_abort (DavitStorage *storage, const char *chain_id, GError **error)
{
	return davit_call (&storage->driver, storage.layer_abort, NULL, error, chain_id);
}

gboolean
davit_storage_layer_exists (DavitStorage *storage, const char *chain_id, gboolean *ret_exists,
			    GError **error)
{
	DavitDriver *driver = &storage->driver;
	gboolean exists = -1;

	if (!davit_call (driver, storage.layer_exists, NULL, error, chain_id, &exists))
		return davit_contract_untouched (driver, "layer_exists", exists == -1, error);
	if (exists != FALSE && exists != TRUE)
		return davit_contract_broken (driver, "layer_exists", error,
					      "gave %d, which is neither TRUE nor FALSE", exists);
	*ret_exists = exists;
	return TRUE;
}

gboolean
davit_storage_layer_remove (DavitStorage *storage, const char *chain_id, GError **error)
{
	return davit_call (&storage->driver, storage.layer_remove, NULL, error, chain_id);
}

gboolean
davit_storage_rootfs_create (DavitStorage *storage, const DavitRootfsRequest *request,
			     GError **error)
{
	return davit_call (&storage->driver, storage.rootfs_create, NULL, error, request);
}

gboolean
davit_storage_rootfs_mount (DavitStorage *storage, const DavitRootfsRequest *request,
			    int *ret_mount_fd, GError **error)
{
	DavitDriver *driver = &storage->driver;
	int mount_fd = -1;

	if (!davit_call (driver, storage.rootfs_mount, NULL, error, request, &mount_fd))
		return davit_contract_untouched (driver, "rootfs_mount", mount_fd == -1, error);
	if (!davit_contract_directory (driver, "rootfs_mount", mount_fd, error))
		return FALSE;
	*ret_mount_fd = mount_fd;
	return TRUE;
}

gboolean
davit_storage_rootfs_unmount (DavitStorage *storage, const char *id, GError **error)
{
	return davit_call (&storage->driver, storage.rootfs_unmount, NULL, error, id);
}

gboolean
davit_storage_rootfs_remove (DavitStorage *storage, const char *id, GError **error)
{
	return davit_call (&storage->driver, storage.rootfs_remove, NULL, error, id);
}

gboolean
davit_storage_changes (DavitStorage *storage, const DavitRootfsRequest *request,
		       DavitResult *result, GError **error)
{
	return davit_call (&storage->driver, storage.changes, result, error, request, result);
}

gboolean
davit_storage_usage (DavitStorage *storage, const char *id, const char *chain_id,
		     DavitResult *result, GError **error)
{
	return davit_call (&storage->driver, storage.usage, result, error, id, chain_id, result);
}

gboolean
davit_storage_verify (DavitStorage *storage, const char *chain_id, GError **error)
{
	return davit_call (&storage->driver, storage.verify, NULL, error, chain_id);
}

gboolean
davit_storage_prune (DavitStorage *storage, const char *const *ids, DavitResult *result,
		     GError **error)
{
	return davit_call (&storage->driver, storage.prune, result, error, ids, result);
}

gboolean
davit_storage_layer_open (DavitStorage *storage, const char *chain_id, int *ret_dirfd,
			  DavitWhiteouts *ret_whiteouts, GError **error)
{
	DavitDriver *driver = &storage->driver;
	DavitWhiteouts whiteouts = (DavitWhiteouts) 0;
	int dirfd = -1;

	if (!davit_call (driver, storage.layer_open, NULL, error, chain_id, &dirfd, &whiteouts))
		return davit_contract_untouched (driver, "layer_open",
						 dirfd == -1 && (int) whiteouts == 0, error);
	if (!layer_check (driver, "layer_open", dirfd, whiteouts, error))
		return FALSE;
	*ret_dirfd = dirfd;
	if (ret_whiteouts != NULL)
		*ret_whiteouts = whiteouts;
	return TRUE;
}

gboolean
davit_storage_layer_list (DavitStorage *storage, DavitResult *result, GError **error)
{
	return davit_call (&storage->driver, storage.layer_list, result, error, result);
}

gboolean
davit_storage_layer_adopt (DavitStorage *storage, const DavitLayerFile *file, GError **error)
{
	return davit_call (&storage->driver, storage.layer_adopt, NULL, error, file);
}
