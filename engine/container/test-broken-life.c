/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Each way to leave the life of a container half-way: operations that fail, processes that are
 * killed, files that are gone. Nothing is left of any of them in the end.
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

/* The record is damaged or gone while it runs: by force, all of it goes. */
static void
test_remove_damaged (TestEngine *test, gconstpointer data)
{
	g_autofree char *damaged = test_id (1);
	g_autofree char *lost = test_id (2);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	pid_t pid;

	test_container_write (test, damaged, "damaged", TEST_SLEEPER, "");
	test_container_write (test, lost, "lost", TEST_SLEEPER, "");
	test_start_detached (test, "damaged");
	test_start_detached (test, "lost");
	container = test_find (test, "lost");
	pid = container->pid;
	g_clear_pointer (&container, davit_container_free);
	test_file_write (test, damaged, "record.json", "");
	g_assert_true (davit_path_remove_tree (test->directories.containers_fd, lost, &error));

	container = test_find (test, "damaged");
	g_assert_false (davit_container_remove (container, FALSE, -1, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_true (g_str_has_prefix (error->message, "container \"damaged\" is damaged: "));
	g_clear_error (&error);
	g_assert_true (davit_container_remove (container, TRUE, -1, &error));
	g_assert_no_error (error);
	test_assert_gone (test, damaged, "damaged");
	g_assert_true (davit_container_remove_id (test->engine, lost, &error));
	g_assert_no_error (error);
	test_assert_gone (test, lost, "lost");
	g_assert_true (kill (pid, 0) != 0);
	test_assert_clean (test);
}

/* Whatever fails in a start, nothing of it is left, and the next one works. */
static void
test_start_fails (TestEngine *test, gconstpointer data)
{
	static const struct {
		const char *override;
		const char *text;
	} cases[] = {
		{"storage.toy-storage.fail=rootfs_mount",
		 "storage/toy-storage: rootfs_mount \"000000000000\": is to fail"},
		{"network.toy-network.fail=attach",
		 "network/toy-network: attach \"000000000000\": is to fail"},
		{"runtime.toy-runtime.fail=create",
		 "runtime/toy-runtime: create \"000000000000\": is to fail"},
		{"runtime.toy-runtime.fail=start",
		 "runtime/toy-runtime: start \"000000000000\": is to fail"},
	};
	g_autofree char *id = test_id (1);
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		for (guint attach = 0; attach < 2; attach++) {
			const char *overrides[] = {cases[i].override, NULL};
			g_autoptr (DavitContainer) container = NULL;
			TestOutput output;

			test_engine_reopen (test, overrides);
			container = test_find (test, "web");
			test_output_init (&output);
			output.start.attach = attach != 0;
			g_assert_false (davit_container_start (container, &output.start, NULL, NULL,
							       &error));
			test_output_clear (&output);
			test_engine_assert_error (test, &error, DAVIT_ERROR_BUSY, cases[i].text);
			test_assert_state (test, "web", DAVIT_STATUS_CREATED, 0);
		}
	}
	test_engine_reopen (test, NULL);
	test_start_detached (test, "web");
	{
		g_autoptr (DavitContainer) container = test_find (test, "web");
		DavitContainerStart start;

		davit_container_start_init (&start);
		g_assert_false (davit_container_start (container, &start, NULL, NULL, &error));
		test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
					  "container \"web\" can't be started: it is running");
		g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	}
	test_assert_clean (test);
}

static void
test_no_program (TestEngine *test, gconstpointer data)
{
	static const struct {
		const char *args;
		DavitErrorCode code;
	} cases[] = {
		{"[\"/none\"]", DAVIT_ERROR_NO_PROGRAM},
		{"[\"/etc\"]", DAVIT_ERROR_NOT_EXECUTABLE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *id = test_id (i + 1);
		g_autoptr (DavitContainer) container = NULL;
		g_autoptr (GError) error = NULL;
		TestOutput output;

		test_container_write (test, id, "web", cases[i].args, "");
		container = test_find (test, "web");
		test_output_init (&output);
		g_assert_false (
			davit_container_start (container, &output.start, NULL, NULL, &error));
		test_output_clear (&output);
		g_assert_error (error, DAVIT_ERROR, (gint) cases[i].code);
		g_clear_error (&error);
		test_assert_state (test, "web", DAVIT_STATUS_CREATED, 0);
		g_assert_true (davit_container_remove (container, FALSE, -1, &error));
		g_assert_no_error (error);
	}
	test_assert_clean (test);
}

#define TWO_NETWORKS                                                                               \
	", \"networks\": [{\"network\": \"one\", \"interface\": \"eth0\"}, "                       \
	"{\"network\": \"two\", \"interface\": \"eth1\"}]"

static char *
network_calls (const TestEngine *test)
{
	g_autofree char *path = g_build_filename (test->engine->paths->runroot, "plugins",
						  "network", "toy-network", "calls", NULL);
	char *text = NULL;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	g_assert_cmpint (unlink (path), ==, 0);
	return text;
}

/* Detached in reverse, and all of them: when one can't be attached, and also when one resists. */
static void
test_several_networks (TestEngine *test, gconstpointer data)
{
	static const char *const attach_fails[] = {"network.toy-network.fail=attach-eth1", NULL};
	static const char *const detach_fails[] = {"network.toy-network.fail=detach-eth1", NULL};
	g_autofree char *id = test_id (1);
	g_autofree char *broken =
		g_strdup_printf ("attach %s\nattach-eth1 %s\ndetach-eth1 %s\ndetach %s\n", id, id,
				 id, id);
	g_autofree char *calls = NULL;
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	TestOutput output;

	test_container_write (test, id, "web", "[\"true\"]", TWO_NETWORKS);
	test_engine_reopen (test, attach_fails);
	container = test_find (test, "web");
	test_output_init (&output);
	g_assert_false (davit_container_start (container, &output.start, NULL, &ended, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_BUSY,
				  "network/toy-network: attach-eth1 \"000000000000\": is to fail");
	calls = network_calls (test);
	g_assert_cmpstr (calls, ==, broken);
	g_clear_pointer (&calls, g_free);
	g_clear_pointer (&container, davit_container_free);

	test_engine_reopen (test, detach_fails);
	container = test_find (test, "web");
	g_assert_false (davit_container_start (container, &output.start, NULL, &ended, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_clear_error (&error);
	calls = network_calls (test);
	g_assert_true (g_str_has_prefix (calls, broken));
	g_clear_pointer (&container, davit_container_free);

	test_engine_reopen (test, NULL);
	container = test_find (test, "web");
	davit_container_cleanup (container, &error);
	g_assert_no_error (error);
	g_assert_true (davit_container_remove (container, FALSE, -1, &error));
	test_output_clear (&output);
	test_assert_clean (test);
}

/* What can't be undone stays on record until it can; the rest is undone all the same. */
static void
test_cleanup_fails (TestEngine *test, gconstpointer data)
{
	static const char *const overrides[] = {
		"runtime.toy-runtime.fail=delete",
		"network.toy-network.fail=detach",
		"storage.toy-storage.fail=rootfs_unmount",
	};

	for (guint i = 0; i < G_N_ELEMENTS (overrides); i++) {
		const char *failing[] = {overrides[i], NULL};
		g_autofree char *id = test_id (i + 1);
		g_autoptr (DavitContainer) container = NULL;
		g_autoptr (GError) error = NULL;
		DavitExit ended = {0};
		TestOutput output;

		test_container_write (test, id, "web", "[\"sh\", \"-c\", \"exit 4\"]", "");
		test_engine_reopen (test, failing);
		container = test_find (test, "web");
		test_output_init (&output);
		g_assert_false (
			davit_container_start (container, &output.start, NULL, &ended, &error));
		test_output_clear (&output);
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
		g_clear_error (&error);
		/* Its end is known whatever came after it. */
		g_assert_cmpint (ended.status, ==, 4);
		test_assert_state (test, "web", DAVIT_STATUS_STOPPED, 4);
		g_clear_pointer (&container, davit_container_free);

		test_engine_reopen (test, NULL);
		/* Not a check: the monitor may be trying at this moment, and is left alone then. */
		container = test_find (test, "web");
		davit_container_cleanup (container, &error);
		g_assert_no_error (error);
		test_assert_state (test, "web", DAVIT_STATUS_EXITED, 4);
		g_assert_true (davit_container_remove (container, FALSE, -1, &error));
		g_assert_no_error (error);
	}
	test_assert_clean (test);
}

/* A removal that is broken off leaves a tomb, and a check finishes it. */
static void
test_remove_fails (TestEngine *test, gconstpointer data)
{
	const char *failing[] = {"storage.toy-storage.fail=rootfs_remove", NULL};
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	test_engine_reopen (test, failing);
	container = test_find (test, "web");
	g_assert_false (davit_container_remove (container, FALSE, -1, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_BUSY,
				  "remove container \"web\": storage/toy-storage: rootfs_remove "
				  "\"000000000000\": is to fail");
	g_assert_null (davit_container_find (test->engine, "web", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	g_clear_pointer (&container, davit_container_free);
	test_engine_reopen (test, NULL);
	davit_container_check (test->engine, FALSE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpstr ((const char *) findings->pdata[0], ==,
			 "container 000000000000: its removal was broken off");
	g_clear_pointer (&findings, g_ptr_array_unref);
	davit_container_check (test->engine, TRUE, &findings, &error);
	g_assert_no_error (error);
	test_assert_gone (test, id, "web");
	test_assert_clean (test);
}

/* The engine dies while it is connected: the monitor takes its place. */
static void
test_engine_dies (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	int ends[2];
	pid_t child;
	char byte;

	test_container_write (test, id, "web", TEST_POLITE, ", \"autoRemove\": true");
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		TestOutput output;

		container = test_find (test, "web");
		test_output_init (&output);
		output.start.stdout_fd = ends[1];
		davit_container_start (container, &output.start, NULL, NULL, NULL);
		_exit (1);
	}
	/* It is up. */
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	container = test_find (test, "web");
	g_assert_cmpint (container->status, ==, DAVIT_STATUS_RUNNING);
	g_assert_true (davit_container_kill (container, SIGTERM, &error));
	g_assert_no_error (error);
	test_wait_gone (test->directories.containers_fd, id);
	test_wait_gone (test->directories.names_fd, "web");
	close (ends[0]);
	close (ends[1]);
	test_assert_clean (test);
}

/* The parent of a process. */
static pid_t
parent_of (int pid)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
	g_autofree char *text = NULL;
	const char *line;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	line = strstr (text, "\nPPid:");
	g_assert_nonnull (line);
	return (pid_t) g_ascii_strtoll (line + strlen ("\nPPid:"), NULL, 10);
}

/* Without its monitor a container can still be stopped; only how it ended is not known. */
static void
test_monitor_dies (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};

	test_container_write (test, id, "web", TEST_SLEEPER, "");
	test_start_detached (test, "web");
	container = test_find (test, "web");
	g_assert_cmpint (kill (parent_of (container->pid), SIGKILL), ==, 0);
	test_assert_state (test, "web", DAVIT_STATUS_RUNNING, 0);
	g_assert_true (davit_container_stop (container, 0, TEST_WAIT_MSEC, &error));
	g_assert_no_error (error);
	test_assert_state (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
	g_assert_false (davit_container_wait (container, TEST_WAIT_MSEC, &ended, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_FAILED,
				  "container \"web\": how it ended is not known; its monitor was "
				  "killed, or the machine was restarted");
	test_assert_clean (test);
}

/* A run that was broken off is undone by the next start, and by a removal. */
static void
test_broken_off (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;
	DavitRun run = {
		.phase = DAVIT_RUN_STARTING,
		.boot_id = test->engine->boot_id,
		.runtime = (char *) "toy-runtime",
		.storage = (char *) "toy-storage",
		.network = (char *) "toy-network",
	};

	test_container_write (test, id, "web", "[\"true\"]", "");
	test_run_write (test, id, &run);
	davit_container_check (test->engine, FALSE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_cmpstr ((const char *) findings->pdata[0], ==,
			 "container \"web\": its start was broken off");
	container = test_find (test, "web");
	{
		DavitExit ended = {0};
		TestOutput output;

		test_output_init (&output);
		g_assert_true (
			davit_container_start (container, &output.start, NULL, &ended, &error));
		g_assert_no_error (error);
		test_output_clear (&output);
	}
	/* A run of another boot. */
	run.phase = DAVIT_RUN_RUNNING;
	run.boot_id = (char *) "another";
	run.pid = getpid ();
	run.started = 5;
	test_run_write (test, id, &run);
	g_clear_pointer (&findings, g_ptr_array_unref);
	davit_container_check (test->engine, TRUE, &findings, &error);
	g_assert_no_error (error);
	test_assert_state (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
	g_assert_true (davit_container_remove (container, FALSE, -1, &error));
	g_assert_no_error (error);
	test_assert_clean (test);
}

int
main (int argc, char **argv)
{
	if (argc > 1 && g_str_equal (argv[1], "--root"))
		return test_life_cleanup_main (argc, argv);
	g_test_init (&argc, &argv, NULL);
	test_life_add ("/broken-life/remove-damaged", test_remove_damaged);
	test_life_add ("/broken-life/start-fails", test_start_fails);
	test_life_add ("/broken-life/no-program", test_no_program);
	test_life_add ("/broken-life/cleanup-fails", test_cleanup_fails);
	test_life_add ("/broken-life/several-networks", test_several_networks);
	test_life_add ("/broken-life/remove-fails", test_remove_fails);
	test_life_add ("/broken-life/engine-dies", test_engine_dies);
	test_life_add ("/broken-life/monitor-dies", test_monitor_dies);
	test_life_add ("/broken-life/broken-off", test_broken_off);
	return g_test_run ();
}
