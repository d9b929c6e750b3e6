/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clients of real monitors: several at once, slow ones, terminals, keys, signals. */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/client.h"
#include "monitor/message.h"
#include "monitor/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define KEYS "ctrl-p,ctrl-q"

/* A caller of davit_attach_run in a process of its own, between pipes or on a terminal. */
typedef struct {
	pid_t pid;
	int in;	 /* what it reads */
	int out; /* what it writes */
} Caller;

typedef struct {
	int monitor_fd;
	gboolean terminal;
	gboolean input;
	gboolean replay;
	pid_t forward_to; /* 0: no signal proxy */
} CallerOptions;

/* The caller's exit status: as the container's, or one of these. */
#define CALLER_DETACHED 100
#define CALLER_FAILED 101

static void
signal_forward (int number, gpointer data)
{
	const pid_t *pid = data;

	kill (*pid, number);
}

G_GNUC_NORETURN static void
caller_become (CallerOptions options, int in, int out)
{
	g_autoptr (GError) error = NULL;
	gboolean detached = FALSE;
	DavitExit end = {0};
	DavitAttach attach;

	davit_attach_init (&attach);
	attach.monitor_fd = options.monitor_fd;
	attach.terminal = options.terminal;
	attach.replay = options.replay;
	attach.stdin_fd = options.input ? in : -1;
	attach.stdout_fd = attach.stderr_fd = out;
	attach.detach_keys = KEYS;
	attach.signal_proxy = options.forward_to != 0;
	attach.forward = signal_forward;
	attach.data = &options.forward_to;
	if (!davit_attach_run (&attach, &detached, &end, &error)) {
		signal (SIGPIPE, SIG_IGN);
		dprintf (out, "error: %s\n", error->message);
		_exit (CALLER_FAILED);
	}
	_exit (detached ? CALLER_DETACHED : end.status);
}

static void
pipe_make (int fds[2])
{
	g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
}

static void
caller_start (Caller *caller, CallerOptions options)
{
	int in[2], out[2];

	if (options.terminal) {
		struct winsize size = {.ws_row = 33, .ws_col = 77};

		test_terminal_open (&in[1], &in[0]);
		g_assert_cmpint (ioctl (in[0], TIOCSWINSZ, &size), ==, 0);
		out[0] = fcntl (in[1], F_DUPFD_CLOEXEC, 0);
		out[1] = fcntl (in[0], F_DUPFD_CLOEXEC, 0);
	} else {
		pipe_make (in);
		pipe_make (out);
	}
	caller->pid = fork ();
	if (caller->pid == 0) {
		setsid ();
		if (options.terminal)
			ioctl (in[0], TIOCSCTTY, 0);
		/* Ours, in it, would keep the pipes open. */
		close (in[1]);
		close (out[0]);
		caller_become (options, in[0], out[1]);
	}
	close (in[0]);
	close (out[1]);
	caller->in = in[1];
	caller->out = out[0];
}

static int
caller_join (Caller *caller)
{
	int status;

	g_assert_cmpint (waitpid (caller->pid, &status, 0), ==, caller->pid);
	davit_fd_close (&caller->in);
	davit_fd_close (&caller->out);
	return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}

static void
text_write (int fd, const char *text)
{
	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
}

static char *
all_read (int fd)
{
	char *text;
	gsize length;

	g_assert_true (davit_fd_read (fd, 64 << 20, "output", &text, &length, NULL));
	return text;
}

static int
monitor_connect (const TestMonitor *monitor)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	davit_monitor_connect (monitor->dirfd, &fd, &error);
	g_assert_no_error (error);
	return fd;
}

static void
gate_make (const TestMonitor *monitor)
{
	g_assert_cmpint (mkfifoat (monitor->dirfd, "go", 0600), ==, 0);
}

static void
gate_open (const TestMonitor *monitor)
{
	davit_autofd fd = openat (monitor->dirfd, "go", O_WRONLY | O_CLOEXEC);

	text_write (fd, "\n");
}

/* The first client gets everything, though it attaches long after the container has written. */
static void
test_first (void)
{
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;

	test_container_init (&container, "echo hello; echo problem >&2; touch done; cat; exit 4");
	container.client = container.input = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	test_wait_for_file (&monitor, "done");
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd, .input = TRUE});
	text_write (caller.in, "typed\n");
	davit_fd_close (&caller.in);
	output = all_read (caller.out);
	g_assert_nonnull (strstr (output, "hello\n"));
	g_assert_nonnull (strstr (output, "problem\n"));
	g_assert_nonnull (strstr (output, "typed\n"));
	g_assert_cmpint (caller_join (&caller), ==, 4);
	test_monitor_clear (&monitor);
}

/* Nobody is there and the container is not to keep its input open: it sees the end at once. */
static void
test_input_closed (void)
{
	TestContainer container;
	TestMonitor monitor;

	test_container_init (&container, "cat; exit 0");
	container.input = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	test_monitor_clear (&monitor);
}

/* A client may leave and another one go on; only saying so ends the input. */
static void
test_input_kept (void)
{
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	DavitMessageAttach attach = {DAVIT_ATTACH_INPUT};
	int fd;
	Caller caller;

	test_container_init (&container, "read a; echo \"got $a\"; read b; echo \"got $b\"; cat; "
					 "echo end");
	container.input = TRUE;
	container.launch.stdin_open = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	fd = monitor_connect (&monitor);
	g_assert_true (davit_message_send (fd, DAVIT_MESSAGE_ATTACH, &attach, sizeof attach, NULL));
	g_assert_true (davit_message_send (fd, DAVIT_MESSAGE_INPUT, "one\n", 4, NULL));
	close (fd);
	fd = monitor_connect (&monitor);
	caller_start (&caller, (CallerOptions){.monitor_fd = fd, .input = TRUE, .replay = TRUE});
	close (fd);
	text_write (caller.in, "two\n");
	output = test_read_until (caller.out, "got two\n");
	g_assert_cmpstr (output, ==, "got one\ngot two\n");
	davit_fd_close (&caller.in);
	g_free (output);
	output = all_read (caller.out);
	g_assert_cmpstr (output, ==, "end\n");
	g_assert_cmpint (caller_join (&caller), ==, 0);
	test_monitor_clear (&monitor);
}

/* More input than anything holds: it waits for the container and arrives whole. */
static void
test_input_large (void)
{
	g_autofree char *data = g_malloc (1 << 20);
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;
	pid_t writer;

	memset (data, 'x', 1 << 20);
	test_container_init (&container, "read line <go; wc -c");
	container.client = container.input = TRUE;
	test_monitor_init (&monitor);
	gate_make (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd, .input = TRUE});
	writer = fork ();
	if (writer == 0)
		_exit (davit_fd_write (caller.in, data, 1 << 20, "input", NULL) ? 0 : 1);
	davit_fd_close (&caller.in);
	gate_open (&monitor);
	output = all_read (caller.out);
	g_assert_cmpstr (output, ==, "1048576\n");
	g_assert_cmpint (waitpid (writer, NULL, 0), ==, writer);
	g_assert_cmpint (caller_join (&caller), ==, 0);
	test_monitor_clear (&monitor);
}

/* What was before is seen by replay only; then all see the same. */
static void
test_three_clients (void)
{
	TestContainer container;
	TestMonitor monitor;
	Caller callers[3];

	test_container_init (&container, "echo before; read line; echo after");
	container.client = container.input = TRUE;
	container.launch.stdin_open = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	/* The first and the third see it at once; when they do, it is too late for the second. */
	for (int i = 0; i < 3; i++) {
		int order = (i * 2) % 3;
		int fd = order == 0 ? monitor.client_fd : monitor_connect (&monitor);

		caller_start (&callers[order], (CallerOptions){.monitor_fd = fd,
							       .input = order == 1,
							       .replay = order == 2});
		if (order != 0)
			close (fd);
		if (order != 1)
			g_free (test_read_until (callers[order].out, "before\n"));
	}
	/* Its ATTACH comes before its input on the same connection. */
	text_write (callers[1].in, "\n");
	for (int i = 0; i < 3; i++) {
		g_autofree char *output = all_read (callers[i].out);

		g_assert_cmpstr (output, ==, "after\n");
		g_assert_cmpint (caller_join (&callers[i]), ==, 0);
	}
	test_monitor_clear (&monitor);
}

/*
 * One that reads nothing holds up neither the container, nor the log, nor another client; and when
 * it reads again, it gets every byte.
 */
static void
test_stalled (gconstpointer data)
{
	gboolean rotates = GPOINTER_TO_INT (data);
	g_autofree char *quick = NULL;
	g_autofree char *slow = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller callers[2];
	DavitExit end;
	int fd;

	test_container_init (&container, "read line; seq 1 300000; exit 8");
	container.client = container.input = container.launch.stdin_open = TRUE;
	if (rotates) {
		container.launch.log_max_size = 1 << 20;
		container.launch.log_max_files = 100;
	}
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&callers[0], (CallerOptions){.monitor_fd = monitor.client_fd});
	fd = monitor_connect (&monitor);
	caller_start (&callers[1],
		      (CallerOptions){.monitor_fd = fd, .replay = TRUE, .input = TRUE});
	close (fd);
	/* Behind its ATTACH. */
	text_write (callers[1].in, "\n");
	quick = all_read (callers[1].out);
	g_assert_cmpint (caller_join (&callers[1]), ==, 8);
	g_assert_cmpuint (strlen (quick), ==, 1988895);
	g_assert_true (davit_monitor_read_exit (monitor.dirfd, &end, NULL));
	slow = all_read (callers[0].out);
	g_assert_cmpint (caller_join (&callers[0]), ==, 8);
	g_assert_true (strcmp (quick, slow) == 0);
	test_monitor_clear (&monitor);
}

/*
 * Without a log, or with one that keeps too little, the first client is what a pipe would be: all
 * of it arrives, though it is read late.
 */
static void
test_paced (gconstpointer data)
{
	gboolean has_log = GPOINTER_TO_INT (data);
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;
	DavitExit end;

	test_container_init (&container, "seq 1 300000; exit 8");
	container.client = TRUE;
	container.no_log = !has_log;
	container.launch.log_max_size = 65536;
	container.launch.log_max_files = 2;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd});
	/* It could not have ended: its output is nowhere yet. */
	g_assert_false (davit_monitor_read_exit (monitor.dirfd, &end, NULL));
	output = all_read (caller.out);
	g_assert_cmpint (caller_join (&caller), ==, 8);
	g_assert_cmpuint (strlen (output), ==, 1988895);
	g_assert_true (g_str_has_suffix (output, "\n299999\n300000\n"));
	test_monitor_clear (&monitor);
}

/* Without a log a later client loses what it does not take, and is told. */
static void
test_lost (void)
{
	DavitMessageAttach attach = {DAVIT_ATTACH_OUTPUT};
	DavitMessageReader reader = {0};
	guint64 total = 0;
	guint64 lost = 0;
	TestContainer container;
	TestMonitor monitor;
	int fd;

	test_container_init (&container, "read line <go; seq 1 300000; touch done; read line <go; "
					 "echo end");
	container.no_log = TRUE;
	test_monitor_init (&monitor);
	gate_make (&monitor);
	test_monitor_start (&monitor, &container);
	fd = monitor_connect (&monitor);
	g_assert_true (davit_message_send (fd, DAVIT_MESSAGE_ATTACH, &attach, sizeof attach, NULL));
	gate_open (&monitor);
	test_wait_for_file (&monitor, "done");
	gate_open (&monitor);
	do {
		g_assert_true (davit_message_wait (&reader, fd, -1, NULL));
		if (reader.header.type == DAVIT_MESSAGE_OUTPUT)
			total += reader.header.length;
		if (reader.header.type == DAVIT_MESSAGE_LOST) {
			DavitMessageLost message;

			memcpy (&message, davit_message_payload (&reader), sizeof message);
			lost += message.bytes;
		}
	} while (reader.header.type != DAVIT_MESSAGE_EXIT);
	g_assert_cmpuint (lost, >, 0);
	g_assert_cmpuint (total + lost, ==, 1988895 + 4);
	close (fd);
	test_monitor_clear (&monitor);
}

/* One that dies in the middle is nobody's problem. */
static void
test_client_dies (void)
{
	g_autofree char *log = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;
	DavitExit end;

	test_container_init (&container, "read line <go; seq 1 100000; exit 2");
	container.client = TRUE;
	test_monitor_init (&monitor);
	gate_make (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd});
	davit_fd_close (&monitor.client_fd);
	gate_open (&monitor);
	g_free (test_read_until (caller.out, "\n100\n"));
	g_assert_cmpint (kill (caller.pid, SIGKILL), ==, 0);
	g_assert_cmpint (caller_join (&caller), ==, 137);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	g_assert_true (davit_monitor_read_exit (monitor.dirfd, &end, NULL));
	g_assert_cmpint (end.status, ==, 2);
	log = test_monitor_read (&monitor, "ctr.log");
	g_assert_true (g_str_has_suffix (log, " stdout F 100000\n"));
	test_monitor_clear (&monitor);
}

/* head -1 has had enough. */
static void
test_reader_gone (void)
{
	g_autofree char *first = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;

	test_container_init (&container, "seq 1 100000; exit 0");
	container.client = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd});
	davit_fd_close (&monitor.client_fd);
	first = test_read_until (caller.out, "1\n");
	davit_fd_close (&caller.out);
	g_assert_cmpint (caller_join (&caller), ==, CALLER_FAILED);
	test_monitor_clear (&monitor);
}

/* The user's terminal is raw meanwhile, and as before afterwards; sizes are passed on. */
static void
test_terminal (void)
{
	struct winsize size = {.ws_row = 44, .ws_col = 77};
	g_autofree char *output = NULL;
	struct termios before, during, after;
	TestContainer container;
	TestMonitor monitor;
	davit_autofd keeper = -1;
	Caller caller;

	test_container_init (
		&container,
		"echo begin; read line; stty size; trap 'stty size; exit 5' WINCH; echo ready; "
		"while :; do sleep 0.05; done");
	container.client = container.terminal = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){
				       .monitor_fd = monitor.client_fd,
				       .terminal = TRUE,
				       .input = TRUE,
			       });
	/* On Linux the master answers for the settings of the other end. */
	g_assert_cmpint (tcgetattr (caller.in, &before), ==, 0);
	keeper = fcntl (caller.in, F_DUPFD_CLOEXEC, 0);
	output = test_read_until (caller.out, "begin");
	g_assert_cmpint (tcgetattr (caller.in, &during), ==, 0);
	g_assert_cmpuint (during.c_lflag & (ICANON | ECHO | ISIG), ==, 0);
	/* Behind the size, on the same connection. */
	text_write (caller.in, "go\n");
	g_free (output);
	output = test_read_until (caller.out, "ready\r\n");
	g_assert_nonnull (strstr (output, "33 77\r\n"));
	g_assert_cmpint (ioctl (caller.in, TIOCSWINSZ, &size), ==, 0);
	g_free (output);
	output = test_read_until (caller.out, "44 77\r\n");
	g_assert_cmpint (caller_join (&caller), ==, 5);
	g_assert_cmpint (tcgetattr (keeper, &after), ==, 0);
	g_assert_cmpuint (after.c_lflag & (ICANON | ECHO | ISIG), ==, ICANON | ECHO | ISIG);
	g_assert_cmpuint (after.c_oflag, ==, during.c_oflag | OPOST);
	test_monitor_clear (&monitor);
}

/* A signal that ends the caller leaves the terminal as it was. */
static void
test_terminal_signal (void)
{
	g_autofree char *output = NULL;
	struct termios settings;
	TestContainer container;
	TestMonitor monitor;
	davit_autofd keeper = -1;
	Caller caller;

	test_container_init (&container, "echo ready; exec sleep 60");
	container.client = container.terminal = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){
				       .monitor_fd = monitor.client_fd,
				       .terminal = TRUE,
				       .input = TRUE,
			       });
	keeper = fcntl (caller.in, F_DUPFD_CLOEXEC, 0);
	output = test_read_until (caller.out, "ready");
	g_assert_cmpint (kill (caller.pid, SIGTERM), ==, 0);
	g_assert_cmpint (caller_join (&caller), ==, 128 + SIGTERM);
	g_assert_cmpint (tcgetattr (keeper, &settings), ==, 0);
	g_assert_cmpuint (settings.c_lflag & (ICANON | ECHO), ==, ICANON | ECHO);
	g_assert_cmpint (kill (monitor.container_pid, SIGKILL), ==, 0);
	test_monitor_clear (&monitor);
}

static void
test_detach (void)
{
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	DavitExit end;
	Caller caller;

	test_container_init (&container,
			     "stty -echo -icanon; echo ready; dd bs=1 count=3 2>/dev/null "
			     "| od -An -tx1; read line; exit 3");
	container.client = container.terminal = TRUE;
	container.launch.stdin_open = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){
				       .monitor_fd = monitor.client_fd,
				       .terminal = TRUE,
				       .input = TRUE,
			       });
	davit_fd_close (&monitor.client_fd);
	output = test_read_until (caller.out, "ready");
	/* The first ctrl-p turns out not to be one of the keys. */
	text_write (caller.in, "\020ab");
	g_free (output);
	output = test_read_until (caller.out, "10 61 62");
	text_write (caller.in, "\020\021");
	g_assert_cmpint (caller_join (&caller), ==, CALLER_DETACHED);
	/* It runs on, and somebody else can attach. */
	g_assert_false (davit_monitor_read_exit (monitor.dirfd, &end, NULL));
	monitor.client_fd = monitor_connect (&monitor);
	caller_start (&caller, (CallerOptions){
				       .monitor_fd = monitor.client_fd,
				       .terminal = TRUE,
				       .input = TRUE,
			       });
	text_write (caller.in, "\n");
	g_assert_cmpint (caller_join (&caller), ==, 3);
	test_monitor_clear (&monitor);
}

/* What comes for us goes to the container. */
static void
test_signal_proxy (void)
{
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;

	test_container_init (&container,
			     "trap 'echo int' INT; trap 'echo term; exit 11' TERM; echo "
			     "ready; while :; do sleep 0.05; done");
	container.client = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd,
					       .forward_to = monitor.container_pid});
	output = test_read_until (caller.out, "ready\n");
	g_assert_cmpint (kill (caller.pid, SIGINT), ==, 0);
	g_free (output);
	output = test_read_until (caller.out, "int\n");
	g_assert_cmpint (kill (caller.pid, SIGTERM), ==, 0);
	g_free (output);
	output = test_read_until (caller.out, "term\n");
	g_assert_cmpint (caller_join (&caller), ==, 11);
	test_monitor_clear (&monitor);
}

static void
test_monitor_killed (void)
{
	g_autofree char *output = NULL;
	TestContainer container;
	TestMonitor monitor;
	Caller caller;

	test_container_init (&container, "echo ready; exec sleep 60");
	container.client = TRUE;
	test_monitor_init (&monitor);
	test_monitor_start (&monitor, &container);
	caller_start (&caller, (CallerOptions){.monitor_fd = monitor.client_fd});
	g_free (test_read_until (caller.out, "ready\n"));
	g_assert_cmpint (kill (monitor.pid, SIGKILL), ==, 0);
	output = all_read (caller.out);
	g_assert_cmpstr (output, ==, "error: the container's monitor has gone away\n");
	g_assert_cmpint (caller_join (&caller), ==, CALLER_FAILED);
	g_assert_cmpint (kill (monitor.container_pid, SIGKILL), ==, 0);
	test_monitor_clear (&monitor);
}

/* From a later davit, or from nobody of ours. */
static void
test_protocol (void)
{
	g_autoptr (GError) error = NULL;
	DavitMessageHeader header = {DAVIT_PROTOCOL_PAYLOAD_LIMIT + 1, DAVIT_MESSAGE_INPUT, 0};
	DavitMessageUnsupported answer;
	DavitMessageReader reader = {0};
	TestContainer container;
	TestMonitor monitor;
	int fd;

	test_container_init (&container, "read line <go");
	test_monitor_init (&monitor);
	gate_make (&monitor);
	test_monitor_start (&monitor, &container);
	fd = monitor_connect (&monitor);
	g_assert_true (davit_message_send (fd, 20, "restart?", 8, NULL));
	g_assert_true (davit_message_wait (&reader, fd, -1, NULL));
	g_assert_cmpuint (reader.header.type, ==, DAVIT_MESSAGE_UNSUPPORTED);
	memcpy (&answer, davit_message_payload (&reader), sizeof answer);
	g_assert_cmpuint (answer.type, ==, 20);
	/* No terminal to resize. */
	g_assert_true (davit_monitor_resize (fd, 1, 2, NULL));
	g_assert_true (davit_message_wait (&reader, fd, -1, NULL));
	g_assert_cmpuint (reader.header.type, ==, DAVIT_MESSAGE_UNSUPPORTED);
	g_assert_cmpint (send (fd, &header, sizeof header, 0), ==, sizeof header);
	g_assert_false (davit_message_wait (&reader, fd, -1, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_assert_cmpstr (error->message, ==,
			 "the container's monitor refuses: a message is too long");
	close (fd);
	g_clear_error (&error);
	fd = monitor_connect (&monitor);
	g_assert_true (davit_message_send (fd, DAVIT_MESSAGE_ATTACH, "x", 1, NULL));
	reader.got = 0;
	g_assert_false (davit_message_wait (&reader, fd, -1, &error));
	g_assert_cmpstr (error->message, ==,
			 "the container's monitor refuses: a message has a wrong length");
	close (fd);
	gate_open (&monitor);
	test_monitor_clear (&monitor);
}

/* 64 is the limit; who comes later is told, and place is made by leaving. */
static void
test_many_clients (void)
{
	g_autoptr (GError) error = NULL;
	TestContainer container;
	TestMonitor monitor;
	int fds[64];
	int fd = -1;

	test_container_init (&container, "read line <go");
	test_monitor_init (&monitor);
	gate_make (&monitor);
	test_monitor_start (&monitor, &container);
	for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
		fds[i] = monitor_connect (&monitor);
	g_assert_false (davit_monitor_connect (monitor.dirfd, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_assert_cmpstr (error->message, ==,
			 "the container's monitor refuses: too many clients are connected");
	close (fds[0]);
	fds[0] = monitor_connect (&monitor);
	for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
		close (fds[i]);
	gate_open (&monitor);
	test_monitor_clear (&monitor);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/attach/first", test_first);
	g_test_add_func ("/attach/input/closed", test_input_closed);
	g_test_add_func ("/attach/input/kept", test_input_kept);
	g_test_add_func ("/attach/input/large", test_input_large);
	g_test_add_func ("/attach/three-clients", test_three_clients);
	g_test_add_data_func ("/attach/stalled", GINT_TO_POINTER (FALSE), test_stalled);
	g_test_add_data_func ("/attach/stalled-rotating", GINT_TO_POINTER (TRUE), test_stalled);
	g_test_add_data_func ("/attach/paced/no-log", GINT_TO_POINTER (FALSE), test_paced);
	g_test_add_data_func ("/attach/paced/small-log", GINT_TO_POINTER (TRUE), test_paced);
	g_test_add_func ("/attach/lost", test_lost);
	g_test_add_func ("/attach/client-dies", test_client_dies);
	g_test_add_func ("/attach/reader-gone", test_reader_gone);
	g_test_add_func ("/attach/terminal/raw-and-size", test_terminal);
	g_test_add_func ("/attach/terminal/signal", test_terminal_signal);
	g_test_add_func ("/attach/terminal/detach", test_detach);
	g_test_add_func ("/attach/signal-proxy", test_signal_proxy);
	g_test_add_func ("/attach/monitor-killed", test_monitor_killed);
	g_test_add_func ("/attach/protocol", test_protocol);
	g_test_add_func ("/attach/many-clients", test_many_clients);
	return g_test_run ();
}
