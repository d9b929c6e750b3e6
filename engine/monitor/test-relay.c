/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Relaying between a caller and a process without monitor. */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/relay.h"
#include "monitor/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void
pipe_make (int fds[2])
{
	g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
}

/* Starts sh with a terminal or three pipes, whose other ends the relay gets. */
static pid_t
process_start (DavitRelay *relay, const char *script, gboolean terminal)
{
	int in[2] = {-1, -1};
	int out[2] = {-1, -1};
	int err[2] = {-1, -1};
	pid_t pid;

	davit_relay_init (relay);
	if (terminal) {
		test_terminal_open (&relay->terminal_fd, &in[0]);
		out[1] = fcntl (in[0], F_DUPFD_CLOEXEC, 0);
		err[1] = fcntl (in[0], F_DUPFD_CLOEXEC, 0);
	} else {
		pipe_make (in);
		pipe_make (out);
		pipe_make (err);
		relay->process_stdin_fd = in[1];
		relay->process_stdout_fd = out[0];
		relay->process_stderr_fd = err[0];
	}
	pid = fork ();
	if (pid == 0) {
		signal (SIGPIPE, SIG_DFL);
		setsid ();
		dup2 (in[0], 0);
		dup2 (out[1], 1);
		dup2 (err[1], 2);
		if (terminal)
			ioctl (0, TIOCSCTTY, 0);
		execl ("/bin/sh", "sh", "-c", script, NULL);
		_exit (127);
	}
	close (in[0]);
	close (out[1]);
	close (err[1]);
	relay->pidfd = pidfd_open (pid, 0);
	g_assert_true (davit_fd_set_cloexec (relay->pidfd, TRUE, NULL));
	return pid;
}

static char *
all_read (int fd)
{
	char *text;
	gsize length;

	g_assert_true (davit_fd_read (fd, 64 << 20, "output", &text, &length, NULL));
	return text;
}

static void
test_pipes (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *out_text = NULL;
	g_autofree char *err_text = NULL;
	gboolean detached = TRUE;
	DavitRelay relay;
	int in[2], out[2], err[2];
	int status = -1;

	process_start (&relay, "cat; echo problem >&2; exit 6", FALSE);
	pipe_make (in);
	pipe_make (out);
	pipe_make (err);
	g_assert_cmpint (write (in[1], "typed\n", 6), ==, 6);
	close (in[1]);
	relay.stdin_fd = in[0];
	relay.stdout_fd = out[1];
	relay.stderr_fd = err[1];
	g_assert_true (davit_relay_run (&relay, &detached, &status, &error));
	g_assert_no_error (error);
	g_assert_false (detached);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 6);
	g_assert_cmpint (relay.process_stdin_fd, ==, -1);
	g_assert_cmpint (relay.process_stdout_fd, ==, -1);
	close (out[1]);
	close (err[1]);
	out_text = all_read (out[0]);
	err_text = all_read (err[0]);
	g_assert_cmpstr (out_text, ==, "typed\n");
	g_assert_cmpstr (err_text, ==, "problem\n");
	close (in[0]);
	close (out[0]);
	close (err[0]);
	close (relay.pidfd);
}

/* Nothing is connected: it runs all the same, sees the end of its input and may write. */
static void
test_unconnected (void)
{
	gboolean detached = TRUE;
	DavitRelay relay;
	int status = -1;

	process_start (&relay, "cat; seq 1 100000; kill -TERM $$", FALSE);
	g_assert_true (davit_relay_run (&relay, &detached, &status, NULL));
	g_assert_true (WIFSIGNALED (status));
	g_assert_cmpint (WTERMSIG (status), ==, SIGTERM);
	close (relay.pidfd);
}

/* A background child keeps the pipes open: the end of the process is the end. */
static void
test_background (void)
{
	g_autofree char *text = NULL;
	gint64 start = g_get_monotonic_time ();
	gboolean detached = TRUE;
	DavitRelay relay;
	int out[2];
	int status = -1;
	pid_t pid;

	pid = process_start (&relay, "sleep 60 & echo begun", FALSE);
	pipe_make (out);
	relay.stdout_fd = out[1];
	g_assert_true (davit_relay_run (&relay, &detached, &status, NULL));
	g_assert_cmpint (status, ==, 0);
	g_assert_cmpint (g_get_monotonic_time () - start, <, 30 * G_USEC_PER_SEC);
	close (out[1]);
	text = all_read (out[0]);
	g_assert_cmpstr (text, ==, "begun\n");
	close (out[0]);
	close (relay.pidfd);
	g_assert_cmpint (kill (-pid, SIGKILL), ==, 0);
}

/* Much more than a pipe holds, read late. */
static void
test_large (void)
{
	g_autofree char *text = NULL;
	gboolean detached = TRUE;
	DavitRelay relay;
	int out[2];
	int status = -1;
	pid_t reader;

	pipe_make (out);
	process_start (&relay, "seq 1 300000", FALSE);
	reader = fork ();
	if (reader == 0) {
		relay.stdout_fd = out[1];
		/* The child of another: its status can't be had here. */
		_exit (!davit_relay_run (&relay, &detached, &status, NULL));
	}
	close (out[1]);
	davit_fd_close (&relay.process_stdin_fd);
	davit_fd_close (&relay.process_stdout_fd);
	davit_fd_close (&relay.process_stderr_fd);
	text = all_read (out[0]);
	g_assert_cmpuint (strlen (text), ==, 1988895);
	g_assert_true (g_str_has_suffix (text, "\n300000\n"));
	g_assert_cmpint (waitpid (reader, &status, 0), ==, reader);
	g_assert_cmpint (WEXITSTATUS (status), ==, 1);
	close (out[0]);
	close (relay.pidfd);
	while (waitpid (-1, NULL, 0) > 0)
		continue;
}

/* Our reader has gone away. */
static void
test_reader_gone (void)
{
	g_autoptr (GError) error = NULL;
	gboolean detached;
	DavitRelay relay;
	int out[2];
	int status;

	pipe_make (out);
	close (out[0]);
	process_start (&relay, "seq 1 100000; exec sleep 60", FALSE);
	relay.stdout_fd = out[1];
	g_assert_false (davit_relay_run (&relay, &detached, &status, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CANCELLED);
	g_assert_cmpstr (error->message, ==, "standard output: Broken pipe");
	g_assert_cmpint (pidfd_send_signal (relay.pidfd, SIGKILL, NULL, 0), ==, 0);
	close (relay.pidfd);
	close (out[1]);
	while (waitpid (-1, NULL, 0) > 0)
		continue;
}

/* In a process of its own, since the relay needs the user's terminal as its own. */
static int
terminal_run (const char *script, const char *typed, const char *wanted)
{
	g_autofree char *text = NULL;
	struct winsize size = {.ws_row = 12, .ws_col = 34};
	int master, slave;
	int status;
	pid_t pid;

	test_terminal_open (&master, &slave);
	g_assert_cmpint (ioctl (master, TIOCSWINSZ, &size), ==, 0);
	pid = fork ();
	if (pid == 0) {
		gboolean detached = FALSE;
		DavitRelay relay;

		close (master);
		setsid ();
		ioctl (slave, TIOCSCTTY, 0);
		process_start (&relay, script, TRUE);
		relay.stdin_fd = relay.stdout_fd = slave;
		relay.detach_keys = "ctrl-a,x";
		if (!davit_relay_run (&relay, &detached, &status, NULL))
			_exit (101);
		_exit (detached ? 100 : WEXITSTATUS (status));
	}
	text = test_read_until (master, "ready");
	g_assert_cmpint (write (master, typed, strlen (typed)), ==, (gssize) strlen (typed));
	if (wanted != NULL) {
		g_free (text);
		text = test_read_until (master, wanted);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	close (slave);
	close (master);
	g_assert_true (WIFEXITED (status));
	return WEXITSTATUS (status);
}

static void
test_terminal (void)
{
	g_assert_cmpint (terminal_run ("echo ready; read line; stty size; exit 9", "go\n",
				       "12 34\r\n"),
			 ==, 9);
}

static void
test_detach (void)
{
	g_assert_cmpint (terminal_run ("echo ready; exec sleep 60", "\001x", NULL), ==, 100);
}

static void
test_detach_keys_wrong (void)
{
	g_autoptr (GError) error = NULL;
	gboolean detached;
	DavitRelay relay;
	int status;

	process_start (&relay, "exec sleep 60", TRUE);
	relay.detach_keys = "ctrl-ä";
	g_assert_false (davit_relay_run (&relay, &detached, &status, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpint (relay.terminal_fd, ==, -1);
	pidfd_send_signal (relay.pidfd, SIGKILL, NULL, 0);
	close (relay.pidfd);
	while (waitpid (-1, NULL, 0) > 0)
		continue;
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/relay/pipes", test_pipes);
	g_test_add_func ("/relay/unconnected", test_unconnected);
	g_test_add_func ("/relay/background", test_background);
	g_test_add_func ("/relay/large", test_large);
	g_test_add_func ("/relay/reader-gone", test_reader_gone);
	g_test_add_func ("/relay/terminal", test_terminal);
	g_test_add_func ("/relay/detach", test_detach);
	g_test_add_func ("/relay/detach-keys-wrong", test_detach_keys_wrong);
	return g_test_run ();
}
