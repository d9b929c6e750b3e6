/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Containers that join a pid namespace: life, terminal, user namespaces, and what those who are in
 * it already can see of the first process.
 */

#include "native-self.h"
#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pid namespace with a first process that waits. */
typedef struct {
	pid_t init;
	int fd; /* of the namespace */
	int user_fd;
} Pids;

static int
open_namespace (pid_t pid, const char *file)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/ns/%s", (int) pid, file);
	int fd = open (path, O_RDONLY | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

static void
pids_start (Pids *pids, int flags)
{
	pids->init =
		(pid_t) syscall (SYS_clone, CLONE_NEWPID | flags | SIGCHLD, NULL, NULL, NULL, NULL);
	g_assert_cmpint (pids->init, >=, 0);
	if (pids->init == 0) {
		prctl (PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause ();
	}
	pids->fd = open_namespace (pids->init, "pid");
	pids->user_fd = open_namespace (pids->init, "user");
}

/* Everybody in it ends with the first process. */
static void
pids_kill (Pids *pids)
{
	g_assert_cmpint (kill (pids->init, SIGKILL), ==, 0);
	g_assert_cmpint (waitpid (pids->init, NULL, 0), ==, pids->init);
}

static void
pids_end (Pids *pids)
{
	pids_kill (pids);
	close (pids->fd);
	close (pids->user_fd);
}

/* The namespaces of a container in it; more: further ones, with a comma in front. */
static char *
joined_namespaces (const Pids *pids, const char *more)
{
	return g_strdup_printf ("[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
				"{\"type\":\"uts\"},{\"type\":\"cgroup\"},"
				"{\"type\":\"pid\",\"path\":\"/proc/self/fd/%d\"}%s]",
				pids->fd, more);
}

static void
create (Fixture *fixture, const Pids *pids, Parts *parts)
{
	g_autofree char *namespaces = joined_namespaces (pids, "");
	g_autoptr (GError) error = NULL;

	parts->namespaces = namespaces;
	fixture_configure (fixture, parts);
	fixture_create (fixture, &error);
	g_assert_no_error (error);
	parts->namespaces = NULL;
}

static void
start (Fixture *fixture)
{
	g_autoptr (GError) error = NULL;

	fixture_start (fixture, &error);
	g_assert_no_error (error);
}

static void
send_signal (Fixture *fixture, int signal, gboolean all)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (GError) error = NULL;

	davit_runtime_kill (fixture->runtime, &container, signal, all, &error);
	g_assert_no_error (error);
}

static void
assert_state (Fixture *fixture, const char *expected)
{
	g_autofree char *status = fixture_status (fixture);

	g_assert_cmpstr (status, ==, expected);
}

/* Its /proc shows the namespace, its own number is not 1, and its status arrives. */
static void
test_life (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.script =
			"cat /proc/1/comm; readlink /proc/self/ns/pid; [ $$ != 1 ] && echo $PPID; "
			"exit 42"};
	g_autofree char *path = NULL;
	g_autofree char *comm = NULL;
	g_autofree char *expected = NULL;
	g_autofree char *text = NULL;
	struct stat theirs;
	Pids pids;

	pids_start (&pids, 0);
	path = g_strdup_printf ("/proc/%d/comm", (int) pids.init);
	g_assert_true (g_file_get_contents (path, &comm, NULL, NULL));
	g_assert_cmpint (fstat (pids.fd, &theirs), ==, 0);
	expected = g_strdup_printf ("%spid:[%lu]\n0\n", comm, (gulong) theirs.st_ino);
	create (fixture, &pids, &parts);
	assert_state (fixture, "created");
	start (fixture);
	text = fixture_read (fixture);
	g_assert_cmpstr (text, ==, expected);
	g_assert_cmpint (fixture_wait (fixture), ==, 42);
	assert_state (fixture, "stopped");
	/* The owner does not mind. */
	g_assert_cmpint (waitpid (pids.init, NULL, WNOHANG), ==, 0);
	pids_end (&pids);
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "trap 'exit 7' USR1; echo go; while :; do sleep 0.01; done"};
	g_autoptr (GError) error = NULL;
	char ready[3];
	Pids pids;

	pids_start (&pids, 0);
	create (fixture, &pids, &parts);
	start (fixture);
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	assert_state (fixture, "running");
	send_signal (fixture, SIGUSR1, FALSE);
	g_assert_cmpint (fixture_wait (fixture), ==, 7);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	/* Those that it leaves behind are not ended by its end: all of them are found by group. */
	parts.script = "sleep 1000 & sleep 1000 & echo go; exit 3";
	create (fixture, &pids, &parts);
	start (fixture);
	g_assert_cmpint (read (fixture->output, ready, 3), ==, 3);
	g_assert_cmpint (fixture_wait (fixture), ==, 3);
	send_signal (fixture, SIGKILL, TRUE);
	{
		g_autofree char *rest = fixture_read (fixture);

		g_assert_cmpstr (rest, ==, "");
	}
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
	/* And a first process that waits for its start dies by delete. */
	create (fixture, &pids, &parts);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
	pids_end (&pids);
}

static void
test_exec (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "exec sleep 1000"};
	g_autofree char *process =
		fixture_process ("[ $$ != 1 ] && readlink /proc/self/ns/pid", "");
	g_autofree char *text = NULL;
	struct stat theirs;
	int status = -1;
	Pids pids;

	pids_start (&pids, 0);
	create (fixture, &pids, &parts);
	start (fixture);
	text = fixture_exec (fixture, process, &status);
	g_assert_cmpint (status, ==, 0);
	g_assert_cmpint (fstat (pids.fd, &theirs), ==, 0);
	{
		g_autofree char *expected = g_strdup_printf ("pid:[%lu]\n", (gulong) theirs.st_ino);

		g_assert_cmpstr (text, ==, expected);
	}
	send_signal (fixture, SIGKILL, FALSE);
	g_assert_cmpint (fixture_wait (fixture), ==, 128 + SIGKILL);
	pids_end (&pids);
}

static void
test_terminal (Fixture *fixture, gconstpointer data)
{
	Pids pids;
	g_autofree char *namespaces = NULL;
	Parts parts = {.script = "tty; stty size; echo hi > /dev/tty",
		       .process = ",\"terminal\":true,\"consoleSize\":{\"height\":40,"
				  "\"width\":120}"};
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	davit_autofd master = -1;
	char text[256] = "";
	gsize length = 0;
	ssize_t got;
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {-1, -1, -1},
	};

	pids_start (&pids, 0);
	parts.namespaces = namespaces = joined_namespaces (&pids, "");
	fixture_configure (fixture, &parts);
	davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, &error);
	g_assert_no_error (error);
	master = davit_result_steal_fd (result, "terminal");
	g_assert_true (isatty (master));
	start (fixture);
	/* EIO is how a terminal says that nobody is there any more. */
	while ((got = read (master, text + length, sizeof text - 1 - length)) > 0)
		length += (gsize) got;
	g_assert_cmpstr (text, ==, "/dev/pts/0\r\n40 120\r\nhi\r\n");
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
	pids_end (&pids);
}

static char *
proc_path (const Fixture *fixture, const char *file)
{
	return g_strdup_printf ("/proc/%d/%s", (int) fixture->pid, file);
}

/* Whether the word lies anywhere in its memory. */
static gboolean
memory_has (const Fixture *fixture, const char *word)
{
	g_autofree char *maps_path = proc_path (fixture, "maps");
	g_autofree char *mem_path = proc_path (fixture, "mem");
	davit_autofd mem = open (mem_path, O_RDONLY | O_CLOEXEC);
	g_autofree char *maps = NULL;
	g_auto (GStrv) lines = NULL;
	gboolean found = FALSE;

	g_assert_cmpint (mem, >=, 0);
	g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
	lines = g_strsplit (maps, "\n", -1);
	for (gsize i = 0; lines[i] != NULL && !found; i++) {
		char *behind = NULL;
		guint64 from = g_ascii_strtoull (lines[i], &behind, 16);
		guint64 to = *behind == '-' ? g_ascii_strtoull (behind + 1, NULL, 16) : from;
		g_autofree char *part = NULL;
		ssize_t got;

		if (to - from > 64 * 1024 * 1024)
			continue;
		part = g_malloc (to - from + 1);
		got = pread (mem, part, to - from, (off_t) from);
		found = got > 0 && memmem (part, (gsize) got, word, strlen (word)) != NULL;
	}
	return found;
}

static guint
count_open (const Fixture *fixture)
{
	g_autofree char *path = proc_path (fixture, "fd");
	g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
	const char *name;
	guint count = 0;

	g_assert_nonnull (directory);
	while ((name = g_dir_read_name (directory)) != NULL) {
		g_autofree char *link = g_build_filename (path, name, NULL);
		g_autofree char *target = g_file_read_link (link, NULL);

		/* Closed in between. */
		if (target == NULL)
			continue;
		g_assert_true (g_str_has_prefix (target, "pipe:") ||
			       g_str_has_prefix (target, "socket:") ||
			       g_str_equal (target, "/dev/null"));
		count++;
	}
	return count;
}

/* Three, and where it is called to start; what it has said that it is ready by, it closes then. */
static void
assert_nothing_open (const Fixture *fixture)
{
	for (guint i = 0; count_open (fixture) != 4; i++) {
		g_assert_cmpuint (i, <, 1000);
		poll (NULL, 0, 10);
	}
}

/* It waits for its start: so long those who may trace can look, here and there. */
static void
test_exposure (Fixture *fixture, gconstpointer data)
{
	static const char filter[] =
		",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
		"\"mount\",\"clone3\",\"keyctl\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";
	Parts parts = {.script = "true", .linux_more = filter};
	g_autofree char *secret = g_strdup_printf ("secret-%d-of-engine", (int) getpid ());
	g_autofree char *root = NULL;
	g_autofree char *exe = NULL;
	g_autofree char *cwd = NULL;
	g_autofree char *status = NULL;
	g_autofree char *text = NULL;
	g_autofree char *target = NULL;
	struct stat ours;
	struct stat theirs;
	Pids pids;

	pids_start (&pids, 0);
	create (fixture, &pids, &parts);
	root = proc_path (fixture, "root/bin/busybox");
	cwd = proc_path (fixture, "cwd/bin/busybox");
	target = g_build_filename (fixture->rootfs, "bin/busybox", NULL);
	g_assert_cmpint (stat (target, &ours), ==, 0);
	g_assert_cmpint (stat (root, &theirs), ==, 0);
	g_assert_cmpuint (theirs.st_ino, ==, ours.st_ino);
	g_assert_cmpint (stat (cwd, &theirs), ==, 0);
	g_assert_cmpuint (theirs.st_ino, ==, ours.st_ino);
	assert_nothing_open (fixture);
	status = proc_path (fixture, "status");
	g_assert_true (g_file_get_contents (status, &text, NULL, NULL));
	/* Those of test-native-support.c, no others, though the filter needed one. */
	assert_contains (text, "\nCapPrm:\t00000000080000eb\nCapEff:\t00000000080000eb\n");
	assert_contains (text, "\nSeccomp:\t2\n");
	exe = proc_path (fixture, "exe");
	g_clear_pointer (&text, g_free);
	text = g_file_read_link (exe, NULL);
	if (NATIVE_SELF_CAN_LEAVE) {
		assert_lacks (text, "test-runtime");
		g_assert_false (memory_has (fixture, secret));
		g_assert_false (memory_has (fixture, "DAVIT_TEST_SECRET"));
		/* What it must know is there. */
		g_assert_true (memory_has (fixture, "PATH=/bin"));
	}
	start (fixture);
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
	pids_end (&pids);
}

static void
test_filter (Fixture *fixture, gconstpointer data)
{
	static const char strict[] =
		",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
		"\"clone\",\"clone3\",\"fork\",\"vfork\",\"setsid\"],\"action\":"
		"\"SCMP_ACT_ERRNO\"}]}";
	g_autofree char *namespaces = NULL;
	Parts early = {.args = "[\"/bin/true\"]", .linux_more = strict};
	Parts late = {.args = "[\"/bin/true\"]",
		      .process = ",\"noNewPrivileges\":true",
		      .linux_more = strict};
	Pids pids;

	pids_start (&pids, 0);
	namespaces = joined_namespaces (&pids, "");
	early.namespaces = namespaces;
	fixture_refuse (fixture, &early, DAVIT_ERROR_PERMISSION,
			"make the process: the seccomp filter must allow clone: Operation not "
			"permitted");
	create (fixture, &pids, &late);
	start (fixture);
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
	pids_end (&pids);
}

static void
test_ended (Fixture *fixture, gconstpointer data)
{
	g_autofree char *namespaces = NULL;
	Parts parts = {0};
	Pids pids;

	pids_start (&pids, 0);
	pids_kill (&pids);
	parts.namespaces = namespaces = joined_namespaces (&pids, "");
	fixture_refuse (fixture, &parts, DAVIT_ERROR_FAILED,
			"make the process: the pid namespace has ended, or memory is short: Cannot "
			"allocate memory");
	close (pids.fd);
	close (pids.user_fd);
}

/* What fails inside and outside is told, and leaves nobody. */
static void
test_failures (Fixture *fixture, gconstpointer data)
{
	g_autofree char *namespaces = NULL;
	Parts directory = {.cwd = "/etc/passwd/x"};
	Parts host = {.more = ",\"hostname\":\"x\"",
		      .mounts = ",{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":["
				"\"nonsense=1\"]}"};
	Parts program = {.args = "[\"/no/such\"]"};
	Pids pids;

	pids_start (&pids, 0);
	namespaces = joined_namespaces (&pids, "");
	fixture_put (fixture, "etc/passwd", "", 0644);
	directory.namespaces = host.namespaces = program.namespaces = namespaces;
	fixture_refuse (fixture, &directory, DAVIT_ERROR_FAILED,
			"working directory \"/etc/passwd/x\": Not a directory");
	fixture_refuse (fixture, &host, DAVIT_ERROR_CONFIG,
			"mount \"/x\": option refused: tmpfs: Unknown parameter 'nonsense': "
			"Invalid argument");
	fixture_refuse_start (fixture, &program, DAVIT_ERROR_NO_PROGRAM,
			      "program \"/no/such\": No such file or directory", 127);
	pids_end (&pids);
}

static const char maps[] =
	",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]";

static void
write_map (pid_t pid, const char *file, const char *text)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, file);
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
}

/* A user namespace of its own in a pid namespace of the host's: there it may not mount proc. */
static void
test_new_user (Fixture *fixture, gconstpointer data)
{
	g_autofree char *namespaces = NULL;
	Parts parts = {.script = "id -u; [ $$ != 1 ] && echo in",
		       .all_mounts = "[]",
		       .linux_more = maps};
	Parts proc = {.all_mounts = "[{\"destination\":\"/proc\",\"type\":\"proc\"}]",
		      .linux_more = maps};
	g_autofree char *text = NULL;
	Pids pids;

	pids_start (&pids, 0);
	parts.namespaces = proc.namespaces = namespaces =
		joined_namespaces (&pids, ",{\"type\":\"user\"}");
	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==, "0\nin\n");
	fixture_refuse (fixture, &proc, DAVIT_ERROR_PERMISSION,
			"mount \"/proc\": Operation not permitted; in a user namespace sysfs, "
			"mqueue and cgroups need network, ipc and cgroup namespaces that belong to "
			"it, and proc a host that shows all of /proc");
	pids_end (&pids);
}

static void
test_joined_user (Fixture *fixture, gconstpointer data)
{
	g_autofree char *user = NULL;
	g_autofree char *namespaces = NULL;
	Parts parts = {.script = "id -u; [ $$ != 1 ] && cat /proc/1/stat | head -c 2; "
				 "cat /proc/self/uid_map"};
	g_autofree char *text = NULL;
	Pids pids;

	pids_start (&pids, CLONE_NEWUSER);
	write_map (pids.init, "uid_map", "0 100000 65536");
	write_map (pids.init, "gid_map", "0 200000 65536");
	user = g_strdup_printf (",{\"type\":\"user\",\"path\":\"/proc/self/fd/%d\"}", pids.user_fd);
	parts.namespaces = namespaces = joined_namespaces (&pids, user);
	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	text = fixture_run (fixture, &parts);
	g_assert_true (g_str_has_prefix (text, "0\n1 "));
	assert_contains (text, "0     100000      65536\n");
	pids_end (&pids);
}

/* A child that is not the one given, or 0. */
static pid_t
other_child (pid_t than)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/children", (int) getpid ());
	g_autofree char *text = NULL;
	g_auto (GStrv) words = NULL;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	words = g_strsplit (text, " ", -1);
	for (gsize i = 0; words[i] != NULL; i++) {
		pid_t pid = (pid_t) g_ascii_strtoll (words[i], NULL, 10);

		if (pid > 0 && pid != than)
			return pid;
	}
	return 0;
}

static void
wait_microseconds (int microseconds)
{
	struct timespec time = {.tv_nsec = microseconds * 1000L};

	ppoll (NULL, 0, &time, NULL);
}

/*
 * Whoever makes the container is killed somewhere on the way. Delete takes what there is, and
 * nobody goes on: all who are left are our children then, and all end.
 */
static void
test_interrupted (Fixture *fixture, gconstpointer data)
{
	g_autofree char *namespaces = NULL;
	Parts parts = {.script = "exec sleep 1000"};
	g_autoptr (GError) error = NULL;
	Pids pids;

	g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
	for (int i = 0; i < 60; i++) {
		pid_t engine;

		pids_start (&pids, 0);
		g_free (namespaces);
		parts.namespaces = namespaces = joined_namespaces (&pids, "");
		fixture_configure (fixture, &parts);
		engine = fork ();
		if (engine == 0) {
			fixture_create (fixture, NULL);
			_exit (0);
		}
		wait_microseconds (i * 100);
		g_assert_cmpint (kill (engine, SIGKILL), ==, 0);
		g_assert_cmpint (waitpid (engine, NULL, 0), ==, engine);
		g_assert_true (fixture_delete (fixture, TRUE, &error));
		g_assert_no_error (error);
		while ((engine = other_child (pids.init)) != 0)
			g_assert_cmpint (waitpid (engine, NULL, 0), ==, engine);
		pids_end (&pids);
	}
	prctl (PR_SET_CHILD_SUBREAPER, 0);
}

int
main (int argc, char **argv)
{
	g_autofree char *secret = g_strdup_printf ("secret-%d-of-engine", (int) getpid ());

	g_setenv ("DAVIT_TEST_SECRET", secret, TRUE);
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/joined/life", test_life);
	fixture_add ("/joined/signals", test_signals);
	fixture_add ("/joined/exec", test_exec);
	fixture_add ("/joined/terminal", test_terminal);
	fixture_add ("/joined/exposure", test_exposure);
	fixture_add ("/joined/filter", test_filter);
	fixture_add ("/joined/ended", test_ended);
	fixture_add ("/joined/failures", test_failures);
	fixture_add ("/joined/new-user", test_new_user);
	fixture_add ("/joined/joined-user", test_joined_user);
	fixture_add ("/joined/interrupted", test_interrupted);
	return g_test_run ();
}
