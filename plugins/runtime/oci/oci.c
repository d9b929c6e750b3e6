/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime "oci": containers made by another program that has the command line of OCI runtimes,
 * such as crun or runc. The variant says which: davit/host.h.
 */

#include "oci-checkpoint.h"
#include "oci-control.h"
#include "oci-create.h"
#include "oci-delete.h"
#include "oci-exec.h"
#include "oci-features.h"
#include "oci-program.h"

typedef struct {
	const DavitHost *host;
} Oci;

static const DavitHost *
host_of (gpointer instance)
{
	return ((const Oci *) instance)->host;
}

/* Whether its program is there is asked when it is needed: what it made can be deleted without. */
static gboolean
op_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Oci *oci = g_new0 (Oci, 1);

	oci->host = host;
	*ret_instance = oci;
	return TRUE;
}

static void
op_close (gpointer instance)
{
	g_free (instance);
}

static gboolean
op_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	oci_program_probe (host_of (instance), probe);
	return TRUE;
}

static gboolean
op_choose (gpointer instance, DavitResult *result, GError **error)
{
	const DavitHost *host = host_of (instance);
	g_autofree char *variant = oci_program_choose (host, error);

	if (variant == NULL)
		return FALSE;
	host->result_string (result, "variant", variant);
	return TRUE;
}

static gboolean
op_create (gpointer instance, const DavitRuntimeCreate *request, int *ret_pidfd,
	   DavitResult *result, GError **error)
{
	return oci_create (host_of (instance), request, ret_pidfd, result, error);
}

static gboolean
op_start (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return oci_control_start (host_of (instance), container, error);
}

static gboolean
op_kill (gpointer instance, const DavitRuntimeContainer *container, int signal, gboolean all,
	 GError **error)
{
	return oci_control_kill (host_of (instance), container, signal, all, error);
}

static gboolean
op_delete (gpointer instance, const DavitRuntimeContainer *container, gboolean force,
	   GError **error)
{
	return oci_delete (host_of (instance), container, force, error);
}

static gboolean
op_state (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	  GError **error)
{
	return oci_control_state (host_of (instance), container, result, error);
}

static gboolean
op_exec (gpointer instance, const DavitRuntimeExec *request, int *ret_pidfd, DavitResult *result,
	 GError **error)
{
	return oci_exec (host_of (instance), request, ret_pidfd, result, error);
}

static gboolean
op_pause (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return oci_control_pause (host_of (instance), container, error);
}

static gboolean
op_resume (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return oci_control_resume (host_of (instance), container, error);
}

static gboolean
op_update (gpointer instance, const DavitRuntimeContainer *container, const char *resources,
	   GError **error)
{
	return oci_control_update (host_of (instance), container, resources, error);
}

static gboolean
op_stats (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	  GError **error)
{
	return oci_control_stats (host_of (instance), container, result, error);
}

static gboolean
op_features (gpointer instance, DavitResult *result, GError **error)
{
	return oci_features (host_of (instance), result, error);
}

static gboolean
op_processes (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	      GError **error)
{
	return oci_control_processes (host_of (instance), container, result, error);
}

static gboolean
op_checkpoint (gpointer instance, const DavitRuntimeContainer *container,
	       const DavitDumpRequest *dump, DavitResult *result, GError **error)
{
	return oci_checkpoint (host_of (instance), container, dump, result, error);
}

static gboolean
op_restore (gpointer instance, const DavitRuntimeCreate *request,
	    const DavitRestoreRequest *restore, int *ret_pidfd, DavitResult *result, GError **error)
{
	return oci_restore (host_of (instance), request, restore, ret_pidfd, result, error);
}

static const DavitOption options[] = {
	{"runtimes", DAVIT_OPTION_LIST, "crun;runc", NULL,
	 "runtimes that can be asked for by name: NAME, searched in PATH, or NAME=/PATH"},
	{"timeout", DAVIT_OPTION_DURATION, "60s", NULL,
	 "how long the runtime may take for one call; it is killed then"},
	{"no-pivot", DAVIT_OPTION_BOOLEAN, "false", NULL,
	 "pass --no-pivot to create: for a root file system in the initial ramdisk"},
	{"no-new-keyring", DAVIT_OPTION_BOOLEAN, "false", NULL,
	 "pass --no-new-keyring to create: the container shares the caller's session keyring"},
	{"compiled-seccomp", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "give crun the seccomp filter compiled, from the cache, instead of the profile"},
	{"criu", DAVIT_OPTION_PATH, NULL, NULL,
	 "the program CRIU for checkpoint and restore; without it the runtime searches it in PATH"},
	{0},
};

/* resize is left out: the master of the terminal is the monitor's, and so is its size. */
static const DavitRuntimeOps ops = {
	.open = op_open,
	.close = op_close,
	.probe = op_probe,
	.create = op_create,
	.start = op_start,
	.kill = op_kill,
	.delete_ = op_delete,
	.state = op_state,
	.exec = op_exec,
	.pause = op_pause,
	.resume = op_resume,
	.update = op_update,
	.stats = op_stats,
	.features = op_features,
	.checkpoint = op_checkpoint,
	.restore = op_restore,
	.processes = op_processes,
	.choose = op_choose,
};

DAVIT_PLUGIN_DEFINE_FLAGS (DAVIT_KIND_RUNTIME, "oci", "0.1.0",
			   "containers made by another program: crun, runc and their like",
			   "LGPL-2.1-or-later", options, ops, DAVIT_PLUGIN_VARIANTS);
