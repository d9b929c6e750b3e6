/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The checkpoint driver "mine": says that it can't work yet. What each operation has to do is in
 * davit-plugin(7); take the need in mine_probe away when you begin, and "davit plugin check" looks
 * at all of them.
 */

#include <davit/checkpoint.h>

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

	host->probe_add (probe, "a dumper behind it", FALSE, "write dump and restore");
	return TRUE;
}

static gboolean
mine_dump (gpointer instance, const DavitDumpRequest *request, DavitResult *result, GError **error)
{
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED, "dump is not written");
	return FALSE;
}

static gboolean
mine_restore (gpointer instance, const DavitRestoreRequest *request, int *ret_pidfd,
	      DavitResult *result, GError **error)
{
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED, "restore is not written");
	return FALSE;
}

static const DavitCheckpointOps mine_ops = {
	.open = mine_open,
	.close = mine_close,
	.probe = mine_probe,
	.dump = mine_dump,
	.restore = mine_restore,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_CHECKPOINT, "mine", "0.1.0", "a dumper that is being written",
		     "LGPL-2.1-or-later", NULL, mine_ops);
