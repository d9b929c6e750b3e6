/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The life of containers, with the real monitor and toy plugins: each way through it. The monitor
 * runs this program again, as it would run davit cleanup.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/test-life-support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARALLEL 16

static void
test_attached (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	gboolean detached = TRUE;
	DavitExit ended = {0};
	TestOutput output;

	test_container_write (test, id, "web",
			      "[\"sh\", \"-c\", \"echo out; echo err >&2; exit 7\"]", "");
	container = test_find (test, "web");
	for (guint round = 0; round < 2; round++) {
		test_output_init (&output);
		davit_container_start (container, &output.start, &detached, &ended, &error);
		g_assert_no_error (error);
		g_assert_false (detached);
		g_assert_cmpint (ended.status, ==, 7);
		test_assert_text (output.out, "out\n");
		test_assert_text (output.err, "err\n");
		test_output_clear (&output);
		g_assert_cmpint (container->status, ==, DAVIT_STATUS_EXITED);
		test_assert_state (test, "web", DAVIT_STATUS_EXITED, 7);
		g_assert_cmpint (container->started, >, 0);
		g_assert_cmpint (container->finished, >=, container->started);
		g_assert_true (test_rootfs_exists (test, id));
	}
	g_assert_cmpint (test_wait_status (test, "web"), ==, 7);
	davit_container_remove (container, FALSE, -1, &error);
	g_assert_no_error (error);
	test_assert_gone (test, id, "web");
	test_assert_clean (test);
}

static void
test_auto_remove (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	TestOutput output;

	test_container_write (test, id, "web", "[\"sh\", \"-c\", \"kill -9 $$\"]",
			      ", \"autoRemove\": true");
	container = test_find (test, "web");
	test_output_init (&output);
	davit_container_start (container, &output.start, NULL, &ended, &error);
	test_output_clear (&output);
	g_assert_no_error (error);
	g_assert_cmpint (ended.status, ==, 137);
	g_assert_cmpint (ended.signal, ==, 9);
	test_assert_gone (test, id, "web");
	test_assert_clean (test);
}

/* Standard input goes in, and its end ends the program. */
static void
test_input (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	TestOutput output;
	int ends[2];

	test_container_write (test, id, "web", "[\"cat\"]", ", \"stdinOpen\": true");
	container = test_find (test, "web");
	test_output_init (&output);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_cmpint (write (ends[1], "hello\n", 6), ==, 6);
	close (ends[1]);
	output.start.stdin_open = TRUE;
	output.start.stdin_fd = ends[0];
	davit_container_start (container, &output.start, NULL, &ended, &error);
	g_assert_no_error (error);
	g_assert_cmpint (ended.status, ==, 0);
	test_assert_text (output.out, "hello\n");
	test_output_clear (&output);
	close (ends[0]);
	test_assert_clean (test);
}

/* Nobody is there at its end: the monitor sees to it. */
static void
test_detached (TestEngine *test, gconstpointer data)
{
	g_autofree char *kept = test_id (1);
	g_autofree char *removed = test_id (2);

	test_container_write (test, kept, "kept", "[\"sh\", \"-c\", \"exit 3\"]", "");
	test_container_write (test, removed, "removed", "[\"true\"]", ", \"autoRemove\": true");
	{
		g_autoptr (DavitContainer) container = test_find (test, "kept");
		g_autoptr (GError) error = NULL;
		DavitContainerStart start;

		davit_container_start_init (&start);
		davit_container_start (container, &start, NULL, NULL, &error);
		g_assert_no_error (error);
	}
	test_wait_gone (test->directories.run_fd, kept);
	test_assert_state (test, "kept", DAVIT_STATUS_EXITED, 3);
	g_assert_cmpint (test_wait_status (test, "kept"), ==, 3);
	{
		g_autoptr (DavitContainer) container = test_find (test, "removed");
		g_autoptr (GError) error = NULL;
		DavitContainerStart start;

		davit_container_start_init (&start);
		davit_container_start (container, &start, NULL, NULL, &error);
		/* It may be gone before we look again. */
		g_clear_error (&error);
	}
	test_wait_gone (test->directories.containers_fd, removed);
	test_wait_gone (test->directories.names_fd, "removed");
	test_assert_clean (test);
}

static void
test_stop (TestEngine *test, gconstpointer data)
{
	g_autofree char *polite = test_id (1);
	g_autofree char *stubborn = test_id (2);
	g_autofree char *removed = test_id (3);
	g_autoptr (GError) error = NULL;

	test_container_write (test, polite, "polite", TEST_POLITE, "");
	test_container_write (test, stubborn, "stubborn", TEST_STUBBORN, "");
	test_container_write (test, removed, "removed", TEST_SLEEPER, ", \"autoRemove\": true");
	for (guint i = 0; i < 3; i++) {
		const char *const names[] = {"polite", "stubborn", "removed"};
		const int statuses[] = {5, 137, 0};
		g_autoptr (DavitContainer) container = NULL;

		test_start_detached (test, names[i]);
		if (i < 2)
			test_wait_up (test, names[i]);
		container = test_find (test, names[i]);
		davit_container_stop (container, 0, i == 1 ? 100 : TEST_WAIT_MSEC, &error);
		g_assert_no_error (error);
		if (i == 2)
			break;
		test_assert_state (test, names[i], DAVIT_STATUS_EXITED, statuses[i]);
		/* Again: that is done already. */
		davit_container_stop (container, 0, 0, &error);
		g_assert_no_error (error);
	}
	test_assert_gone (test, removed, "removed");
	test_assert_clean (test);
}

static void
assert_running (TestEngine *test, guint count)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (GPtrArray) containers = davit_container_list_running (test->engine, &error);

	g_assert_no_error (error);
	g_assert_cmpuint (containers->len, ==, count);
}

static void
test_signals (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	container = test_find (test, "web");
	g_assert_false (davit_container_kill (container, SIGKILL, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be killed: it is created");
	g_assert_false (davit_container_pause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be paused: it is created");
	test_start_detached (test, "web");
	g_assert_false (davit_container_unpause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be unpaused: it is running");
	g_assert_true (davit_container_pause (container, &error));
	test_assert_state (test, "web", DAVIT_STATUS_PAUSED, 0);
	assert_running (test, 1);
	g_assert_false (davit_container_pause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be paused: it is paused already");
	g_assert_true (davit_container_unpause (container, &error));
	test_assert_state (test, "web", DAVIT_STATUS_RUNNING, 0);
	assert_running (test, 1);
	g_assert_true (davit_container_pause (container, &error));
	/* What is frozen is thawed, or the signal would never come. */
	g_assert_true (davit_container_stop (container, 0, TEST_WAIT_MSEC, &error));
	g_assert_no_error (error);
	test_assert_state (test, "web", DAVIT_STATUS_EXITED, 143);
	assert_running (test, 0);

	test_start_detached (test, "web");
	g_assert_true (davit_container_kill (container, SIGKILL, &error));
	g_assert_no_error (error);
	test_wait_gone (test->directories.run_fd, id);
	test_assert_state (test, "web", DAVIT_STATUS_EXITED, 137);
	test_assert_clean (test);
}

static void
test_remove (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (DavitContainer) again = NULL;
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	test_start_detached (test, "web");
	container = test_find (test, "web");
	again = test_find (test, "web");
	g_assert_false (davit_container_remove (container, FALSE, -1, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be removed: it is running; stop it "
				  "first, or use --force");
	g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	g_assert_no_error (error);
	test_assert_gone (test, id, "web");
	/* Two at the same time: both have what they wanted. */
	g_assert_true (davit_container_remove (again, FALSE, -1, &error));
	g_assert_no_error (error);
	g_assert_true (davit_container_remove_id (test->engine, id, &error));
	g_assert_no_error (error);
	g_assert_false (davit_container_remove_id (test->engine, "abc", &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE,
				  "\"abc\" is no whole id of a container");
	test_assert_clean (test);
}

/* Several wait, and one removes it: all learn of the end. */
static void
test_wait (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	pid_t children[4];
	int ends[2];

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	container = test_find (test, "web");
	g_assert_true (davit_container_wait (container, 0, &ended, &error));
	g_assert_cmpint (ended.status, ==, 0);
	test_start_detached (test, "web");
	g_assert_false (davit_container_wait (container, 20, &ended, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_clear_error (&error);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
		children[i] = fork ();
		g_assert_cmpint (children[i], >=, 0);
		if (children[i] > 0)
			continue;
		if (write (ends[1], "", 1) != 1)
			_exit (1);
		if (!davit_container_wait (container, TEST_WAIT_MSEC, &ended, NULL))
			_exit (2);
		_exit (ended.status);
	}
	for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
		char byte;

		g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
	}
	g_assert_true (davit_container_kill (container, SIGTERM, &error));
	for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
		int status = 0;

		g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
		g_assert_cmpint (status, ==, 143 << 8);
	}
	close (ends[0]);
	close (ends[1]);
	test_wait_gone (test->directories.run_fd, id);
	test_assert_clean (test);
}

static void
test_exec (TestEngine *test, gconstpointer data)
{
	static const char *const talk[] = {"sh", "-c", "cat; echo err >&2; exit 9", NULL};
	static const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
	static const char *const absent[] = {"/none", NULL};
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitContainerExec exec = {.command = talk};
	int status = -1, ends[2];
	TestOutput output;

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	container = test_find (test, "web");
	davit_container_start_init (&exec.streams);
	g_assert_false (davit_container_exec (container, &exec, &status, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't run a command: it is created");
	test_start_detached (test, "web");
	test_output_init (&output);
	exec.streams = output.start;
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_cmpint (write (ends[1], "in\n", 3), ==, 3);
	close (ends[1]);
	exec.streams.stdin_open = TRUE;
	exec.streams.stdin_fd = ends[0];
	g_assert_true (davit_container_exec (container, &exec, &status, &error));
	g_assert_no_error (error);
	g_assert_cmpint (status, ==, 9);
	test_assert_text (output.out, "in\n");
	test_assert_text (output.err, "err\n");
	close (ends[0]);
	exec.streams.stdin_open = FALSE;
	exec.command = killed;
	g_assert_true (davit_container_exec (container, &exec, &status, &error));
	g_assert_cmpint (status, ==, 137);
	exec.command = absent;
	g_assert_false (davit_container_exec (container, &exec, &status, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NO_PROGRAM);
	g_clear_error (&error);
	exec.command = talk;
	exec.detach = TRUE;
	g_assert_true (davit_container_exec (container, &exec, &status, &error));
	g_assert_cmpint (status, ==, 0);
	g_assert_true (davit_container_pause (container, &error));
	g_assert_false (davit_container_exec (container, &exec, &status, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't run a command: it is paused; unpause it "
				  "first");
	test_output_clear (&output);
	g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	test_assert_clean (test);
}

/* What comes to us goes on to it. */
static void
test_proxy (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	int status = 0, ends[2];
	pid_t child;
	char byte;

	test_container_write (test, id, "web", TEST_POLITE, "");
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		g_autoptr (DavitContainer) container = test_find (test, "web");
		DavitExit ended = {0};
		TestOutput output;

		test_output_init (&output);
		output.start.signal_proxy = TRUE;
		output.start.stdout_fd = ends[1];
		if (!davit_container_start (container, &output.start, NULL, &ended, NULL))
			_exit (1);
		_exit (ended.status);
	}
	/* It is connected. */
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
	g_assert_cmpint (kill (child, SIGTERM), ==, 0);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 5 << 8);
	close (ends[0]);
	close (ends[1]);
	test_assert_clean (test);
}

/* A second one joins, and leaves with the end. */
static void
test_attach (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	davit_autofd end_fd = -1;
	const char *name = NULL;
	int dirfd = -1;
	TestOutput output;
	pid_t child;

	test_container_write (test, id, "web", TEST_POLITE, "");
	container = test_find (test, "web");
	test_output_init (&output);
	g_assert_false (davit_container_attach (container, &output.start, NULL, &ended, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be attached to: it is created");
	test_start_detached (test, "web");
	g_assert_true (davit_container_refresh (container, &error));
	g_assert_true (davit_container_open_end (container, &end_fd, &error));
	/* It is open, and it has not ended. */
	g_assert_false (davit_fd_wait (end_fd, 0, NULL));
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		if (!davit_container_attach (container, &output.start, NULL, &ended, NULL))
			_exit (1);
		_exit (ended.status);
	}
	g_assert_true (davit_container_stop (container, 0, TEST_WAIT_MSEC, &error));
	g_assert_no_error (error);
	g_assert_cmpint (waitpid (child, &(int){0}, 0), ==, child);
	g_assert_true (davit_fd_wait (end_fd, TEST_WAIT_MSEC, &error));
	g_assert_true (davit_container_log (container, &dirfd, &name, &error));
	g_assert_true (test_exists_below (dirfd, name));
	test_output_clear (&output);
	test_assert_clean (test);
}

/* Many at once, and somebody who looks all the time: no error, and nothing is left. */
static void
test_parallel (TestEngine *test, gconstpointer data)
{
	pid_t children[PARALLEL];
	guint next = 0;

	for (guint i = 0; i < PARALLEL; i++) {
		g_autofree char *id = test_id (i + 1);
		g_autofree char *name = g_strdup_printf ("c%u", i);

		test_container_write (test, id, name, "[\"sh\", \"-c\", \"echo hi; exit 3\"]",
				      ", \"autoRemove\": true");
	}
	for (guint i = 0; i < PARALLEL; i++) {
		g_autofree char *name = g_strdup_printf ("c%u", i);

		children[i] = fork ();
		g_assert_cmpint (children[i], >=, 0);
		if (children[i] == 0) {
			g_autoptr (DavitContainer) container = test_find (test, name);
			g_autoptr (GError) error = NULL;
			DavitExit ended = {0};
			TestOutput output;

			test_output_init (&output);
			if (!davit_container_start (container, &output.start, NULL, &ended,
						    &error)) {
				fprintf (stderr, "# %s\n", error->message);
				_exit (99);
			}
			test_assert_text (output.out, "hi\n");
			_exit (ended.status);
		}
	}
	while (next < PARALLEL) {
		g_autoptr (GError) error = NULL;
		g_autoptr (GPtrArray) G_GNUC_UNUSED containers =
			davit_container_list (test->engine, &error);
		int status = 0;

		g_assert_no_error (error);
		if (waitpid (children[next], &status, WNOHANG) == 0)
			continue;
		g_assert_cmpint (status, ==, 3 << 8);
		next++;
	}
	for (guint i = 0; i < PARALLEL; i++) {
		g_autofree char *id = test_id (i + 1);
		g_autofree char *name = g_strdup_printf ("c%u", i);

		test_assert_gone (test, id, name);
	}
	test_assert_clean (test);
}

int
main (int argc, char **argv)
{
	if (argc > 1 && g_str_equal (argv[1], "--root"))
		return test_life_cleanup_main (argc, argv);
	g_test_init (&argc, &argv, NULL);
	test_life_add ("/life/attached", test_attached);
	test_life_add ("/life/auto-remove", test_auto_remove);
	test_life_add ("/life/input", test_input);
	test_life_add ("/life/detached", test_detached);
	test_life_add ("/life/stop", test_stop);
	test_life_add ("/life/signals", test_signals);
	test_life_add ("/life/remove", test_remove);
	test_life_add ("/life/wait", test_wait);
	test_life_add ("/life/exec", test_exec);
	test_life_add ("/life/proxy", test_proxy);
	test_life_add ("/life/attach", test_attach);
	test_life_add ("/life/parallel", test_parallel);
	return g_test_run ();
}
