/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Locks between processes. */

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	char *path;
	int fd;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	fixture->fd = g_file_open_tmp ("davit-lock-XXXXXX", &fixture->path, &error);
	g_assert_no_error (error);
	davit_fd_set_cloexec (fixture->fd, TRUE, NULL);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	close (fixture->fd);
	unlink (fixture->path);
	g_free (fixture->path);
}

static int
open_again (Fixture *fixture)
{
	return open (fixture->path, O_RDWR | O_CLOEXEC);
}

/* A child that holds the lock until a byte comes through the pipe, or for hold_msec. */
static pid_t
start_holder (Fixture *fixture, int hold_msec)
{
	int ends[2];
	char byte = 0;
	pid_t child;

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		int fd = open_again (fixture);

		close (fixture->fd);
		close (ends[0]);
		if (!davit_lock_take (fd, 0, "x", NULL) || write (ends[1], "y", 1) != 1)
			_exit (1);
		/* The pipe's other end is closed by now: only the time can pass. */
		g_usleep ((gulong) hold_msec * 1000);
		_exit (0);
	}
	close (ends[1]);
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
	close (ends[0]);
	return child;
}

static void
test_busy (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	davit_autofd other = open_again (fixture);

	g_assert_true (davit_lock_take (fixture->fd, 0, "x", &error));
	/* Repeatable by the one that has it. */
	g_assert_true (davit_lock_take (fixture->fd, -1, "x", &error));
	g_assert_false (davit_lock_take (other, 0, "container", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_assert_cmpstr (error->message, ==, "\"container\" is in use by another process");
	g_clear_error (&error);
	davit_lock_release (fixture->fd);
	g_assert_true (davit_lock_take (other, 0, "x", &error));
	g_assert_no_error (error);
	davit_lock_release (-1);
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	pid_t holder = start_holder (fixture, 60000);
	gint64 start = g_get_monotonic_time ();

	g_assert_false (davit_lock_take (fixture->fd, 50, "x", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_assert_cmpstr (error->message, ==,
			 "lock \"x\": in use by another process for more than 50 ms");
	g_assert_cmpint (g_get_monotonic_time () - start, >=, 49000);
	g_clear_error (&error);
	/* The holder dies without a word: the lock is free. */
	kill (holder, SIGKILL);
	g_assert_cmpint (waitpid (holder, NULL, 0), ==, holder);
	g_assert_true (davit_lock_take (fixture->fd, 0, "x", &error));
	g_assert_no_error (error);
	/* No child of the wait is left. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
}

static void
test_waits (Fixture *fixture, gconstpointer data)
{
	const int timeouts[] = {-1, 60000};

	for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++) {
		g_autoptr (GError) error = NULL;
		davit_autofd other = -1;
		pid_t holder = start_holder (fixture, 50);

		g_assert_true (davit_lock_take (fixture->fd, timeouts[i], "x", &error));
		g_assert_no_error (error);
		g_assert_cmpint (waitpid (holder, NULL, 0), ==, holder);
		/* It is really ours, also where a child waited for it. */
		other = open_again (fixture);
		g_assert_false (davit_lock_take (other, 0, "x", NULL));
		davit_lock_release (fixture->fd);
		g_assert_true (davit_lock_take (other, 0, "x", &error));
	}
}

static void
test_fails (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_lock_take (9999, -1, "x", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "lock \"x\": Bad file descriptor");
}

static void
add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	add ("/lock/busy", test_busy);
	add ("/lock/timeout", test_timeout);
	add ("/lock/waits", test_waits);
	g_test_add_func ("/lock/fails", test_fails);
	return g_test_run ();
}
