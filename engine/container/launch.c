/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The set-up child and what it says. Over one pipe come its reports (a header and a text), and from
 * the monitor in the end one byte. The child forks from a process with one thread, so that it may
 * use the runtime plugin and GLib as the engine itself does.
 */

#include "container/launch.h"

#include "base/error.h"
#include "base/fd.h"
#include "monitor/launch.h"
#include "monitor/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_LIMIT (64 * 1024)

/* Its own words are of no interest: the monitor is executed, or it ends. */
#define CHILD_FAILED 1

typedef struct {
	gint32 code; /* of an error; -1: the first process is there */
	guint32 length;
} ReportHeader;

#define REPORT_CREATED (-1)

/* Where the byte of the monitor is waited for: another report comes behind it. */
#define BYTE_REPORT 1

static gboolean
report_write (int fd, gint32 code, const char *text, gsize length)
{
	ReportHeader header = {code, (guint32) MIN (length, REPORT_LIMIT)};

	return davit_fd_write (fd, &header, sizeof header, "report", NULL) &&
	       davit_fd_write (fd, text, header.length, "report", NULL);
}

/**
 * Child: what the set-up child holds.
 */
typedef struct {
	const DavitLaunch *launch;
	int report_fd;
	int process[3]; /* for the first process */
	int monitor[3]; /* the other ends; -1: none */
	DavitResult *result;
	int pidfd;
	gint64 pid;
	char *oom_path;
	char *freezer;
} Child;

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
stdio_make (Child *child, GError **error)
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
cgroups_look (Child *child)
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
	child->freezer = find_file (cgroups, "/unified", "cgroup.freeze");
	if (child->freezer == NULL)
		child->freezer = find_file (cgroups, "/freezer", "freezer.state");
}

static gboolean
process_create (Child *child, GError **error)
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
	if (!davit_runtime_create (launch->runtime->runtime, &request, &child->pidfd, child->result,
				   error))
		return FALSE;
	davit_result_integer (child->result, "pid", &child->pid);
	for (int i = 0; i < 3; i++)
		davit_fd_close (&child->process[i]);
	cgroups_look (child);
	return TRUE;
}

static gboolean
created_report (const Child *child)
{
	g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT " %s", child->pid,
						 child->freezer != NULL ? child->freezer : "");

	return report_write (child->report_fd, REPORT_CREATED, text, strlen (text));
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
monitor_become (Child *child, GError **error)
{
	const DavitPrepared *prepared = child->launch->prepared;
	const DavitContainer *container = prepared->container;
	const DavitRecord *record = prepared->record;
	g_autofree char *program =
		g_build_filename (container->engine->paths->libexecdir, "davit-monitor", NULL);
	g_autofree char *self = program_find ();
	g_autofree const char **on_exit_argv = on_exit_new (container, self);
	gboolean logs = strcmp (record->log_driver, "none") != 0;
	DavitMonitorLaunch monitor;

	davit_monitor_launch_init (&monitor);
	monitor.program = program;
	monitor.id = container->id;
	monitor.run_dirfd = container->run_dirfd;
	monitor.pidfd = child->pidfd;
	monitor.pid = (pid_t) child->pid;
	monitor.terminal_fd = davit_result_steal_fd (child->result, "terminal");
	monitor.stdin_fd = child->monitor[0];
	monitor.stdout_fd = child->monitor[1];
	monitor.stderr_fd = child->monitor[2];
	monitor.log_dirfd = logs ? container->dirfd : -1;
	monitor.log_name = DAVIT_CONTAINER_LOG;
	monitor.log_max_size = record->log_max_size;
	monitor.log_max_files = record->log_max_files;
	monitor.client_fd = child->launch->client_fd;
	monitor.ready_fd = child->report_fd;
	if (prepared->attached != NULL)
		monitor.hold_fd = davit_result_steal_fd (prepared->attached, "hold");
	monitor.stdin_open = child->launch->keep_stdin;
	monitor.timeout_msec = (guint64) record->timeout_msec;
	monitor.stop_signal = record->stop_signal;
	monitor.stop_timeout_msec = (guint64) record->stop_timeout_msec;
	monitor.oom_path = child->oom_path;
	monitor.on_exit = on_exit_argv;
	return davit_monitor_exec (&monitor, error);
}

/* Where the monitor can't be executed, nobody would ever learn of the end of the process. */
static void
process_abandon (const Child *child)
{
	if (child->pidfd >= 0)
		davit_runtime_delete (child->launch->runtime->runtime,
				      &child->launch->runtime->handle, TRUE, NULL);
}

static G_GNUC_NORETURN void
child_run (const DavitLaunch *launch, int report_fd)
{
	Child child = {.launch = launch, .report_fd = report_fd, .pidfd = -1};
	g_autoptr (GError) error = NULL;
	sigset_t none;

	/* What our parent holds back would stay blocked in all that comes from here. */
	sigemptyset (&none);
	davit_signals_release (&none);
	for (guint i = 0; i < launch->n_close_fds; i++)
		close (launch->close_fds[i]);
	/* A session of its own: what the terminal does to the engine is no business of theirs. */
	setsid ();
	/* What the first process leaves behind comes to the monitor and not to init. */
	prctl (PR_SET_CHILD_SUBREAPER, 1);
	if (chdir ("/") < 0)
		davit_error_errno (&error, errno, "change to \"/\"");
	if (error == NULL && stdio_make (&child, &error) && process_create (&child, &error) &&
	    created_report (&child)) {
		monitor_become (&child, &error);
		davit_fd_write (report_fd, &(char){BYTE_REPORT}, 1, "report", NULL);
	}
	process_abandon (&child);
	if (error != NULL)
		report_write (report_fd, error->code, error->message, strlen (error->message));
	_exit (CHILD_FAILED);
}

static gboolean
read_all (int fd, gpointer data, gsize length)
{
	char *bytes = data;

	while (length > 0) {
		ssize_t count = read (fd, bytes, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return FALSE;
		bytes += count;
		length -= (gsize) count;
	}
	return TRUE;
}

/* ret_text is what was created; an error is what the child says or that it is gone. */
static gboolean
report_read (int fd, char **ret_text, GError **error)
{
	ReportHeader header;
	g_autofree char *text = NULL;

	if (!read_all (fd, &header, sizeof header) || header.length > REPORT_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the process that sets the container up has ended without "
					"a word");
	text = g_malloc0 (header.length + 1);
	if (!read_all (fd, text, header.length))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the process that sets the container up has ended in the "
					"middle of a word");
	if (header.code != REPORT_CREATED)
		return davit_error_set (error, (DavitErrorCode) header.code, "%s", text);
	*ret_text = g_steal_pointer (&text);
	return TRUE;
}

void
davit_launched_clear (DavitLaunched *launched)
{
	davit_fd_close (&launched->ready_fd);
	g_clear_pointer (&launched->freezer, g_free);
}

gboolean
davit_launch (const DavitLaunch *launch, DavitLaunched *ret_launched, GError **error)
{
	davit_autofd report_fd = -1;
	davit_autofd child_fd = -1;
	g_autofree char *text = NULL;
	char *rest = NULL;
	int ends[2];
	pid_t child;

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "make a pipe");
	report_fd = ends[0];
	child_fd = ends[1];
	child = fork ();
	if (child < 0)
		return davit_error_errno (error, errno, "fork");
	if (child == 0)
		child_run (launch, child_fd);
	davit_fd_close (&child_fd);
	if (!report_read (report_fd, &text, error)) {
		while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
			continue;
		return FALSE;
	}
	ret_launched->pid = g_ascii_strtoll (text, &rest, 10);
	ret_launched->freezer = rest[0] == ' ' && rest[1] != '\0' ? g_strdup (rest + 1) : NULL;
	ret_launched->ready_fd = davit_fd_steal (&report_fd);
	return TRUE;
}

gboolean
davit_launch_wait_ready (DavitLaunched *launched, GError **error)
{
	g_autofree char *text = NULL;
	char byte;

	if (!read_all (launched->ready_fd, &byte, 1))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the monitor has ended before it was ready");
	return byte != BYTE_REPORT || report_read (launched->ready_fd, &text, error);
}
