/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container is now. Three things say it, in this order: the kernel (is the process of the
 * run that is on record alive, and is it frozen), the exit file of the monitor, and state.json.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>

/* A monitor that has not put an end on record by then is itself stopped. */
#define MONITOR_MSEC 1000

const char *
davit_status_name (DavitStatus status)
{
	static const char *const names[] = {
		[DAVIT_STATUS_CREATED] = "created", [DAVIT_STATUS_INITIALIZED] = "initialized",
		[DAVIT_STATUS_RUNNING] = "running", [DAVIT_STATUS_PAUSED] = "paused",
		[DAVIT_STATUS_STOPPED] = "stopped", [DAVIT_STATUS_EXITED] = "exited",
		[DAVIT_STATUS_DAMAGED] = "damaged",
	};

	return status < G_N_ELEMENTS (names) && names[status] != NULL ? names[status] : "unknown";
}

static void
set_exit (DavitContainer *container, const DavitExit *ended)
{
	container->exit_status = ended->status;
	container->oom_killed = ended->oom_killed;
	container->finished = ended->finished;
}

static DavitStatus
alive_status (const DavitRun *run)
{
	if (run->phase == DAVIT_RUN_CREATED)
		return DAVIT_STATUS_INITIALIZED;
	return davit_run_is_frozen (run) ? DAVIT_STATUS_PAUSED : DAVIT_STATUS_RUNNING;
}

/*
 * The process is gone and there is no exit file. Either the monitor is writing it in this moment,
 * which takes no longer than to read what is left in two pipes; or the monitor is gone too, and
 * nobody knows.
 */
static gboolean
exit_find (const DavitContainer *container, DavitExit *ended, GError **error)
{
	davit_autofd monitor_fd = -1;

	if (davit_monitor_read_exit (container->run_dirfd, ended, NULL))
		return TRUE;
	if (davit_monitor_connect (container->run_dirfd, &monitor_fd, NULL) &&
	    davit_monitor_wait (monitor_fd, MONITOR_MSEC, ended, NULL))
		return TRUE;
	/* Who finds the monitor gone finds the file, if there ever will be one. */
	return davit_monitor_read_exit (container->run_dirfd, ended, error);
}

static gboolean
set_ended (DavitContainer *container, DavitState *state, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitExit ended = {0};

	if (!exit_find (container, &ended, &local)) {
		if (!davit_error_is_damage (local)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		davit_state_lose (state);
		ended = state->exit;
	}
	set_exit (container, &ended);
	container->status = DAVIT_STATUS_STOPPED;
	return TRUE;
}

static gboolean
look_at_process (DavitContainer *container, DavitRun *run, DavitState *state, GError **error)
{
	gboolean alive = FALSE;

	if (!davit_run_check_alive (run, &alive, error))
		return FALSE;
	container->started = run->started;
	if (!alive)
		return set_ended (container, state, error);
	container->status = alive_status (run);
	container->pid = (int) run->pid;
	container->ports = g_steal_pointer (&run->ports);
	container->network_lost = davit_run_is_cut_off (run);
	set_exit (container, &(DavitExit){0});
	return TRUE;
}

/* ret_of_now stays FALSE if there is no run of this boot that has a process. */
static gboolean
look_at_run (DavitContainer *container, DavitState *state, gboolean *ret_of_now, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitRun run = {0};
	gboolean looked = TRUE;

	if (container->run_dirfd < 0)
		return TRUE;
	if (!davit_run_read (container->run_dirfd, &run, &local)) {
		if (davit_error_is_damage (local))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	*ret_of_now = run.pid != 0 && g_strcmp0 (run.boot_id, container->engine->boot_id) == 0;
	if (*ret_of_now)
		looked = look_at_process (container, &run, state, error);
	davit_run_clear (&run);
	return looked;
}

gboolean
davit_container_look_with (DavitContainer *container, const DavitState *known, GError **error)
{
	/* The record is whole: it can be started and removed, without a past. */
	DavitState state = {.started = 1, .running = TRUE};
	gboolean of_now = FALSE;

	if (known != NULL)
		state = *known;
	container->pid = 0;
	container->checkpointed = 0;
	g_clear_pointer (&container->ports, g_strfreev);
	container->network_lost = FALSE;
	container->started = state.started;
	container->restored = state.restored;
	set_exit (container, &state.exit);
	if (!look_at_run (container, &state, &of_now, error))
		return FALSE;
	if (of_now)
		return TRUE;
	if (state.running) {
		/* The boot in which it ran is over, or somebody has emptied the run directory. */
		davit_state_lose (&state);
		set_exit (container, &state.exit);
	}
	container->status = state.started != 0 ? DAVIT_STATUS_EXITED : DAVIT_STATUS_CREATED;
	container->checkpointed = state.running ? 0 : state.checkpointed;
	return TRUE;
}

gboolean
davit_container_look (DavitContainer *container, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitState state = {0};

	if (davit_state_read (container->dirfd, &state, &local))
		return davit_container_look_with (container, &state, error);
	if (davit_error_is_damage (local))
		return davit_container_look_with (container, NULL, error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
davit_container_read_run (DavitContainer *container, DavitRun *ret_run, GError **error)
{
	DavitRun run = {0};

	if (container->run_dirfd < 0 || container->pid == 0)
		return davit_container_wrong_state (container, "has no process", error);
	if (!davit_run_read (container->run_dirfd, &run, error))
		return davit_error_prefix (error, "container \"%s\"",
					   davit_container_title (container));
	*ret_run = run;
	return TRUE;
}

gboolean
davit_container_wrong_state (const DavitContainer *container, const char *verb, GError **error)
{
	if (container->status == DAVIT_STATUS_DAMAGED)
		return davit_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"container \"%s\" is damaged: %s; davit rm --force removes it",
			davit_container_title (container), container->damage);
	return davit_error_set (error, DAVIT_ERROR_STATE, "container \"%s\" %s: it is %s%s",
				davit_container_title (container), verb,
				davit_status_name (container->status),
				container->status == DAVIT_STATUS_PAUSED ? "; unpause it first"
									 : "");
}
