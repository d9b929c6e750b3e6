/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* State and run on disk, and what a container is by them. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/test-container-support.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
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

#define OLD_RUN                                                                                    \
	"{\"version\":1,\"phase\":\"running\",\"network\":\"cni\",\"networkName\":\"lan\","        \
	"\"networkStatus\":\"s\",\"interface\":\"eth0\",\"addresses\":[\"eth0 10.0.0.2/24\"],"     \
	"\"gateway\":\"10.0.0.1\",\"macAddress\":\"02:00:00:00:00:01\"}"

static void
test_run (TestEngine *test, gconstpointer data)
{
	char *addresses[] = {(char *) "lo 127.0.0.1/8", (char *) "eth0 10.0.0.2/24", NULL};
	char *gateways[] = {(char *) "10.0.0.1", NULL};
	g_autoptr (GPtrArray) networks = g_ptr_array_new ();
	DavitRun run = {
		.phase = DAVIT_RUN_RUNNING,
		.boot_id = (char *) "boot",
		.runtime = (char *) "native",
		.storage = (char *) "overlay",
		.network = (char *) "none",
		.networks = networks,
		.freezer = (char *) "/sys/x",
		.started = 12,
		.pid = 34,
		.start_time = 56,
		.auto_remove = TRUE,
	};
	DavitRunNetwork network = {
		.network = (char *) "lan",
		.interface = (char *) "eth0",
		.status = (char *) "a \"status\"\n",
		.addresses = addresses,
		.gateways = gateways,
		.helper = 78,
		.helper_start = 90,
	};
	const DavitRunNetwork *again;
	DavitRun read = {0};
	davit_autofd fd = -1;
	g_autofree char *id = test_id (1);
	g_autoptr (GError) error = NULL;

	g_ptr_array_add (networks, &network);
	davit_path_open_subdirectory (test->directories.run_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	g_assert_false (davit_run_read (fd, &read, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	g_assert_true (davit_run_write (fd, &run, &error));
	g_assert_true (davit_run_read (fd, &read, &error));
	g_assert_no_error (error);
	g_assert_cmpint (read.phase, ==, DAVIT_RUN_RUNNING);
	g_assert_cmpuint (read.networks->len, ==, 1);
	again = (const DavitRunNetwork *) read.networks->pdata[0];
	g_assert_cmpstr (again->network, ==, "lan");
	g_assert_cmpstr (again->interface, ==, "eth0");
	g_assert_cmpstr (again->status, ==, network.status);
	g_assert_cmpstr (again->addresses[1], ==, addresses[1]);
	g_assert_cmpstr (again->gateways[0], ==, "10.0.0.1");
	g_assert_null (again->mac_address);
	g_assert_cmpint (again->helper, ==, 78);
	g_assert_cmpuint (again->helper_start, ==, 90);
	g_assert_cmpstr (davit_run_network_find (again, AF_INET), ==, "10.0.0.2/24");
	g_assert_null (davit_run_network_find (again, AF_INET6));
	g_assert_cmpstr (read.freezer, ==, "/sys/x");
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

/* A container that an older davit has started is stopped by this one. */
static void
test_run_old (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (GError) error = NULL;
	const DavitRunNetwork *network;
	davit_autofd fd = -1;
	DavitRun run = {0};

	davit_path_open_subdirectory (test->directories.run_fd, id, 0700, &fd, &error);
	g_assert_no_error (error);
	davit_path_replace_file (fd, "run.json", OLD_RUN, strlen (OLD_RUN), 0600, FALSE, &error);
	g_assert_no_error (error);
	g_assert_true (davit_run_read (fd, &run, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (run.networks->len, ==, 1);
	network = (const DavitRunNetwork *) run.networks->pdata[0];
	g_assert_cmpstr (network->network, ==, "lan");
	g_assert_cmpstr (network->interface, ==, "eth0");
	g_assert_cmpstr (network->status, ==, "s");
	g_assert_cmpstr (network->addresses[0], ==, "eth0 10.0.0.2/24");
	g_assert_cmpstr (network->gateways[0], ==, "10.0.0.1");
	g_assert_cmpstr (network->mac_address, ==, "02:00:00:00:00:01");
	davit_run_clear (&run);
}

/* Whether a helper is there is asked of the kernel. */
static void
test_helper (TestEngine *test, gconstpointer data)
{
	DavitRunNetwork *network = davit_run_network_new (NULL, "eth0");
	g_autoptr (GPtrArray) networks = g_ptr_array_new_with_free_func (davit_run_network_free);
	DavitRun run = {.networks = networks};
	pid_t child = fork ();

	if (child == 0) {
		pause ();
		_exit (0);
	}
	g_assert_cmpint (child, >, 0);
	g_ptr_array_add (networks, network);
	g_assert_false (davit_run_is_cut_off (&run));
	network->helper = child;
	g_assert_true (davit_fd_process_start_time (child, &network->helper_start, NULL));
	g_assert_false (davit_run_is_cut_off (&run));
	network->helper_start++;
	g_assert_true (davit_run_is_cut_off (&run));
	network->helper_start--;
	kill (child, SIGKILL);
	g_assert_cmpint (waitid (P_PID, (id_t) child, &(siginfo_t){0}, WEXITED | WNOWAIT), ==, 0);
	/* Not reaped yet. */
	g_assert_true (davit_run_is_cut_off (&run));
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_true (davit_run_is_cut_off (&run));
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
	test_engine_add ("/state/run-old", test_run_old);
	test_engine_add ("/state/helper", test_helper);
	test_engine_add ("/state/frozen", test_frozen);
	test_engine_add ("/state/status", test_status);
	test_engine_add ("/state/damaged", test_damaged_state);
	return g_test_run ();
}
