/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The checkpoint driver "criu": the program CRIU writes the processes of a container to files and
 * makes them again. It is asked by its own protocol (criu swrk), which has what its library lacks:
 * every field of every version, and how the program is started.
 */

#include "criu-dump.h"
#include "criu-images.h"
#include "criu-memory.h"
#include "criu-probe.h"
#include "criu-settings.h"

typedef struct {
	const DavitHost *host;
} Criu;

static const DavitHost *
host_of (gpointer instance)
{
	return ((const Criu *) instance)->host;
}

static gboolean
open_instance (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Criu *criu = g_new0 (Criu, 1);

	criu->host = host;
	*ret_instance = criu;
	return TRUE;
}

static void
close_instance (gpointer instance)
{
	g_free (instance);
}

static gboolean
probe (gpointer instance, DavitProbe *needs, GError **error)
{
	criu_probe (host_of (instance), needs);
	return TRUE;
}

static gboolean
dump (gpointer instance, const DavitDumpRequest *request, DavitResult *result, GError **error)
{
	return criu_dump (host_of (instance), request, result, error);
}

static gboolean
restore (gpointer instance, const DavitRestoreRequest *request, int *ret_pidfd, DavitResult *result,
	 GError **error)
{
	return criu_restore (host_of (instance), request, ret_pidfd, result, error);
}

static gboolean
pre_dump (gpointer instance, const DavitDumpRequest *request, DavitResult *result, GError **error)
{
	return criu_pre_dump (host_of (instance), request, result, error);
}

static gboolean
features (gpointer instance, DavitResult *result, GError **error)
{
	return criu_features (host_of (instance), result, error);
}

static gboolean
verify (gpointer instance, int images_dirfd, GError **error)
{
	g_autoptr (CriuRecord) record = criu_images_check (host_of (instance), images_dirfd, error);

	return record != NULL;
}

static const DavitCheckpointOps ops = {
	.open = open_instance,
	.close = close_instance,
	.probe = probe,
	.dump = dump,
	.restore = restore,
	.pre_dump = pre_dump,
	.verify = verify,
	.features = features,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_CHECKPOINT, "criu", "0.1.0",
		     "checkpoint and restore by the program CRIU", "LGPL-2.1-or-later",
		     criu_options, ops);
