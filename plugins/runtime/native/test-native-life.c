/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of a container: create, start, signals, states, delete, and what is half made. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_state (Fixture *fixture, const char *expected)
{
	g_autofree char *status = fixture_status (fixture);

	g_assert_cmpstr (status, ==, expected);
}

static void assert_failed (gboolean succeeded, GError **error, DavitErrorCode code,
			   const char *format, ...) G_GNUC_PRINTF (4, 5);

static void
assert_failed (gboolean succeeded, GError **error, DavitErrorCode code, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *expected = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	expected = g_strconcat ("runtime/native: ", text, NULL);
	g_assert_false (succeeded);
	g_assert_nonnull (*error);
	g_assert_cmpstr ((*error)->message, ==, expected);
	g_assert_true (davit_error_matches (*error, code));
	g_clear_error (error);
}

static gboolean
send_signal (Fixture *fixture, int signal, gboolean all, GError **error)
{
	DavitRuntimeContainer container = fixture_container (fixture);

	return davit_runtime_kill (fixture->runtime, &container, signal, all, error);
}

static void
create (Fixture *fixture, const char *script)
{
	Parts parts = {.script = script};
	g_autoptr (GError) error = NULL;

	fixture_configure (fixture, &parts);
	fixture_create (fixture, &error);
	g_assert_no_error (error);
}

static void
create_and_start (Fixture *fixture, const char *script)
{
	g_autoptr (GError) error = NULL;

	create (fixture, script);
	fixture_start (fixture, &error);
	g_assert_no_error (error);
}

static void
test_run (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo hello"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "hello\n");
}

static void
test_status (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;

	create_and_start (fixture, "exit 42");
	text = fixture_read (fixture);
	g_assert_cmpstr (text, ==, "");
	g_assert_cmpint (fixture_wait (fixture), ==, 42);
	assert_state (fixture, "stopped");
}

/* The program runs when start says so, and not before. */
static void
test_waits (Fixture *fixture, gconstpointer data)
{
	g_autofree char *mark = g_build_filename (fixture->rootfs, "mark", NULL);
	g_autoptr (GError) error = NULL;
	char ready[3];

	create (fixture, "touch /mark; echo go; exec sleep 1000");
	assert_state (fixture, "created");
	g_assert_cmpint (access (mark, F_OK), ==, -1);
	g_assert_true (fixture_start (fixture, &error));
	assert_state (fixture, "running");
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	assert_failed (fixture_start (fixture, &error), &error, DAVIT_ERROR_STATE,
		       "container \"%s\" has been started already", fixture->id);
	assert_failed (fixture_delete (fixture, FALSE, &error), &error, DAVIT_ERROR_STATE,
		       "container \"%s\" runs; stop it first, or force it", fixture->id);
	g_assert_true (send_signal (fixture, SIGKILL, FALSE, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
	g_assert_cmpint (access (mark, F_OK), ==, 0);
	assert_state (fixture, "stopped");
}

static void
test_wrong_states (Fixture *fixture, gconstpointer data)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	assert_failed (fixture_start (fixture, &error), &error, DAVIT_ERROR_NOT_FOUND,
		       "there is no container \"%s\"", fixture->id);
	assert_failed (send_signal (fixture, SIGTERM, FALSE, &error), &error, DAVIT_ERROR_NOT_FOUND,
		       "there is no container \"%s\"", fixture->id);
	assert_failed (davit_runtime_state (fixture->runtime, &container, result, &error), &error,
		       DAVIT_ERROR_NOT_FOUND, "there is no container \"%s\"", fixture->id);
	create (fixture, "true");
	assert_failed (fixture_create (fixture, &error), &error, DAVIT_ERROR_EXISTS,
		       "container \"%s\" exists already; delete it first", fixture->id);
	assert_failed (davit_runtime_pause (fixture->runtime, &container, &error), &error,
		       DAVIT_ERROR_STATE, "container \"%s\" is created, not running", fixture->id);
	assert_failed (davit_runtime_resume (fixture->runtime, &container, &error), &error,
		       DAVIT_ERROR_STATE, "container \"%s\" is not paused", fixture->id);
	assert_failed (send_signal (fixture, 0, FALSE, &error), &error, DAVIT_ERROR_USAGE,
		       "signal 0: must be from 1 to %d", NSIG - 1);
	g_assert_true (fixture_start (fixture, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
	assert_failed (fixture_start (fixture, &error), &error, DAVIT_ERROR_STATE,
		       "container \"%s\" has ended", fixture->id);
	assert_failed (send_signal (fixture, SIGTERM, FALSE, &error), &error, DAVIT_ERROR_STATE,
		       "container \"%s\" does not run", fixture->id);
	assert_failed (davit_runtime_pause (fixture->runtime, &container, &error), &error,
		       DAVIT_ERROR_STATE, "container \"%s\" does not run", fixture->id);
	assert_failed (davit_runtime_stats (fixture->runtime, &container, result, &error), &error,
		       DAVIT_ERROR_STATE, "container \"%s\" does not run", fixture->id);
}

/* A container that waits is not running: delete takes it without force. */
static void
test_delete_created (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	create (fixture, "true");
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
}

static void
test_delete_repeated (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	g_assert_true (fixture_delete (fixture, FALSE, &error));
	create_and_start (fixture, "exec sleep 1000");
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	/* And the name is free again. */
	create (fixture, "true");
}

static void
write_record (Fixture *fixture, const char *text)
{
	davit_autofd fd = openat (fixture->dirfd, "record", O_CREAT | O_TRUNC | O_WRONLY, 0600);

	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
}

/* Whoever wrote the record was killed in the middle of it: nothing was made yet. */
static void
test_delete_half_made (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	write_record (fixture, "");
	assert_state (fixture, "stopped");
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	write_record (fixture, "{\"version\":1,\"id\":\"x");
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
}

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	write_record (fixture, "[]\n");
	g_assert_false (fixture_delete (fixture, FALSE, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_CORRUPT));
	assert_contains (error->message, "the record of container");
	g_clear_error (&error);
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
	write_record (fixture, "{\"version\":2}\n");
	assert_failed (fixture_delete (fixture, TRUE, &error), &error, DAVIT_ERROR_UNSUPPORTED,
		       "record: written by a newer davit (version 2)");
	g_assert_cmpint (unlinkat (fixture->dirfd, "record", 0), ==, 0);
}

/* Replaces a word in the record by another one. */
static void
change_record (Fixture *fixture, const char *from, const char *to)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/record", fixture->dirfd);
	g_autofree char *text = NULL;
	g_auto (GStrv) parts = NULL;
	g_autofree char *changed = NULL;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	parts = g_strsplit (text, from, 2);
	g_assert_cmpuint (g_strv_length (parts), ==, 2);
	changed = g_strjoinv (to, parts);
	write_record (fixture, changed);
}

/* The pid of the record is this test's own process: it must survive. */
static void
test_reused_pid (Fixture *fixture, gconstpointer data)
{
	g_autofree char *theirs = NULL;
	g_autofree char *ours = g_strdup_printf ("\"pid\":%d,", (int) getpid ());
	g_autoptr (GError) error = NULL;

	create_and_start (fixture, "true");
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
	theirs = g_strdup_printf ("\"pid\":%d,", (int) fixture->pid);
	change_record (fixture, theirs, ours);
	assert_state (fixture, "stopped");
	assert_failed (send_signal (fixture, SIGKILL, FALSE, &error), &error, DAVIT_ERROR_STATE,
		       "container \"%s\" does not run", fixture->id);
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
}

/* After a reboot nothing that was recorded is alive, whatever has its number. */
static void
test_other_boot (Fixture *fixture, gconstpointer data)
{
	g_autofree char *boot_id = NULL;

	create_and_start (fixture, "exec sleep 1000");
	g_assert_true (
		g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot_id, NULL, NULL));
	change_record (fixture, g_strchomp (boot_id), "00000000-0000-0000-0000-000000000000");
	assert_state (fixture, "stopped");
	change_record (fixture, "00000000-0000-0000-0000-000000000000", boot_id);
	assert_state (fixture, "running");
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	char ready[3];

	create_and_start (fixture,
			  "trap 'echo usr1; exit 7' USR1; echo go; while :; do sleep 0.01; done");
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	g_assert_true (send_signal (fixture, SIGUSR1, FALSE, &error));
	text = fixture_read (fixture);
	g_assert_cmpstr (text, ==, "usr1\n");
	g_assert_cmpint (fixture_wait (fixture), ==, 7);
}

static void
test_kill_all (Fixture *fixture, gconstpointer data)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree gint64 *pids = NULL;
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	guint count = 0;
	char ready[3];

	create_and_start (fixture, "sleep 1000 & sleep 1000 & echo go; wait");
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	g_assert_true (davit_runtime_processes (fixture->runtime, &container, result, &error));
	g_assert_no_error (error);
	pids = davit_result_integers (result, "pid", &count);
	g_assert_cmpuint (count, ==, 3);
	g_assert_true (send_signal (fixture, SIGKILL, TRUE, &error));
	g_assert_no_error (error);
	text = fixture_read (fixture);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (GError) error = NULL;

	create_and_start (fixture, "exec sleep 1000");
	g_assert_true (davit_runtime_pause (fixture->runtime, &container, &error));
	g_assert_no_error (error);
	assert_state (fixture, "paused");
	assert_failed (davit_runtime_pause (fixture->runtime, &container, &error), &error,
		       DAVIT_ERROR_STATE, "container \"%s\" is paused, not running", fixture->id);
	g_assert_true (davit_runtime_resume (fixture->runtime, &container, &error));
	assert_state (fixture, "running");
	/* Frozen processes do not die by themselves: force must. */
	g_assert_true (davit_runtime_pause (fixture->runtime, &container, &error));
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
}

static void
test_stats (Fixture *fixture, gconstpointer data)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	gint64 value = 0;

	create_and_start (fixture, "exec sleep 1000");
	g_assert_true (davit_runtime_stats (fixture->runtime, &container, result, &error));
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (result, "pids", &value));
	g_assert_cmpint (value, ==, 1);
	g_assert_true (davit_runtime_update (fixture->runtime, &container,
					     "{\"pids\":{\"limit\":17}}", &error));
	g_assert_no_error (error);
	g_clear_pointer (&result, davit_result_free);
	result = davit_result_new ();
	g_assert_true (davit_runtime_stats (fixture->runtime, &container, result, &error));
	g_assert_true (davit_result_integer (result, "pids-limit", &value));
	g_assert_cmpint (value, ==, 17);
	assert_failed (davit_runtime_update (fixture->runtime, &container, "[]", &error), &error,
		       DAVIT_ERROR_CONFIG, "resources: must be an object");
}

static void
test_features (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	const char *text;

	g_assert_true (davit_runtime_features (fixture->runtime, result, &error));
	text = davit_result_string (result, "features");
	assert_contains (text, "\"CAP_SYS_ADMIN\"");
	assert_contains (text, "\"namespaces\":[\"user\",\"cgroup\",\"ipc\",\"uts\",\"network\","
			       "\"time\",\"pid\",\"mount\"]");
	assert_contains (text, "\"rro\"");
	assert_lacks (text, "\"idmap\",");
	g_assert_true (davit_runtime_probe (fixture->runtime, &error));
	g_assert_no_error (error);
}

static double
measure (Fixture *fixture)
{
	gint64 start;
	gint64 end;
	g_autoptr (GError) error = NULL;

	start = g_get_monotonic_time ();
	if (!fixture_create (fixture, &error) || !fixture_start (fixture, &error))
		g_assert_no_error (error);
	end = g_get_monotonic_time ();
	fixture_wait (fixture);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	return (double) (end - start);
}

/*
 * The budget for create and start together is 1.5 ms on a machine that does nothing else. A busy
 * one with sanitizers must not fail the test; somebody who waits for a timeout or polls must.
 */
static void
test_speed (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.args = "[\"/bin/true\"]",
		.linux_more = ",\"maskedPaths\":[\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\","
			      "\"/proc/latency_stats\",\"/proc/timer_list\",\"/proc/sched_debug\","
			      "\"/proc/scsi\",\"/sys/firmware\"],\"readonlyPaths\":[\"/proc/bus\","
			      "\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]",
	};
	double best = G_MAXDOUBLE;

	fixture_configure (fixture, &parts);
	for (int i = 0; i < 100; i++)
		best = MIN (best, measure (fixture));
	g_test_minimized_result (best, "create and start: %d microseconds at best", (int) best);
	g_assert_cmpfloat (best, <, 50000);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/life/run", test_run);
	fixture_add ("/life/status", test_status);
	fixture_add ("/life/waits", test_waits);
	fixture_add ("/life/wrong-states", test_wrong_states);
	fixture_add ("/life/delete-created", test_delete_created);
	fixture_add ("/life/delete-repeated", test_delete_repeated);
	fixture_add ("/life/delete-half-made", test_delete_half_made);
	fixture_add ("/life/damaged", test_damaged);
	fixture_add ("/life/reused-pid", test_reused_pid);
	fixture_add ("/life/other-boot", test_other_boot);
	fixture_add ("/life/signals", test_signals);
	fixture_add ("/life/kill-all", test_kill_all);
	fixture_add ("/life/pause", test_pause);
	fixture_add ("/life/stats", test_stats);
	fixture_add ("/life/features", test_features);
	fixture_add ("/life/speed", test_speed);
	return g_test_run ();
}
