/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Nothing here believes what was written about a container when the kernel can be asked: whether
 * its first process lives (pidfd and start time), waits (somebody listens), stands still (freezer).
 */

#include "native-control.h"

#include "native-cgroup.h"
#include "native-start.h"
#include "runtime-error.h"
#include "runtime-record.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* The record and the first process, held; pidfd -1: it has ended. */
typedef struct {
	RuntimeRecord record;
	int pidfd;
} Held;

static void
held_clear (Held *held)
{
	if (held->pidfd >= 0)
		close (held->pidfd);
	held->pidfd = -1;
	runtime_record_clear (&held->record);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Held, held_clear)

static gboolean
hold (const DavitHost *host, const DavitRuntimeContainer *container, Held *held, GError **error)
{
	return runtime_record_read (host, container->dirfd, container->id, &held->record, error) &&
	       runtime_record_open_process (&held->record, &held->pidfd, error);
}

static gboolean
hold_running (const DavitHost *host, const DavitRuntimeContainer *container, Held *held,
	      GError **error)
{
	if (!hold (host, container, held, error))
		return FALSE;
	if (held->pidfd >= 0)
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" does not run",
				  container->id);
}

gboolean
native_control_start (const DavitHost *host, const DavitRuntimeContainer *container, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};

	return runtime_record_read_process (host, container->dirfd, container->id, &held.record,
					    error) &&
	       native_start_go (container->dirfd, container->id, &held.record, error);
}

static gboolean
kill_all (const DavitRuntimeContainer *container, Held *held, int signal, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (held->record.cgroup == NULL || !held->record.same_boot)
		return runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" does not run",
					  container->id);
	if (runtime_cgroup_kill (held->record.cgroup, signal, &local))
		return TRUE;
	/* Without a group the end of the first process is still the end of its pid namespace. */
	if (g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE) && signal == SIGKILL &&
	    held->record.own_pids && held->pidfd >= 0 &&
	    pidfd_send_signal (held->pidfd, signal, NULL, 0) == 0)
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
native_control_kill (const DavitHost *host, const DavitRuntimeContainer *container, int signal,
		     gboolean all, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};

	if (signal < 1 || signal >= NSIG)
		return runtime_error_say (error, DAVIT_ERROR_USAGE,
					  "signal %d: must be from 1 to %d", signal, NSIG - 1);
	/* What the first process left behind in a pid namespace of others still runs. */
	if (all)
		return hold (host, container, &held, error) &&
		       kill_all (container, &held, signal, error);
	if (!hold_running (host, container, &held, error))
		return FALSE;
	if (pidfd_send_signal (held.pidfd, signal, NULL, 0) == 0)
		return TRUE;
	if (errno == ESRCH)
		return runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" does not run",
					  container->id);
	return runtime_error_set (error, errno, "send signal %d to container \"%s\"", signal,
				  container->id);
}

static const char *
held_status (const DavitRuntimeContainer *container, const Held *held)
{
	if (held->pidfd < 0)
		return "stopped";
	if (native_start_is_awaited (container->dirfd))
		return "created";
	return runtime_cgroup_is_frozen (held->record.cgroup) ? "paused" : "running";
}

gboolean
native_control_state (const DavitHost *host, const DavitRuntimeContainer *container,
		      DavitResult *result, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};
	g_auto (GStrv) paths = NULL;

	if (!hold (host, container, &held, error))
		return FALSE;
	host->result_string (result, "status", held_status (container, &held));
	host->result_integer (result, "pid", held.pidfd >= 0 ? held.record.pid : 0);
	if (held.record.cgroup != NULL)
		paths = runtime_cgroup_paths (held.record.cgroup);
	for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
		host->result_string (result, "cgroup", paths[i]);
	return TRUE;
}

gboolean
native_control_pause (const DavitHost *host, const DavitRuntimeContainer *container, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};
	const char *status;

	if (!hold_running (host, container, &held, error))
		return FALSE;
	status = held_status (container, &held);
	if (!g_str_equal (status, "running"))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is %s, not running", container->id,
					  status);
	return runtime_cgroup_freeze (held.record.cgroup, error);
}

gboolean
native_control_resume (const DavitHost *host, const DavitRuntimeContainer *container,
		       GError **error)
{
	g_auto (Held) held = {.pidfd = -1};

	if (!hold_running (host, container, &held, error))
		return FALSE;
	if (!runtime_cgroup_is_frozen (held.record.cgroup))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is not paused", container->id);
	return runtime_cgroup_thaw (held.record.cgroup, error);
}

gboolean
native_control_update (const DavitHost *host, const DavitRuntimeContainer *container,
		       const char *resources, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};
	DavitJson *document;
	gboolean updated;

	if (!hold_running (host, container, &held, error))
		return FALSE;
	document = host->json->parse (resources, -1, error);
	if (document == NULL) {
		g_prefix_error (error, "resources: ");
		return FALSE;
	}
	if (host->json->type (document) != DAVIT_JSON_OBJECT)
		updated = runtime_error_say (error, DAVIT_ERROR_CONFIG,
					     "resources: must be an object");
	else
		updated = native_cgroup_update (held.record.cgroup, document, error);
	host->json->document_free (document);
	return updated;
}

gboolean
native_control_stats (const DavitHost *host, const DavitRuntimeContainer *container,
		      DavitResult *result, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};

	return hold_running (host, container, &held, error) &&
	       runtime_cgroup_stats (held.record.cgroup, result, error);
}

gboolean
native_control_processes (const DavitHost *host, const DavitRuntimeContainer *container,
			  DavitResult *result, GError **error)
{
	g_auto (Held) held = {.pidfd = -1};
	g_autoptr (GArray) pids = NULL;

	if (!hold_running (host, container, &held, error) ||
	    !runtime_cgroup_processes (held.record.cgroup, &pids, error))
		return FALSE;
	for (guint i = 0; i < pids->len; i++)
		host->result_integer (result, "pid", g_array_index (pids, pid_t, i));
	return TRUE;
}
