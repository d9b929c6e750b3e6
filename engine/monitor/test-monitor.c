/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The monitor by itself: log, exit file, end of a container, and what its disk can do to it. */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/client.h"
#include "monitor/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
exit_read (const TestMonitor *monitor, DavitExit *end)
{
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_monitor_read_exit (monitor->dirfd, end, &error));
	g_assert_no_error (error);
}

static void
run (TestMonitor *monitor, const TestContainer *container)
{
	test_monitor_init (monitor);
	test_monitor_start (monitor, container);
	g_assert_cmpint (test_monitor_join (monitor), ==, 0);
}

static void
test_exit_status (void)
{
	gint64 before = g_get_real_time () * 1000;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;
	struct stat status;

	test_container_init (&container, "exit 3");
	run (&monitor, &container);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 3);
	g_assert_cmpint (end.signal, ==, 0);
	g_assert_cmpint (end.finished, >=, before);
	g_assert_cmpint (end.finished, <=, g_get_real_time () * 1000 + 1000);
	g_assert_false (end.oom_killed);
	g_assert_false (end.timed_out);
	/* Neither the socket nor a temporary file stays behind. */
	g_assert_cmpint (fstatat (monitor.dirfd, "attach", &status, 0), <, 0);
	g_assert_cmpint (fstatat (monitor.dirfd, "exit.new", &status, 0), <, 0);
	g_assert_cmpint (fstatat (monitor.dirfd, "exit", &status, 0), ==, 0);
	g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
	test_monitor_clear (&monitor);
}

static void
test_exit_signal (void)
{
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	test_container_init (&container, "kill -USR1 $$");
	run (&monitor, &container);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 128 + SIGUSR1);
	g_assert_cmpint (end.signal, ==, SIGUSR1);
	test_monitor_clear (&monitor);
}

/* Its end shows before its status does: that comes when whoever traces it lets go of it. */
static void
test_exit_traced (void)
{
	TestContainer container;
	TestMonitor monitor;
	siginfo_t info = {0};
	DavitExit end;

	test_container_init (&container, "exec sleep 1000");
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	g_assert_cmpint (ptrace (PTRACE_SEIZE, monitor.container_pid, NULL, NULL), ==, 0);
	g_assert_cmpint (kill (monitor.container_pid, SIGKILL), ==, 0);
	g_assert_cmpint (waitid (P_PID, (id_t) monitor.container_pid, &info, WEXITED | WNOWAIT), ==,
			 0);
	g_assert_cmpint (waitpid (monitor.container_pid, NULL, 0), ==, monitor.container_pid);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 128 + SIGKILL);
	g_assert_cmpint (end.signal, ==, SIGKILL);
	test_monitor_clear (&monitor);
}

static void
test_exit_damaged (void)
{
	static const struct {
		const char *text;
		DavitErrorCode code;
		const char *message;
	} cases[] = {
		{"", DAVIT_ERROR_CORRUPT, NULL},
		{"{}", DAVIT_ERROR_CORRUPT, "exit file \"exit\": has no version"},
		{"{\"version\":2}", DAVIT_ERROR_UNSUPPORTED,
		 "exit file \"exit\": has version 2; a newer davit wrote it"},
		{"{\"version\":1}", DAVIT_ERROR_CORRUPT,
		 "exit file \"exit\": status or time is missing"},
		{"{\"version\":1,\"status\":\"0\",\"finished\":1}", DAVIT_ERROR_CORRUPT, NULL},
		{"{\"version\":1,\"status\":256,\"finished\":1}", DAVIT_ERROR_CORRUPT, NULL},
	};
	TestMonitor monitor;
	DavitExit end = {.status = 42};

	test_monitor_init (&monitor);
	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *path = g_build_filename (monitor.directory, "exit", NULL);
		g_autoptr (GError) error = NULL;

		g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
		g_assert_false (davit_monitor_read_exit (monitor.dirfd, &end, &error));
		g_assert_error (error, DAVIT_ERROR, (int) cases[i].code);
		if (cases[i].message != NULL)
			g_assert_cmpstr (error->message, ==, cases[i].message);
		g_assert_cmpint (end.status, ==, 42);
	}
	test_monitor_clear (&monitor);
}

static void
test_exit_missing (void)
{
	g_autoptr (GError) error = NULL;
	TestMonitor monitor;
	DavitExit end;
	int fd = -1;

	test_monitor_init (&monitor);
	g_assert_false (davit_monitor_read_exit (monitor.dirfd, &end, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	g_assert_false (davit_monitor_connect (monitor.dirfd, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_cmpstr (error->message, ==, "the container has no monitor");
	g_assert_cmpint (fd, ==, -1);
	test_monitor_clear (&monitor);
}

static void
test_log (void)
{
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	TestContainer container;
	TestMonitor monitor;
	struct stat status;

	test_container_init (&container, "echo one; printf 'two\\n\\nthree'");
	run (&monitor, &container);
	log = test_monitor_read (&monitor, "ctr.log");
	texts = test_log_texts (log);
	g_assert_cmpstr (texts, ==, "oF:one\noF:two\noF:\noP:three\n");
	g_assert_cmpint (fstatat (monitor.dirfd, "ctr.log", &status, 0), ==, 0);
	g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
	test_monitor_clear (&monitor);
}

static void
test_log_streams (void)
{
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	TestContainer container;
	TestMonitor monitor;

	test_container_init (&container, "echo problem >&2");
	run (&monitor, &container);
	log = test_monitor_read (&monitor, "ctr.log");
	texts = test_log_texts (log);
	g_assert_cmpstr (texts, ==, "eF:problem\n");
	test_monitor_clear (&monitor);
}

/* A line longer than any buffer comes in pieces, of which none but the last ends the line. */
static void
test_log_long_line (void)
{
	g_autofree char *log = NULL;
	g_auto (GStrv) records = NULL;
	TestContainer container;
	TestMonitor monitor;
	gsize total = 0;

	test_container_init (&container, "head -c 100000 /dev/zero | tr '\\0' x; echo");
	run (&monitor, &container);
	log = test_monitor_read (&monitor, "ctr.log");
	records = g_strsplit (log, "\n", -1);
	for (char **record = records; **record != '\0'; record++) {
		g_assert_cmpuint (strlen (*record), <=, 40 + 8192);
		g_assert_cmpint ((*record)[38], ==, record[1][0] == '\0' ? 'F' : 'P');
		total += strlen (*record + 40);
	}
	g_assert_cmpuint (total, ==, 100000);
	test_monitor_clear (&monitor);
}

/* A crash left half a record: it must not swallow the first one of the next run. */
static void
test_log_torn (void)
{
	g_autofree char *path = NULL;
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	TestContainer container;
	TestMonitor monitor;

	test_container_init (&container, "echo new");
	test_monitor_init (&monitor);
	path = g_build_filename (monitor.directory, "ctr.log", NULL);
	g_assert_true (g_file_set_contents (
		path, "2026-11-24T14:11:26.123456789Z stdout F old\n2026-11-24T14:11:26.12345678",
		-1, NULL));
	test_monitor_start (&monitor, &container);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	log = test_monitor_read (&monitor, "ctr.log");
	texts = test_log_texts (log);
	g_assert_cmpstr (texts, ==, "oF:old\noF:new\n");
	test_monitor_clear (&monitor);
}

static void
test_rotation (void)
{
	TestContainer container;
	TestMonitor monitor;
	struct stat status;
	gint64 last = 0;

	test_container_init (&container, "seq 1 1000");
	container.launch.log_max_size = 4096;
	container.launch.log_max_files = 3;
	run (&monitor, &container);
	for (int i = 2; i >= 0; i--) {
		g_autofree char *name =
			i > 0 ? g_strdup_printf ("ctr.log.%d", i) : g_strdup ("ctr.log");
		g_autofree char *log = test_monitor_read (&monitor, name);
		g_autofree char *texts = NULL;
		g_auto (GStrv) lines = NULL;

		g_assert_nonnull (log);
		g_assert_cmpuint (strlen (log), <=, 4096);
		texts = test_log_texts (log);
		lines = g_strsplit (g_strchomp (texts), "\n", -1);
		for (char **line = lines; *line != NULL; line++) {
			gint64 number = g_ascii_strtoll (*line + 3, NULL, 10);

			g_assert_true (last == 0 || number == last + 1);
			last = number;
		}
	}
	g_assert_cmpint (last, ==, 1000);
	g_assert_cmpint (fstatat (monitor.dirfd, "ctr.log.3", &status, 0), <, 0);
	test_monitor_clear (&monitor);
}

/* One file only: it is begun anew. */
static void
test_rotation_single (void)
{
	g_autofree char *log = NULL;
	TestContainer container;
	TestMonitor monitor;
	struct stat status;

	test_container_init (&container, "seq 1 1000");
	container.launch.log_max_size = 4096;
	run (&monitor, &container);
	log = test_monitor_read (&monitor, "ctr.log");
	g_assert_cmpuint (strlen (log), <=, 4096);
	g_assert_true (g_str_has_suffix (log, " stdout F 1000\n"));
	g_assert_cmpint (fstatat (monitor.dirfd, "ctr.log.1", &status, 0), <, 0);
	test_monitor_clear (&monitor);
}

/* A file system for the log alone, mounted nowhere. */
static int
small_file_system (void)
{
	davit_autofd fs = fsopen ("tmpfs", FSOPEN_CLOEXEC);

	g_assert_cmpint (fs, >=, 0);
	g_assert_cmpint (fsconfig (fs, FSCONFIG_SET_STRING, "size", "65536", 0), ==, 0);
	g_assert_cmpint (fsconfig (fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==, 0);
	return fsmount (fs, FSMOUNT_CLOEXEC, 0);
}

static char *
log_read_at (int dirfd)
{
	davit_autofd fd = openat (dirfd, "ctr.log", O_RDONLY | O_CLOEXEC);
	char *text;
	gsize length;

	g_assert_true (davit_fd_read (fd, 1 << 20, "ctr.log", &text, &length, NULL));
	return text;
}

/* The disk is full: the container goes on, and when there is room again the log says what is
 * gone. */
static void
test_log_full (void)
{
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	g_autofree char *exit_text = NULL;
	davit_autofd log_dirfd = small_file_system ();
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;
	gsize length;

	test_container_init (&container, "echo first; seq 1 20000; touch full; read line <go; "
					 "echo last");
	container.launch.log_dirfd = log_dirfd;
	test_monitor_init (&monitor);
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	test_wait_for_file (&monitor, "full");
	/* Room again: the beginning of the log is given up. */
	{
		davit_autofd fd = openat (log_dirfd, "ctr.log", O_RDWR | O_CLOEXEC);
		davit_autofd go = -1;

		log = log_read_at (log_dirfd);
		length = strlen (log);
		g_assert_cmpuint (length, >, 60000);
		g_assert_cmpint (log[length - 1], ==, '\n');
		g_assert_cmpint (fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
					    32768),
				 ==, 0);
		go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);
		g_assert_cmpint (write (go, "\n", 1), ==, 1);
	}
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 0);
	exit_text = test_monitor_read (&monitor, "exit");
	g_assert_null (strstr (exit_text, "\"log_lost\":0"));
	{
		davit_autofd fd = openat (log_dirfd, "ctr.log", O_RDONLY | O_CLOEXEC);
		char tail[4096] = "";

		g_assert_cmpint (pread (fd, tail, sizeof tail - 1, (off_t) length), >, 0);
		texts = test_log_texts (tail);
	}
	g_assert_true (g_str_has_prefix (texts, "eF:davit-monitor: "));
	g_assert_true (g_str_has_suffix (
		texts, " bytes of output are missing here: No space left on device\noF:last\n"));
	test_monitor_clear (&monitor);
}

static void
test_timeout (void)
{
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	test_container_init (&container, "trap 'exit 7' TERM; while :; do sleep 0.05; done");
	container.launch.timeout_msec = 300;
	run (&monitor, &container);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 7);
	g_assert_true (end.timed_out);
	test_monitor_clear (&monitor);
}

/* The stop signal of its own, and SIGKILL for one who does not listen. */
static void
test_timeout_kill (void)
{
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	test_container_init (&container, "trap 'echo no' USR2; while :; do sleep 0.05; done");
	container.launch.timeout_msec = 300;
	container.launch.stop_signal = SIGUSR2;
	container.launch.stop_timeout_msec = 300;
	run (&monitor, &container);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 137);
	g_assert_cmpint (end.signal, ==, SIGKILL);
	g_assert_true (end.timed_out);
	log = test_monitor_read (&monitor, "ctr.log");
	texts = test_log_texts (log);
	g_assert_cmpstr (texts, ==, "oF:no\n");
	test_monitor_clear (&monitor);
}

/* SIGTERM to the monitor ends the container in its own way, and loses nothing. */
static void
test_terminate (void)
{
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	test_container_init (&container,
			     "trap 'exit 9' TERM; touch ready; while :; do sleep 0.05; done");
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	test_wait_for_file (&monitor, "ready");
	g_assert_cmpint (kill (monitor.pid, SIGTERM), ==, 0);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 9);
	g_assert_false (end.timed_out);
	test_monitor_clear (&monitor);
}

static const char *const last_words[] = {"/bin/sh", "-c", "echo \"$0\" >\"$1/on-exit\"",
					 "ran",	    NULL, NULL};

static void
test_on_exit (void)
{
	g_autofree char *text = NULL;
	const char *argv[G_N_ELEMENTS (last_words)];
	TestContainer container;
	TestMonitor monitor;

	memcpy (argv, last_words, sizeof argv);
	test_container_init (&container, "exit 0");
	container.launch.on_exit = argv;
	test_monitor_init (&monitor);
	argv[4] = monitor.directory;
	test_monitor_start (&monitor, &container);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	text = test_monitor_read (&monitor, "on-exit");
	g_assert_cmpstr (text, ==, "ran\n");
	test_monitor_clear (&monitor);
}

/* A client that has cleaned up says so; one that just leaves has not. */
static void
test_on_exit_cleaned (gconstpointer data)
{
	gboolean cleans = GPOINTER_TO_INT (data);
	g_autofree char *text = NULL;
	const char *argv[G_N_ELEMENTS (last_words)];
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	memcpy (argv, last_words, sizeof argv);
	test_container_init (&container, "exit 5");
	container.client = TRUE;
	container.launch.on_exit = argv;
	test_monitor_init (&monitor);
	argv[4] = monitor.directory;
	test_monitor_start (&monitor, &container);
	g_assert_true (davit_monitor_wait (monitor.client_fd, 10000, &end, NULL));
	g_assert_cmpint (end.status, ==, 5);
	text = test_monitor_read (&monitor, "on-exit");
	g_assert_null (text);
	if (cleans)
		g_assert_true (davit_monitor_cleaned (monitor.client_fd, NULL));
	davit_fd_close (&monitor.client_fd);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	text = test_monitor_read (&monitor, "on-exit");
	g_assert_cmpstr (text, ==, cleans ? NULL : "ran\n");
	test_monitor_clear (&monitor);
}

static void
test_wait (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end = {.status = 42};

	test_container_init (&container, "read line <go; exit 6");
	test_monitor_init (&monitor);
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	g_assert_true (davit_monitor_connect (monitor.dirfd, &fd, NULL));
	g_assert_false (davit_monitor_wait (fd, 50, &end, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_assert_cmpint (end.status, ==, 42);
	g_assert_true (davit_monitor_stopping (fd, NULL));
	{
		davit_autofd go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);

		g_assert_cmpint (write (go, "\n", 1), ==, 1);
	}
	g_assert_true (davit_monitor_wait (fd, -1, &end, NULL));
	g_assert_cmpint (end.status, ==, 6);
	/* The exit file was there first. */
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 6);
	{
		g_autofree char *text = test_monitor_read (&monitor, "exit");

		g_assert_nonnull (strstr (text, "\"stopping\":true"));
	}
	davit_fd_close (&fd);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	test_monitor_clear (&monitor);
}

/* The monitor was killed: whoever waits is told, and does not wait for ever. */
static void
test_wait_killed (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;
	int status;

	test_container_init (&container, "exec sleep 60");
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	g_assert_true (davit_monitor_connect (monitor.dirfd, &fd, NULL));
	g_assert_cmpint (kill (monitor.pid, SIGKILL), ==, 0);
	g_assert_false (davit_monitor_wait (fd, -1, &end, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_cmpstr (error->message, ==, "the container's monitor has gone away");
	g_assert_cmpint (kill (monitor.container_pid, SIGKILL), ==, 0);
	status = test_monitor_join (&monitor);
	g_assert_true (WIFSIGNALED (status));
	test_monitor_clear (&monitor);
}

/* memory.events, or what of memory.oom_control matters: the count must grow. */
static void
test_oom (gconstpointer data)
{
	gboolean killed = GPOINTER_TO_INT (data);
	g_autofree char *path = NULL;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;

	/* It waits: the monitor looks before and after. */
	test_container_init (
		&container,
		killed ? "read line <go; printf 'oom 2\\noom_kill 4\\n' >events; kill -KILL $$"
		       : "read line <go; kill -KILL $$");
	test_monitor_init (&monitor);
	path = g_build_filename (monitor.directory, "events", NULL);
	g_assert_true (g_file_set_contents (path, "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
					    -1, NULL));
	container.launch.oom_path = path;
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	{
		davit_autofd go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);

		g_assert_cmpint (write (go, "\n", 1), ==, 1);
	}
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	exit_read (&monitor, &end);
	g_assert_cmpint (end.status, ==, 137);
	g_assert_cmpint (end.oom_killed, ==, killed);
	test_monitor_clear (&monitor);
}

/* Open while the container runs, and not longer. */
static void
test_hold (void)
{
	TestContainer container;
	TestMonitor monitor;
	struct pollfd end = {.events = POLLIN};
	const int none = -1;
	int ends[2];

	test_container_init (&container, "read line <go");
	test_monitor_init (&monitor);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	container.launch.hold_fds = &ends[1];
	container.launch.helper_fds = &none;
	container.launch.n_networks = 1;
	end.fd = ends[0];
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	close (ends[1]);
	g_assert_cmpint (poll (&end, 1, 0), ==, 0);
	{
		davit_autofd go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);

		g_assert_cmpint (poll (&end, 1, 0), ==, 0);
		g_assert_cmpint (write (go, "\n", 1), ==, 1);
	}
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	g_assert_cmpint (poll (&end, 1, 0), ==, 1);
	g_assert_cmpint (end.revents & POLLHUP, ==, POLLHUP);
	close (ends[0]);
	test_monitor_clear (&monitor);
}

#ifndef __SANITIZE_ADDRESS__
/* What one more container costs. The code counts too as long as no other monitor runs. */
static void
test_memory (void)
{
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;
	TestContainer container;
	TestMonitor monitor;
	guint64 total = 0;

	test_container_init (&container, "exec sleep 60");
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	path = g_strdup_printf ("/proc/%d/smaps_rollup", monitor.pid);
	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	lines = g_strsplit (text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		if (g_str_has_prefix (*line, "Private_"))
			total += g_ascii_strtoull (strchr (*line, ':') + 1, NULL, 10);
	}
	g_test_message ("private memory of a monitor: %" G_GUINT64_FORMAT " KiB", total);
	g_assert_cmpuint (total, >, 0);
	g_assert_cmpuint (total, <=, 150);
	g_assert_cmpint (kill (monitor.container_pid, SIGKILL), ==, 0);
	test_monitor_clear (&monitor);
}
#endif

static void
test_launch_errors (void)
{
	g_autoptr (GError) error = NULL;
	DavitMonitorLaunch launch;
	DavitMonitorCommand *command;
	davit_autofd fd = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int number;

	davit_monitor_launch_init (&launch);
	launch.program = "/nonexistent/davit-monitor";
	launch.id = "x";
	launch.run_dirfd = fd;
	command = davit_monitor_prepare (&launch, &error);
	g_assert_no_error (error);
	number = davit_monitor_execute (command);
	g_assert_false (davit_monitor_execute_failed (launch.program, number, &error));
	davit_monitor_command_free (command, TRUE);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE);
	g_assert_cmpstr (error->message, ==,
			 "execute the monitor \"/nonexistent/davit-monitor\": No such file or "
			 "directory; is davit installed completely?");
	/* Still ours, and still close-on-exec; standard output is what it was. */
	g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
	g_clear_error (&error);
	launch.oom_path = "/nonexistent/memory.events";
	g_assert_null (davit_monitor_prepare (&launch, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_cmpstr (error->message, ==,
			 "open \"/nonexistent/memory.events\": No such file or directory");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/monitor/exit/status", test_exit_status);
	g_test_add_func ("/monitor/exit/signal", test_exit_signal);
	g_test_add_func ("/monitor/exit/traced", test_exit_traced);
	g_test_add_func ("/monitor/exit/damaged", test_exit_damaged);
	g_test_add_func ("/monitor/exit/missing", test_exit_missing);
	g_test_add_func ("/monitor/log/lines", test_log);
	g_test_add_func ("/monitor/log/streams", test_log_streams);
	g_test_add_func ("/monitor/log/long-line", test_log_long_line);
	g_test_add_func ("/monitor/log/torn", test_log_torn);
	g_test_add_func ("/monitor/log/rotation", test_rotation);
	g_test_add_func ("/monitor/log/rotation-single", test_rotation_single);
	g_test_add_func ("/monitor/log/full", test_log_full);
	g_test_add_func ("/monitor/timeout", test_timeout);
	g_test_add_func ("/monitor/timeout-kill", test_timeout_kill);
	g_test_add_func ("/monitor/terminate", test_terminate);
	g_test_add_func ("/monitor/on-exit", test_on_exit);
	g_test_add_data_func ("/monitor/on-exit-cleaned", GINT_TO_POINTER (TRUE),
			      test_on_exit_cleaned);
	g_test_add_data_func ("/monitor/on-exit-left", GINT_TO_POINTER (FALSE),
			      test_on_exit_cleaned);
	g_test_add_func ("/monitor/wait", test_wait);
	g_test_add_func ("/monitor/wait-killed", test_wait_killed);
	g_test_add_func ("/monitor/hold", test_hold);
	g_test_add_data_func ("/monitor/oom-killed", GINT_TO_POINTER (TRUE), test_oom);
	g_test_add_data_func ("/monitor/oom-not-killed", GINT_TO_POINTER (FALSE), test_oom);
#ifndef __SANITIZE_ADDRESS__
	g_test_add_func ("/monitor/memory", test_memory);
#endif
	g_test_add_func ("/monitor/launch-errors", test_launch_errors);
	return g_test_run ();
}
