/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals, and holding a container still. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/trace.h"

#include <signal.h>

/* Looks again, and gives the runtime of the run that is there. Close ret_runtime on success. */
static gboolean
runtime_of_run (DavitContainer *container, DavitContainerRuntime *ret_runtime, GError **error)
{
	DavitRun run = {0};
	gboolean opened;

	if (!davit_container_read_run (container, &run, error))
		return FALSE;
	opened = davit_container_runtime_open (container->engine, run.runtime, container->id,
					       container->run_dirfd, ret_runtime, error);
	davit_run_clear (&run);
	return opened;
}

gboolean
davit_container_signal (DavitContainer *container, int signal, gboolean all, GError **error)
{
	DavitContainerRuntime runtime;
	gboolean sent;

	if (!runtime_of_run (container, &runtime, error))
		return FALSE;
	sent = davit_runtime_kill (runtime.runtime, &runtime.handle, signal, all, error);
	davit_container_runtime_close (&runtime);
	return sent;
}

/* One that is frozen gets a signal only when it thaws, under cgroup v1 even SIGKILL. */
gboolean
davit_container_thaw (DavitContainer *container, GError **error)
{
	DavitContainerRuntime runtime;
	gboolean thawed;

	if (!runtime_of_run (container, &runtime, error))
		return FALSE;
	thawed = davit_runtime_resume (runtime.runtime, &runtime.handle, error);
	davit_container_runtime_close (&runtime);
	return thawed;
}

gboolean
davit_container_thaw_killed (DavitContainer *container, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitRun run = {0};
	gboolean frozen;

	/* Its run may be cleaned up by now. */
	if (!davit_container_read_run (container, &run, NULL))
		return TRUE;
	frozen = davit_run_is_frozen (&run);
	davit_run_clear (&run);
	/* STATE: somebody else has thawed it, or it has ended. */
	if (!frozen || davit_container_thaw (container, &local) ||
	    davit_error_matches (local, DAVIT_ERROR_STATE))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/* The monitor must know that it is wanted, and not start the container again. */
void
davit_container_tell_stopping (DavitContainer *container)
{
	davit_autofd monitor_fd = -1;

	if (davit_monitor_connect (container->run_dirfd, &monitor_fd, NULL))
		davit_monitor_stopping (monitor_fd, NULL);
}

gboolean
davit_container_kill (DavitContainer *container, int signal, GError **error)
{
	davit_trace_scope ("container", "kill");

	if (!davit_container_refresh (container, error))
		return FALSE;
	if (container->pid == 0)
		return davit_container_wrong_state (container, "can't be killed", error);
	if (signal == SIGKILL)
		davit_container_tell_stopping (container);
	if (!davit_container_signal (container, signal, FALSE, error))
		return FALSE;
	return signal != SIGKILL || davit_container_thaw_killed (container, error);
}

static gboolean
pause_locked (DavitContainer *container, GError **error)
{
	DavitContainerRuntime runtime;
	gboolean paused;
	int entry_fd;

	if (container->status == DAVIT_STATUS_PAUSED)
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"container \"%s\" can't be paused: it is paused already",
					davit_container_title (container));
	if (container->status != DAVIT_STATUS_RUNNING)
		return davit_container_wrong_state (container, "can't be paused", error);
	if (!runtime_of_run (container, &runtime, error))
		return FALSE;
	entry_fd = davit_container_entry_wait (container);
	paused = davit_runtime_pause (runtime.runtime, &runtime.handle, error);
	davit_container_entry_end (&entry_fd);
	davit_container_runtime_close (&runtime);
	return paused;
}

static gboolean
unpause_locked (DavitContainer *container, GError **error)
{
	if (container->status != DAVIT_STATUS_PAUSED)
		return davit_container_wrong_state (container, "can't be unpaused", error);
	return davit_container_thaw (container, error);
}

static gboolean
with_lock (DavitContainer *container, gboolean (*func) (DavitContainer *, GError **),
	   GError **error)
{
	davit_autofd lock_fd = -1;
	gboolean done = davit_container_lock (container, &lock_fd, error) &&
			func (container, error) && davit_container_refresh (container, error);

	davit_lock_release (lock_fd);
	return done;
}

gboolean
davit_container_pause (DavitContainer *container, GError **error)
{
	davit_trace_scope ("container", "pause");

	return with_lock (container, pause_locked, error);
}

gboolean
davit_container_unpause (DavitContainer *container, GError **error)
{
	davit_trace_scope ("container", "unpause");

	return with_lock (container, unpause_locked, error);
}
