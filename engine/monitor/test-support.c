/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real monitors over real processes. */

#include "monitor/test-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "monitor/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MSEC 10000

void
test_container_init (TestContainer *container, const char *script)
{
	*container = (TestContainer){.script = script};
	davit_monitor_launch_init (&container->launch);
}

void
test_monitor_init (TestMonitor *monitor)
{
	g_autoptr (GError) error = NULL;

	monitor->directory = g_dir_make_tmp ("davit-monitor-XXXXXX", &error);
	g_assert_no_error (error);
	monitor->dirfd = open (monitor->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (monitor->dirfd, >=, 0);
	monitor->pid = -1;
	monitor->client_fd = -1;
	/* What a monitor leaves behind comes to us, so that join can wait for it. */
	g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
}

void
test_monitor_clear (TestMonitor *monitor)
{
	g_autofree char *parent = g_path_get_dirname (monitor->directory);
	g_autofree char *name = g_path_get_basename (monitor->directory);
	davit_autofd parent_fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	davit_fd_close (&monitor->client_fd);
	if (monitor->pid > 0)
		test_monitor_join (monitor);
	davit_fd_close (&monitor->dirfd);
	g_assert_true (davit_path_remove_tree (parent_fd, name, NULL));
	g_free (monitor->directory);
}

/* The container's ends: 0 to 2. */
typedef struct {
	int ends[3];
} Streams;

static void
pipe_make (int *ret_read, int *ret_write)
{
	int fds[2];

	g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
	*ret_read = fds[0];
	*ret_write = fds[1];
}

void
test_terminal_open (int *ret_master, int *ret_slave)
{
	g_assert_cmpint (openpty (ret_master, ret_slave, NULL, NULL, NULL), ==, 0);
	g_assert_true (davit_fd_set_cloexec (*ret_master, TRUE, NULL));
	g_assert_true (davit_fd_set_cloexec (*ret_slave, TRUE, NULL));
}

static void
streams_make (const TestContainer *container, DavitMonitorLaunch *launch, Streams *streams)
{
	if (container->terminal) {
		test_terminal_open (&launch->terminal_fd, &streams->ends[0]);
		streams->ends[1] = streams->ends[2] = streams->ends[0];
		return;
	}
	streams->ends[0] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	if (container->input) {
		close (streams->ends[0]);
		pipe_make (&streams->ends[0], &launch->stdin_fd);
	}
	pipe_make (&launch->stdout_fd, &streams->ends[1]);
	pipe_make (&launch->stderr_fd, &streams->ends[2]);
}

G_GNUC_NORETURN static void
container_become (const TestMonitor *monitor, const TestContainer *container, Streams *streams)
{
	sigset_t none;

	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
	signal (SIGPIPE, SIG_DFL);
	setsid ();
	for (int fd = 0; fd < 3; fd++)
		dup2 (streams->ends[fd], fd);
	if (container->terminal)
		ioctl (0, TIOCSCTTY, 0);
	if (fchdir (monitor->dirfd) == 0)
		execl ("/bin/sh", "sh", "-c", container->script, NULL);
	_exit (127);
}

/* The set-up child, as the engine has it. */
G_GNUC_NORETURN static void
monitor_become (const TestMonitor *monitor, const TestContainer *container, int pid_fd,
		DavitMonitorLaunch *launch)
{
	g_autofree char *program =
		g_build_filename (g_getenv ("DAVIT_LIBEXECDIR"), "davit-monitor", NULL);
	g_autoptr (GError) error = NULL;
	Streams streams;
	pid_t pid;

	streams_make (container, launch, &streams);
	pid = fork ();
	if (pid == 0)
		container_become (monitor, container, &streams);
	launch->pid = pid;
	launch->pidfd = pidfd_open (pid, 0);
	fcntl (launch->pidfd, F_SETFD, FD_CLOEXEC);
	launch->program = program;
	launch->id = "0123456789ab";
	launch->run_dirfd = monitor->dirfd;
	if (!container->no_log && launch->log_dirfd < 0)
		launch->log_dirfd = monitor->dirfd;
	launch->log_name = "ctr.log";
	DavitMonitorCommand *command = davit_monitor_prepare (launch, &error);
	if (command != NULL && write (pid_fd, &pid, sizeof pid) == sizeof pid)
		davit_monitor_execute_failed (program, davit_monitor_execute (command), &error);
	g_printerr ("# %s\n", error != NULL ? error->message : "no pid");
	_exit (1);
}

void
test_monitor_start (TestMonitor *monitor, const TestContainer *container)
{
	DavitMonitorLaunch launch = container->launch;
	davit_autofd ready_fd = -1;
	davit_autofd ready_write = -1;
	davit_autofd pid_read = -1;
	davit_autofd pid_write = -1;
	davit_autofd monitor_end = -1;
	char byte;

	pipe_make (&ready_fd, &ready_write);
	pipe_make (&pid_read, &pid_write);
	if (container->client)
		g_assert_true (davit_monitor_pair (&monitor_end, &monitor->client_fd, NULL));
	launch.ready_fd = ready_write;
	launch.client_fd = monitor_end;
	monitor->pid = fork ();
	g_assert_cmpint (monitor->pid, >=, 0);
	if (monitor->pid == 0)
		monitor_become (monitor, container, pid_write, &launch);
	davit_fd_close (&ready_write);
	davit_fd_close (&pid_write);
	g_assert_cmpint (read (pid_read, &monitor->container_pid, sizeof (pid_t)), ==,
			 sizeof (pid_t));
	g_assert_cmpint (read (ready_fd, &byte, 1), ==, 1);
}

int
test_monitor_join (TestMonitor *monitor)
{
	int status = -1;
	int other;

	g_assert_cmpint (waitpid (monitor->pid, &status, 0), ==, monitor->pid);
	monitor->pid = -1;
	while (waitpid (-1, &other, 0) > 0 || errno == EINTR)
		continue;
	return status;
}

char *
test_monitor_read (const TestMonitor *monitor, const char *name)
{
	davit_autofd fd = openat (monitor->dirfd, name, O_RDONLY | O_CLOEXEC);
	char *text;
	gsize length;

	if (fd < 0 || !davit_fd_read (fd, 64 << 20, name, &text, &length, NULL))
		return NULL;
	return text;
}

char *
test_log_texts (const char *log)
{
	g_auto (GStrv) lines = g_strsplit (log, "\n", -1);
	g_autoptr (GString) texts = g_string_new (NULL);

	for (char **line = lines; *line != NULL && **line != '\0'; line++) {
		/* "2026-11-24T14:11:26.123456789Z stdout F text" */
		g_assert_cmpuint (strlen (*line), >=, 40);
		g_assert_cmpint ((*line)[29], ==, 'Z');
		g_string_append_printf (texts, "%c%c:%s\n", (*line)[34] == 'o' ? 'o' : 'e',
					(*line)[38], *line + 40);
	}
	return g_string_free (g_steal_pointer (&texts), FALSE);
}

char *
test_read_until (int fd, const char *text)
{
	g_autoptr (GString) all = g_string_new (NULL);
	gint64 deadline = g_get_monotonic_time () + DEADLINE_MSEC * 1000;

	while (strstr (all->str, text) == NULL) {
		struct pollfd request = {.fd = fd, .events = POLLIN};
		char buffer[4096];
		gssize got;

		if (g_get_monotonic_time () > deadline || poll (&request, 1, DEADLINE_MSEC) <= 0)
			g_error ("\"%s\" does not come, only \"%s\"", text, all->str);
		got = read (fd, buffer, sizeof buffer);
		if (got <= 0)
			g_error ("\"%s\" does not come, only \"%s\" and the end", text, all->str);
		g_string_append_len (all, buffer, got);
	}
	return g_string_free (g_steal_pointer (&all), FALSE);
}

void
test_wait_for_file (const TestMonitor *monitor, const char *name)
{
	davit_autofd fd = inotify_init1 (IN_CLOEXEC);
	struct stat status;

	g_assert_cmpint (inotify_add_watch (fd, monitor->directory, IN_CREATE | IN_MOVED_TO), >=,
			 0);
	while (fstatat (monitor->dirfd, name, &status, 0) < 0) {
		struct pollfd request = {.fd = fd, .events = POLLIN};
		char events[4096];

		if (poll (&request, 1, DEADLINE_MSEC) <= 0)
			g_error ("file \"%s\" does not appear", name);
		g_assert_cmpint (read (fd, events, sizeof events), >, 0);
	}
}
