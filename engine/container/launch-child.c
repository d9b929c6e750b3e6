/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The set-up child. It may use the runtime plugin and GLib as the engine itself does: either it is
 * a fork of a process with one thread, or it shares our memory while we wait for its report. From
 * the report on we go on; so behind it are only system calls.
 */

#include "container/launch-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/user.h"
#include "monitor/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Its own words are of no interest: the monitor is executed, or it ends. */
#define CHILD_FAILED 1
#define CHILD_MUTE 2

static gboolean
report_write (int fd, gint32 code, const char *text, gsize length)
{
	DavitLaunchReport header = {code, (guint32) MIN (length, DAVIT_LAUNCH_LIMIT)};
	const struct iovec parts[] = {{&header, sizeof header}, {(char *) text, header.length}};

	gssize written;

	/* It fits into the pipe: in one piece, so that it wakes our parent once. */
	do
		written = writev (fd, parts, G_N_ELEMENTS (parts));
	while (written < 0 && errno == EINTR);
	return written == (gssize) (sizeof header + header.length);
}

static gboolean
pipe_make (int *ret_read, int *ret_write, GError **error)
{
	int ends[2];

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "make a pipe");
	/* Or a program that is not root could not open /dev/stdout, as many do. */
	fchmod (ends[0], 0666);
	*ret_read = ends[0];
	*ret_write = ends[1];
	return TRUE;
}

static gboolean
stdio_make (DavitLaunchChild *child, GError **error)
{
	const DavitRecord *record = child->launch->prepared->record;

	for (int i = 0; i < 3; i++)
		child->process[i] = child->monitor[i] = -1;
	if (record->terminal)
		return TRUE;
	if (!pipe_make (&child->monitor[1], &child->process[1], error) ||
	    !pipe_make (&child->monitor[2], &child->process[2], error))
		return FALSE;
	if (record->stdin_open)
		return pipe_make (&child->process[0], &child->monitor[0], error);
	child->process[0] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	return child->process[0] >= 0 || davit_error_errno (error, errno, "open \"/dev/null\"");
}

/* In those directories that have word in their path, or in the others. Free with g_free. */
static char *
find_among (const char *const *directories, const char *word, gboolean with, const char *name)
{
	for (; *directories != NULL; directories++) {
		g_autofree char *path = NULL;

		if ((strstr (*directories, word) != NULL) != with)
			continue;
		path = g_build_filename (*directories, name, NULL);
		if (faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return g_steal_pointer (&path);
	}
	return NULL;
}

/*
 * The first of the files that is there. word is what the path of its hierarchy mostly has: cgroups
 * can be mounted anywhere, but to look for the file in all of them costs a tenth of a millisecond.
 */
static char *
find_file (const char *const *directories, const char *word, const char *name)
{
	char *path = find_among (directories, word, TRUE, name);

	return path != NULL ? path : find_among (directories, word, FALSE, name);
}

/* Files of its cgroups: what tells of an end for want of memory, and whether it is frozen. */
static void
cgroups_look (DavitLaunchChild *child)
{
	g_autoptr (DavitResult) state = NULL;
	g_autofree const char **cgroups = davit_result_strings (child->result, "cgroup");

	if (cgroups[0] == NULL) {
		state = davit_result_new ();
		if (!davit_runtime_state (child->launch->runtime->runtime,
					  &child->launch->runtime->handle, state, NULL))
			return;
		g_free (cgroups);
		cgroups = davit_result_strings (state, "cgroup");
	}
	/* Of v1 first: where a hierarchy has the controller the v2 tree does not. */
	child->oom_path = find_file (cgroups, "/memory", "memory.oom_control");
	if (child->oom_path == NULL)
		child->oom_path = find_file (cgroups, "/unified", "memory.events");
	child->freezer = g_strdup (davit_result_string (child->result, "freezer"));
	if (child->freezer == NULL)
		child->freezer = find_file (cgroups, "/unified", "cgroup.freeze");
	if (child->freezer == NULL)
		child->freezer = find_file (cgroups, "/freezer", "freezer.state");
}

/*
 * For the monitor, which lets go of it when it has told of the end. The number is that of our own
 * child, so of nobody else. Where it may not be opened, the process takes its mounts apart itself.
 */
static void
mounts_open (DavitLaunchChild *child)
{
	char path[48];

	g_snprintf (path, sizeof path, "/proc/%d/ns/mnt", (int) child->pid);
	child->mounts_fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static gboolean
process_create (DavitLaunchChild *child, GError **error)
{
	const DavitLaunch *launch = child->launch;
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = launch->runtime->handle,
		.bundle_dirfd = launch->bundle_fd,
		.rootfs_mount_fd = launch->prepared->mount_fd,
		.stdio = {child->process[0], child->process[1], child->process[2]},
	};

	child->result = davit_result_new ();
	if (launch->restoring != NULL ? !davit_launch_restore (child, &request, error)
				      : !davit_runtime_create (launch->runtime->runtime, &request,
							       &child->pidfd, child->result, error))
		return FALSE;
	davit_result_integer (child->result, "pid", &child->pid);
	for (int i = 0; i < 3; i++)
		davit_fd_close (&child->process[i]);
	cgroups_look (child);
	mounts_open (child);
	return TRUE;
}

/* What the report will say; our parent frees it. The rest of what was found out is not needed. */
static void
created_note (DavitLaunchChild *child)
{
	g_autofree char *statistics =
		child->launch->restoring != NULL ? davit_launch_statistics (child->result) : NULL;

	child->report = g_strdup_printf ("%" G_GINT64_FORMAT " %s%s", child->pid,
					 child->freezer != NULL ? child->freezer : "",
					 statistics != NULL ? statistics : "");
	g_clear_pointer (&child->result, davit_result_free);
	g_clear_pointer (&child->oom_path, g_free);
	g_clear_pointer (&child->freezer, g_free);
}

/* What the monitor runs when nobody else has cleaned up. Free the vector with g_free. */
static const char **
on_exit_new (const DavitContainer *container, const char *program)
{
	GPtrArray *words = g_ptr_array_new ();
	char **options = container->engine->self_arguments;

	g_ptr_array_add (words, (gpointer) program);
	for (; *options != NULL; options++)
		g_ptr_array_add (words, *options);
	g_ptr_array_add (words, (gpointer) "cleanup");
	g_ptr_array_add (words, container->id);
	g_ptr_array_add (words, NULL);
	return (const char **) g_ptr_array_free (words, FALSE);
}

/* This very program, also if it was called by a relative name. */
static char *
program_find (void)
{
	g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);

	/* An update has replaced the file: the new one does it as well. */
	if (path != NULL && g_str_has_suffix (path, " (deleted)"))
		path[strlen (path) - strlen (" (deleted)")] = '\0';
	return path != NULL ? g_steal_pointer (&path) : g_strdup ("davit");
}

static gboolean
monitor_prepare (DavitLaunchChild *child, GError **error)
{
	const DavitPrepared *prepared = child->launch->prepared;
	const DavitContainer *container = prepared->container;
	const DavitRecord *record = prepared->record;
	g_autofree char *self = program_find ();
	g_autofree const char **on_exit_argv = on_exit_new (container, self);
	gboolean logs = strcmp (record->log_driver, "none") != 0;
	DavitMonitorLaunch monitor;

	davit_monitor_launch_init (&monitor);
	monitor.program = child->program;
	monitor.id = container->id;
	monitor.run_dirfd = container->run_dirfd;
	monitor.pidfd = child->pidfd;
	monitor.pid = (pid_t) child->pid;
	monitor.terminal_fd = davit_result_fd (child->result, "terminal");
	monitor.stdin_fd = child->monitor[0];
	monitor.stdout_fd = child->monitor[1];
	monitor.stderr_fd = child->monitor[2];
	monitor.mounts_fd = child->mounts_fd;
	monitor.log_dirfd = logs ? container->dirfd : -1;
	monitor.log_name = DAVIT_CONTAINER_LOG;
	monitor.log_max_size = record->log_max_size;
	monitor.log_max_files = record->log_max_files;
	monitor.client_fd = child->launch->client_fd;
	monitor.ready_fd = child->report_fd;
	monitor.hold_fds = prepared->hold_fds;
	monitor.helper_fds = prepared->helper_fds;
	monitor.n_networks = record->networks->len;
	monitor.stdin_open = child->launch->keep_stdin;
	monitor.timeout_msec = (guint64) record->timeout_msec;
	monitor.stop_signal = record->stop_signal;
	monitor.stop_timeout_msec = (guint64) record->stop_timeout_msec;
	monitor.oom_path = child->oom_path;
	monitor.on_exit = on_exit_argv;
	child->command = davit_monitor_prepare (&monitor, error);
	return child->command != NULL;
}

/*
 * Where there is no monitor, nobody would ever learn of the end of the process. Our parent undoes
 * the rest; it may have been killed.
 */
static void
monitor_become (const DavitLaunchChild *child)
{
	const char byte = DAVIT_LAUNCH_FAILED;
	int number = davit_monitor_execute (child->command);

	syscall (SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
	if (write (child->report_fd, &byte, sizeof byte) != sizeof byte ||
	    write (child->report_fd, &number, sizeof number) != sizeof number)
		_exit (CHILD_MUTE);
}

/* A process that was made is not left without a monitor. */
static void
process_abandon (const DavitLaunchChild *child)
{
	if (child->pidfd >= 0)
		davit_runtime_delete (child->launch->runtime->runtime,
				      &child->launch->runtime->handle, TRUE, NULL);
}

static void
child_enter (const DavitLaunchChild *child)
{
	sigset_t none;

	/* A session of its own: what the terminal does to the engine is no business of theirs. */
	setsid ();
	/* What our parent holds back would stay blocked in all that comes from here. */
	sigemptyset (&none);
	davit_signals_release (&none);
	/* Or a report would be taken by nobody and be no error. */
	close (child->engine_fd);
	for (guint i = 0; i < child->launch->n_close_fds; i++)
		close (child->launch->close_fds[i]);
	/* What the first process leaves behind comes to the monitor and not to init. */
	prctl (PR_SET_CHILD_SUBREAPER, 1);
	/*
	 * With our parent the lock goes, and who has it next undoes what there is: we must not be
	 * at it any more. That our parent is gone already the report will tell.
	 */
	prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
child_work (DavitLaunchChild *child, GError **error)
{
	if (chdir ("/") < 0)
		return davit_error_errno (error, errno, "change to \"/\"");
	if (!davit_user_register (child->launch->prepared->container->engine->paths->runroot_fd,
				  error) ||
	    !stdio_make (child, error) || !process_create (child, error) ||
	    !monitor_prepare (child, error))
		return FALSE;
	created_note (child);
	return TRUE;
}

/* FALSE: there is nobody any more who would hear it, and so nobody either who shares our memory. */
static gboolean
created_report (const DavitLaunchChild *child)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	gboolean written;

	/* From here on the monitor outlives it. */
	prctl (PR_SET_PDEATHSIG, 0);
	/* Or we would be ended before the process is. */
	sigaction (SIGPIPE, &ignore, &before);
	written = report_write (child->report_fd, DAVIT_LAUNCH_CREATED, child->report,
				strlen (child->report));
	sigaction (SIGPIPE, &before, NULL);
	return written;
}

int
davit_launch_child_run (void *data)
{
	DavitLaunchChild *child = (DavitLaunchChild *) data;
	g_autoptr (GError) error = NULL;

	child_enter (child);
	if (!child_work (child, &error)) {
		process_abandon (child);
		report_write (child->report_fd, error->code, error->message,
			      strlen (error->message));
	} else if (created_report (child)) {
		monitor_become (child);
	} else {
		process_abandon (child);
	}
	_exit (CHILD_FAILED);
}
