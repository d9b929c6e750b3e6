/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A first process that somebody else makes: here, this test itself. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
prepare (Fixture *fixture, DavitResult *result, GError **error)
{
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {-1, -1, -1},
	};

	return davit_runtime_prepare (fixture->runtime, &request, result, error);
}

static gboolean
adopt (Fixture *fixture, GError **error)
{
	DavitRuntimeContainer container = fixture_container (fixture);

	return davit_runtime_adopt (fixture->runtime, &container, fixture->pidfd,
				    (guint32) fixture->pid, error);
}

static G_GNUC_NORETURN void
process_run (int ready_fd, int status)
{
	if (unshare (CLONE_NEWNS | CLONE_NEWUTS) < 0 || sethostname ("adopted", 7) < 0)
		_exit (99);
	close (ready_fd);
	while (status < 0)
		pause ();
	_exit (status);
}

/* status: what it ends with at once; -1: it runs. */
static void
process_make (Fixture *fixture, int status)
{
	int ends[2];
	char byte;

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	fixture->pid = fork ();
	g_assert_cmpint (fixture->pid, >=, 0);
	if (fixture->pid == 0)
		process_run (ends[1], status);
	close (ends[1]);
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 0);
	close (ends[0]);
	fixture->pidfd = pidfd_open ((pid_t) fixture->pid, 0);
	g_assert_cmpint (fixture->pidfd, >=, 0);
}

static void
process_put (Fixture *fixture, const DavitResult *prepared)
{
	g_autofree const char **paths = davit_result_strings (prepared, "cgroup");
	g_autofree char *number = g_strdup_printf ("%d", (int) fixture->pid);

	for (guint i = 0; paths[i] != NULL; i++) {
		g_autofree char *path = g_build_filename (paths[i], "cgroup.procs", NULL);
		davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

		g_assert_cmpint (write (fd, number, strlen (number)), ==, (gssize) strlen (number));
	}
}

static void
configure (Fixture *fixture)
{
	Parts parts = {.linux_more = ",\"resources\":{\"pids\":{\"limit\":23}}"};

	fixture_configure (fixture, &parts);
}

/* What the engine does to a container works on it. */
static void
test_life (Fixture *fixture, gconstpointer data)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autofree char *process = fixture_process ("cat /proc/sys/kernel/hostname", NULL);
	g_autoptr (DavitResult) prepared = davit_result_new ();
	g_autoptr (DavitResult) stats = davit_result_new ();
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *paused = NULL;
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	gint64 limit = 0;
	int status = -1;

	configure (fixture);
	g_assert_true (prepare (fixture, prepared, &error));
	g_assert_no_error (error);
	g_assert_nonnull (davit_result_string (prepared, "cgroup"));
	before = fixture_status (fixture);
	g_assert_cmpstr (before, ==, "stopped");
	process_make (fixture, -1);
	process_put (fixture, prepared);
	g_assert_true (adopt (fixture, &error));
	g_assert_no_error (error);
	after = fixture_status (fixture);
	g_assert_cmpstr (after, ==, "running");
	g_assert_true (davit_runtime_stats (fixture->runtime, &container, stats, &error));
	g_assert_true (davit_result_integer (stats, "pids-limit", &limit));
	g_assert_cmpint (limit, ==, 23);
	/* In its namespaces, of which config.json knows nothing. */
	text = fixture_exec (fixture, process, &status);
	g_assert_cmpstr (text, ==, "adopted\n");
	g_assert_cmpint (status, ==, 0);
	g_assert_true (davit_runtime_pause (fixture->runtime, &container, &error));
	paused = fixture_status (fixture);
	g_assert_cmpstr (paused, ==, "paused");
	g_assert_true (davit_runtime_resume (fixture->runtime, &container, &error));
	g_assert_false (adopt (fixture, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_STATE));
	assert_contains (error->message, "was not prepared, or has a process already");
	g_clear_error (&error);
	g_assert_true (davit_runtime_kill (fixture->runtime, &container, SIGTERM, FALSE, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGTERM);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
}

static void
test_undone (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitResult) prepared = davit_result_new ();
	g_autoptr (GError) error = NULL;
	const char *path;

	configure (fixture);
	g_assert_true (prepare (fixture, prepared, &error));
	path = davit_result_string (prepared, "cgroup");
	g_assert_cmpint (access (path, F_OK), ==, 0);
	g_assert_false (prepare (fixture, NULL, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_EXISTS));
	g_clear_error (&error);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
	g_assert_cmpint (access (path, F_OK), ==, -1);
}

/* Whoever makes the process may die before anybody knows of it: its groups lead to it. */
static void
test_not_yet_adopted (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitResult) prepared = davit_result_new ();
	g_autoptr (GError) error = NULL;

	configure (fixture);
	g_assert_true (prepare (fixture, prepared, &error));
	process_make (fixture, -1);
	process_put (fixture, prepared);
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
}

static void
test_stranger (Fixture *fixture, gconstpointer data)
{
	g_autofree char *begin = NULL;
	g_autoptr (GError) error = NULL;

	process_make (fixture, -1);
	g_assert_false (adopt (fixture, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_NOT_FOUND));
	g_clear_error (&error);
	configure (fixture);
	g_assert_true (prepare (fixture, NULL, &error));
	g_assert_false (adopt (fixture, &error));
	begin = g_strdup_printf ("runtime/native: process %d is not in the control group \"",
				 (int) fixture->pid);
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_STATE));
	g_assert_true (g_str_has_prefix (error->message, begin));
	g_assert_cmpint (kill ((pid_t) fixture->pid, SIGKILL), ==, 0);
}

/* It ended before it could be adopted: how is still to be learnt, and delete goes on. */
static void
test_ended (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitResult) prepared = davit_result_new ();
	g_autofree char *status = NULL;
	g_autoptr (GError) error = NULL;

	configure (fixture);
	g_assert_true (prepare (fixture, prepared, &error));
	process_make (fixture, 3);
	g_assert_true (davit_fd_wait (fixture->pidfd, -1, &error));
	g_assert_true (adopt (fixture, &error));
	g_assert_no_error (error);
	status = fixture_status (fixture);
	g_assert_cmpstr (status, ==, "stopped");
	g_assert_cmpint (fixture_wait (fixture), ==, 3);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.more = ",\"hooks\":{\"prestart\":[{\"path\":\"/bin/true\"}]}"};
	g_autoptr (GError) error = NULL;

	fixture_configure (fixture, &parts);
	g_assert_false (prepare (fixture, NULL, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_UNSUPPORTED));
	g_clear_error (&error);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/native/adopt/life", test_life);
	fixture_add ("/native/adopt/undone", test_undone);
	fixture_add ("/native/adopt/not-yet-adopted", test_not_yet_adopted);
	fixture_add ("/native/adopt/stranger", test_stranger);
	fixture_add ("/native/adopt/ended", test_ended);
	fixture_add ("/native/adopt/refused", test_refused);
	return g_test_run ();
}
