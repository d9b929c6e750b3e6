/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What changes a container is done by the runtime that made it. What only looks asks the kernel, as
 * the runtime native does: a call of the runtime takes thousands of times as long, and would tell
 * what it read in the same places.
 */

#include "oci-control.h"

#include "oci-call.h"
#include "oci-files.h"
#include "oci-freezer.h"
#include "oci-program.h"
#include "runtime-cgroup.h"
#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void
oci_held_clear (OciHeld *held)
{
	if (held->pidfd >= 0)
		close (held->pidfd);
	held->pidfd = -1;
	runtime_record_clear (&held->record);
}

static gboolean
hold (const DavitHost *host, const DavitRuntimeContainer *container, OciHeld *held, GError **error)
{
	return runtime_record_read (host, container->dirfd, container->id, &held->record, error) &&
	       runtime_record_open_process (&held->record, &held->pidfd, error);
}

gboolean
oci_control_hold (const DavitHost *host, const DavitRuntimeContainer *container, OciHeld *held,
		  GError **error)
{
	if (!hold (host, container, held, error))
		return FALSE;
	return held->pidfd >= 0 ||
	       runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" does not run",
				  container->id);
}

/* A verb that takes nothing but the container, and maybe a word behind it. */
static gboolean
verb_call (const DavitHost *host, const DavitRuntimeContainer *container, const char *verb,
	   GPtrArray *arguments, const char *last, GError **error)
{
	g_autofree char *program = oci_program_recall (host, container->dirfd, error);
	const OciCall call = {
		.host = host,
		.container = container,
		.program = program,
		.verb = verb,
		.arguments = arguments,
		.last = last,
	};

	return program != NULL && oci_call (&call, error);
}

/* Without the file the runtime is asked whether it waits: a crash before this is no harm. */
void
oci_control_mark_started (const DavitRuntimeContainer *container)
{
	int fd = openat (container->dirfd, OCI_FILE_STARTED, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0)
		close (fd);
}

gboolean
oci_control_start (const DavitHost *host, const DavitRuntimeContainer *container, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;

	if (!oci_control_hold (host, container, &held, error))
		return FALSE;
	if (oci_files_exist (container->dirfd, OCI_FILE_STARTED))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" has been started already",
					  container->id);
	if (!verb_call (host, container, "start", NULL, NULL, error))
		return FALSE;
	oci_control_mark_started (container);
	return TRUE;
}

gboolean
oci_control_kill (const DavitHost *host, const DavitRuntimeContainer *container, int signal,
		  gboolean all, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;
	g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
	g_autofree char *number = g_strdup_printf ("%d", signal);

	if (signal < 1 || signal >= NSIG)
		return runtime_error_say (error, DAVIT_ERROR_USAGE,
					  "signal %d: must be from 1 to %d", signal, NSIG - 1);
	if (all) {
		g_ptr_array_add (arguments, (gpointer) "--all");
		/* What the first process left behind in a pid namespace of others still runs. */
		return hold (host, container, &held, error) &&
		       verb_call (host, container, "kill", arguments, number, error);
	}
	return oci_control_hold (host, container, &held, error) &&
	       verb_call (host, container, "kill", NULL, number, error);
}

/*
 * Whether the runtime says that the first process still waits. Only asked when nothing else tells.
 */
static gboolean
is_awaited (const DavitHost *host, const DavitRuntimeContainer *container)
{
	g_autofree char *program = oci_program_recall (host, container->dirfd, NULL);
	g_autofree char *output = NULL;
	DavitJson *document = NULL;
	gboolean awaited = FALSE;
	const OciCall call = {
		.host = host,
		.container = container,
		.program = program,
		.verb = "state",
		.ret_output = &output,
	};

	if (oci_files_exist (container->dirfd, OCI_FILE_STARTED))
		return FALSE;
	if (program != NULL && oci_call (&call, NULL))
		document = host->json->parse (output, -1, NULL);
	if (document == NULL)
		return TRUE;
	awaited = g_strcmp0 (host->json->string (host->json->member (document, "status")),
			     "created") == 0;
	host->json->document_free (document);
	return awaited;
}

static const char *
held_status (const DavitHost *host, const DavitRuntimeContainer *container, const OciHeld *held)
{
	if (held->pidfd < 0)
		return "stopped";
	if (oci_freezer_is_frozen (held->record.cgroup))
		return "paused";
	return is_awaited (host, container) ? "created" : "running";
}

gboolean
oci_control_state (const DavitHost *host, const DavitRuntimeContainer *container,
		   DavitResult *result, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;
	g_auto (GStrv) paths = NULL;

	if (!hold (host, container, &held, error))
		return FALSE;
	host->result_string (result, "status", held_status (host, container, &held));
	host->result_integer (result, "pid", held.pidfd >= 0 ? held.record.pid : 0);
	if (held.record.cgroup != NULL)
		paths = runtime_cgroup_paths (held.record.cgroup);
	for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
		host->result_string (result, "cgroup", paths[i]);
	return TRUE;
}

gboolean
oci_control_pause (const DavitHost *host, const DavitRuntimeContainer *container, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;
	const char *status;

	if (!oci_control_hold (host, container, &held, error))
		return FALSE;
	status = held_status (host, container, &held);
	if (strcmp (status, "running") != 0)
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is %s, not running", container->id,
					  status);
	return verb_call (host, container, "pause", NULL, NULL, error);
}

gboolean
oci_control_resume (const DavitHost *host, const DavitRuntimeContainer *container, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;

	if (!oci_control_hold (host, container, &held, error))
		return FALSE;
	if (!oci_freezer_is_frozen (held.record.cgroup))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is not paused", container->id);
	return verb_call (host, container, "resume", NULL, NULL, error);
}

static gboolean
resources_check (const DavitHost *host, const char *resources, GError **error)
{
	DavitJson *document = host->json->parse (resources, -1, error);
	gboolean good = document != NULL;

	if (!good) {
		g_prefix_error (error, "resources: ");
		return FALSE;
	}
	if (host->json->type (document) != DAVIT_JSON_OBJECT)
		good = runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "resources: must be an object");
	host->json->document_free (document);
	return good;
}

gboolean
oci_control_update (const DavitHost *host, const DavitRuntimeContainer *container,
		    const char *resources, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;
	g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
	g_autofree char *name = oci_files_name ("update", "json");
	g_autofree char *path = NULL;
	gboolean updated;

	if (!oci_control_hold (host, container, &held, error) ||
	    !resources_check (host, resources, error))
		return FALSE;
	path = oci_files_path (container->dirfd, name, error);
	if (path == NULL || !oci_files_write (container->dirfd, name, resources, error))
		return FALSE;
	g_ptr_array_add (arguments, (gpointer) "--resources");
	g_ptr_array_add (arguments, path);
	updated = verb_call (host, container, "update", arguments, NULL, error);
	unlinkat (container->dirfd, name, 0);
	return updated;
}

gboolean
oci_control_stats (const DavitHost *host, const DavitRuntimeContainer *container,
		   DavitResult *result, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;

	return oci_control_hold (host, container, &held, error) &&
	       runtime_cgroup_stats (held.record.cgroup, result, error);
}

gboolean
oci_control_processes (const DavitHost *host, const DavitRuntimeContainer *container,
		       DavitResult *result, GError **error)
{
	g_auto (OciHeld) held = OCI_HELD_INIT;
	g_autoptr (GArray) pids = NULL;

	if (!oci_control_hold (host, container, &held, error) ||
	    !runtime_cgroup_processes (held.record.cgroup, &pids, error))
		return FALSE;
	for (guint i = 0; i < pids->len; i++)
		host->result_integer (result, "pid", g_array_index (pids, pid_t, i));
	return TRUE;
}
