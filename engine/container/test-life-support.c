/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "container/test-life-support.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void
test_output_init (TestOutput *output)
{
	output->out = memfd_create ("out", MFD_CLOEXEC);
	output->err = memfd_create ("err", MFD_CLOEXEC);
	g_assert_cmpint (output->out, >=, 0);
	g_assert_cmpint (output->err, >=, 0);
	davit_container_start_init (&output->start);
	output->start.attach = TRUE;
	output->start.stdout_fd = output->out;
	output->start.stderr_fd = output->err;
}

void
test_assert_text (int fd, const char *expected)
{
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
	g_assert_true (davit_fd_read (fd, 1 << 20, "output", &text, NULL, &error));
	g_assert_cmpstr (text, ==, expected);
}

void
test_output_clear (TestOutput *output)
{
	close (output->out);
	close (output->err);
}

gboolean
test_exists_below (int dirfd, const char *name)
{
	return faccessat (dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the root file system is there. */
gboolean
test_rootfs_exists (TestEngine *test, const char *id)
{
	g_autofree char *path = g_build_filename (test->root, "storage", "toy-storage", id, NULL);

	return g_file_test (path, G_FILE_TEST_EXISTS);
}

void
test_assert_gone (TestEngine *test, const char *id, const char *name)
{
	g_assert_false (test_exists_below (test->directories.containers_fd, id));
	g_assert_false (test_exists_below (test->directories.run_fd, id));
	g_assert_false (test_exists_below (test->directories.names_fd, name));
	g_assert_false (test_rootfs_exists (test, id));
}

void
test_assert_state (TestEngine *test, const char *name, DavitStatus status, int exit_status)
{
	g_autoptr (DavitContainer) container = test_find (test, name);

	g_assert_cmpstr (davit_status_name (container->status), ==, davit_status_name (status));
	g_assert_cmpint (container->exit_status, ==, exit_status);
	if (status == DAVIT_STATUS_EXITED || status == DAVIT_STATUS_CREATED)
		g_assert_false (test_exists_below (test->directories.run_fd, container->id));
}

/* Waits until an entry is gone from a directory; nothing is looked at twice without an event. */
void
test_wait_gone (int dirfd, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", dirfd);
	davit_autofd fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
	g_autoptr (GError) error = NULL;
	char events[4096];

	g_assert_cmpint (inotify_add_watch (fd, path, IN_MOVED_FROM | IN_DELETE), >=, 0);
	while (test_exists_below (dirfd, name)) {
		davit_fd_wait (fd, TEST_WAIT_MSEC, &error);
		g_assert_no_error (error);
		g_assert_cmpint (read (fd, events, sizeof events), >, 0);
	}
}

void
test_start_detached (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	g_autoptr (GError) error = NULL;
	DavitContainerStart start;

	davit_container_start_init (&start);
	davit_container_start (container, &start, NULL, NULL, &error);
	g_assert_no_error (error);
	g_assert_cmpint (container->status, ==, DAVIT_STATUS_RUNNING);
	g_assert_cmpint (container->pid, >, 0);
}

/* Waits until it has written something: then its traps are set. */
void
test_wait_up (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	davit_autofd fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
	g_autofree char *path = NULL;
	g_autoptr (GError) error = NULL;
	const char *log = NULL;
	struct stat status;
	int dirfd = -1;
	char events[4096];

	davit_container_log (container, &dirfd, &log, &error);
	g_assert_no_error (error);
	path = g_strdup_printf ("/proc/self/fd/%d", dirfd);
	g_assert_cmpint (inotify_add_watch (fd, path, IN_MODIFY), >=, 0);
	while (fstatat (dirfd, log, &status, 0) < 0 || status.st_size == 0) {
		davit_fd_wait (fd, TEST_WAIT_MSEC, &error);
		g_assert_no_error (error);
		g_assert_cmpint (read (fd, events, sizeof events), >, 0);
	}
}

int
test_wait_status (TestEngine *test, const char *name)
{
	g_autoptr (DavitContainer) container = test_find (test, name);
	g_autoptr (GError) error = NULL;
	DavitExit ended = {0};

	davit_container_wait (container, TEST_WAIT_MSEC, &ended, &error);
	g_assert_no_error (error);
	return ended.status;
}

/* Every way ends here: a check finds nothing. */
void
test_assert_clean (TestEngine *test)
{
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	davit_container_check (test->engine, FALSE, &findings, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < findings->len; i++)
		g_test_message ("found: %s", (const char *) findings->pdata[i]);
	g_assert_cmpuint (findings->len, ==, 0);
}

int
test_life_cleanup_main (int argc, char **argv)
{
	g_autoptr (GPtrArray) plugin_path = g_ptr_array_new ();
	g_autoptr (GPtrArray) overrides = g_ptr_array_new ();
	DavitEngineOptions options = {0};
	g_autoptr (DavitEngine) engine = NULL;
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (g_str_equal (argv[i], "--root"))
			options.root = argv[i + 1];
		else if (g_str_equal (argv[i], "--runroot"))
			options.runroot = argv[i + 1];
		else if (g_str_equal (argv[i], "--plugin-path"))
			g_ptr_array_add (plugin_path, argv[i + 1]);
		else
			g_ptr_array_add (overrides, argv[i + 1]);
	}
	if (i + 2 != argc || !g_str_equal (argv[i], "cleanup"))
		return 2;
	g_ptr_array_add (plugin_path, NULL);
	g_ptr_array_add (overrides, NULL);
	options.plugin_path = (const char *const *) plugin_path->pdata;
	options.overrides = (const char *const *) overrides->pdata;
	engine = davit_engine_open (&options, &error);
	container = engine != NULL ? davit_container_find (engine, argv[i + 1], &error) : NULL;
	return container != NULL && davit_container_cleanup (container, &error) ? 0 : 1;
}

static void
life_set_up (TestEngine *test, gconstpointer data)
{
	/* Monitors of engines that we have killed are ours, too. */
	g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
	test_engine_set_up (test, data);
}

static void
life_tear_down (TestEngine *test, gconstpointer data)
{
	while (waitpid (-1, NULL, 0) > 0)
		continue;
	test_engine_tear_down (test, data);
}

/*
 * Most of these tests wait for what the monitor does. Where DAVIT_LIBEXECDIR is not set it is not
 * found, and some would wait forever.
 */
static void
monitor_require (void)
{
	const char *directory = g_getenv ("DAVIT_LIBEXECDIR");
	g_autofree char *path =
		directory != NULL ? g_build_filename (directory, "davit-monitor", NULL) : NULL;

	if (path != NULL && access (path, X_OK) == 0)
		return;
	g_print ("Bail out! DAVIT_LIBEXECDIR must name the directory of davit-monitor\n");
	exit (1);
}

void
test_life_add (const char *path, void (*function) (TestEngine *, gconstpointer))
{
	monitor_require ();
	g_test_add (path, TestEngine, NULL, life_set_up, function, life_tear_down);
}
