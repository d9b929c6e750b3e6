/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The runtime "native": the adapter between the contract and the parts that do the work. */

#include "native-adopt.h"
#include "native-control.h"
#include "native-create.h"
#include "native-delete.h"
#include "native-exec.h"
#include "native-features.h"
#include "native-namespaces.h"
#include "native-syscall.h"
#include "runtime-error.h"

#include <davit/runtime.h>
#include <sys/mount.h>

typedef struct {
	const DavitHost *host;
} Native;

static gboolean
native_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Native *native = g_new0 (Native, 1);

	native->host = host;
	*ret_instance = native;
	return TRUE;
}

static void
native_close (gpointer instance)
{
	g_free (instance);
}

static const DavitHost *
host_of (gpointer instance)
{
	return ((Native *) instance)->host;
}

/* A call with nonsense: only a kernel that does not know it at all says ENOSYS. */
static gboolean
kernel_has (long number)
{
	return syscall (number, -1, -1, -1, -1, -1) >= 0 || errno != ENOSYS;
}

static gboolean
native_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const DavitHost *host = host_of (instance);

	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		const NativeNamespaceKind *kind = native_namespaces_kind (i);
		g_autofree char *path = g_strconcat ("/proc/self/ns/", kind->file, NULL);
		g_autofree char *what = g_strconcat (kind->type, " namespaces", NULL);

		/* The youngest: a container that does not ask for one does not miss it. */
		if (kind->flag != CLONE_NEWTIME && kind->flag != CLONE_NEWUSER)
			host->probe_add (probe, what, access (path, F_OK) == 0,
					 "the kernel must be built with them");
	}
	host->probe_add (probe, "clone3 and pidfds", kernel_has (SYS_clone3),
			 "Linux 5.3 or newer, and no seccomp filter that hides it");
	host->probe_add (probe, "openat2", kernel_has (SYS_openat2), "Linux 5.6 or newer");
	host->probe_add (probe, "mount_setattr", kernel_has (SYS_mount_setattr),
			 "Linux 5.12 or newer");
	host->probe_add (probe, "the right to make namespaces",
			 !host->facts->rootless || access ("/proc/self/ns/user", F_OK) == 0,
			 "run it as root, or in a user namespace");
	return TRUE;
}

static gboolean
op_create (gpointer instance, const DavitRuntimeCreate *request, int *ret_pidfd,
	   DavitResult *result, GError **error)
{
	return native_create (host_of (instance), request, ret_pidfd, result, error);
}

static gboolean
op_start (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return native_control_start (host_of (instance), container, error);
}

static gboolean
op_kill (gpointer instance, const DavitRuntimeContainer *container, int signal, gboolean all,
	 GError **error)
{
	return native_control_kill (host_of (instance), container, signal, all, error);
}

static gboolean
op_delete (gpointer instance, const DavitRuntimeContainer *container, gboolean force,
	   GError **error)
{
	return native_delete (host_of (instance), container, force, error);
}

static gboolean
op_state (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	  GError **error)
{
	return native_control_state (host_of (instance), container, result, error);
}

static gboolean
op_exec (gpointer instance, const DavitRuntimeExec *request, int *ret_pidfd, DavitResult *result,
	 GError **error)
{
	return native_exec (host_of (instance), request, ret_pidfd, result, error);
}

static gboolean
op_pause (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return native_control_pause (host_of (instance), container, error);
}

static gboolean
op_resume (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	return native_control_resume (host_of (instance), container, error);
}

static gboolean
op_update (gpointer instance, const DavitRuntimeContainer *container, const char *resources,
	   GError **error)
{
	return native_control_update (host_of (instance), container, resources, error);
}

static gboolean
op_stats (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	  GError **error)
{
	return native_control_stats (host_of (instance), container, result, error);
}

static gboolean
op_features (gpointer instance, DavitResult *result, GError **error)
{
	g_autofree char *features = native_features_describe ();

	host_of (instance)->result_string (result, "features", features);
	return TRUE;
}

static gboolean
op_processes (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
	      GError **error)
{
	return native_control_processes (host_of (instance), container, result, error);
}

static gboolean
op_prepare (gpointer instance, const DavitRuntimeCreate *request, DavitResult *result,
	    GError **error)
{
	return native_adopt_prepare (host_of (instance), request, result, error);
}

static gboolean
op_adopt (gpointer instance, const DavitRuntimeContainer *container, int pidfd, guint32 pid,
	  GError **error)
{
	return native_adopt (host_of (instance), container, pidfd, pid, error);
}

/* Only for a pid namespace that is joined is memory changed (native-bare.c). */
static gboolean
op_shares_memory (gpointer instance G_GNUC_UNUSED)
{
	return TRUE;
}

/* resize is left out: the master of the terminal is the monitor's, and so is its size. */
static const DavitRuntimeOps native_ops = {
	.open = native_open,
	.close = native_close,
	.probe = native_probe,
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
	.processes = op_processes,
	.prepare = op_prepare,
	.adopt = op_adopt,
	.shares_memory = op_shares_memory,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_RUNTIME, "native", "0.1.0",
		     "containers made directly by the engine, without another program",
		     "LGPL-2.1-or-later", NULL, native_ops);
