/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting for the end of a container, any number at a time, and knowing how it came. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"

#include <limits.h>

/* Of a run that nobody has cleaned up yet. */
static gboolean
exit_of_run (const DavitContainer *container, DavitExit *ret_exit)
{
	if (container->status != DAVIT_STATUS_STOPPED ||
	    !davit_monitor_read_exit (container->run_dirfd, ret_exit, NULL))
		return FALSE;
	davit_container_wait_mounts (container, -1);
	return TRUE;
}

/* From what is on record, when nothing runs. */
static gboolean
exit_recorded (DavitContainer *container, DavitExit *ret_exit, GError **error)
{
	DavitState state = {0};

	if (exit_of_run (container, ret_exit))
		return TRUE;
	/* It may have been cleaned up since it was looked at: then another record tells. */
	if (container->status == DAVIT_STATUS_STOPPED &&
	    !davit_container_refresh (container, error))
		return FALSE;
	if (exit_of_run (container, ret_exit))
		return TRUE;
	/* What is on record besides is of the run before. */
	if (container->status == DAVIT_STATUS_STOPPED)
		state.lost = TRUE;
	else if (!davit_state_read (container->dirfd, &state, error))
		return davit_error_prefix (error, "container \"%s\"",
					   davit_container_title (container));
	if (state.lost || state.running)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"container \"%s\": how it ended is not known; its monitor "
					"was killed, or the machine was restarted",
					davit_container_title (container));
	*ret_exit = state.exit;
	return TRUE;
}

/* Without a monitor: the kernel says when, and nobody how. */
static gboolean
wait_process (DavitContainer *container, int timeout_msec, GError **error)
{
	DavitRun run = {0};
	davit_autofd pidfd = -1;
	gboolean opened;

	if (!davit_container_read_run (container, &run, error))
		return FALSE;
	opened = davit_run_open_process (&run, &pidfd, NULL);
	davit_run_clear (&run);
	return !opened || davit_fd_wait (pidfd, timeout_msec, error);
}

static gboolean
wait_running (DavitContainer *container, int timeout_msec, DavitExit *ret_exit, GError **error)
{
	davit_autofd monitor_fd = -1;
	g_autoptr (GError) local = NULL;

	if (davit_monitor_connect (container->run_dirfd, &monitor_fd, NULL)) {
		if (davit_monitor_wait (monitor_fd, timeout_msec, ret_exit, &local)) {
			/* Whoever waits may want back what the container had mounted. */
			davit_container_wait_mounts (container, monitor_fd);
			return TRUE;
		}
		if (davit_error_matches (local, DAVIT_ERROR_TIMEOUT)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
	}
	/* The monitor is gone, or was just about to go. */
	return wait_process (container, timeout_msec, error) &&
	       davit_container_refresh (container, error) &&
	       exit_recorded (container, ret_exit, error);
}

gboolean
davit_container_wait (DavitContainer *container, gint64 timeout_msec, DavitExit *ret_exit,
		      GError **error)
{
	davit_trace_scope ("container", "wait");
	int timeout = timeout_msec < 0 ? -1 : (int) MIN (timeout_msec, INT_MAX);
	DavitExit ended = {0};

	if (!davit_container_refresh (container, error))
		return FALSE;
	if (container->status == DAVIT_STATUS_DAMAGED)
		return davit_container_wrong_state (container, "can't be waited for", error);
	if (container->pid != 0 ? !wait_running (container, timeout, &ended, error)
				: !exit_recorded (container, &ended, error))
		return FALSE;
	*ret_exit = ended;
	return TRUE;
}
