/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage "mine": says that it can't work yet. What each operation has to do is in
 * davit-plugin(7); take the need in mine_probe away when you begin, and "davit plugin check" looks
 * at all of them.
 */

#include <davit/storage.h>

static gboolean
mine_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	*ret_instance = (gpointer) host;
	return TRUE;
}

static void
mine_close (gpointer instance)
{
}

static gboolean
mine_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const DavitHost *host = (const DavitHost *) instance;

	host->probe_add (probe, "a storage behind it", FALSE, "write layer_begin and what follows");
	return TRUE;
}

static gboolean
mine_unwritten (GError **error, const char *operation)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED, "%s is not written", operation);
	return FALSE;
}

static gboolean
mine_layer_begin (gpointer instance, const DavitLayerRequest *request, int *ret_dirfd,
		  DavitWhiteouts *ret_whiteouts, GError **error)
{
	return mine_unwritten (error, "layer_begin");
}

static gboolean
mine_layer_commit (gpointer instance, const char *const *chain_ids, GError **error)
{
	return mine_unwritten (error, "layer_commit");
}

static gboolean
mine_layer_exists (gpointer instance, const char *chain_id, gboolean *ret_exists, GError **error)
{
	*ret_exists = FALSE;
	return TRUE;
}

static gboolean
mine_rootfs_create (gpointer instance, const DavitRootfsRequest *request, GError **error)
{
	return mine_unwritten (error, "rootfs_create");
}

static gboolean
mine_rootfs_mount (gpointer instance, const DavitRootfsRequest *request, int *ret_mount_fd,
		   GError **error)
{
	return mine_unwritten (error, "rootfs_mount");
}

/* Takes away what there is of it: on nothing, on half and twice it succeeds. */
static gboolean
mine_undo (gpointer instance, const char *id, GError **error)
{
	return TRUE;
}

static const DavitStorageOps mine_ops = {
	.open = mine_open,
	.close = mine_close,
	.probe = mine_probe,
	.layer_begin = mine_layer_begin,
	.layer_commit = mine_layer_commit,
	.layer_abort = mine_undo,
	.layer_exists = mine_layer_exists,
	.layer_remove = mine_undo,
	.rootfs_create = mine_rootfs_create,
	.rootfs_mount = mine_rootfs_mount,
	.rootfs_unmount = mine_undo,
	.rootfs_remove = mine_undo,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_STORAGE, "mine", "0.1.0", "a storage that is being written",
		     "LGPL-2.1-or-later", NULL, mine_ops);
