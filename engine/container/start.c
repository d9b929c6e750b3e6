/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starting a container. Each step is on record before it is made, in run.json; whatever goes wrong
 * and whenever the engine dies, davit_container_clean_run undoes all of it.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "base/trace.h"
#include "container/checkpoint-archive.h"
#include "container/launch.h"
#include "container/prepare.h"
#include "monitor/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
davit_container_start_init (DavitContainerStart *start)
{
	*start = (DavitContainerStart){
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
}

/**
 * Start: one on its way.
 */
typedef struct {
	DavitContainer *container;
	const DavitContainerStart *options;
	DavitRecord *record;
	DavitRun run;
	DavitPrepared prepared;
	DavitContainerRuntime runtime;
	const DavitRestoring *restoring; /* or NULL */
	int lock_fd;
	int monitor_end;
	int client_end; /* ours */
} Start;

/* What must not be there yet; what a crash left is undone. */
static gboolean
start_check (Start *start, GError **error)
{
	DavitContainer *container = start->container;

	switch (container->status) {
	case DAVIT_STATUS_RUNNING:
	case DAVIT_STATUS_PAUSED:
	case DAVIT_STATUS_DAMAGED:
		return davit_container_wrong_state (container,
						    start->restoring != NULL ? "can't be restored"
									     : "can't be started",
						    error);
	case DAVIT_STATUS_CREATED:
	case DAVIT_STATUS_EXITED:
	case DAVIT_STATUS_INITIALIZED:
	case DAVIT_STATUS_STOPPED:
	default:
		return container->run_dirfd < 0 ||
		       davit_container_clean_run (container, TRUE, -1, error);
	}
}

static gboolean
run_directory_make (DavitContainer *container, GError **error)
{
	DavitContainerDirectories directories;
	gboolean made;

	if (!davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	davit_fd_close (&container->run_dirfd);
	made = davit_path_open_subdirectory (directories.run_fd, container->id, 0700,
					     &container->run_dirfd, error);
	davit_container_directories_close (&directories);
	return made;
}

/* All that this run may need to be undone, before any of it is done. */
static gboolean
intent_write (Start *start, GError **error)
{
	const DavitRecord *record = start->record;
	DavitRun *run = &start->run;

	run->phase = DAVIT_RUN_STARTING;
	run->boot_id = g_strdup (start->container->engine->boot_id);
	run->runtime = g_strdup (record->runtime);
	run->auto_remove = record->auto_remove;
	if (record->rootfs == NULL)
		run->storage = g_strdup (record->storage);
	if (record->networks->len > 0) {
		run->network = g_strdup (record->network);
		run->networks = g_ptr_array_new_with_free_func (davit_run_network_free);
	}
	for (guint i = 0; i < record->networks->len; i++) {
		const DavitRecordNetwork *network = record->networks->pdata[i];

		g_ptr_array_add (run->networks,
				 davit_run_network_new (network->network, network->interface));
	}
	return davit_run_write (start->container->run_dirfd, run, error);
}

static gboolean
launch (Start *start, DavitLaunched *launched, GError **error)
{
	const int close_fds[] = {start->lock_fd, start->client_end};
	const DavitContainerStart *options = start->options;
	davit_autofd bundle_fd = -1;
	DavitLaunch request = {
		.prepared = &start->prepared,
		.runtime = &start->runtime,
		.client_fd = start->monitor_end,
		/* Who starts it and feeds it is the only one who does. */
		.keep_stdin =
			start->record->stdin_open && !(options->attach && options->stdin_open),
		.close_fds = close_fds,
		.n_close_fds = start->client_end >= 0 ? 2 : 1,
		.restoring = start->restoring,
	};

	if (!davit_prepare_bundle (&start->prepared, &bundle_fd, error))
		return FALSE;
	request.bundle_fd = bundle_fd;
	return davit_launch (&request, launched, error);
}

/* It waits, or runs already if it was restored: from here on it can be found. */
static gboolean
created_write (Start *start, DavitLaunched *launched, GError **error)
{
	DavitRun *run = &start->run;

	run->phase = start->restoring != NULL ? DAVIT_RUN_RUNNING : DAVIT_RUN_CREATED;
	run->pid = launched->pid;
	run->freezer = g_steal_pointer (&launched->freezer);
	run->started = davit_text_now ();
	return davit_fd_process_start_time ((pid_t) run->pid, &run->start_time, error) &&
	       davit_run_write (start->container->run_dirfd, run, error);
}

static gboolean
pidfile_write (const Start *start, GError **error)
{
	const char *path = start->record->pidfile;
	g_autofree char *text = NULL;
	davit_autofd fd = -1;

	if (path == NULL)
		return TRUE;
	text = g_strdup_printf ("%d", (int) start->run.pid);
	if (!davit_fd_open_output (path, O_CREAT | O_TRUNC, 0644, &fd, error))
		return davit_error_prefix (error, "pidfile");
	return davit_fd_write (fd, text, strlen (text), path, error);
}

/* The program is executed; that it was must be known after a reboot, too. */
static gboolean
go (Start *start, GError **error)
{
	DavitContainer *container = start->container;
	DavitState state = {0};

	if (!pidfile_write (start, error) ||
	    (start->restoring == NULL &&
	     !davit_runtime_start (start->runtime.runtime, &start->runtime.handle, error)))
		return FALSE;
	start->run.phase = DAVIT_RUN_RUNNING;
	container->status = DAVIT_STATUS_RUNNING;
	container->pid = (int) start->run.pid;
	container->started = start->run.started;
	davit_state_read (container->dirfd, &state, NULL);
	state.started = start->run.started;
	state.running = TRUE;
	state.lost = FALSE;
	state.checkpointed = 0;
	state.restored = start->restoring != NULL ? start->run.started : 0;
	return davit_run_write (container->run_dirfd, &start->run, error) &&
	       davit_state_write (container->dirfd, &state, error);
}

/*
 * Where no monitor can be executed the process is ended, and to let it go fails. What the child
 * that should have become the monitor says about that is the reason. Not that the monitor has ended
 * (FAILED): it may well do so after a process that could not be started.
 */
static gboolean
run_and_watch (Start *start, DavitLaunched *launched, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autoptr (GError) reason = NULL;

	if (go (start, &local))
		return davit_launch_wait_ready (launched, error);
	if (!davit_launch_wait_ready (launched, &reason) &&
	    !davit_error_matches (reason, DAVIT_ERROR_FAILED))
		g_propagate_error (error, g_steal_pointer (&reason));
	else
		g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/*
 * Plugins make their directories when they are opened, and what undoes a run opens them. On a full
 * disk that must have been done before there is anything to undo.
 */
static gboolean
drivers_open (const Start *start, GError **error)
{
	const DavitRecord *record = start->record;
	DavitDrivers *drivers = start->container->engine->drivers;

	if ((record->rootfs != NULL ||
	     davit_drivers_storage (drivers, record->storage, error) != NULL) &&
	    (record->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE ||
	     davit_drivers_network (drivers, record->network, error) != NULL) &&
	    davit_drivers_runtime (drivers, record->runtime, error) != NULL)
		return TRUE;
	/* It is what this one was made with: the configuration may say another. */
	return davit_error_prefix (error, "start container \"%s\"",
				   davit_container_title (start->container));
}

/* An archive brings them; where the container was all the time they are there already. */
static gboolean
changes_apply (const Start *start, GError **error)
{
	const DavitRestoring *restoring = start->restoring;
	davit_autofd fd = openat (restoring->files->dirfd, "rootfs.tar",
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || davit_error_errno (error, errno, "open \"rootfs.tar\"");
	return restoring->ignore_rootfs ||
	       davit_checkpoint_rootfs_apply (start->container->engine, fd,
					      start->prepared.rootfs_fd, error);
}

static void
statistics_take (const DavitRestoring *restoring, const DavitLaunched *launched)
{
	for (guint i = 0; restoring->statistics != NULL && launched->statistics[i] != NULL; i++) {
		const char *line = launched->statistics[i];
		const char *space = strchr (line, ' ');
		g_autofree char *key =
			space != NULL ? g_strndup (line, (gsize) (space - line)) : NULL;

		if (key != NULL)
			davit_result_add_integer (restoring->statistics, key,
						  g_ascii_strtoll (space + 1, NULL, 10));
	}
}

static gboolean
make (Start *start, GError **error)
{
	DavitContainer *container = start->container;
	DavitLaunched launched = {.ready_fd = -1};
	gboolean made;

	if (!davit_prepare_network_begin (&start->prepared, error) ||
	    !drivers_open (start, error) || !run_directory_make (container, error) ||
	    !intent_write (start, error) ||
	    !davit_container_runtime_open (container->engine, start->record->runtime, container->id,
					   container->run_dirfd, &start->runtime, error) ||
	    !davit_prepare_storage (&start->prepared, error) ||
	    !davit_prepare_network (&start->prepared, error))
		return FALSE;
	/*
	 * The program need not wait for the monitor to be ready: what it writes stays in the pipes,
	 * and its end in the pidfd. Only we must not go before the monitor serves.
	 */
	if (start->restoring != NULL && !changes_apply (start, error))
		return FALSE;
	made = launch (start, &launched, error) && created_write (start, &launched, error) &&
	       run_and_watch (start, &launched, error);
	if (made && start->restoring != NULL)
		statistics_take (start->restoring, &launched);
	davit_launched_clear (&launched);
	return made;
}

/* Undoes a start that failed; error stays what it is. */
static void
undo (Start *start)
{
	g_autoptr (GError) local = NULL;

	if (start->container->run_dirfd < 0)
		return;
	/* With our end closed the monitor need not wait for us. */
	davit_fd_close (&start->client_end);
	if (!davit_container_clean_run (start->container, TRUE, -1, &local))
		davit_debug ("container \"%s\": undo its start: %s",
			     davit_container_title (start->container), local->message);
}

static gboolean
start_locked (Start *start, GError **error)
{
	DavitContainer *container = start->container;

	start->record = davit_container_read_record (container, error);
	if (start->record == NULL || !start_check (start, error))
		return FALSE;
	if (start->options->attach &&
	    !davit_monitor_pair (&start->monitor_end, &start->client_end, error))
		return FALSE;
	davit_prepared_init (&start->prepared, container, start->record, &start->run);
	start->prepared.restoring = start->restoring;
	if (make (start, error))
		return TRUE;
	undo (start);
	return FALSE;
}

static void
start_clear (Start *start)
{
	davit_prepared_clear (&start->prepared);
	davit_container_runtime_close (&start->runtime);
	davit_run_clear (&start->run);
	g_clear_pointer (&start->record, davit_record_free);
	davit_fd_close (&start->monitor_end);
	/* A child may have died so late that it still shares it. */
	davit_lock_release (start->lock_fd);
	davit_fd_close (&start->lock_fd);
}

gboolean
davit_container_start (DavitContainer *container, const DavitContainerStart *options,
		       gboolean *ret_detached, DavitExit *ret_exit, GError **error)
{
	Start start = {
		.container = container,
		.options = options,
		.prepared = {.mount_fd = -1, .rootfs_fd = -1},
		.runtime = {.dirfd = -1},
		.lock_fd = -1,
		.monitor_end = -1,
		.client_end = -1,
	};
	davit_autofd client_end = -1;
	sigset_t before;
	gboolean started;
	gboolean terminal;

	davit_trace_begin ("container", "start");
	/* Ended by a key in the middle of it, davit would leave a start that is half done. */
	davit_signals_hold (&before);
	started = davit_container_lock (container, &start.lock_fd, error) &&
		  start_locked (&start, error);
	terminal = started && start.record->terminal;
	client_end = davit_fd_steal (&start.client_end);
	start_clear (&start);
	davit_trace_end ();
	/* What came meanwhile is for the process, if it is to get signals at all. */
	if (!started || !options->attach || !options->signal_proxy)
		davit_signals_release (&before);
	/* No second look: it may have ended, and be removed, before it would come. */
	if (!started || !options->attach)
		return started;
	started = davit_container_connect (container,
					   &(DavitContainerConnection){.monitor_fd = client_end,
								       .streams = options,
								       .terminal = terminal},
					   ret_detached, ret_exit, error);
	davit_signals_release (&before);
	return started;
}

gboolean
davit_container_start_restored (DavitContainer *container, int lock_fd, DavitRestoring *restoring,
				GError **error)
{
	DavitContainerStart options;
	Start start = {
		.container = container,
		.options = &options,
		.restoring = restoring,
		.prepared = {.mount_fd = -1, .rootfs_fd = -1},
		.runtime = {.dirfd = -1},
		.lock_fd = lock_fd,
		.monitor_end = -1,
		.client_end = -1,
	};
	gboolean started;

	davit_container_start_init (&options);
	started = start_locked (&start, error);
	/* The lock is the caller's. */
	start.lock_fd = -1;
	start_clear (&start);
	return started;
}
