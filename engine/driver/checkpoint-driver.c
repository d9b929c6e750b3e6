/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checked calls of checkpoint plugins. */

#include "driver/checkpoint-driver.h"

#include "driver/call.h"

const char *
davit_checkpoint_name (const DavitCheckpoint *checkpoint)
{
	return checkpoint->driver.module->plugin.name;
}

gboolean
davit_checkpoint_probe (DavitCheckpoint *checkpoint, GError **error)
{
	return davit_driver_probe (&checkpoint->driver, error);
}

gboolean
davit_checkpoint_dump (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
		       DavitResult *result, GError **error)
{
	return davit_call (&checkpoint->driver, checkpoint.dump, result, error, request, result);
}

gboolean
davit_checkpoint_restore (DavitCheckpoint *checkpoint, const DavitRestoreRequest *request,
			  int *ret_pidfd, DavitResult *result, GError **error)
{
	DavitDriver *driver = &checkpoint->driver;
	int pidfd = -1;

	if (!davit_call (driver, checkpoint.restore, result, error, request, &pidfd, result))
		return davit_contract_untouched (driver, "restore", pidfd == -1, error);
	if (!davit_contract_process (driver, "restore", pidfd, result, error))
		return FALSE;
	*ret_pidfd = pidfd;
	return TRUE;
}

gboolean
davit_checkpoint_pre_dump (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
			   DavitResult *result, GError **error)
{
	return davit_call (&checkpoint->driver, checkpoint.pre_dump, result, error, request,
			   result);
}

gboolean
davit_checkpoint_lazy_serve (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
			     int socket_fd, GError **error)
{
	return davit_call (&checkpoint->driver, checkpoint.lazy_serve, NULL, error, request,
			   socket_fd);
}

gboolean
davit_checkpoint_verify (DavitCheckpoint *checkpoint, int images_dirfd, GError **error)
{
	return davit_call (&checkpoint->driver, checkpoint.verify, NULL, error, images_dirfd);
}

gboolean
davit_checkpoint_features (DavitCheckpoint *checkpoint, DavitResult *result, GError **error)
{
	return davit_call (&checkpoint->driver, checkpoint.features, result, error, result);
}
