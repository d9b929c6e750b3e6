/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime "mine": says that it can't work yet. What each operation has to do is in
 * davit-plugin(7); take the need in mine_probe away when you begin, and "davit plugin check" looks
 * at all of them.
 */

#include <davit/runtime.h>

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

	host->probe_add (probe, "a runtime behind it", FALSE, "write create and what follows");
	return TRUE;
}

static gboolean
mine_create (gpointer instance, const DavitRuntimeCreate *request, int *ret_pidfd,
	     DavitResult *result, GError **error)
{
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED, "create is not written");
	return FALSE;
}

/* As long as nothing is created there is nothing that could be started or asked about. */
static gboolean
mine_absent (const DavitRuntimeContainer *container, GError **error)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND, "container \"%s\" does not exist",
		     container->id);
	return FALSE;
}

static gboolean
mine_start (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return mine_absent (container, error);
}

static gboolean
mine_kill (gpointer instance, const DavitRuntimeContainer *container, int signal, gboolean all,
	   GError **error)
{
	return mine_absent (container, error);
}

/* Takes away what create made: on nothing, on half and twice it succeeds. */
static gboolean
mine_delete (gpointer instance, const DavitRuntimeContainer *container, gboolean force,
	     GError **error)
{
	return TRUE;
}

static gboolean
mine_state (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	    GError **error)
{
	return mine_absent (container, error);
}

static const DavitRuntimeOps mine_ops = {
	.open = mine_open,
	.close = mine_close,
	.probe = mine_probe,
	.create = mine_create,
	.start = mine_start,
	.kill = mine_kill,
	.delete_ = mine_delete,
	.state = mine_state,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_RUNTIME, "mine", "0.1.0", "a runtime that is being written",
		     "LGPL-2.1-or-later", NULL, mine_ops);
