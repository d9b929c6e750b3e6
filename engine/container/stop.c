/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Stopping: ask, wait, kill. No lock is held meanwhile: whoever cleans up after the end must not
 * wait for somebody who waits for that.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"

#include <limits.h>
#include <signal.h>

/* A process that SIGKILL has not ended by then hangs in the kernel. */
#define KILL_MSEC 10000

/* How long the monitor has to put an end on record that it has seen. */
#define MONITOR_MSEC 5000

/**
 * Stop: one on its way.
 */
typedef struct {
	DavitContainer *container;
	int signal;
	gint64 timeout_msec;
	int pidfd;
	int monitor_fd; /* -1: it is gone */
} Stop;

static gboolean
stop_open (Stop *stop, GError **error)
{
	DavitContainer *container = stop->container;
	g_autoptr (DavitRecord) record = davit_container_read_record (container, error);
	DavitRun run = {0};
	gboolean opened;

	if (record == NULL || !davit_container_read_run (container, &run, error))
		return FALSE;
	if (stop->signal == 0)
		stop->signal = record->stop_signal;
	if (stop->timeout_msec < 0)
		stop->timeout_msec = record->stop_timeout_msec;
	opened = davit_run_open_process (&run, &stop->pidfd, error);
	davit_run_clear (&run);
	return opened;
}

/* It may have ended before the signal came, which is what was wanted. */
static gboolean
stop_send (const Stop *stop, int signal, gboolean all, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (davit_container_signal (stop->container, signal, all, &local) ||
	    davit_fd_wait (stop->pidfd, 0, NULL))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
stop_wait (const Stop *stop, gint64 timeout_msec)
{
	return davit_fd_wait (stop->pidfd, (int) MIN (timeout_msec, INT_MAX), NULL);
}

static gboolean
stop_end (const Stop *stop, GError **error)
{
	DavitContainer *container = stop->container;

	if (!stop_send (stop, stop->signal, FALSE, error))
		return FALSE;
	if (container->status == DAVIT_STATUS_PAUSED)
		davit_container_thaw (container, NULL);
	if (stop_wait (stop, stop->timeout_msec))
		return TRUE;
	/* Not all: in a pid namespace of its own they all go with the first. */
	if (!stop_send (stop, SIGKILL, FALSE, error))
		return FALSE;
	davit_container_thaw_killed (container, NULL);
	return stop_wait (stop, KILL_MSEC) ||
	       davit_error_set (error, DAVIT_ERROR_TIMEOUT,
				"container \"%s\": its first process, %d, does not end by SIGKILL; "
				"it hangs in the kernel",
				davit_container_title (container), container->pid);
}

static gboolean
stop_running (Stop *stop, GError **error)
{
	DavitContainer *container = stop->container;
	DavitExit ended;

	if (!stop_open (stop, error))
		return FALSE;
	if (davit_monitor_connect (container->run_dirfd, &stop->monitor_fd, NULL))
		davit_monitor_stopping (stop->monitor_fd, NULL);
	if (!stop_end (stop, error))
		return FALSE;
	if (stop->monitor_fd >= 0)
		davit_monitor_wait (stop->monitor_fd, MONITOR_MSEC, &ended, NULL);
	return davit_container_finish (container, stop->monitor_fd, error);
}

gboolean
davit_container_stop (DavitContainer *container, int signal, gint64 timeout_msec, GError **error)
{
	davit_trace_scope ("container", "stop");
	Stop stop = {
		.container = container,
		.signal = signal,
		.timeout_msec = timeout_msec,
		.pidfd = -1,
		.monitor_fd = -1,
	};
	g_autoptr (GError) local = NULL;
	gboolean stopped;

	if (!davit_container_refresh (container, error))
		return FALSE;
	switch (container->status) {
	case DAVIT_STATUS_DAMAGED:
		return davit_container_wrong_state (container, "can't be stopped", error);
	case DAVIT_STATUS_CREATED:
	case DAVIT_STATUS_EXITED:
		return TRUE;
	case DAVIT_STATUS_STOPPED:
		return davit_container_finish (container, -1, error);
	case DAVIT_STATUS_INITIALIZED:
	case DAVIT_STATUS_RUNNING:
	case DAVIT_STATUS_PAUSED:
	default:
		break;
	}
	stopped = stop_running (&stop, &local);
	davit_fd_close (&stop.pidfd);
	davit_fd_close (&stop.monitor_fd);
	if (stopped)
		return TRUE;
	/* It has ended between the look and the act. */
	if (davit_container_refresh (container, NULL) && container->pid == 0)
		return davit_container_finish (container, -1, error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}
