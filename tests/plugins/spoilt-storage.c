/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A storage with one fault: spoilt.h. */

#include "spoilt.h"

#include <davit/storage.h>

#include <sys/mount.h>

#define REAL(spoilt_) ((const DavitStorageOps *) (spoilt_)->ops)

static gboolean
layer_begin (gpointer instance, const DavitLayerRequest *request, int *ret_dirfd,
	     DavitWhiteouts *ret_whiteouts, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	int fd;

	if (!REAL (spoilt)->layer_begin (spoilt->instance, request, ret_dirfd, ret_whiteouts,
					 error))
		return FALSE;
	if (spoilt_is (spoilt, "whiteouts"))
		*ret_whiteouts = DAVIT_WHITEOUTS_OVERLAY;
	if (!spoilt_is (spoilt, "half"))
		return TRUE;
	fd = openat (*ret_dirfd, "half", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && close (fd) == 0;
}

static gboolean
layer_commit (gpointer instance, const char *const *chain_ids, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	return spoilt_is (spoilt, "forgetful") ||
	       REAL (spoilt)->layer_commit (spoilt->instance, chain_ids, error);
}

static gboolean
layer_abort (gpointer instance, const char *chain_id, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	return spoilt_is (spoilt, "stubborn")
		       ? spoilt_refuse (error)
		       : REAL (spoilt)->layer_abort (spoilt->instance, chain_id, error);
}

static gboolean
layer_exists (gpointer instance, const char *chain_id, gboolean *ret_exists, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	if (!REAL (spoilt)->layer_exists (spoilt->instance, chain_id, ret_exists, error))
		return FALSE;
	if (spoilt_is (spoilt, "early"))
		*ret_exists = TRUE;
	return TRUE;
}

static gboolean
layer_remove (gpointer instance, const char *chain_id, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	gboolean exists = FALSE;

	if (spoilt_is (spoilt, "once") &&
	    REAL (spoilt)->layer_exists (spoilt->instance, chain_id, &exists, error) && !exists)
		return spoilt_refuse (error);
	return REAL (spoilt)->layer_remove (spoilt->instance, chain_id, error);
}

static gboolean
rootfs_create (gpointer instance, const DavitRootfsRequest *request, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	DavitRootfsRequest changed = *request;

	if (spoilt_is (spoilt, "boundless"))
		changed.quota = changed.memory_writes = 0;
	if (spoilt_is (spoilt, "writable"))
		changed.read_only = FALSE;
	if (spoilt_is (spoilt, "shared"))
		changed.id = "the-same-for-all";
	return REAL (spoilt)->rootfs_create (spoilt->instance, &changed, error);
}

static gboolean
rootfs_mount (gpointer instance, const DavitRootfsRequest *request, int *ret_mount_fd,
	      GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	DavitRootfsRequest changed = *request;

	if (spoilt_is (spoilt, "boundless"))
		changed.quota = changed.memory_writes = 0;
	if (spoilt_is (spoilt, "writable"))
		changed.read_only = FALSE;
	if (spoilt_is (spoilt, "shared"))
		changed.id = "the-same-for-all";
	if (!REAL (spoilt)->rootfs_mount (spoilt->instance, &changed, ret_mount_fd, error))
		return FALSE;
	if (spoilt_is (spoilt, "leak"))
		return fcntl (*ret_mount_fd, F_DUPFD_CLOEXEC, 0) >= 0;
	if (spoilt_is (spoilt, "moved"))
		return fchdir (*ret_mount_fd) == 0;
	if (spoilt_is (spoilt, "visible"))
		return mount ("none", "/mnt", "tmpfs", 0, NULL) == 0;
	return TRUE;
}

static gboolean
rootfs_unmount (gpointer instance, const char *id, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	return REAL (spoilt)->rootfs_unmount (spoilt->instance, id, error);
}

static gboolean
rootfs_remove (gpointer instance, const char *id, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	char *unique = g_strdup_printf ("%p%d", (void *) error, (int) g_random_int ());

	if (spoilt_is (spoilt, "litter"))
		spoilt_litter (spoilt, unique);
	g_free (unique);
	return REAL (spoilt)->rootfs_remove (spoilt->instance,
					     spoilt_is (spoilt, "shared") ? "the-same-for-all" : id,
					     error);
}

static const DavitStorageOps ops = {
	.open = spoilt_open,
	.close = spoilt_close,
	.probe = spoilt_probe,
	.layer_begin = layer_begin,
	.layer_commit = layer_commit,
	.layer_abort = layer_abort,
	.layer_exists = layer_exists,
	.layer_remove = layer_remove,
	.rootfs_create = rootfs_create,
	.rootfs_mount = rootfs_mount,
	.rootfs_unmount = rootfs_unmount,
	.rootfs_remove = rootfs_remove,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "spoilt-storage", "1", "a storage with one fault",
		     "LGPL-2.1-or-later", spoilt_options, ops);
