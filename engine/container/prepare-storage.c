/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The root file system of a start: a detached mount, or a directory of the user's. */

#include "container/prepare.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>

/* --rootfs: whoever may start the container may write to that directory, and it is not ours. */
static gboolean
directory_open (DavitPrepared *prepared, GError **error)
{
	const char *path = prepared->record->rootfs;

	prepared->rootfs_fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return prepared->rootfs_fd >= 0 ||
	       davit_error_errno (error, errno, "open root file system \"%s\"", path);
}

/* A creation that was broken off behind its record has made none: it is finished here. */
static gboolean
rootfs_mount (DavitPrepared *prepared, DavitStorage *storage, const DavitRootfsRequest *request,
	      GError **error)
{
	g_autoptr (GError) local = NULL;

	if (davit_storage_rootfs_mount (storage, request, &prepared->mount_fd, &local))
		return TRUE;
	if (prepared->container->status == DAVIT_STATUS_CREATED &&
	    davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return davit_storage_rootfs_create (storage, request, error) &&
		       davit_storage_rootfs_mount (storage, request, &prepared->mount_fd, error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
davit_prepare_storage (DavitPrepared *prepared, GError **error)
{
	const DavitRecord *record = prepared->record;
	DavitRootfsRequest request = davit_container_rootfs_request (record);
	DavitStorage *storage;

	if (record->rootfs != NULL)
		return directory_open (prepared, error);
	storage = davit_drivers_storage (prepared->container->engine->drivers, record->storage,
					 error);
	if (storage == NULL || !rootfs_mount (prepared, storage, &request, error))
		return FALSE;
	prepared->rootfs_fd = fcntl (prepared->mount_fd, F_DUPFD_CLOEXEC, 3);
	return prepared->rootfs_fd >= 0 ||
	       davit_error_errno (error, errno, "descriptor of the root file system");
}
