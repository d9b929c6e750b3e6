/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* proc of a pid namespace in which we are not: by both ways, whichever the kernel has. */

#include "native-pids.h"
#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef gboolean (*Open) (const NativePids *pids, int *ret_context, GError **error);

typedef struct {
	NativeChild child;
	NativeNamespaces namespaces;
	NativePids pids;
	pid_t init;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = NULL;
	GError *error = NULL;
	int stdio[3];

	fixture->init = (pid_t) syscall (SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	g_assert_cmpint (fixture->init, >=, 0);
	if (fixture->init == 0) {
		prctl (PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause ();
	}
	native_child_init (&fixture->child);
	native_child_prepare (&fixture->child, (const int[]){-1, -1, -1}, stdio, &error);
	g_assert_no_error (error);
	native_namespaces_init (&fixture->namespaces);
	path = g_strdup_printf ("/proc/%d/ns/pid", (int) fixture->init);
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++)
		if (native_namespaces_kind (i)->flag == CLONE_NEWPID)
			fixture->namespaces.fds[i] = open (path, O_RDONLY | O_CLOEXEC);
	fixture->namespaces.joined_flags = CLONE_NEWPID;
	fixture->pids.child = &fixture->child;
	fixture->pids.namespaces = &fixture->namespaces;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
	kill (fixture->init, SIGKILL);
	waitpid (fixture->init, NULL, 0);
	/* It was the only one left. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	native_child_clear (&fixture->child);
	native_namespaces_clear (&fixture->namespaces);
}

/* The first process is there, under its number inside; we are not. */
static void
try (Fixture *fixture, Open open_proc)
{
	g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());
	GError *error = NULL;
	struct stat status;
	int context = -1;
	int fd;

	open_proc (&fixture->pids, &context, &error);
	g_assert_no_error (error);
	g_assert_cmpint (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==, 0);
	fd = fsmount (context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC);
	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (fstatat (fd, "1", &status, 0), ==, 0);
	g_assert_cmpint (fstatat (fd, own, &status, 0), ==, -1);
	g_assert_cmpint (fstatat (fd, "self", &status, 0), ==, -1);
	close (fd);
	close (context);
}

static void
test_best (Fixture *fixture, gconstpointer data)
{
	try (fixture, native_pids_open_proc);
}

static void
test_inside (Fixture *fixture, gconstpointer data)
{
	try (fixture, native_pids_open_proc_inside);
}

static void
test_ended (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;
	int context = -1;

	kill (fixture->init, SIGKILL);
	waitpid (fixture->init, NULL, 0);
	g_assert_false (native_pids_open_proc_inside (&fixture->pids, &context, &error));
	g_assert_nonnull (error);
	g_assert_cmpstr (error->message, ==,
			 "make the process: the pid namespace has ended, or memory is short: "
			 "Cannot allocate memory");
	g_error_free (error);
	g_assert_cmpint (context, ==, -1);
}

static void
add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	if (geteuid () != 0) {
		g_test_message ("needs root");
		return 77;
	}
	add ("/pids/best", test_best);
	add ("/pids/inside", test_inside);
	add ("/pids/ended", test_ended);
	return g_test_run ();
}
