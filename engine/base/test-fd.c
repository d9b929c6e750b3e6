/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads, writes, messages and processes. */

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
make_file (const char *text)
{
	int fd = memfd_create ("test", MFD_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, text, strlen (text), "test", NULL));
	g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
	return fd;
}

static void
test_close (void)
{
	int fd = make_file ("");
	int number = fd;

	errno = ERANGE;
	davit_fd_close (&fd);
	g_assert_cmpint (errno, ==, ERANGE);
	g_assert_cmpint (fd, ==, -1);
	davit_fd_close (&fd);
	g_assert_cmpint (fcntl (number, F_GETFD), ==, -1);
	fd = 7;
	g_assert_cmpint (davit_fd_steal (&fd), ==, 7);
	g_assert_cmpint (fd, ==, -1);
}

static void
test_read (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	gsize length = 99;
	davit_autofd fd = make_file ("twelve bytes");
	davit_autofd empty = make_file ("");

	g_assert_true (davit_fd_read (fd, 12, "x", &text, &length, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (text, ==, "twelve bytes");
	g_assert_cmpuint (length, ==, 12);
	g_clear_pointer (&text, g_free);

	g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
	g_assert_false (davit_fd_read (fd, 11, "x", &text, &length, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, "read \"x\": longer than 11 bytes");
	g_assert_null (text);
	g_assert_cmpuint (length, ==, 12);
	g_clear_error (&error);

	g_assert_true (davit_fd_read (empty, 0, "x", &text, &length, &error));
	g_assert_cmpstr (text, ==, "");
	g_assert_cmpuint (length, ==, 0);
	g_clear_pointer (&text, g_free);

	g_assert_false (davit_fd_read (-1, 1, "x", &text, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "read \"x\": Bad file descriptor");
}

/* More than a pipe holds, to a reader that begins late. */
static void
test_pipe (void)
{
	const gsize length = 300000;
	g_autofree char *sent = (char *) g_malloc (length);
	g_autofree char *got = NULL;
	g_autoptr (GError) error = NULL;
	gsize got_length = 0;
	int ends[2];
	pid_t child;
	int status = 0;

	for (gsize i = 0; i < length; i++)
		sent[i] = (char) (i * 7);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	/* Non-blocking as a shell's terminal may be: the writer has to wait for it. */
	g_assert_cmpint (fcntl (ends[1], F_SETFL, O_NONBLOCK), ==, 0);
	child = fork ();
	if (child == 0) {
		close (ends[0]);
		_exit (davit_fd_write (ends[1], sent, length, "x", NULL) ? 0 : 1);
	}
	close (ends[1]);
	g_assert_true (davit_fd_read (ends[0], length, "x", &got, &got_length, &error));
	g_assert_no_error (error);
	g_assert_cmpmem (got, got_length, sent, length);
	close (ends[0]);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

static void
test_write_fails (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	g_assert_false (davit_fd_write (fd, "x", 1, "/dev/full", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NO_SPACE);
	g_assert_cmpstr (error->message, ==, "write \"/dev/full\": No space left on device");
}

static void
test_message (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd first = make_file ("first");
	davit_autofd second = make_file ("second");
	const int sent[] = {first, second};
	int fds[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
	guint n_fds = 8;
	char buffer[16] = "";
	g_autofree char *text = NULL;
	int ends[2];

	g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_true (davit_fd_send (ends[0], "hello", 5, sent, 2, &error));
	g_assert_cmpint (davit_fd_receive (ends[1], buffer, sizeof buffer, fds, &n_fds, &error), ==,
			 5);
	g_assert_no_error (error);
	g_assert_cmpuint (n_fds, ==, 2);
	g_assert_cmpint (fcntl (fds[0], F_GETFD), ==, FD_CLOEXEC);
	g_assert_true (davit_fd_read (fds[1], 100, "second", &text, NULL, &error));
	g_assert_cmpstr (text, ==, "second");
	close (fds[0]);
	close (fds[1]);

	/* Without any. */
	n_fds = 8;
	g_assert_true (davit_fd_send (ends[0], "x", 1, NULL, 0, &error));
	g_assert_cmpint (davit_fd_receive (ends[1], buffer, sizeof buffer, fds, &n_fds, &error), ==,
			 1);
	g_assert_cmpuint (n_fds, ==, 0);
	close (ends[0]);
	n_fds = 8;
	g_assert_cmpint (davit_fd_receive (ends[1], buffer, sizeof buffer, fds, &n_fds, &error), ==,
			 0);
	g_assert_no_error (error);
	close (ends[1]);
}

/* A peer that sends more descriptors than are wanted gets none of them kept open. */
static void
test_message_too_many (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd file = make_file ("x");
	const int sent[] = {file, file, file, file, file, file, file, file, file};
	int before = dup (file);
	int fds[1] = {-1};
	guint n_fds = 1;
	char buffer[4];
	int ends[2];
	int after;

	close (before);
	g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_false (davit_fd_send (ends[0], "x", 1, sent, 9, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "send 9 descriptors: at most 8 fit");
	g_clear_error (&error);

	g_assert_true (davit_fd_send (ends[0], "x", 1, sent, 8, &error));
	g_assert_cmpint (davit_fd_receive (ends[1], buffer, sizeof buffer, fds, &n_fds, &error), ==,
			 -1);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, "receive from a socket: more than 1 descriptors came");
	close (ends[0]);
	close (ends[1]);
	after = dup (file);
	g_assert_cmpint (after, ==, before);
	close (after);
}

static void
test_cloexec (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = make_file ("");

	g_assert_true (davit_fd_set_cloexec (fd, FALSE, &error));
	g_assert_cmpint (fcntl (fd, F_GETFD), ==, 0);
	g_assert_true (davit_fd_set_cloexec (fd, TRUE, &error));
	g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
	g_assert_false (davit_fd_set_cloexec (9999, TRUE, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==,
			 "set close-on-exec of descriptor 9999: Bad file descriptor");
}

static void
test_wait (void)
{
	g_autoptr (GError) error = NULL;
	gint64 start = g_get_monotonic_time ();
	int ends[2];

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_false (davit_fd_wait (ends[0], 30, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_assert_cmpstr (error->message, ==, "nothing happened within 30 ms");
	g_assert_cmpint (g_get_monotonic_time () - start, >=, 29000);
	g_clear_error (&error);
	close (ends[1]);
	/* Hung up counts as readable. */
	g_assert_true (davit_fd_wait (ends[0], -1, &error));
	g_assert_no_error (error);
	close (ends[0]);
	g_assert_false (davit_fd_wait (9999, 10, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
}

static void
test_process (void)
{
	g_autoptr (GError) error = NULL;
	guint64 start_time = 0;
	davit_autofd pidfd = -1;
	int other = -1;
	pid_t child = fork ();

	if (child == 0) {
		pause ();
		_exit (0);
	}
	g_assert_true (davit_fd_process_start_time (child, &start_time, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (start_time, >, 0);
	g_assert_true (davit_fd_open_process (child, start_time, &pidfd, &error));
	g_assert_no_error (error);
	g_assert_false (davit_fd_wait (pidfd, 0, NULL));
	g_assert_false (davit_fd_open_process (child, start_time + 1, &other, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "the number belongs to another one by now"));
	g_assert_cmpint (other, ==, -1);
	g_clear_error (&error);

	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_false (davit_fd_open_process (child, start_time, &other, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "does not exist"));
	g_clear_error (&error);
	g_assert_false (davit_fd_process_start_time (child, &start_time, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
}

/* Whatever it is, nobody waits for who does not come; and what is read then may block. */
static void
test_open_named (void)
{
	g_autofree char *directory = g_dir_make_tmp ("davit-fd.XXXXXX", NULL);
	g_autofree char *fifo = g_build_filename (directory, "fifo", NULL);
	g_autoptr (GError) error = NULL;
	davit_autofd reader = -1, writer = -1;

	g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
	g_assert_false (davit_fd_open_input (fifo, &reader, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_assert_nonnull (strstr (error->message, "it is a FIFO that nobody writes to"));
	g_clear_error (&error);
	g_assert_false (davit_fd_open_output (fifo, 0, 0, &writer, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE);
	g_assert_nonnull (strstr (error->message, "it is a FIFO that nobody reads"));
	g_clear_error (&error);
	/* A writer that has nothing to say yet. */
	writer = open (fifo, O_RDWR | O_CLOEXEC);
	g_assert_cmpint (writer, >=, 0);
	g_assert_true (davit_fd_open_input (fifo, &reader, &error));
	g_assert_cmpint (fcntl (reader, F_GETFL) & O_NONBLOCK, ==, 0);
	davit_fd_close (&writer);
	g_assert_true (davit_fd_open_output (fifo, 0, 0, &writer, &error));
	g_assert_cmpint (fcntl (writer, F_GETFL) & (O_NONBLOCK | O_ACCMODE), ==, O_WRONLY);
	g_assert_cmpint (unlink (fifo), ==, 0);
	g_assert_false (davit_fd_open_input (fifo, &reader, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_cmpint (rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/fd/close", test_close);
	g_test_add_func ("/fd/read", test_read);
	g_test_add_func ("/fd/pipe", test_pipe);
	g_test_add_func ("/fd/write-fails", test_write_fails);
	g_test_add_func ("/fd/message", test_message);
	g_test_add_func ("/fd/message-too-many", test_message_too_many);
	g_test_add_func ("/fd/cloexec", test_cloexec);
	g_test_add_func ("/fd/open-named", test_open_named);
	g_test_add_func ("/fd/wait", test_wait);
	g_test_add_func ("/fd/process", test_process);
	return g_test_run ();
}
