/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* State and run on disk, and what a container is by them. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/test-container-support.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_TEXT                                                                                  \
	"{\"version\": 1, \"status\": 3, \"signal\": 0, \"finished\": 77, \"oom_killed\": false, " \
	"\"timed_out\": false}"

static void
test_state (TestEngine *test, gconstpointer data)
{
	davit_autofd fd = -1;
	g_autoptr (GError) error = NULL;
	g_autofree char *id = test_id (1);
	DavitState state = {.started = 5, .running = TRUE}, read = {.started = 9};
	struct stat first, second;

	davit_path_open_subdirectory (test->directories.containers_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	g_assert_true (davit_state_read (fd, &read, &error));
	g_assert_cmpint (read.started, ==, 0);

	g_assert_true (davit_state_write (fd, &state, &error));
	g_assert_cmpint (fstatat (fd, "state.json", &first, 0), ==, 0);
	state.running = FALSE;
	state.exit = (DavitExit){.status = 137, .signal = 9, .finished = G_MAXINT64 - 1};
	state.exit.oom_killed = TRUE;
	g_assert_true (davit_state_write (fd, &state, &error));
	/* The same room for every state. */
	g_assert_cmpint (fstatat (fd, "state.json", &second, 0), ==, 0);
	g_assert_cmpint (first.st_size, ==, second.st_size);
	g_assert_true (davit_state_read (fd, &read, &error));
	g_assert_no_error (error);
	g_assert_cmpint (read.started, ==, 5);
	g_assert_false (read.running);
	g_assert_cmpint (read.exit.status, ==, 137);
	g_assert_cmpint (read.exit.signal, ==, 9);
	g_assert_cmpint (read.exit.finished, ==, G_MAXINT64 - 1);
	g_assert_true (read.exit.oom_killed);
	g_assert_false (read.exit.timed_out);

	test_file_write (test, id, "state.json", "{\"version\": 1, \"exitStatus\": 300}");
	g_assert_false (davit_state_read (fd, &read, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_true (g_str_has_prefix (error->message, "state.json: exitStatus: "));
	g_clear_error (&error);
	test_file_write (test, id, "state.json", "{\"version\": 2}");
	g_assert_false (davit_state_read (fd, &read, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_CORRUPT,
				  "state.json: version 2 is that of a newer davit");
}

static void
test_run (TestEngine *test, gconstpointer data)
{
	char *addresses[] = {(char *) "lo 127.0.0.1/8", (char *) "eth0 10.0.0.2/24", NULL};
	DavitRun run = {
		.phase = DAVIT_RUN_RUNNING,
		.boot_id = (char *) "boot",
		.runtime = (char *) "native",
		.storage = (char *) "overlay",
		.network = (char *) "none",
		.network_status = (char *) "a \"status\"\n",
		.addresses = addresses,
		.freezer = (char *) "/sys/x",
		.started = 12,
		.pid = 34,
		.start_time = 56,
		.auto_remove = TRUE,
	};
	DavitRun read = {0};
	davit_autofd fd = -1;
	g_autofree char *id = test_id (1);
	g_autoptr (GError) error = NULL;

	davit_path_open_subdirectory (test->directories.run_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	g_assert_false (davit_run_read (fd, &read, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	g_assert_true (davit_run_write (fd, &run, &error));
	g_assert_true (davit_run_read (fd, &read, &error));
	g_assert_no_error (error);
	g_assert_cmpint (read.phase, ==, DAVIT_RUN_RUNNING);
	g_assert_cmpstr (read.network_status, ==, run.network_status);
	g_assert_cmpstr (read.addresses[1], ==, addresses[1]);
	g_assert_cmpstr (read.freezer, ==, "/sys/x");
	g_assert_null (read.gateway);
	g_assert_cmpint (read.pid, ==, 34);
	g_assert_cmpuint (read.start_time, ==, 56);
	g_assert_true (read.auto_remove);
	davit_run_clear (&read);

	run.runtime = (char *) "../native";
	g_assert_true (davit_run_write (fd, &run, &error));
	g_assert_false (davit_run_read (fd, &read, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_CORRUPT,
				  "run.json: \"../native\" is no name of a plugin");
}

/* v1 and v2, and what can't be read. */
static void
test_frozen (TestEngine *test, gconstpointer data)
{
	static const struct {
		const char *text;
		gboolean frozen;
	} cases[] = {
		{"THAWED\n", FALSE}, {"FREEZING\n", TRUE}, {"FROZEN\n", TRUE},
		{"0\n", FALSE},	     {"1\n", TRUE},	   {"", FALSE},
	};
	g_autofree char *path = g_build_filename (test->directory, "freezer.state", NULL);
	DavitRun run = {.freezer = path};

	g_assert_false (davit_run_is_frozen (&run));
	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
		g_assert_cmpint (davit_run_is_frozen (&run), ==, cases[i].frozen);
	}
	run.freezer = NULL;
	g_assert_false (davit_run_is_frozen (&run));
}

static void
assert_status (TestEngine *test, const char *name, DavitStatus status, int exit_status)
{
	g_autoptr (DavitContainer) container = test_find (test, name);

	g_assert_cmpstr (davit_status_name (container->status), ==, davit_status_name (status));
	g_assert_cmpint (container->exit_status, ==, exit_status);
}

static void
run_file_write (TestEngine *test, const char *id, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename (test->runroot, "containers", id, name, NULL);

	g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A process that is there until it is told to go: the container's first one. */
static pid_t
process_start (guint64 *ret_start_time)
{
	g_autoptr (GError) error = NULL;
	pid_t pid = fork ();

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		for (;;)
			pause ();
	}
	g_assert_true (davit_fd_process_start_time (pid, ret_start_time, &error));
	g_assert_no_error (error);
	return pid;
}

static void
test_status (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autofree char *freezer = g_build_filename (test->directory, "freezer.state", NULL);
	g_autoptr (DavitContainer) container = NULL;
	DavitState state = {.started = 5, .exit = {.status = 9, .finished = 6}};
	DavitRun run = {.phase = DAVIT_RUN_STARTING, .runtime = (char *) "native"};

	test_record_write (test, id, "web", 1, "");
	assert_status (test, "web", DAVIT_STATUS_CREATED, 0);
	container = test_find (test, "web");
	g_assert_true (davit_state_write (container->dirfd, &state, NULL));
	assert_status (test, "web", DAVIT_STATUS_EXITED, 9);

	/* An intent alone changes nothing. */
	run.boot_id = test->engine->boot_id;
	test_run_write (test, id, &run);
	assert_status (test, "web", DAVIT_STATUS_EXITED, 9);

	run.phase = DAVIT_RUN_CREATED;
	run.pid = process_start (&run.start_time);
	test_run_write (test, id, &run);
	assert_status (test, "web", DAVIT_STATUS_INITIALIZED, 0);
	run.phase = DAVIT_RUN_RUNNING;
	run.freezer = freezer;
	test_run_write (test, id, &run);
	assert_status (test, "web", DAVIT_STATUS_RUNNING, 0);
	g_assert_true (g_file_set_contents (freezer, "FROZEN\n", -1, NULL));
	assert_status (test, "web", DAVIT_STATUS_PAUSED, 0);
	g_assert_true (g_file_set_contents (freezer, "THAWED\n", -1, NULL));

	/* The number now belongs to a process that was started at another time. */
	run.start_time++;
	test_run_write (test, id, &run);
	assert_status (test, "web", DAVIT_STATUS_STOPPED, DAVIT_STATE_LOST_STATUS);
	run.start_time--;

	/* Another boot: whatever has that number is not ours. */
	run.boot_id = (char *) "another";
	test_run_write (test, id, &run);
	assert_status (test, "web", DAVIT_STATUS_EXITED, 9);
	state.running = TRUE;
	g_assert_true (davit_state_write (container->dirfd, &state, NULL));
	assert_status (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
	run.boot_id = test->engine->boot_id;
	test_run_write (test, id, &run);

	/* Ended, and not yet asked about by its parent: a number, but no process. */
	g_assert_cmpint (kill ((pid_t) run.pid, SIGKILL), ==, 0);
	{
		siginfo_t info;

		g_assert_cmpint (waitid (P_PID, (id_t) run.pid, &info, WEXITED | WNOWAIT), ==, 0);
	}
	assert_status (test, "web", DAVIT_STATUS_STOPPED, DAVIT_STATE_LOST_STATUS);
	g_assert_cmpint (waitpid ((pid_t) run.pid, NULL, 0), ==, run.pid);
	assert_status (test, "web", DAVIT_STATUS_STOPPED, DAVIT_STATE_LOST_STATUS);
	run_file_write (test, id, "exit", EXIT_TEXT);
	assert_status (test, "web", DAVIT_STATUS_STOPPED, 3);
}

/* A state that can't be read takes nothing but the past. */
static void
test_damaged_state (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);

	test_record_write (test, id, "web", 1, "");
	test_file_write (test, id, "state.json", "{");
	assert_status (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/state/state", test_state);
	test_engine_add ("/state/run", test_run);
	test_engine_add ("/state/frozen", test_frozen);
	test_engine_add ("/state/status", test_status);
	test_engine_add ("/state/damaged", test_damaged_state);
	return g_test_run ();
}
