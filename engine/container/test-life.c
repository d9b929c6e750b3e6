/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The life of containers, with the real monitor and toy plugins: each way through it, and each way
 * to leave it half-way. The monitor runs this program again, as it would run davit cleanup.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/test-container-support.h"

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

#define WAIT_MSEC 20000
#define PARALLEL 16

/* Traps SIGTERM and says so, or ignores it. */
#define POLITE                                                                                     \
	"[\"sh\", \"-c\", \"trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done\"]"
#define STUBBORN "[\"sh\", \"-c\", \"trap '' TERM; echo up; while :; do sleep 0.1; done\"]"
#define SLEEPER "[\"sleep\", \"1000\"]"

/**
 * Output: what a container writes while we are connected.
 */
typedef struct {
	int out;
	int err;
	DavitContainerStart start;
} Output;

static void
output_init (Output *output)
{
	output->out = memfd_create ("out", MFD_CLOEXEC);
	output->err = memfd_create ("err", MFD_CLOEXEC);
	g_assert_cmpint (output->out, >=, 0);
	g_assert_cmpint (output->err, >=, 0);
	davit_container_start_init (&output->start);
	output->start.attach = TRUE;
	output->start.stdout_fd = output->out;
	output->start.stderr_fd = output->err;
}

static void
assert_text (int fd, const char *expected)
{
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
	g_assert_true (davit_fd_read (fd, 1 << 20, "output", &text, NULL, &error));
	g_assert_cmpstr (text, ==, expected);
}

static void
output_clear (Output *output)
{
	close (output->out);
	close (output->err);
}

static gboolean
exists_below (int dirfd, const char *name)
{
	return faccessat (dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the root file system is there. */
static gboolean
rootfs_exists (TestEngine *test, const char *id)
{
	g_autofree char *path = g_build_filename (test->root, "storage", "toy-storage", id, NULL);

	return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
assert_gone (TestEngine *test, const char *id, const char *name)
{
	g_assert_false (exists_below (test->directories.containers_fd, id));
	g_assert_false (exists_below (test->directories.run_fd, id));
	g_assert_false (exists_below (test->directories.names_fd, name));
	g_assert_false (rootfs_exists (test, id));
}

static void
assert_state (TestEngine *test, const char *name, DavitStatus status, int exit_status)
{
	g_autoptr (DavitContainer) container = test_find (test, name);

	g_assert_cmpstr (davit_status_name (container->status), ==, davit_status_name (status));
	g_assert_cmpint (container->exit_status, ==, exit_status);
	if (status == DAVIT_STATUS_EXITED || status == DAVIT_STATUS_CREATED)
		g_assert_false (exists_below (test->directories.run_fd, container->id));
}

/* Waits until an entry is gone from a directory; nothing is looked at twice without an event. */
static void
wait_gone (int dirfd, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", dirfd);
	davit_autofd fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
	g_autoptr (GError) error = NULL;
	char events[4096];

	g_assert_cmpint (inotify_add_watch (fd, path, IN_MOVED_FROM | IN_DELETE), >=, 0);
	while (exists_below (dirfd, name)) {
		davit_fd_wait (fd, WAIT_MSEC, &error);
		g_assert_no_error (error);
		g_assert_cmpint (read (fd, events, sizeof events), >, 0);
	}
}

static void
start_detached (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	g_autoptr (GError) error = NULL;
	DavitContainerStart start;

	davit_container_start_init (&start);
	davit_container_start (container, &start, NULL, NULL, &error);
	g_assert_no_error (error);
	g_assert_cmpint (container->status, ==, DAVIT_STATUS_RUNNING);
	g_assert_cmpint (container->pid, >, 0);
}

/* Waits until it has written something: then its traps are set. */
static void
wait_up (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	davit_autofd fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
	g_autofree char *path = NULL;
	g_autoptr (GError) error = NULL;
	const char *log = NULL;
	struct stat status;
	int dirfd = -1;
	char events[4096];

	davit_container_log (container, &dirfd, &log, &error);
	g_assert_no_error (error);
	path = g_strdup_printf ("/proc/self/fd/%d", dirfd);
	g_assert_cmpint (inotify_add_watch (fd, path, IN_MODIFY), >=, 0);
	while (fstatat (dirfd, log, &status, 0) < 0 || status.st_size == 0) {
		davit_fd_wait (fd, WAIT_MSEC, &error);
		g_assert_no_error (error);
		g_assert_cmpint (read (fd, events, sizeof events), >, 0);
	}
}

static int
wait_status (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};

	davit_container_wait (container, WAIT_MSEC, &ended, &error);
	g_assert_no_error (error);
	return ended.status;
}

/* Every way ends here: a check finds nothing. */
static void
assert_clean (TestEngine *test)
{
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	davit_container_check (test->engine, FALSE, &findings, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < findings->len; i++)
		g_test_message ("found: %s", (const char *) findings->pdata[i]);
	g_assert_cmpuint (findings->len, ==, 0);
}

static void
test_attached (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	gboolean detached = TRUE;
	DavitExit ended = {0};
	Output output;

	test_container_write (test, id, "web",
			      "[\"sh\", \"-c\", \"echo out; echo err >&2; exit 7\"]", "");
	container = test_find (test, "web");
	for (guint round = 0; round < 2; round++) {
		output_init (&output);
		davit_container_start (container, &output.start, &detached, &ended, &error);
		g_assert_no_error (error);
		g_assert_false (detached);
		g_assert_cmpint (ended.status, ==, 7);
		assert_text (output.out, "out\n");
		assert_text (output.err, "err\n");
		output_clear (&output);
		g_assert_cmpint (container->status, ==, DAVIT_STATUS_EXITED);
		assert_state (test, "web", DAVIT_STATUS_EXITED, 7);
		g_assert_cmpint (container->started, >, 0);
		g_assert_cmpint (container->finished, >=, container->started);
		g_assert_true (rootfs_exists (test, id));
	}
	g_assert_cmpint (wait_status (test, "web"), ==, 7);
	davit_container_remove (container, FALSE, -1, &error);
	g_assert_no_error (error);
	assert_gone (test, id, "web");
	assert_clean (test);
}

static void
test_auto_remove (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	Output output;

	test_container_write (test, id, "web", "[\"sh\", \"-c\", \"kill -9 $$\"]",
			      ", \"autoRemove\": true");
	container = test_find (test, "web");
	output_init (&output);
	davit_container_start (container, &output.start, NULL, &ended, &error);
	output_clear (&output);
	g_assert_no_error (error);
	g_assert_cmpint (ended.status, ==, 137);
	g_assert_cmpint (ended.signal, ==, 9);
	assert_gone (test, id, "web");
	assert_clean (test);
}

/* Standard input goes in, and its end ends the program. */
static void
test_input (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};
	Output output;
	int ends[2];

	test_container_write (test, id, "web", "[\"cat\"]", ", \"stdinOpen\": true");
	container = test_find (test, "web");
	output_init (&output);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_cmpint (write (ends[1], "hello\n", 6), ==, 6);
	close (ends[1]);
	output.start.stdin_open = TRUE;
	output.start.stdin_fd = ends[0];
	davit_container_start (container, &output.start, NULL, &ended, &error);
	g_assert_no_error (error);
	g_assert_cmpint (ended.status, ==, 0);
	assert_text (output.out, "hello\n");
	output_clear (&output);
	close (ends[0]);
	assert_clean (test);
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
	wait_gone (test->directories.run_fd, kept);
	assert_state (test, "kept", DAVIT_STATUS_EXITED, 3);
	g_assert_cmpint (wait_status (test, "kept"), ==, 3);
	{
		g_autoptr (DavitContainer) container = test_find (test, "removed");
		g_autoptr (GError) error = NULL;
		DavitContainerStart start;

		davit_container_start_init (&start);
		davit_container_start (container, &start, NULL, NULL, &error);
		/* It may be gone before we look again. */
		g_clear_error (&error);
	}
	wait_gone (test->directories.containers_fd, removed);
	wait_gone (test->directories.names_fd, "removed");
	assert_clean (test);
}

static void
test_stop (TestEngine *test, gconstpointer data)
{
	g_autofree char *polite = test_id (1);
	g_autofree char *stubborn = test_id (2);
	g_autofree char *removed = test_id (3);
	g_autoptr (GError) error = NULL;

	test_container_write (test, polite, "polite", POLITE, "");
	test_container_write (test, stubborn, "stubborn", STUBBORN, "");
	test_container_write (test, removed, "removed", SLEEPER, ", \"autoRemove\": true");
	for (guint i = 0; i < 3; i++) {
		const char *const names[] = {"polite", "stubborn", "removed"};
		const int statuses[] = {5, 137, 0};
		g_autoptr (DavitContainer) container = NULL;

		start_detached (test, names[i]);
		if (i < 2)
			wait_up (test, names[i]);
		container = test_find (test, names[i]);
		davit_container_stop (container, 0, i == 1 ? 100 : WAIT_MSEC, &error);
		g_assert_no_error (error);
		if (i == 2)
			break;
		assert_state (test, names[i], DAVIT_STATUS_EXITED, statuses[i]);
		/* Again: that is done already. */
		davit_container_stop (container, 0, 0, &error);
		g_assert_no_error (error);
	}
	assert_gone (test, removed, "removed");
	assert_clean (test);
}

static void
test_signals (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", SLEEPER, "");
	container = test_find (test, "web");
	g_assert_false (davit_container_kill (container, SIGKILL, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be killed: it is created");
	g_assert_false (davit_container_pause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be paused: it is created");
	start_detached (test, "web");
	g_assert_false (davit_container_unpause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be unpaused: it is running");
	g_assert_true (davit_container_pause (container, &error));
	assert_state (test, "web", DAVIT_STATUS_PAUSED, 0);
	g_assert_false (davit_container_pause (container, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be paused: it is paused");
	g_assert_true (davit_container_unpause (container, &error));
	assert_state (test, "web", DAVIT_STATUS_RUNNING, 0);
	g_assert_true (davit_container_pause (container, &error));
	/* What is frozen is thawed, or the signal would never come. */
	g_assert_true (davit_container_stop (container, 0, WAIT_MSEC, &error));
	g_assert_no_error (error);
	assert_state (test, "web", DAVIT_STATUS_EXITED, 143);

	start_detached (test, "web");
	g_assert_true (davit_container_kill (container, SIGKILL, &error));
	g_assert_no_error (error);
	wait_gone (test->directories.run_fd, id);
	assert_state (test, "web", DAVIT_STATUS_EXITED, 137);
	assert_clean (test);
}

static void
test_remove (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (DavitContainer) again = NULL;
	g_autoptr (GError) error = NULL;

	test_container_write (test, id, "web", SLEEPER, "");
	start_detached (test, "web");
	container = test_find (test, "web");
	again = test_find (test, "web");
	g_assert_false (davit_container_remove (container, FALSE, -1, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be removed: it is running; stop it "
				  "first, or use --force");
	g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	g_assert_no_error (error);
	assert_gone (test, id, "web");
	/* Two at the same time: both have what they wanted. */
	g_assert_true (davit_container_remove (again, FALSE, -1, &error));
	g_assert_no_error (error);
	g_assert_true (davit_container_remove_id (test->engine, id, &error));
	g_assert_no_error (error);
	g_assert_false (davit_container_remove_id (test->engine, "abc", &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE,
				  "\"abc\" is no whole id of a container");
	assert_clean (test);
}

/* The record is damaged or gone while it runs: by force, all of it goes. */
static void
test_remove_damaged (TestEngine *test, gconstpointer data)
{
	g_autofree char *damaged = test_id (1);
	g_autofree char *lost = test_id (2);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	pid_t pid;

	test_container_write (test, damaged, "damaged", SLEEPER, "");
	test_container_write (test, lost, "lost", SLEEPER, "");
	start_detached (test, "damaged");
	start_detached (test, "lost");
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
	assert_gone (test, damaged, "damaged");
	g_assert_true (davit_container_remove_id (test->engine, lost, &error));
	g_assert_no_error (error);
	assert_gone (test, lost, "lost");
	g_assert_true (kill (pid, 0) != 0);
	assert_clean (test);
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

	test_container_write (test, id, "web", SLEEPER, "");
	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		for (guint attach = 0; attach < 2; attach++) {
			const char *overrides[] = {cases[i].override, NULL};
			g_autoptr (DavitContainer) container = NULL;
			Output output;

			test_engine_reopen (test, overrides);
			container = test_find (test, "web");
			output_init (&output);
			output.start.attach = attach != 0;
			g_assert_false (davit_container_start (container, &output.start, NULL, NULL,
							       &error));
			output_clear (&output);
			test_engine_assert_error (test, &error, DAVIT_ERROR_BUSY, cases[i].text);
			assert_state (test, "web", DAVIT_STATUS_CREATED, 0);
		}
	}
	test_engine_reopen (test, NULL);
	start_detached (test, "web");
	{
		g_autoptr (DavitContainer) container = test_find (test, "web");
		DavitContainerStart start;

		davit_container_start_init (&start);
		g_assert_false (davit_container_start (container, &start, NULL, NULL, &error));
		test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
					  "container \"web\" can't be started: it is running");
		g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	}
	assert_clean (test);
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
		Output output;

		test_container_write (test, id, "web", cases[i].args, "");
		container = test_find (test, "web");
		output_init (&output);
		g_assert_false (
			davit_container_start (container, &output.start, NULL, NULL, &error));
		output_clear (&output);
		g_assert_error (error, DAVIT_ERROR, (gint) cases[i].code);
		g_clear_error (&error);
		assert_state (test, "web", DAVIT_STATUS_CREATED, 0);
		g_assert_true (davit_container_remove (container, FALSE, -1, &error));
		g_assert_no_error (error);
	}
	assert_clean (test);
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
		g_autoptr (GPtrArray) findings = NULL;
		g_autoptr (GError) error = NULL;
		DavitExit ended = {0};
		Output output;

		test_container_write (test, id, "web", "[\"sh\", \"-c\", \"exit 4\"]", "");
		test_engine_reopen (test, failing);
		container = test_find (test, "web");
		output_init (&output);
		g_assert_false (
			davit_container_start (container, &output.start, NULL, &ended, &error));
		output_clear (&output);
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
		g_clear_error (&error);
		/* Its end is known whatever came after it. */
		g_assert_cmpint (ended.status, ==, 4);
		assert_state (test, "web", DAVIT_STATUS_STOPPED, 4);
		g_clear_pointer (&container, davit_container_free);

		test_engine_reopen (test, NULL);
		davit_container_check (test->engine, TRUE, &findings, &error);
		g_assert_no_error (error);
		assert_state (test, "web", DAVIT_STATUS_EXITED, 4);
		container = test_find (test, "web");
		g_assert_true (davit_container_remove (container, FALSE, -1, &error));
		g_assert_no_error (error);
	}
	assert_clean (test);
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

	test_container_write (test, id, "web", SLEEPER, "");
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
	assert_gone (test, id, "web");
	assert_clean (test);
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

	test_container_write (test, id, "web", POLITE, ", \"autoRemove\": true");
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		Output output;

		container = test_find (test, "web");
		output_init (&output);
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
	wait_gone (test->directories.containers_fd, id);
	wait_gone (test->directories.names_fd, "web");
	close (ends[0]);
	close (ends[1]);
	assert_clean (test);
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
	return atoi (line + strlen ("\nPPid:"));
}

/* Without its monitor a container can still be stopped; only how it ended is not known. */
static void
test_monitor_dies (TestEngine *test, gconstpointer data)
{
	g_autofree char *id = test_id (1);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};

	test_container_write (test, id, "web", SLEEPER, "");
	start_detached (test, "web");
	container = test_find (test, "web");
	g_assert_cmpint (kill (parent_of (container->pid), SIGKILL), ==, 0);
	assert_state (test, "web", DAVIT_STATUS_RUNNING, 0);
	g_assert_true (davit_container_stop (container, 0, WAIT_MSEC, &error));
	g_assert_no_error (error);
	assert_state (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
	g_assert_false (davit_container_wait (container, WAIT_MSEC, &ended, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_FAILED,
				  "container \"web\": how it ended is not known; its monitor was "
				  "killed, or the machine was restarted");
	assert_clean (test);
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

	test_container_write (test, id, "web", SLEEPER, "");
	container = test_find (test, "web");
	g_assert_true (davit_container_wait (container, 0, &ended, &error));
	g_assert_cmpint (ended.status, ==, 0);
	start_detached (test, "web");
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
		if (!davit_container_wait (container, WAIT_MSEC, &ended, NULL))
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
	wait_gone (test->directories.run_fd, id);
	assert_clean (test);
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
	Output output;

	test_container_write (test, id, "web", SLEEPER, "");
	container = test_find (test, "web");
	davit_container_start_init (&exec.streams);
	g_assert_false (davit_container_exec (container, &exec, &status, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't run a command: it is created");
	start_detached (test, "web");
	output_init (&output);
	exec.streams = output.start;
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_cmpint (write (ends[1], "in\n", 3), ==, 3);
	close (ends[1]);
	exec.streams.stdin_open = TRUE;
	exec.streams.stdin_fd = ends[0];
	g_assert_true (davit_container_exec (container, &exec, &status, &error));
	g_assert_no_error (error);
	g_assert_cmpint (status, ==, 9);
	assert_text (output.out, "in\n");
	assert_text (output.err, "err\n");
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
	output_clear (&output);
	g_assert_true (davit_container_remove (container, TRUE, 0, &error));
	assert_clean (test);
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
	Output output;
	pid_t child;

	test_container_write (test, id, "web", POLITE, "");
	container = test_find (test, "web");
	output_init (&output);
	g_assert_false (davit_container_attach (container, &output.start, NULL, &ended, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_STATE,
				  "container \"web\" can't be attached to: it is created");
	start_detached (test, "web");
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
	g_assert_true (davit_container_stop (container, 0, WAIT_MSEC, &error));
	g_assert_no_error (error);
	g_assert_cmpint (waitpid (child, &(int){0}, 0), ==, child);
	g_assert_true (davit_fd_wait (end_fd, WAIT_MSEC, &error));
	g_assert_true (davit_container_log (container, &dirfd, &name, &error));
	g_assert_true (exists_below (dirfd, name));
	output_clear (&output);
	assert_clean (test);
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
		Output output;

		output_init (&output);
		g_assert_true (
			davit_container_start (container, &output.start, NULL, &ended, &error));
		g_assert_no_error (error);
		output_clear (&output);
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
	assert_state (test, "web", DAVIT_STATUS_EXITED, DAVIT_STATE_LOST_STATUS);
	g_assert_true (davit_container_remove (container, FALSE, -1, &error));
	g_assert_no_error (error);
	assert_clean (test);
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
			Output output;

			output_init (&output);
			if (!davit_container_start (container, &output.start, NULL, &ended,
						    &error)) {
				fprintf (stderr, "# %s\n", error->message);
				_exit (99);
			}
			assert_text (output.out, "hi\n");
			_exit (ended.status);
		}
	}
	while (next < PARALLEL) {
		g_autoptr (GError) error = NULL;
		g_autoptr (GPtrArray) containers = davit_container_list (test->engine, &error);
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

		assert_gone (test, id, name);
	}
	assert_clean (test);
}

/* What the monitor runs: the options of an engine, "cleanup" and an id. */
static int
cleanup_main (int argc, char **argv)
{
	g_autoptr (GPtrArray) plugin_path = g_ptr_array_new ();
	g_autoptr (GPtrArray) overrides = g_ptr_array_new ();
	DavitEngineOptions options = {0};
	g_autoptr (DavitEngine) engine = NULL;
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (g_str_equal (argv[i], "--root"))
			options.root = argv[i + 1];
		else if (g_str_equal (argv[i], "--runroot"))
			options.runroot = argv[i + 1];
		else if (g_str_equal (argv[i], "--plugin-path"))
			g_ptr_array_add (plugin_path, argv[i + 1]);
		else
			g_ptr_array_add (overrides, argv[i + 1]);
	}
	if (i + 2 != argc || !g_str_equal (argv[i], "cleanup"))
		return 2;
	g_ptr_array_add (plugin_path, NULL);
	g_ptr_array_add (overrides, NULL);
	options.plugin_path = (const char *const *) plugin_path->pdata;
	options.overrides = (const char *const *) overrides->pdata;
	engine = davit_engine_open (&options, &error);
	container = engine != NULL ? davit_container_find (engine, argv[i + 1], &error) : NULL;
	return container != NULL && davit_container_cleanup (container, &error) ? 0 : 1;
}

int
main (int argc, char **argv)
{
	if (argc > 1 && g_str_equal (argv[1], "--root"))
		return cleanup_main (argc, argv);
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/life/attached", test_attached);
	test_engine_add ("/life/auto-remove", test_auto_remove);
	test_engine_add ("/life/input", test_input);
	test_engine_add ("/life/detached", test_detached);
	test_engine_add ("/life/stop", test_stop);
	test_engine_add ("/life/signals", test_signals);
	test_engine_add ("/life/remove", test_remove);
	test_engine_add ("/life/remove-damaged", test_remove_damaged);
	test_engine_add ("/life/start-fails", test_start_fails);
	test_engine_add ("/life/no-program", test_no_program);
	test_engine_add ("/life/cleanup-fails", test_cleanup_fails);
	test_engine_add ("/life/remove-fails", test_remove_fails);
	test_engine_add ("/life/engine-dies", test_engine_dies);
	test_engine_add ("/life/monitor-dies", test_monitor_dies);
	test_engine_add ("/life/wait", test_wait);
	test_engine_add ("/life/exec", test_exec);
	test_engine_add ("/life/attach", test_attach);
	test_engine_add ("/life/broken-off", test_broken_off);
	test_engine_add ("/life/parallel", test_parallel);
	return g_test_run ();
}
