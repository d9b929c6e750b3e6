/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first process: program, user, directory, descriptors, terminal, limits. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_program_missing (Fixture *fixture, gconstpointer data)
{
	Parts bare = {.args = "[\"nosuch\"]"};
	Parts path = {.args = "[\"/no/such\"]"};
	Parts script = {.args = "[\"/script\"]"};
	Parts empty = {.args = "[\"\"]"};
	Parts none = {.args = "[]"};

	fixture_refuse_start (fixture, &bare, DAVIT_ERROR_NO_PROGRAM,
			      "program \"nosuch\": not found in PATH", 127);
	fixture_refuse_start (fixture, &path, DAVIT_ERROR_NO_PROGRAM,
			      "program \"/no/such\": No such file or directory", 127);
	fixture_put (fixture, "script", "#!/no/interpreter\n", 0755);
	fixture_refuse_start (fixture, &script, DAVIT_ERROR_NO_PROGRAM,
			      "program \"/script\": exists, but the interpreter or dynamic linker "
			      "that it names does not",
			      127);
	fixture_refuse (fixture, &empty, DAVIT_ERROR_NO_PROGRAM,
			"config.json: process.args: program \"\": the name is empty");
	fixture_refuse (fixture, &none, DAVIT_ERROR_CONFIG,
			"config.json: process.args: is empty: there is no program to run");
}

static void
test_program_not_executable (Fixture *fixture, gconstpointer data)
{
	Parts directory = {.args = "[\"/etc\"]"};
	Parts file = {.args = "[\"/etc/file\"]"};
	Parts in_path = {.args = "[\"file\"]", .env = "[\"PATH=/bin:/etc\"]"};
	Parts text = {.args = "[\"/etc/text\"]"};

	fixture_put (fixture, "etc/file", "", 0644);
	fixture_put (fixture, "etc/text", "no program\n", 0755);
	fixture_refuse_start (fixture, &directory, DAVIT_ERROR_NOT_EXECUTABLE,
			      "program \"/etc\": Is a directory", 126);
	fixture_refuse_start (fixture, &file, DAVIT_ERROR_NOT_EXECUTABLE,
			      "program \"/etc/file\": Permission denied", 126);
	fixture_refuse_start (fixture, &in_path, DAVIT_ERROR_NOT_EXECUTABLE,
			      "program \"file\": Permission denied", 126);
	fixture_refuse_start (
		fixture, &text, DAVIT_ERROR_NOT_EXECUTABLE,
		"program \"/etc/text\": Exec format error; built for another machine, "
		"or a script without #! line",
		126);
}

/* CVE-2019-5736: the engine's own file must not be run, nor be reached through what runs. */
static void
test_program_magic (Fixture *fixture, gconstpointer data)
{
	static const char refused[] = "leads to a file of the host through /proc, which is refused";
	g_autofree char *direct = g_strdup_printf ("program \"/proc/self/exe\": %s", refused);
	g_autofree char *by_link = g_strdup_printf ("program \"/bin/door\": %s", refused);
	g_autofree char *script = g_strdup_printf ("program \"/bin/script\": %s", refused);
	Parts parts = {.args = "[\"/proc/self/exe\"]"};

	fixture_refuse_start (fixture, &parts, DAVIT_ERROR_NOT_EXECUTABLE, direct, 126);
	fixture_link (fixture, "bin/door", "/proc/self/exe");
	parts.args = "[\"door\"]";
	fixture_refuse_start (fixture, &parts, DAVIT_ERROR_NOT_EXECUTABLE, by_link, 126);
	fixture_put (fixture, "bin/script", "#! /proc/self/exe -x\n", 0755);
	parts.args = "[\"script\"]";
	fixture_refuse_start (fixture, &parts, DAVIT_ERROR_NOT_EXECUTABLE, script, 126);
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.args = "[\"sh\",\"-c\",\"echo $0 $1; env\",\"zero\",\"one two\"]",
		       .env = "[\"PATH=/sbin:/bin\",\"A=b c\",\"EMPTY=\"]"};
	g_autofree char *text = fixture_run (fixture, &parts);

	assert_contains (text, "zero one two\n");
	assert_contains (text, "A=b c\n");
	assert_contains (text, "EMPTY=\n");
	assert_contains (text, "PATH=/sbin:/bin\n");
	assert_lacks (text, "DAVIT_");
	assert_lacks (text, "HOME=");
}

static void
test_user (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "grep -E '^(Uid|Gid|Groups|Cap|NoNew)' /proc/self/status; "
				 "touch /tmp/mine; stat -c '%u:%g %a' /tmp/mine",
		       .user = "{\"uid\":1000,\"gid\":1001,\"umask\":63,"
			       "\"additionalGids\":[5,7]}",
		       .process = ",\"noNewPrivileges\":true"};
	g_autofree char *text = fixture_run (fixture, &parts);

	assert_contains (text, "Uid:\t1000\t1000\t1000\t1000\n");
	assert_contains (text, "Gid:\t1001\t1001\t1001\t1001\n");
	assert_contains (text, "Groups:\t5 7 \n");
	assert_contains (text, "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
			       "CapEff:\t0000000000000000\nCapBnd:\t00000000080000eb\n"
			       "CapAmb:\t0000000000000000\n");
	assert_contains (text, "NoNewPrivs:\t1\n");
	assert_contains (text, "1000:1001 600\n");
}

/* The caller's own groups never stay, also if none are asked for; nor what it ignores. */
static void
test_no_groups (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.args = "[\"grep\",\"-E\",\"^(Groups|CapEff|Sig(Blk|Ign))\","
			       "\"/proc/self/status\"]"};
	g_autofree char *text = NULL;
	gid_t groups[] = {4, 6};

	g_assert_cmpint (setgroups (2, groups), ==, 0);
	signal (SIGHUP, SIG_IGN);
	text = fixture_run (fixture, &parts);
	signal (SIGHUP, SIG_DFL);
	g_assert_cmpint (setgroups (0, NULL), ==, 0);
	g_assert_cmpstr (text, ==,
			 "Groups:\t \nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
			 "CapEff:\t00000000080000eb\n");
}

static void
test_cwd (Fixture *fixture, gconstpointer data)
{
	Parts made = {.script = "readlink /proc/self/cwd", .cwd = "/srv/new"};
	Parts file = {.cwd = "/etc/file"};
	Parts relative = {.cwd = "srv"};
	g_autofree char *text = fixture_run (fixture, &made);

	g_assert_cmpstr (text, ==, "/srv/new\n");
	fixture_put (fixture, "etc/file", "", 0644);
	fixture_refuse (fixture, &file, DAVIT_ERROR_FAILED,
			"working directory \"/etc/file\": Not a directory");
	fixture_refuse (fixture, &relative, DAVIT_ERROR_CONFIG,
			"config.json: process.cwd: \"srv\" is no absolute path");
}

/* CVE-2024-21626: a directory of the host through a descriptor that is still open. */
static void
test_cwd_descriptor (Fixture *fixture, gconstpointer data)
{
	davit_autofd leaked = open ("/", O_RDONLY | O_DIRECTORY);

	g_assert_cmpint (leaked, >=, 0);
	for (int i = 3; i < 40; i++) {
		g_autofree char *cwd = g_strdup_printf ("/proc/self/fd/%d", i);
		Parts parts = {.script = "true", .cwd = cwd};
		g_autoptr (GError) error = NULL;

		fixture_configure (fixture, &parts);
		g_assert_false (fixture_create (fixture, &error));
		assert_contains (error->message, "working directory \"/proc/self/fd/");
		g_clear_error (&error);
		g_assert_true (fixture_delete (fixture, FALSE, &error));
	}
}

static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.args = "[\"/bin/ls\",\"-l\",\"/proc/self/fd\"]"};
	davit_autofd leaked = open ("/", O_RDONLY | O_DIRECTORY);
	g_autofree char *text = NULL;

	g_assert_cmpint (leaked, >=, 0);
	text = fixture_run (fixture, &parts);
	assert_contains (text, " 0 -> /dev/null\n");
	assert_contains (text, " 1 -> pipe:");
	assert_contains (text, " 2 -> pipe:");
	/* 3 is what ls reads the directory with; it is closed when ls asks for the link. */
	assert_contains (text, " 3\n");
	assert_lacks (text, " 3 ->");
	assert_lacks (text, " 4 ->");
	assert_lacks (text, " 4\n");
}

static guint
count_descriptors (gint64 pid)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) pid);
	g_autoptr (GError) error = NULL;
	g_autoptr (GDir) directory = g_dir_open (path, 0, &error);
	guint count = 0;

	g_assert_no_error (error);
	while (g_dir_read_name (directory) != NULL)
		count++;
	return count;
}

/* While it waits, too, there is nothing of the host in it. */
static void
test_descriptors_waiting (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "true"};
	g_autoptr (GError) error = NULL;
	davit_autofd leaked = open ("/", O_RDONLY | O_DIRECTORY);

	g_assert_cmpint (leaked, >=, 0);
	fixture_configure (fixture, &parts);
	g_assert_true (fixture_create (fixture, &error));
	/* The socket by which it said that it is ready is closed right after that. */
	for (int i = 0; i < 1000 && count_descriptors (fixture->pid) > 4; i++)
		g_usleep (1000);
	/* Standard streams and the listener. */
	g_assert_cmpuint (count_descriptors (fixture->pid), ==, 4);
}

/* CVE-2019-5736: nor has it the engine's program any more, which one could write to through it. */
static void
test_self_left (Fixture *fixture, gconstpointer data)
{
#ifdef __SANITIZE_ADDRESS__
	g_test_skip ("a sanitizer's program can't be left");
#else
	Parts parts = {.script = "true"};
	g_autofree char *exe = NULL;
	g_autofree char *maps = NULL;
	g_autofree char *link = NULL;
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	fixture_configure (fixture, &parts);
	g_assert_true (fixture_create (fixture, &error));
	exe = g_strdup_printf ("/proc/%d/exe", (int) fixture->pid);
	link = g_file_read_link (exe, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (link, ==, "/memfd:davit (deleted)");
	maps = g_strdup_printf ("/proc/%d/maps", (int) fixture->pid);
	g_assert_true (g_file_get_contents (maps, &text, NULL, NULL));
	assert_lacks (text, "test-runtime-native");
	assert_contains (text, "native.so");
	g_assert_true (fixture_start (fixture, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
#endif
}

static void
test_passed_descriptors (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat <&3; cat <&4; echo to five >&5; ls /proc/self/fd"};
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	int pipes[2];
	int first[2];
	int second[2];
	int pass[3];
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {-1, -1, -1},
		.pass_fds = pass,
		.n_pass_fds = 3,
	};

	fixture_configure (fixture, &parts);
	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (first, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (second, O_CLOEXEC), ==, 0);
	g_assert_cmpint (write (first[1], "one\n", 4), ==, 4);
	g_assert_cmpint (write (second[1], "two\n", 4), ==, 4);
	close (first[1]);
	close (second[1]);
	/* Numbers that lie in the way of each other. */
	pass[0] = second[0];
	pass[1] = first[0];
	pass[2] = pipes[1];
	request.stdio[1] = pipes[1];
	davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, &error);
	g_assert_no_error (error);
	close (pipes[1]);
	close (first[0]);
	close (second[0]);
	fixture->output = pipes[0];
	g_assert_true (fixture_start (fixture, &error));
	text = fixture_read (fixture);
	g_assert_cmpstr (text, ==, "two\none\nto five\n0\n1\n2\n3\n4\n5\n6\n");
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
}

static char *
read_terminal (int master)
{
	GString *text = g_string_new (NULL);
	char buffer[512];
	ssize_t length;

	/* EIO is how a terminal says that nobody is there any more. */
	while ((length = read (master, buffer, sizeof buffer)) > 0)
		g_string_append_len (text, buffer, length);
	return g_string_free (text, FALSE);
}

static void
test_terminal (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "tty; stty size; stat -c '%t:%T' /dev/console /dev/pts/0; "
				 "ls -l /proc/self/fd/0; test -t 0 -a -t 1 -a -t 2 && echo all; "
				 "echo hi > /dev/tty; id -u; stat -c %u /dev/pts/0",
		       .user = "{\"uid\":1000,\"gid\":1000}",
		       .process = ",\"terminal\":true,\"consoleSize\":{\"height\":40,"
				  "\"width\":120}"};
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	davit_autofd master = -1;
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {-1, -1, -1},
	};

	fixture_configure (fixture, &parts);
	davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, &error);
	g_assert_no_error (error);
	master = davit_result_steal_fd (result, "terminal");
	g_assert_cmpint (master, >=, 0);
	g_assert_true (isatty (master));
	g_assert_true (fixture_start (fixture, &error));
	text = read_terminal (master);
	assert_contains (text, "/dev/pts/0\r\n40 120\r\n88:0\r\n88:0\r\n");
	assert_contains (text, " -> /dev/pts/0\r\n");
	assert_contains (text, "all\r\nhi\r\n1000\r\n1000\r\n");
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
}

static void
test_terminal_refused (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.process = ",\"terminal\":true", .all_mounts = "[]"};

	fixture_refuse (fixture, &parts, DAVIT_ERROR_CONFIG,
			"open a terminal: /dev/pts is no devpts file system: No such file or "
			"directory");
}

/* CVE-2025-52565: /dev/console of the image is a link to a file of the container's choice. */
static void
test_terminal_console (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat /etc/target",
		       .process = ",\"terminal\":true",
		       .mounts = ",{\"destination\":\"/dev\",\"source\":\"rootfs/mydev\","
				 "\"type\":\"bind\"},"
				 "{\"destination\":\"/dev/pts\",\"type\":\"devpts\","
				 "\"options\":[\"newinstance\",\"ptmxmode=0666\"]}"};
	g_autofree char *target = g_build_filename (fixture->rootfs, "etc/target", NULL);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *contents = NULL;
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {-1, -1, -1},
	};

	fixture_put (fixture, "mydev/", NULL, 0755);
	fixture_put (fixture, "mydev/pts/", NULL, 0755);
	fixture_link (fixture, "mydev/console", "/etc/target");
	fixture_put (fixture, "etc/target", "untouched\n", 0644);
	fixture_configure (fixture, &parts);
	g_assert_false (
		davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, &error));
	g_assert_cmpstr (error->message, ==,
			 "runtime/native: make /dev/console: Too many levels of symbolic links");
	g_assert_true (g_file_get_contents (target, &contents, NULL, NULL));
	g_assert_cmpstr (contents, ==, "untouched\n");
}

static void
test_oom_score (Fixture *fixture, gconstpointer data)
{
	Parts raised = {.script = "cat /proc/self/oom_score_adj",
			.process = ",\"oomScoreAdj\":321"};
	Parts lowered = {.script = "cat /proc/self/oom_score_adj",
			 .process = ",\"oomScoreAdj\":-999"};
	g_autofree char *text = fixture_run (fixture, &raised);
	g_autofree char *status = NULL;
	const char *effective;

	g_assert_cmpstr (text, ==, "321\n");
	g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
	effective = strstr (status, "CapEff:") + strlen ("CapEff:");
	/* CAP_SYS_RESOURCE. */
	if (g_ascii_strtoull (effective, NULL, 16) & (1u << 24)) {
		g_autofree char *low = fixture_run (fixture, &lowered);

		g_assert_cmpstr (low, ==, "-999\n");
		return;
	}
	fixture_refuse (fixture, &lowered, DAVIT_ERROR_PERMISSION,
			"set process.oomScoreAdj to -999: Permission denied; a value below the "
			"caller's own needs CAP_SYS_RESOURCE");
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "ulimit -n; ulimit -c; readlink /proc/self/exe; "
				 "cat /proc/self/personality",
		       .process = ",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":123,"
				  "\"hard\":456},{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]",
		       .linux_more = ",\"personality\":{\"domain\":\"LINUX32\"}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "123\n0\n/bin/busybox\n00000008\n");
}

static void
test_seccomp (Fixture *fixture, gconstpointer data)
{
	static const char seccomp[] =
		",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
		"\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}";
	Parts with = {.script = "mkdir /tmp/x; grep -E '^(Seccomp|NoNew|CapEff)' /proc/self/status",
		      .process = ",\"noNewPrivileges\":true",
		      .linux_more = seccomp};
	Parts without = {.script = with.script,
			 .user = "{\"uid\":1000,\"gid\":1000}",
			 .linux_more = seccomp};
	g_autofree char *text = fixture_run (fixture, &with);
	g_autofree char *other = NULL;

	assert_contains (text, "mkdir: can't create directory '/tmp/x': Permission denied\n");
	assert_contains (text, "CapEff:\t00000000080000eb\nNoNewPrivs:\t1\nSeccomp:\t2\n");
	/* Without no_new_privs the filter is loaded while there still are privileges. */
	other = fixture_run (fixture, &without);
	assert_contains (other, "mkdir: can't create directory '/tmp/x': Permission denied\n");
	assert_contains (other, "CapEff:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n");
}

/* A program that writes to /dev/stderr by name must be able to, whoever it is. */
static void
test_pipe_owner (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo by name > /dev/stderr",
		       .user = "{\"uid\":1000,\"gid\":1000}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "by name\n");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/process/program-missing", test_program_missing);
	fixture_add ("/process/program-not-executable", test_program_not_executable);
	fixture_add ("/process/program-magic", test_program_magic);
	fixture_add ("/process/arguments", test_arguments);
	fixture_add ("/process/user", test_user);
	fixture_add ("/process/no-groups", test_no_groups);
	fixture_add ("/process/cwd", test_cwd);
	fixture_add ("/process/cwd-descriptor", test_cwd_descriptor);
	fixture_add ("/process/descriptors", test_descriptors);
	fixture_add ("/process/descriptors-waiting", test_descriptors_waiting);
	fixture_add ("/process/self-left", test_self_left);
	fixture_add ("/process/passed-descriptors", test_passed_descriptors);
	fixture_add ("/process/terminal", test_terminal);
	fixture_add ("/process/terminal-refused", test_terminal_refused);
	fixture_add ("/process/terminal-console", test_terminal_console);
	fixture_add ("/process/oom-score", test_oom_score);
	fixture_add ("/process/limits", test_limits);
	fixture_add ("/process/seccomp", test_seccomp);
	fixture_add ("/process/pipe-owner", test_pipe_owner);
	return g_test_run ();
}
