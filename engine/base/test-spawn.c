/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Programs: what they get, what comes back, and that they end. */

#include "base/error.h"
#include "base/fd.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* sh -c SCRIPT */
typedef struct {
	const char *argv[4];
	DavitSpawn spawn;
} Shell;

static void
shell_init (Shell *shell, const char *script)
{
	*shell = (Shell){.argv = {"sh", "-c", script, NULL}};
	davit_spawn_init (&shell->spawn, shell->argv);
}

static void
assert_output (const DavitSpawn *spawn, const char *expected)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *output = NULL;
	gsize length = 0;

	g_assert_true (davit_spawn_run (spawn, &output, &length, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (output, ==, expected);
	g_assert_cmpuint (length, ==, strlen (expected));
}

static void
assert_fails (const DavitSpawn *spawn, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;
	char *output = NULL;

	g_assert_false (davit_spawn_run (spawn, &output, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, text);
	g_assert_null (output);
	/* Not even a zombie is left. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
}

static void
test_output (void)
{
	Shell shell;
	g_autoptr (GString) long_text = g_string_new (NULL);

	shell_init (&shell, "echo one; echo two >&2; pwd");
	assert_output (&shell.spawn, "one\n/\n");
	/* More than a pipe holds, through the input too. */
	for (guint i = 0; i < 40000; i++)
		g_string_append_printf (long_text, "%07u\n", i);
	shell_init (&shell, "cat");
	shell.spawn.input = long_text->str;
	assert_output (&shell.spawn, long_text->str);
	/* Nothing to read, and nobody who wants to know. */
	shell_init (&shell, "cat; exit 0");
	assert_output (&shell.spawn, "");
	g_assert_true (davit_spawn_run (&shell.spawn, NULL, NULL, NULL));
}

static void
test_environment (void)
{
	static const char *const given[] = {"A=b", NULL};
	static const char *const argv[] = {"env", NULL};
	g_autofree char *output = NULL;
	g_autoptr (GError) error = NULL;
	DavitSpawn spawn;

	g_setenv ("LD_DAVIT_SECRET", "x", TRUE);
	davit_spawn_init (&spawn, argv);
	g_assert_true (davit_spawn_run (&spawn, &output, NULL, &error));
	g_assert_no_error (error);
	g_assert_nonnull (strstr (output, "LANG=C.UTF-8\n"));
	g_assert_nonnull (strstr (output, "PATH="));
	g_assert_nonnull (strstr (output, "/usr/sbin"));
	g_assert_null (strstr (output, "SECRET"));
	spawn.envp = given;
	assert_output (&spawn, "A=b\n");
}

static void
test_status (void)
{
	Shell shell;

	shell_init (&shell, "exit 3");
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER, "program \"sh\" ended with status 3");
	shell_init (&shell, "for i in 1 2 3 4 5 6; do echo line $i >&2; done; echo; exit 1");
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER,
		      "program \"sh\" ended with status 1: line 3 / line 4 / line 5 / line 6");
	shell_init (&shell, "kill -TERM $$");
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER,
		      "program \"sh\" was killed by signal 15 (SIGTERM)");
}

/* What a program prints must not steer the terminal. */
/* A caller that wants the status also gets what was printed; death by a signal stays an error. */
static void
test_status_wanted (void)
{
	g_autofree char *complaint = NULL;
	g_autofree char *output = NULL;
	g_autoptr (GError) error = NULL;
	int status = -1;
	Shell shell;

	shell_init (&shell, "echo out; echo wrong >&2; exit 3");
	shell.spawn.ret_status = &status;
	shell.spawn.ret_complaint = &complaint;
	g_assert_true (davit_spawn_run (&shell.spawn, &output, NULL, &error));
	g_assert_no_error (error);
	g_assert_cmpint (status, ==, 3);
	g_assert_cmpstr (output, ==, "out\n");
	g_assert_cmpstr (complaint, ==, "wrong");
	shell_init (&shell, "kill -9 $$");
	shell.spawn.ret_status = &status;
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER,
		      "program \"sh\" was killed by signal 9 (SIGKILL)");
	g_assert_cmpint (status, ==, 3);
}

static void
test_escapes (void)
{
	g_autoptr (GError) error = NULL;
	Shell shell;

	shell_init (&shell, "printf 'a\\033[31mb\\rc\\n' >&2; exit 1");
	g_assert_false (davit_spawn_run (&shell.spawn, NULL, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER);
	g_assert_nonnull (strstr (error->message, "[31mb"));
	for (const char *at = error->message; *at != '\0'; at++)
		g_assert_false (g_ascii_iscntrl (*at));
}

static void
test_missing (void)
{
	static const char *const absent[] = {"davit-absent-program", NULL};
	static const char *const absolute[] = {"/davit/absent", NULL};
	static const char *const relative[] = {"./sh", NULL};
	static const char *const directory[] = {"/usr", NULL};
	DavitSpawn spawn;

	davit_spawn_init (&spawn, absent);
	assert_fails (&spawn, DAVIT_ERROR_UNAVAILABLE,
		      "program \"davit-absent-program\" is not installed; it was searched in PATH");
	davit_spawn_init (&spawn, absolute);
	assert_fails (&spawn, DAVIT_ERROR_UNAVAILABLE, "program \"/davit/absent\" does not exist");
	davit_spawn_init (&spawn, relative);
	assert_fails (&spawn, DAVIT_ERROR_FAILED,
		      "program \"./sh\": neither a plain name nor an absolute path");
	davit_spawn_init (&spawn, directory);
	assert_fails (&spawn, DAVIT_ERROR_UNAVAILABLE,
		      "program \"/usr\" can't be run: Permission denied");
}

static void
test_bad_interpreter (void)
{
	g_autofree char *path = NULL;
	g_autofree char *expected = NULL;
	const char *argv[] = {NULL, NULL};
	DavitSpawn spawn;
	int fd = g_file_open_tmp ("davit-script-XXXXXX", &path, NULL);

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, "#!/davit/absent\n", 16, path, NULL));
	g_assert_cmpint (fchmod (fd, 0700), ==, 0);
	close (fd);
	argv[0] = path;
	expected = g_strdup_printf ("program \"%s\" can't be run: the interpreter or the dynamic "
				    "linker that it names is missing",
				    path);
	davit_spawn_init (&spawn, argv);
	assert_fails (&spawn, DAVIT_ERROR_UNAVAILABLE, expected);
	unlink (path);
}

/* The program, and what it started, are killed. */
static void
test_timeout (void)
{
	Shell shell;
	g_autoptr (GError) error = NULL;
	gint64 start = g_get_monotonic_time ();
	int alive[2];
	char byte;

	g_assert_cmpint (pipe2 (alive, O_CLOEXEC), ==, 0);
	shell_init (&shell, "sleep 600 & sleep 600");
	shell.spawn.pass_fds = &alive[1];
	shell.spawn.n_pass_fds = 1;
	shell.spawn.timeout_msec = 100;
	assert_fails (&shell.spawn, DAVIT_ERROR_TIMEOUT,
		      "program \"sh\" did not end within 100 ms and was killed");
	close (alive[1]);
	/* The pipe ends only when the last of them is gone. */
	g_assert_true (davit_fd_wait (alive[0], 10000, &error));
	g_assert_no_error (error);
	g_assert_cmpint (read (alive[0], &byte, 1), ==, 0);
	close (alive[0]);

	/* One that always prints can't hold us up either. */
	shell_init (&shell, "while :; do echo x >&2; done");
	shell.spawn.timeout_msec = 100;
	assert_fails (&shell.spawn, DAVIT_ERROR_TIMEOUT,
		      "program \"sh\" did not end within 100 ms and was killed");
	g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
}

static void
test_limit (void)
{
	Shell shell;

	shell_init (&shell, "printf 12345");
	shell.spawn.output_limit = 5;
	assert_output (&shell.spawn, "12345");
	shell.spawn.output_limit = 4;
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER,
		      "program \"sh\" printed more than 4 bytes and was killed");
	shell_init (&shell, "yes");
	assert_fails (&shell.spawn, DAVIT_ERROR_HELPER,
		      "program \"sh\" printed more than 1048576 bytes and was killed");
}

static void
test_cancel (void)
{
	davit_autofd event = eventfd (1, EFD_CLOEXEC);
	Shell shell;

	shell_init (&shell, "sleep 600");
	shell.spawn.cancel_fd = event;
	assert_fails (&shell.spawn, DAVIT_ERROR_CANCELLED, "program \"sh\" was cancelled");
}

/* A daemon that holds the pipe for ever does not hold us. */
static void
test_daemon (void)
{
	Shell shell;
	g_autofree char *output = NULL;
	g_autoptr (GError) error = NULL;
	gint64 start = g_get_monotonic_time ();

	shell_init (&shell, "sleep 600 & echo $!");
	g_assert_true (davit_spawn_run (&shell.spawn, &output, NULL, &error));
	g_assert_no_error (error);
	g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
	g_assert_cmpint (kill ((pid_t) g_ascii_strtoll (output, NULL, 10), SIGKILL), ==, 0);
}

/* Exactly what is passed is open, also when its numbers are in the way of each other. */
static void
test_descriptors (void)
{
	davit_autofd first = memfd_create ("first", 0);
	davit_autofd second = memfd_create ("second", MFD_CLOEXEC);
	davit_autofd low = fcntl (second, F_DUPFD, 3);
	const int pass[] = {second, first};
	Shell shell;

	g_assert_true (davit_fd_write (first, "first", 5, "x", NULL));
	g_assert_true (davit_fd_write (second, "second", 6, "x", NULL));
	g_assert_cmpint (low, >=, 3);
	shell_init (&shell, "ls -m /proc/$$/fd; cat /proc/self/fd/3 /proc/self/fd/4");
	shell.spawn.pass_fds = pass;
	shell.spawn.n_pass_fds = 2;
	assert_output (&shell.spawn, "0, 1, 2, 3, 4\nsecondfirst");
	/* The parent's own are as they were. */
	g_assert_cmpint (fcntl (second, F_GETFD), ==, FD_CLOEXEC);
	g_assert_cmpint (fcntl (first, F_GETFD), ==, 0);
}

/* With 0, 1 and 2 closed, all that is opened on the way lands just there. */
static void
test_closed_standard (void)
{
	int status = 0;
	pid_t child = fork ();

	if (child == 0) {
		Shell shell;
		g_autofree char *output = NULL;

		close_range (0, ~0U, 0);
		shell_init (&shell, "cat; echo out; echo err >&2; ls -m /proc/$$/fd");
		shell.spawn.input = "in\n";
		if (!davit_spawn_run (&shell.spawn, &output, NULL, NULL))
			_exit (1);
		_exit (g_strcmp0 (output, "in\nout\n0, 1, 2\n") == 0 ? 0 : 2);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

/* A signal that the engine ignores or blocks is neither for the program. */
static void
test_signals (void)
{
	sigset_t blocked;
	sigset_t before;
	Shell shell;
	void (*handler) (int) = signal (SIGPIPE, SIG_IGN);

	sigemptyset (&blocked);
	sigaddset (&blocked, SIGTERM);
	sigprocmask (SIG_BLOCK, &blocked, &before);
	shell_init (&shell, "grep -E '^Sig(Blk|Ign)' /proc/self/status");
	assert_output (&shell.spawn, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	sigprocmask (SIG_SETMASK, NULL, &blocked);
	g_assert_cmpint (sigismember (&blocked, SIGTERM), ==, 1);
	sigprocmask (SIG_SETMASK, &before, NULL);
	signal (SIGPIPE, handler);
}

static void
test_directory (void)
{
	davit_autofd directory = open ("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	Shell shell;

	shell_init (&shell, "pwd");
	shell.spawn.cwd_dirfd = directory;
	assert_output (&shell.spawn, "/usr\n");
}

static void
test_network_namespace (void)
{
	davit_autofd null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	davit_autofd own = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	davit_autofd other = -1;
	Shell shell;

	if (geteuid () != 0 || unshare (CLONE_NEWNET) < 0) {
		g_test_skip ("needs root");
		return;
	}
	other = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (setns (own, CLONE_NEWNET), ==, 0);
	shell_init (&shell, "tail -n +3 /proc/net/dev | sed 's/:.*//;s/ *//'");
	shell.spawn.netns_fd = other;
	assert_output (&shell.spawn, "lo\n");
	shell.spawn.netns_fd = null;
	{
		g_autoptr (GError) error = NULL;

		g_assert_false (davit_spawn_run (&shell.spawn, NULL, NULL, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
		g_assert_nonnull (
			strstr (error->message, "enter the network namespace: Invalid argument"));
	}
}

static int
tmpfs_new (void)
{
	davit_autofd context = (int) syscall (SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	int fd;

	g_assert_cmpint (syscall (SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==,
			 0);
	fd = (int) syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	g_assert_cmpint (fd, >=, 0);
	return fd;
}

/* The program has it at a path, and nobody else. */
static void
test_mount (void)
{
	davit_autofd tree = -1;
	Shell shell;

	if (geteuid () != 0) {
		g_test_skip ("needs root");
		return;
	}
	tree = tmpfs_new ();
	shell_init (&shell, "echo inside > /mnt/file; stat -f -c %T /mnt; cat /mnt/file");
	shell.spawn.mount_path = "/mnt";
	shell.spawn.mount_fd = tree;
	assert_output (&shell.spawn, "tmpfs\ninside\n");
	g_assert_cmpint (faccessat (tree, "file", F_OK, 0), ==, 0);
	g_assert_cmpint (access ("/mnt/file", F_OK), <, 0);
	shell.spawn.mount_path = "/nonexistent/place";
	{
		g_autoptr (GError) error = NULL;

		g_assert_false (davit_spawn_run (&shell.spawn, NULL, NULL, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
		g_assert_nonnull (
			strstr (error->message, "attach a mount at \"/nonexistent/place\": No "));
	}
}

/* Nobody can write to the program that runs, and no descriptor of that is left in it. */
static void
test_read_only (void)
{
	const int pass[] = {STDERR_FILENO};
	Shell shell;

	if (geteuid () != 0) {
		g_test_skip ("needs root");
		return;
	}
	shell_init (&shell, "test -w /proc/$$/exe; echo $?; ls -m /proc/$$/fd");
	shell.spawn.pass_fds = pass;
	shell.spawn.n_pass_fds = G_N_ELEMENTS (pass);
	assert_output (&shell.spawn, "0\n0, 1, 2, 3\n");
	shell.spawn.read_only = TRUE;
	assert_output (&shell.spawn, "1\n0, 1, 2, 3\n");
}

/* A script has an interpreter, which opens it by its path. */
static void
test_read_only_script (void)
{
	g_autofree char *path = g_strdup_printf ("/tmp/davit-test-script-%d", (int) getpid ());
	const char *const argv[] = {path, "word", NULL};
	DavitSpawn spawn;

	g_assert_true (g_file_set_contents_full (path, "#!/bin/sh\necho \"$0\" \"$1\"\n", -1,
						 G_FILE_SET_CONTENTS_NONE, 0700, NULL));
	davit_spawn_init (&spawn, argv);
	spawn.read_only = TRUE;
	{
		g_autofree char *expected = g_strdup_printf ("%s word\n", path);

		assert_output (&spawn, expected);
	}
	g_assert_cmpint (unlink (path), ==, 0);
}

/* What stays is in a session of its own: no terminal's signal reaches it. */
static void
test_session (void)
{
	davit_autofd output = memfd_create ("output", MFD_CLOEXEC);
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	davit_autofd pidfd = -1;
	Shell shell;
	int status = 0;

	shell_init (&shell, "set -- $(cat /proc/$$/stat); test $1 = $6 && echo own");
	shell.spawn.stdout_fd = output;
	g_assert_true (davit_spawn_start (&shell.spawn, &pidfd, &error));
	g_assert_true (davit_spawn_wait (pidfd, &status, &error));
	g_assert_cmpint (lseek (output, 0, SEEK_SET), ==, 0);
	g_assert_true (davit_fd_read (output, 100, "x", &text, NULL, &error));
	g_assert_cmpstr (text, ==, "own\n");
}

static void
test_start (void)
{
	g_autoptr (GError) error = NULL;
	davit_autofd pidfd = -1;
	davit_autofd output = memfd_create ("output", MFD_CLOEXEC);
	g_autofree char *text = NULL;
	Shell shell;
	int status = 0;

	shell_init (&shell, "cat; echo lost >&2; exit 7");
	shell.spawn.input = "text";
	shell.spawn.stdout_fd = output;
	g_assert_true (davit_spawn_start (&shell.spawn, &pidfd, &error));
	g_assert_no_error (error);
	g_assert_cmpint (fcntl (pidfd, F_GETFD), ==, FD_CLOEXEC);
	g_assert_true (davit_spawn_wait (pidfd, &status, &error));
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 7);
	g_assert_cmpint (lseek (output, 0, SEEK_SET), ==, 0);
	g_assert_true (davit_fd_read (output, 100, "x", &text, NULL, &error));
	g_assert_cmpstr (text, ==, "text");
	davit_fd_close (&pidfd);

	shell_init (&shell, "kill -KILL $$");
	g_assert_true (davit_spawn_start (&shell.spawn, &pidfd, &error));
	g_assert_true (davit_spawn_wait (pidfd, &status, &error));
	g_assert_true (WIFSIGNALED (status));
	g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
	g_assert_false (davit_spawn_wait (pidfd, &status, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_cmpstr (error->message, ==, "wait for a program: No child processes");
}

/* It does not outlive an engine that is killed. */
static void
test_dies_with_parent (void)
{
	int alive[2];
	char byte = 0;
	pid_t child;

	g_assert_cmpint (pipe2 (alive, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		Shell shell;

		close (alive[0]);
		shell_init (&shell, "echo started >&3; exec sleep 600");
		shell.spawn.pass_fds = &alive[1];
		shell.spawn.n_pass_fds = 1;
		davit_spawn_run (&shell.spawn, NULL, NULL, NULL);
		_exit (0);
	}
	close (alive[1]);
	for (guint i = 0; i < strlen ("started\n"); i++)
		g_assert_cmpint (read (alive[0], &byte, 1), ==, 1);
	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_true (davit_fd_wait (alive[0], 10000, NULL));
	g_assert_cmpint (read (alive[0], &byte, 1), ==, 0);
	close (alive[0]);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/spawn/output", test_output);
	g_test_add_func ("/spawn/environment", test_environment);
	g_test_add_func ("/spawn/status", test_status);
	g_test_add_func ("/spawn/status-wanted", test_status_wanted);
	g_test_add_func ("/spawn/escapes", test_escapes);
	g_test_add_func ("/spawn/missing", test_missing);
	g_test_add_func ("/spawn/bad-interpreter", test_bad_interpreter);
	g_test_add_func ("/spawn/timeout", test_timeout);
	g_test_add_func ("/spawn/limit", test_limit);
	g_test_add_func ("/spawn/cancel", test_cancel);
	g_test_add_func ("/spawn/daemon", test_daemon);
	g_test_add_func ("/spawn/descriptors", test_descriptors);
	g_test_add_func ("/spawn/closed-standard", test_closed_standard);
	g_test_add_func ("/spawn/signals", test_signals);
	g_test_add_func ("/spawn/directory", test_directory);
	g_test_add_func ("/spawn/network-namespace", test_network_namespace);
	g_test_add_func ("/spawn/mount", test_mount);
	g_test_add_func ("/spawn/read-only", test_read_only);
	g_test_add_func ("/spawn/read-only-script", test_read_only_script);
	g_test_add_func ("/spawn/session", test_session);
	g_test_add_func ("/spawn/start", test_start);
	g_test_add_func ("/spawn/dies-with-parent", test_dies_with_parent);
	return g_test_run ();
}
