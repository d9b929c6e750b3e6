/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Further processes in a running container. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char links[] = "for n in cgroup ipc mnt net pid time user uts; do "
			    "readlink /proc/1/ns/$n; readlink /proc/self/ns/$n; done";

static void
start (Fixture *fixture, Parts *parts)
{
	g_autoptr (GError) error = NULL;

	if (parts->script == NULL)
		parts->script = "exec sleep 1000";
	fixture_configure (fixture, parts);
	if (!fixture_create (fixture, &error) || !fixture_start (fixture, &error))
		g_assert_no_error (error);
}

static void assert_exec_fails (Fixture *fixture, const char *process, DavitErrorCode code,
			       const char *format, ...) G_GNUC_PRINTF (4, 5);

static void
assert_exec_fails (Fixture *fixture, const char *process, DavitErrorCode code, const char *format,
		   ...)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree char *expected = NULL;
	va_list arguments;
	int pidfd = -1;
	DavitRuntimeExec request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.process = process,
		.stdio = {-1, -1, -1},
	};

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	expected = g_strconcat ("runtime/native: ", text, NULL);
	g_assert_false (davit_runtime_exec (fixture->runtime, &request, &pidfd, result, &error));
	g_assert_cmpstr (error->message, ==, expected);
	g_assert_true (davit_error_matches (error, code));
	g_assert_cmpint (pidfd, ==, -1);
}

static void
assert_same_namespaces (const char *text)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	g_assert_cmpuint (g_strv_length (lines), ==, 17);
	for (int i = 0; i < 16; i += 2)
		g_assert_cmpstr (lines[i], ==, lines[i + 1]);
}

static void
test_namespaces (Fixture *fixture, gconstpointer data)
{
	Parts parts = {0};
	/* To look at the links of pid 1. */
	g_autofree char *process = fixture_process (
		links, ",\"capabilities\":{\"bounding\":[\"CAP_SYS_PTRACE\"],\"effective\":["
		       "\"CAP_SYS_PTRACE\"],\"permitted\":[\"CAP_SYS_PTRACE\"]}");
	g_autofree char *fixed = NULL;
	g_autofree char *text = NULL;
	int status = -1;

	/* A key that comes twice is refused, rightly: the usual one must go. */
	{
		char *usual = strstr (process, ",\"capabilities\"");
		char *end = strchr (usual, '}');

		fixed = g_strdup_printf ("%.*s%s", (int) (usual - process), process, end + 1);
	}
	start (fixture, &parts);
	text = fixture_exec (fixture, fixed, &status);
	g_assert_cmpint (status, ==, 0);
	assert_same_namespaces (text);
}

static void
test_user_namespace (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.namespaces = "[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
			      "{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"},"
			      "{\"type\":\"time\"},{\"type\":\"user\"}]",
		.linux_more =
			",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]"};
	g_autofree char *process =
		fixture_process ("id -u; cat /proc/self/uid_map; touch /new; ls -l /proc/self/fd",
				 "");
	g_autofree char *text = NULL;
	int status = -1;

	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	start (fixture, &parts);
	text = fixture_exec (fixture, process, &status);
	g_assert_cmpint (status, ==, 0);
	assert_contains (text, "0\n         0     100000      65536\n");
	assert_lacks (text, " 4 ->");
}

static void
test_status (Fixture *fixture, gconstpointer data)
{
	Parts parts = {0};
	g_autofree char *process = fixture_process ("echo out; echo $0 >&2; exit 42", "");
	g_autofree char *text = NULL;
	int status = -1;

	start (fixture, &parts);
	text = fixture_exec (fixture, process, &status);
	g_assert_cmpint (status, ==, 42);
	g_assert_cmpstr (text, ==, "out\n/bin/sh\n");
}

/* It has what its own process object says, and the container's filter and groups. */
static void
test_overrides (Fixture *fixture, gconstpointer data)
{
	static const char process[] =
		"{\"args\":[\"sh\",\"-c\",\"grep -E '^(Uid|Groups|CapBnd|CapInh|NoNew|Seccomp:)' "
		"/proc/self/status; readlink /proc/self/cwd; env; mkdir /tmp/x; umask; "
		"cat /proc/self/oom_score_adj; cat /proc/self/cgroup; ulimit -n\"],"
		"\"env\":[\"PATH=/bin\",\"A=b\"],\"cwd\":\"/etc\",\"noNewPrivileges\":true,"
		"\"oomScoreAdj\":456,\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":99,"
		"\"hard\":100}],\"user\":{\"uid\":7,\"gid\":8,\"umask\":7,\"additionalGids\":[9]}}";
	Parts parts = {.linux_more = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
				     "\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
				     "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}"};
	g_autofree char *text = NULL;
	int status = -1;

	start (fixture, &parts);
	text = fixture_exec (fixture, process, &status);
	g_assert_cmpint (status, ==, 0);
	assert_contains (text, "Uid:\t7\t7\t7\t7\n");
	assert_contains (text, "Groups:\t9 \n");
	assert_contains (text, "CapInh:\t0000000000000000\nCapBnd:\t0000000000000000\n"
			       "NoNewPrivs:\t1\nSeccomp:\t2\n");
	assert_contains (text, "/etc\n");
	assert_contains (text, "A=b\n");
	assert_contains (text, "mkdir: can't create directory '/tmp/x': Permission denied\n");
	assert_contains (text, "0007\n456\n");
	/* Its groups are the root of the cgroup namespace. */
	assert_contains (text, ":/\n");
	assert_lacks (text, "/..");
	assert_contains (text, "99\n");
}

static void
test_terminal (Fixture *fixture, gconstpointer data)
{
	Parts parts = {0};
	g_autofree char *process =
		fixture_process ("tty; stty size; echo hi > /dev/tty",
				 ",\"terminal\":true,\"consoleSize\":{\"height\":30,\"width\":90}");
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	char buffer[256] = "";
	gsize length = 0;
	ssize_t count;
	davit_autofd master = -1;
	davit_autofd pidfd = -1;
	siginfo_t information;
	DavitRuntimeExec request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.process = process,
		.stdio = {-1, -1, -1},
	};

	start (fixture, &parts);
	davit_runtime_exec (fixture->runtime, &request, &pidfd, result, &error);
	g_assert_no_error (error);
	master = davit_result_steal_fd (result, "terminal");
	g_assert_cmpint (master, >=, 0);
	while ((count = read (master, buffer + length, sizeof buffer - 1 - length)) > 0)
		length += (gsize) count;
	g_assert_cmpstr (buffer, ==, "/dev/pts/0\r\n30 90\r\nhi\r\n");
	g_assert_cmpint (waitid (P_PIDFD, (id_t) pidfd, &information, WEXITED), ==, 0);
	g_assert_cmpint (information.si_status, ==, 0);
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
	Parts parts = {0};
	static const char missing[] = "{\"args\":[\"nosuch\"],\"cwd\":\"/\"}";
	static const char directory[] = "{\"args\":[\"/etc\"],\"cwd\":\"/\"}";
	static const char self[] = "{\"args\":[\"/proc/self/exe\"],\"cwd\":\"/\"}";
	static const char cwd[] = "{\"args\":[\"true\"],\"cwd\":\"/no/such\"}";
	static const char high[] = "{\"args\":[\"true\"],\"cwd\":\"/\",\"user\":"
				   "{\"uid\":4294967295}}";

	assert_exec_fails (fixture, missing, DAVIT_ERROR_NOT_FOUND, "there is no container \"%s\"",
			   fixture->id);
	start (fixture, &parts);
	assert_exec_fails (fixture, missing, DAVIT_ERROR_NO_PROGRAM,
			   "program \"nosuch\": not found in PATH");
	assert_exec_fails (fixture, directory, DAVIT_ERROR_NOT_EXECUTABLE,
			   "program \"/etc\": Is a directory");
	assert_exec_fails (fixture, self, DAVIT_ERROR_NOT_EXECUTABLE,
			   "program \"/proc/self/exe\": leads to a file of the host through /proc, "
			   "which is refused");
	assert_exec_fails (fixture, cwd, DAVIT_ERROR_NOT_FOUND,
			   "working directory \"/no/such\": No such file or directory");
	for (int i = 3; i < 25; i++) {
		g_autofree char *leak =
			g_strdup_printf ("{\"args\":[\"true\"],\"cwd\":\"/proc/self/fd/%d\"}", i);

		assert_exec_fails (fixture, leak,
				   i == 3 ? DAVIT_ERROR_FAILED : DAVIT_ERROR_NOT_FOUND,
				   "working directory \"/proc/self/fd/%d\": %s", i,
				   i == 3 ? "Not a directory" : "No such file or directory");
	}
	g_assert_true (g_str_has_prefix (high, "{"));
	{
		g_autoptr (DavitResult) result = davit_result_new ();
		g_autoptr (GError) error = NULL;
		int pidfd = -1;
		DavitRuntimeExec request = {
			.size = sizeof request,
			.container = fixture_container (fixture),
			.process = high,
			.stdio = {-1, -1, -1},
		};

		g_assert_false (
			davit_runtime_exec (fixture->runtime, &request, &pidfd, result, &error));
		g_assert_true (davit_error_matches (error, DAVIT_ERROR_CONFIG));
		assert_contains (error->message, "user.uid");
	}
}

static void
test_states (Fixture *fixture, gconstpointer data)
{
	static const char process[] = "{\"args\":[\"true\"],\"cwd\":\"/\"}";
	DavitRuntimeContainer container = fixture_container (fixture);
	Parts parts = {0};
	g_autoptr (GError) error = NULL;

	start (fixture, &parts);
	g_assert_true (davit_runtime_pause (fixture->runtime, &container, &error));
	assert_exec_fails (fixture, process, DAVIT_ERROR_STATE,
			   "container \"%s\" is paused; resume it first", fixture->id);
	g_assert_true (davit_runtime_resume (fixture->runtime, &container, &error));
	g_assert_true (davit_runtime_kill (fixture->runtime, &container, SIGKILL, FALSE, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
	assert_exec_fails (fixture, process, DAVIT_ERROR_STATE, "container \"%s\" does not run",
			   fixture->id);
}

/*
 * CVE-2019-5736, CVE-2016-9962: the container looks at what comes in, all the time. When a process
 * has given up what the container's root does not have either, only that it is not dumpable
 * protects it.
 */
static void
test_not_readable (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo go; while :; do for p in /proc/[0-9]*; do "
				 "case $(readlink $p/exe) in ''|/bin/busybox) ;; *) "
				 "echo \"seen $p\";; esac; done; done"};
	static const char process[] = "{\"args\":[\"/bin/true\"],\"cwd\":\"/\"}";
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	char ready[3];

	start (fixture, &parts);
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	for (int i = 0; i < 50; i++) {
		g_autofree char *output = NULL;
		int status = -1;

		output = fixture_exec (fixture, process, &status);
		g_assert_cmpint (status, ==, 0);
	}
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	text = fixture_read (fixture);
	g_assert_cmpstr (text, ==, "");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/exec/namespaces", test_namespaces);
	fixture_add ("/exec/user-namespace", test_user_namespace);
	fixture_add ("/exec/status", test_status);
	fixture_add ("/exec/overrides", test_overrides);
	fixture_add ("/exec/terminal", test_terminal);
	fixture_add ("/exec/errors", test_errors);
	fixture_add ("/exec/states", test_states);
	fixture_add ("/exec/not-readable", test_not_readable);
	return g_test_run ();
}
