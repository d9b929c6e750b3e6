/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Making a container run again from its checkpoint: a start whose first process is not executed but
 * brought back. Network, root file system, files of /etc and bundle are made as for any start, from
 * what is so today; where the network can, with the addresses that the processes know.
 */

#include "container/checkpoint-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/trace.h"
#include "monitor/signals.h"

#include <string.h>

/**
 * Restore: one on its way.
 */
typedef struct {
	DavitContainer *container;
	const DavitRestoreOptions *options;
	DavitSnapshotFiles files;
	DavitSnapshot snapshot;
	DavitRestoring restoring;
} Restore;

static gboolean
restore_open (Restore *restore, GError **error)
{
	DavitContainer *container = restore->container;
	g_autoptr (GError) local = NULL;

	if (davit_snapshot_open (container->dirfd, &restore->files, &restore->snapshot, &local))
		return TRUE;
	if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"container \"%s\" can't be restored: it has no checkpoint; "
					"davit checkpoint makes one while it runs",
					davit_container_title (container));
	g_propagate_error (error, g_steal_pointer (&local));
	return davit_error_prefix (error, "checkpoint of container \"%s\"",
				   davit_container_title (container));
}

static guint32
restore_flags (const Restore *restore, const DavitRecord *record)
{
	const DavitRestoreOptions *options = restore->options;
	guint32 flags = DAVIT_CHECKPOINT_STATISTICS;

	/* The images hold it and it must be asked for: nobody is served by saying it twice. */
	if (options->tcp_close)
		flags |= DAVIT_CHECKPOINT_TCP_CLOSE;
	else if (options->tcp_established || restore->snapshot.tcp_established)
		flags |= DAVIT_CHECKPOINT_TCP_ESTABLISHED;
	if (options->file_locks || restore->snapshot.file_locks)
		flags |= DAVIT_CHECKPOINT_FILE_LOCKS;
	if (options->keep)
		flags |= DAVIT_CHECKPOINT_KEEP_LOG;
	if (record->terminal)
		flags |= DAVIT_CHECKPOINT_TERMINAL;
	return flags;
}

static gboolean
images_verify (DavitCheckpoint *driver, int images_dirfd, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (davit_checkpoint_verify (driver, images_dirfd, &local) ||
	    davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/* The images belong to what wrote them; another driver could only guess. */
static gboolean
means_find (Restore *restore, const DavitRecord *record, GError **error)
{
	DavitEngine *engine = restore->container->engine;
	const DavitSnapshot *snapshot = &restore->snapshot;
	DavitRuntime *runtime = davit_drivers_runtime (engine->drivers, record->runtime, error);
	DavitCheckpoint *driver = NULL;

	if (runtime == NULL ||
	    !davit_checkpoint_means (engine, snapshot->driver, runtime, &driver, error))
		return FALSE;
	if ((driver == NULL) != (snapshot->driver == NULL))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"its checkpoint was made by %s \"%s\", which its runtime "
					"\"%s\" can't restore",
					snapshot->driver != NULL ? "checkpoint plugin" : "runtime",
					snapshot->driver != NULL ? snapshot->driver
								 : snapshot->runtime,
					record->runtime);
	restore->restoring.driver = driver;
	return driver == NULL || images_verify (driver, restore->files.images_dirfd, error);
}

static gboolean
restore_locked (Restore *restore, int lock_fd, GError **error)
{
	DavitContainer *container = restore->container;
	DavitRestoring *restoring = &restore->restoring;
	g_autoptr (DavitRecord) record = davit_container_read_record (container, error);

	if (record == NULL)
		return FALSE;
	if (container->status == DAVIT_STATUS_RUNNING || container->status == DAVIT_STATUS_PAUSED)
		return davit_container_wrong_state (container, "can't be restored", error);
	if (!restore_open (restore, error))
		return FALSE;
	if (!means_find (restore, record, error))
		return davit_error_prefix (error, "container \"%s\" can't be restored",
					   davit_container_title (container));
	restoring->flags = restore_flags (restore, record);
	restoring->ignore_address = restore->options->ignore_address;
	restoring->ignore_mac_address = restore->options->ignore_mac_address;
	if (!davit_container_start_restored (container, lock_fd, restoring, error)) {
		davit_checkpoint_explain (restoring->driver, error);
		return davit_error_prefix (error, "container \"%s\" can't be restored",
					   davit_container_title (container));
	}
	return TRUE;
}

/* It runs: that its checkpoint could not be removed is no reason to say that it does not. */
static void
snapshot_consume (const Restore *restore)
{
	g_autoptr (GError) error = NULL;

	if (!restore->options->keep && !davit_snapshot_remove (restore->container->dirfd, &error))
		davit_warning ("container \"%s\": its checkpoint stays: %s",
			       davit_container_title (restore->container), error->message);
}

gboolean
davit_container_restore (DavitContainer *container, const DavitRestoreOptions *options,
			 DavitResult *statistics, GError **error)
{
	davit_trace_scope ("container", "restore");
	Restore restore = {
		.container = container,
		.options = options,
		.restoring = {.options = options->options,
			      .ignore_rootfs = options->ignore_rootfs,
			      .statistics = statistics},
	};
	davit_autofd lock_fd = -1;
	sigset_t before;
	gboolean restored;

	davit_snapshot_files_init (&restore.files);
	restore.restoring.files = &restore.files;
	restore.restoring.snapshot = &restore.snapshot;
	davit_signals_hold (&before);
	restored = davit_container_lock (container, &lock_fd, error) &&
		   restore_locked (&restore, lock_fd, error);
	if (restored)
		snapshot_consume (&restore);
	davit_snapshot_files_clear (&restore.files);
	davit_snapshot_clear (&restore.snapshot);
	davit_lock_release (lock_fd);
	davit_signals_release (&before);
	return restored;
}
