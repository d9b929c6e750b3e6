/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker can still do that an archive has taken over: each attempt in a child of its own. */

#include "base/error.h"
#include "base/fd.h"
#include "base/sanitized.h"
#include "image/archive-answer.h"
#include "image/archive-confine.h"
#include "test-archive-support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in the child after the confinement; target is what it may work in, outside a way out. */
typedef gboolean (*Attempt) (int target, int outside);

static void
attempt (TestArchive *test, ArchiveAccess access, Attempt run, gboolean expected)
{
	davit_autofd outside = openat (test->fd, "canary", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ArchiveConfine confine = {access, access != ARCHIVE_ACCESS_NONE ? test->target : -1, FALSE};
	pid_t pid = fork ();
	int status;

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		if (!archive_confine_process (NULL) || !archive_confine (&confine, NULL))
			_exit (99);
		_exit (run (test->target, outside) ? 1 : 0);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, expected ? 1 : 0);
}

static gboolean
makes_files (int target, int outside)
{
	davit_autofd fd = openat (target, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && mkdirat (target, "sub", 0700) == 0 &&
	       linkat (target, "file", target, "sub/link", 0) == 0 && fchown (fd, 5, 6) == 0 &&
	       mknodat (target, "node", S_IFCHR | 0600, 0x103) == 0 &&
	       unlinkat (target, "node", 0) == 0;
}

static gboolean
writes_outside (int target, int outside)
{
	davit_autofd fd = openat (outside, "file", O_WRONLY | O_CLOEXEC);

	return fd >= 0 || unlinkat (outside, "link", 0) == 0 || mkdirat (outside, "x", 0700) == 0;
}

static gboolean
reads_outside (int target, int outside)
{
	davit_autofd fd = openat (outside, "file", O_RDONLY | O_CLOEXEC);
	davit_autofd passwd = openat (AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
	davit_autofd up = openat (target, "../canary/file", O_RDONLY | O_CLOEXEC);

	return fd >= 0 || passwd >= 0 || up >= 0;
}

static gboolean
opens_network (int target, int outside)
{
	return socket (AF_INET, SOCK_STREAM, 0) >= 0 || socket (AF_UNIX, SOCK_STREAM, 0) >= 0 ||
	       socket (AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static gboolean
runs_programs (int target, int outside)
{
	char *argv[] = {"sh", NULL};

	return syscall (SYS_execveat, outside, "file", argv, NULL, 0) == 0 ||
	       execv ("/bin/sh", argv) == 0 || fork () >= 0;
}

static gboolean
has_memory_for_code (int target, int outside)
{
	void *memory =
		mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED || mprotect (memory, 4096, PROT_READ | PROT_EXEC) == 0 ||
	       mmap (NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static gboolean
reaches_others (int target, int outside)
{
	return ptrace (PTRACE_ATTACH, getppid (), NULL, NULL) == 0 || kill (getppid (), 0) == 0 ||
	       mount ("none", "/", "tmpfs", 0, NULL) == 0 || unshare (CLONE_NEWUSER) == 0 ||
	       setuid (0) == 0 || chroot (".") == 0 || prctl (PR_CAPBSET_READ, 0) >= 0;
}

static gboolean
gives_away (int target, int outside)
{
	davit_autofd fd = openat (target, "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || fchown (fd, 5, 6) == 0 || mknodat (target, "n", S_IFCHR | 0600, 1) == 0 ||
	       mkdirat (target, "d", 0700) == 0 || unlinkat (target, "x", 0) == 0;
}

static void
test_confined (TestArchive *test, gconstpointer data)
{
	static const Attempt refused[] = {
		writes_outside, reads_outside,	     opens_network,
		runs_programs,	has_memory_for_code, reaches_others,
	};
	static const ArchiveAccess accesses[] = {
		ARCHIVE_ACCESS_NONE,
		ARCHIVE_ACCESS_READ,
		ARCHIVE_ACCESS_WRITE,
		ARCHIVE_ACCESS_OWNER,
	};

	attempt (test, ARCHIVE_ACCESS_OWNER, makes_files, TRUE);
	test_archive_new_target (test);
	attempt (test, ARCHIVE_ACCESS_READ, makes_files, FALSE);
	attempt (test, ARCHIVE_ACCESS_NONE, makes_files, FALSE);
	test_archive_assert_listing (test->target, "");
	attempt (test, ARCHIVE_ACCESS_WRITE, gives_away, FALSE);
	for (gsize access = 0; access < G_N_ELEMENTS (accesses); access++) {
		for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
			attempt (test, accesses[access], refused[i], FALSE);
	}
}

static gboolean
is_limited (int target, int outside)
{
	struct rlimit core, memory;

	return getrlimit (RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
	       getrlimit (RLIMIT_AS, &memory) == 0 && memory.rlim_cur == 512UL << 20;
}

static void
test_limits (TestArchive *test, gconstpointer data)
{
	pid_t pid;
	int status;

	pid = fork ();
	g_assert_cmpint (pid, >=, 0);
	if (pid == 0)
		_exit (archive_confine_process (NULL) && is_limited (-1, -1) ? 0 : 1);
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_cmpint (status, ==, 0);
}

/* A worker whose engine is gone ends, though its input never does. */
static void
test_dies_with_engine (TestArchive *test, gconstpointer data)
{
	davit_autofd endless = -1;
	davit_autofd keep = -1;
	davit_autofd worker = -1;
	int input[2];
	pid_t engine;

	g_assert_cmpint (pipe2 (input, O_CLOEXEC), ==, 0);
	endless = input[0];
	keep = input[1];
	engine = fork ();
	g_assert_cmpint (engine, >=, 0);
	if (engine == 0) {
		DavitArchiveScan request = {.input_fd = endless, .copy_fd = -1};

		davit_archive_scan (&test->worker, &request, NULL, NULL);
		_exit (0);
	}
	/* Its child is the worker. */
	for (;;) {
		g_autofree char *path =
			g_strdup_printf ("/proc/%d/task/%d/children", engine, engine);
		g_autofree char *text = NULL;
		g_autofree char *program = NULL;
		g_autofree char *link = NULL;

		if (!g_file_get_contents (path, &text, NULL, NULL) || text[0] == '\0')
			continue;
		link = g_strdup_printf ("/proc/%s/exe", g_strstrip (text));
		program = g_file_read_link (link, NULL);
		if (program == NULL || !g_str_has_suffix (program, "/davit-archive"))
			continue;
		/* It asks for this first, and then looks at its input. */
		worker =
			(int) syscall (SYS_pidfd_open, (pid_t) g_ascii_strtoll (text, NULL, 10), 0);
		break;
	}
	g_assert_cmpint (worker, >=, 0);
	g_usleep (200000);
	g_assert_cmpint (kill (engine, SIGKILL), ==, 0);
	g_assert_cmpint (waitpid (engine, NULL, 0), ==, engine);
	g_assert_true (davit_fd_wait (worker, 10000, NULL));
}

static void
test_answers (void)
{
	static const char *const wrong[] = {
		"",
		"progress",
		"progress\t1",
		"progress\t1\t-1",
		"progress\t1\t2\t3",
		"file\t0\t-\t1\tname",
		"summary\tsha256:1\t-\t1\t1\t1\t0",
		"summary\t-\t-\t1\t1\t1\t5",
		"error\t24\ttext",
		"error\t1",
		"done\tmore",
		"Done",
		"notice\ttext\\",
	};

	for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
		g_auto (ArchiveAnswer) answer = {0};

		answer.files =
			g_ptr_array_new_with_free_func ((GDestroyNotify) davit_archive_file_free);
		g_assert_false (archive_answer_line (&answer, wrong[i]));
	}
}

static void
test_answer_order (void)
{
	g_auto (ArchiveAnswer) answer = {0};

	g_assert_true (archive_answer_line (&answer, "progress\t1\t0"));
	g_assert_true (archive_answer_line (&answer, "summary\t-\t-\t1\t2\t3\t1"));
	g_assert_cmpuint (answer.summary.diff_size, ==, 2);
	g_assert_false (archive_answer_line (&answer, "summary\t-\t-\t1\t2\t3\t1"));
	g_assert_false (archive_answer_line (&answer, "file\t0\t-\t1\tname\tlink"));
	g_assert_true (archive_answer_line (&answer, "done"));
	g_assert_false (archive_answer_line (&answer, "done"));
}

#define ADD(path, function)                                                                        \
	g_test_add ("/archive/" path, TestArchive, NULL, test_archive_set_up, function,            \
		    test_archive_tear_down)

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	/* A sanitizer needs what is taken away. */
	if (!DAVIT_SANITIZED) {
		ADD ("confine/confined", test_confined);
		ADD ("confine/limits", test_limits);
	}
	ADD ("confine/dies-with-engine", test_dies_with_engine);
	g_test_add_func ("/archive/answer/wrong", test_answers);
	g_test_add_func ("/archive/answer/order", test_answer_order);
	return g_test_run ();
}
