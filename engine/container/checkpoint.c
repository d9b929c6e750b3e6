/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing a container to disk. All of it lies in checkpoint.new until it is whole (snapshot.h). The
 * moment in which the processes stand still and everything is written is the last one in which
 * something may fail: what is found wrong then lets the container run on.
 */

#include "container/checkpoint-archive.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "base/text.h"
#include "base/trace.h"
#include "monitor/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Three streams, the network and the end of the table. */
#define EXTERNALS 5

/**
 * Dump: one on its way.
 */
typedef struct {
	DavitContainer *container;
	const DavitCheckpointOptions *options;
	DavitRecord *record;
	DavitRun run;
	DavitContainerRuntime runtime;
	DavitCheckpoint *driver; /* NULL: the runtime does it */
	DavitResult *state;	 /* of the runtime */
	DavitSnapshotFiles files;
	DavitSnapshot snapshot;
	int pidfd;
	int bundle_fd;
	int network_fd;
	int entry_fd; /* nobody comes in meanwhile */
	DavitExport export;
} Dump;

static gboolean
dump_check (const Dump *dump, GError **error)
{
	const DavitContainer *container = dump->container;

	if (container->status != DAVIT_STATUS_RUNNING)
		return davit_container_wrong_state (container, "can't be checkpointed", error);
	if (dump->record->auto_remove && dump->options->export_path == NULL)
		return davit_error_set (
			error, DAVIT_ERROR_STATE,
			"container \"%s\" can't be checkpointed: it was made with "
			"--rm, and its checkpoint would be removed with it; write it "
			"to a file with --export",
			davit_container_title (container));
	return TRUE;
}

static gboolean
network_open (Dump *dump, GError **error)
{
	g_autofree char *path =
		g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/ns/net", dump->run.pid);

	dump->network_fd = open (path, O_RDONLY | O_CLOEXEC);
	/* It lives: so the number was its own all the time. */
	return (dump->network_fd >= 0 && !davit_fd_wait (dump->pidfd, 0, NULL)) ||
	       davit_error_set (error, DAVIT_ERROR_STATE,
				"container \"%s\" can't be checkpointed: it has just ended",
				davit_container_title (dump->container));
}

static gboolean
dump_open (Dump *dump, GError **error)
{
	DavitContainer *container = dump->container;

	if (!davit_container_read_run (container, &dump->run, error) ||
	    !davit_container_runtime_open (container->engine, dump->run.runtime, container->id,
					   container->run_dirfd, &dump->runtime, error) ||
	    !davit_checkpoint_means (container->engine, dump->record->checkpoint,
				     dump->runtime.runtime, &dump->driver, error) ||
	    !davit_run_open_process (&dump->run, &dump->pidfd, error) ||
	    !davit_runtime_state (dump->runtime.runtime, &dump->runtime.handle, dump->state,
				  error) ||
	    !network_open (dump, error))
		return FALSE;
	dump->bundle_fd = openat (container->run_dirfd, "bundle",
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dump->bundle_fd >= 0 || davit_error_errno (error, errno, "open \"bundle\"");
}

static void
snapshot_fill (Dump *dump)
{
	DavitSnapshot *snapshot = &dump->snapshot;
	struct utsname system;

	if (dump->driver != NULL)
		snapshot->driver = g_strdup (davit_checkpoint_name (dump->driver));
	snapshot->runtime = g_strdup (dump->run.runtime);
	snapshot->left_running = dump->options->leave_running;
	snapshot->tcp_established = dump->options->tcp_established;
	snapshot->file_locks = dump->options->file_locks;
	if (dump->run.networks != NULL)
		snapshot->networks = g_ptr_array_ref (dump->run.networks);
	if (uname (&system) == 0)
		snapshot->kernel = g_strdup (system.release);
}

static gboolean
changes_take (Dump *dump, GError **error)
{
	davit_autofd fd = -1;

	/* A directory of the user's is where it is. */
	if (dump->record->rootfs != NULL || dump->options->ignore_rootfs)
		return TRUE;
	fd = openat (dump->files.dirfd, "rootfs.tar",
		     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return davit_error_errno (error, errno, "make \"rootfs.tar\"");
	return davit_checkpoint_rootfs_pack (dump->container, dump->record, dump->pidfd, fd, error);
}

/* The log goes on if the container does. */
static gboolean
log_take (Dump *dump, GError **error)
{
	davit_autofd from = openat (dump->container->dirfd, DAVIT_CONTAINER_LOG,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	davit_autofd to = -1;
	ssize_t count;

	if (from < 0)
		return errno == ENOENT || davit_error_errno (error, errno, "open the log");
	to = openat (dump->files.dirfd, DAVIT_CONTAINER_LOG,
		     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return davit_error_errno (error, errno, "copy the log");
	do
		count = copy_file_range (from, NULL, to, NULL, 1 << 30, 0);
	while (count > 0);
	return count == 0 || davit_error_errno (error, errno, "copy the log");
}

/* What must fit to the memory is taken while nobody can change it. */
static gboolean
frozen (gpointer data, GError **error)
{
	Dump *dump = data;

	dump->snapshot.created = davit_text_now ();
	if (dump->export.fd >= 0 && !(changes_take (dump, error) && log_take (dump, error)))
		return FALSE;
	return davit_snapshot_write (&dump->files, &dump->snapshot, error);
}

static guint32
dump_flags (const Dump *dump)
{
	const DavitCheckpointOptions *options = dump->options;
	guint32 flags = DAVIT_CHECKPOINT_STATISTICS;

	if (options->leave_running)
		flags |= DAVIT_CHECKPOINT_LEAVE_RUNNING;
	if (options->tcp_established)
		flags |= DAVIT_CHECKPOINT_TCP_ESTABLISHED;
	if (options->file_locks)
		flags |= DAVIT_CHECKPOINT_FILE_LOCKS;
	if (options->keep)
		flags |= DAVIT_CHECKPOINT_KEEP_LOG;
	if (dump->record->terminal)
		flags |= DAVIT_CHECKPOINT_TERMINAL;
	return flags;
}

static const char *
stream_type (const DavitRecord *record, guint number)
{
	if (record->terminal)
		return "terminal";
	return number > 0 || record->stdin_open ? "pipe" : "file";
}

static void
externals_fill (const Dump *dump, DavitExternal externals[EXTERNALS])
{
	static const char *const keys[] = {"0", "1", "2"};

	for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
		externals[i] = (DavitExternal){stream_type (dump->record, i), keys[i], -1};
	externals[3] = (DavitExternal){"namespace", "network", dump->network_fd};
	externals[4] = (DavitExternal){NULL, NULL, -1};
}

static gboolean
dump_run (Dump *dump, DavitResult *statistics, GError **error)
{
	g_autofree const char **cgroups = davit_result_strings (dump->state, "cgroup");
	DavitExternal externals[EXTERNALS];
	DavitDumpRequest request = {
		.size = sizeof request,
		.id = dump->container->id,
		.pidfd = dump->pidfd,
		.pid = (guint32) dump->run.pid,
		.bundle_dirfd = dump->bundle_fd,
		.images_dirfd = dump->files.images_dirfd,
		.work_dirfd = dump->files.work_dirfd,
		.parent_dirfd = -1,
		.cgroups = cgroups,
		.flags = dump_flags (dump),
		.externals = externals,
		.options = dump->options->options,
		.frozen = frozen,
		.frozen_data = dump,
	};

	externals_fill (dump, externals);
	if (dump->driver != NULL)
		return davit_checkpoint_dump (dump->driver, &request, statistics, error);
	return davit_runtime_checkpoint (dump->runtime.runtime, &dump->runtime.handle, &request,
					 statistics, error);
}

/* Logs that nobody asked for only take room. */
static void
work_clear (const Dump *dump)
{
	g_autoptr (GPtrArray) names = NULL;

	if (dump->options->keep || !davit_path_list (dump->files.work_dirfd, &names, NULL))
		return;
	for (guint i = 0; i < names->len; i++)
		davit_path_remove_tree (dump->files.work_dirfd, (const char *) names->pdata[i],
					NULL);
}

/* What was only for the archive is in it. */
static gboolean
dump_export (Dump *dump, GError **error)
{
	const DavitCheckpointOptions *options = dump->options;
	DavitContainer *container = dump->container;

	if (!davit_export_write (&dump->export, container, &dump->files, options->compression,
				 error)) {
		if (!options->leave_running)
			davit_error_hint (error,
					  "the checkpoint is there, and davit restore %s "
					  "lets it go on",
					  davit_container_title (container));
		return FALSE;
	}
	unlinkat (dump->files.dirfd, "rootfs.tar", 0);
	unlinkat (dump->files.dirfd, DAVIT_CONTAINER_LOG, 0);
	if (options->leave_running)
		return davit_snapshot_remove (container->dirfd, error);
	return !dump->record->auto_remove || davit_container_take_apart (container, error);
}

/* The processes are gone: nothing from here on may take the checkpoint away again. */
static gboolean
dump_finish (Dump *dump, GError **error)
{
	DavitContainer *container = dump->container;

	work_clear (dump);
	/* A runtime that can't call back. */
	if (dump->snapshot.created == 0 && !frozen (dump, error))
		return FALSE;
	if (!davit_snapshot_commit (container->dirfd, error))
		return FALSE;
	davit_container_entry_end (&dump->entry_fd);
	if (!dump->options->leave_running &&
	    !davit_container_clean_run (container, TRUE, -1, error))
		return FALSE;
	return dump->export.fd < 0 || dump_export (dump, error);
}

static gboolean
dump_locked (Dump *dump, DavitResult *statistics, GError **error)
{
	DavitContainer *container = dump->container;

	dump->record = davit_container_read_record (container, error);
	if (dump->record == NULL || !dump_check (dump, error) || !dump_open (dump, error) ||
	    (dump->options->export_path != NULL &&
	     !davit_export_begin (&dump->export, dump->options->export_path, error)))
		return FALSE;
	snapshot_fill (dump);
	if (!davit_snapshot_begin (container->dirfd, &dump->files, error))
		return FALSE;
	dump->entry_fd = davit_container_entry_wait (container);
	if (dump_run (dump, statistics, error))
		return dump_finish (dump, error);
	davit_snapshot_abort (container->dirfd, dump->options->keep, NULL);
	davit_checkpoint_explain (dump->driver, error);
	return davit_error_prefix (error, "container \"%s\" can't be checkpointed",
				   davit_container_title (container));
}

static void
dump_clear (Dump *dump)
{
	davit_container_entry_end (&dump->entry_fd);
	davit_export_clear (&dump->export);
	davit_snapshot_files_clear (&dump->files);
	davit_snapshot_clear (&dump->snapshot);
	davit_container_runtime_close (&dump->runtime);
	davit_run_clear (&dump->run);
	g_clear_pointer (&dump->record, davit_record_free);
	g_clear_pointer (&dump->state, davit_result_free);
	davit_fd_close (&dump->pidfd);
	davit_fd_close (&dump->bundle_fd);
	davit_fd_close (&dump->network_fd);
}

gboolean
davit_container_checkpoint (DavitContainer *container, const DavitCheckpointOptions *options,
			    DavitResult *statistics, GError **error)
{
	davit_trace_scope ("container", "checkpoint");
	Dump dump = {
		.container = container,
		.options = options,
		.runtime = {.dirfd = -1},
		.state = davit_result_new (),
		.pidfd = -1,
		.bundle_fd = -1,
		.network_fd = -1,
		.entry_fd = -1,
		.export = {.dirfd = -1, .fd = -1},
	};
	davit_autofd lock_fd = -1;
	sigset_t before;
	gboolean done;

	davit_snapshot_files_init (&dump.files);
	/* Ended by a key when the processes are gone, davit would leave a run to be cleaned up. */
	davit_signals_hold (&before);
	done = davit_container_lock (container, &lock_fd, error) &&
	       dump_locked (&dump, statistics, error);
	dump_clear (&dump);
	if (done && !container->auto_remove)
		done = davit_container_refresh (container, error);
	davit_lock_release (lock_fd);
	davit_signals_release (&before);
	return done;
}
