/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Undoing a run. All that is needed stands in run.json and in the id, so that it works for a run
 * that was broken off anywhere, for a container whose record is damaged, and any number of times.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trace.h"
#include "container/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* How long a monitor has to put an end on record, once the process has been killed. */
#define MONITOR_MSEC 5000

/**
 * Clean: one run that is undone.
 */
typedef struct {
	DavitContainer *container;
	DavitRun run;	 /* all zero if it can't be read */
	gboolean of_now; /* of this boot */
	int monitor_fd;	 /* our own connection, or -1 */
	int exit_fd;	 /* one that has got the exit, or -1 */
} Clean;

/* The first error is the one that is told; the others go to the log. */
static gboolean
keep_first (gboolean succeeded, GError **first, GError **local)
{
	if (succeeded)
		return TRUE;
	if (first != NULL && *first == NULL)
		g_propagate_error (first, g_steal_pointer (local));
	else
		davit_debug ("%s", (*local)->message);
	g_clear_error (local);
	return FALSE;
}

static gboolean
runtime_delete (const Clean *clean, GError **error)
{
	const DavitContainer *container = clean->container;
	DavitEngine *engine = container->engine;
	const char *name = clean->run.runtime;
	DavitContainerRuntime runtime;
	gboolean deleted;

	/* Without a word about it, it is most likely the one that is configured. */
	if (name == NULL)
		name = davit_config_string (engine->config, "runtime");
	if (!davit_container_runtime_open (engine, name, container->id, container->run_dirfd,
					   &runtime, error))
		return FALSE;
	/* With force: in a pid namespace of others, processes can outlive the first one. */
	deleted = davit_runtime_delete (runtime.runtime, &runtime.handle, TRUE, error);
	davit_container_runtime_close (&runtime);
	return deleted;
}

static gboolean
one_detach (const Clean *clean, const DavitRunNetwork *network, DavitNetwork *driver,
	    GError **error)
{
	DavitNetworkRequest request = {
		.size = sizeof request,
		.id = clean->container->id,
		.name = clean->container->name,
		.network = network->network,
		.interface = network->interface,
		.netns_fd = -1,
		.userns_fd = -1,
		.pidfd = -1,
		.status = network->status,
		.netlink_fd = -1,
	};

	return davit_network_detach (driver, &request, error);
}

/*
 * In reverse, as what was made last may stand on what was made first. Those that were only intended
 * are detached as well: that is nothing. One that fails does not keep the others attached.
 */
static gboolean
network_detach (const Clean *clean, GError **error)
{
	const DavitRun *run = &clean->run;
	g_autoptr (GError) local = NULL;
	DavitNetwork *driver;
	gboolean done = TRUE;

	if (run->network == NULL)
		return TRUE;
	driver = davit_drivers_network (clean->container->engine->drivers, run->network, error);
	if (driver == NULL)
		return FALSE;
	for (guint i = run->networks->len; i > 0; i--)
		done = keep_first (one_detach (clean,
					       (DavitRunNetwork *) run->networks->pdata[i - 1],
					       driver, &local),
				   error, &local) &&
		       done;
	return done;
}

void
davit_container_wait_mounts (const DavitContainer *container, int exit_fd)
{
	g_autoptr (GError) local = NULL;

	if (!davit_monitor_wait_mounts (container->run_dirfd, exit_fd, MONITOR_MSEC, &local))
		davit_debug ("container \"%s\": %s", davit_container_title (container),
			     local->message);
}

static gboolean
storage_unmount (const Clean *clean, GError **error)
{
	DavitStorage *storage;

	davit_container_wait_mounts (clean->container, clean->exit_fd);
	if (clean->run.storage == NULL)
		return TRUE;
	storage = davit_drivers_storage (clean->container->engine->drivers, clean->run.storage,
					 error);
	return storage != NULL &&
	       davit_storage_rootfs_unmount (storage, clean->container->id, error);
}

/* How it ended, for a time when the run is gone. One that is to be removed has no such time. */
static gboolean
end_record (const Clean *clean, GError **error)
{
	const DavitContainer *container = clean->container;
	g_autoptr (GError) local = NULL;
	DavitState state = {0};

	if (container->dirfd < 0 || container->status == DAVIT_STATUS_DAMAGED ||
	    clean->run.phase != DAVIT_RUN_RUNNING || container->auto_remove)
		return TRUE;
	davit_state_read (container->dirfd, &state, NULL);
	state.started = clean->run.started;
	state.running = FALSE;
	state.lost = FALSE;
	if (!davit_monitor_read_exit (container->run_dirfd, &state.exit, &local)) {
		/* One that is there may be read the next time; with the run it would go. */
		if (!davit_error_is_damage (local)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		davit_state_lose (&state);
	}
	state.checkpointed = 0;
	davit_snapshot_settle (container->dirfd, clean->run.started, &state.exit,
			       &state.checkpointed);
	return davit_state_write (container->dirfd, &state, error);
}

/* In one step, so that nobody sees half of it; what a crash leaves then is a tomb. */
static gboolean
directory_remove (DavitContainer *container, GError **error)
{
	g_autofree char *tomb = g_strconcat (DAVIT_CONTAINER_TOMB_PREFIX, container->id, NULL);
	DavitContainerDirectories directories;
	gboolean removed;

	if (!davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	/* Of an earlier removal. */
	removed = davit_path_remove_tree (directories.run_fd, tomb, error);
	if (removed && renameat (directories.run_fd, container->id, directories.run_fd, tomb) < 0 &&
	    errno != ENOENT)
		removed = davit_error_errno (error, errno, "remove the run of container \"%s\"",
					     davit_container_title (container));
	removed = removed && davit_path_remove_tree (directories.run_fd, tomb, error);
	davit_container_directories_close (&directories);
	if (removed)
		davit_fd_close (&container->run_dirfd);
	return removed;
}

/*
 * After processes were killed: the monitor is still writing down how they ended. Where there is an
 * exit file already it has done so, and may be waiting for nobody but us: then it is left alone.
 */
static void
monitor_wait (Clean *clean)
{
	DavitExit ended;

	if (clean->monitor_fd >= 0 &&
	    davit_monitor_wait (clean->monitor_fd, MONITOR_MSEC, &ended, NULL))
		clean->exit_fd = clean->monitor_fd;
}

static gboolean
clean_all (Clean *clean, GError **error)
{
	gboolean (*const steps[]) (const Clean *, GError **) = {network_detach, storage_unmount,
								end_record};
	g_autoptr (GError) local = NULL;
	gboolean done;

	done = keep_first (runtime_delete (clean, &local), error, &local);
	monitor_wait (clean);
	for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
		done = keep_first (steps[i](clean, &local), error, &local) && done;
	/* What could not be undone must be found again: then the run stays. */
	return done && directory_remove (clean->container, error);
}

/* One that is damaged is undone by what the id tells; one that only can't be read now, is not. */
static gboolean
clean_read (Clean *clean, GError **error)
{
	const DavitContainer *container = clean->container;
	g_autoptr (GError) local = NULL;

	if (davit_run_read (container->run_dirfd, &clean->run, &local)) {
		clean->of_now = g_strcmp0 (clean->run.boot_id, container->engine->boot_id) == 0;
	} else if (!davit_error_is_damage (local)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	/* Numbers of processes of another boot mean nothing. */
	if (!clean->of_now)
		clean->run.pid = 0;
	return TRUE;
}

gboolean
davit_container_clean_run (DavitContainer *container, gboolean force, int monitor_fd,
			   GError **error)
{
	Clean clean = {.container = container, .monitor_fd = -1, .exit_fd = monitor_fd};
	DavitExit ended;
	gboolean alive = FALSE;
	gboolean done = TRUE;

	if (container->run_dirfd < 0)
		return TRUE;
	if (!clean_read (&clean, error))
		return FALSE;
	if (!force && !davit_run_check_alive (&clean.run, &alive, error)) {
		davit_run_clear (&clean.run);
		return FALSE;
	}
	if (force || !alive) {
		if (monitor_fd < 0 && clean.run.pid != 0 &&
		    !davit_monitor_read_exit (container->run_dirfd, &ended, NULL))
			davit_monitor_connect (container->run_dirfd, &clean.monitor_fd, NULL);
		done = clean_all (&clean, error);
		if (done && clean.monitor_fd >= 0)
			davit_monitor_cleaned (clean.monitor_fd, NULL);
	}
	davit_fd_close (&clean.monitor_fd);
	davit_run_clear (&clean.run);
	return done;
}

static gboolean
runs (const DavitContainer *container)
{
	return container->status == DAVIT_STATUS_RUNNING ||
	       container->status == DAVIT_STATUS_PAUSED ||
	       container->status == DAVIT_STATUS_INITIALIZED;
}

static gboolean
finish_locked (DavitContainer *container, int monitor_fd, GError **error)
{
	/* Started again before we had the lock: whoever did that has cleaned up. */
	if (runs (container))
		return TRUE;
	if (!davit_container_clean_run (container, FALSE, monitor_fd, error))
		return FALSE;
	/* One that has never run waits to be started. */
	if (!container->auto_remove || container->status == DAVIT_STATUS_CREATED)
		return davit_container_refresh (container, error);
	return davit_container_take_apart (container, error);
}

gboolean
davit_container_finish (DavitContainer *container, int monitor_fd, GError **error)
{
	davit_trace_scope ("container", "finish");
	g_autoptr (GError) local = NULL;
	davit_autofd lock_fd = -1;
	gboolean done = davit_container_lock (container, &lock_fd, &local);

	if (done)
		done = finish_locked (container, monitor_fd, &local);
	davit_lock_release (lock_fd);
	/* Somebody else has removed it: that is what cleaning up comes to. */
	if (!done && davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		done = TRUE;
	if (done && monitor_fd >= 0)
		davit_monitor_cleaned (monitor_fd, NULL);
	if (!done)
		g_propagate_error (error, g_steal_pointer (&local));
	return done;
}

gboolean
davit_container_cleanup (DavitContainer *container, GError **error)
{
	if (container->status == DAVIT_STATUS_DAMAGED)
		return davit_container_wrong_state (container, "can't be cleaned up", error);
	return davit_container_finish (container, -1, error);
}
