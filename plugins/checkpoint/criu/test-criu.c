/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers that are dumped and restored by the real program. */

#include "test-criu-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTER                                                                                    \
	"i=0; echo ready; while read line; do i=$((i + 1)); echo $line $i $$; done; echo end"

static void
test_counter (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};

	world_start (world, &parts);
	world_expect (world, "ready");
	world_say (world, "a\n");
	world_expect (world, "a 1 1");
	world_cycle (world, 0);
	world_say (world, "b\n");
	world_expect (world, "b 2 1");
}

static void
test_ten_cycles (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};

	world_start (world, &parts);
	world_expect (world, "ready");
	for (guint i = 1; i <= 10; i++) {
		g_autofree char *wanted = g_strdup_printf ("x %u 1", i);

		world_say (world, "x\n");
		world_expect (world, wanted);
		world_cycle (world, 0);
	}
}

static void
test_tree (World *world, gconstpointer data)
{
	/* Children with a pipe between them, one in a session of its own, a file without a name. */
	const Parts parts = {
		.script = "exec 5>/tmp/ghost; rm /tmp/ghost; echo before >&5; "
			  "(while read x; do echo got $x; done) | cat & "
			  "sh -c 'trap \"echo hup\" HUP; while :; do sleep 0.1; done' & "
			  "echo pid $!; echo ready; read line; echo after >&5; "
			  "cat /proc/self/fd/5 2>/dev/null; kill -HUP %2; echo $line; read line",
	};

	world_start (world, &parts);
	world_expect (world, "ready");
	world_cycle (world, 0);
	world_say (world, "more\n");
	world_expect (world, "more");
	world_expect (world, "hup");
}

static void
test_terminal (World *world, gconstpointer data)
{
	const Parts parts = {
		.script = "stty -echo; echo ready; while read line; do tty; stty size; "
			  "echo $line > /dev/console; done",
		.process = ",\"terminal\":true,\"consoleSize\":{\"height\":24,\"width\":80}",
	};

	world_start (world, &parts);
	world_expect (world, "ready");
	for (guint i = 0; i < 2; i++) {
		world_cycle (world, 0);
		g_assert_cmpint (world->terminal, >=, 0);
		world_say (world, "word\n");
		world_expect (world, "/dev/pts/0");
		world_expect (world, "24 80");
		world_expect (world, "word");
	}
}

static void
test_leave_running (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	world_dump (world, DAVIT_CHECKPOINT_LEAVE_RUNNING, &error);
	g_assert_no_error (error);
	world_say (world, "a\n");
	world_expect (world, "a 1 1");
	world_stop (world);
	world_restore (world, 0, &error);
	g_assert_no_error (error);
	world_say (world, "b\n");
	world_expect (world, "b 1 1");
}

static gboolean
frozen_fail (gpointer data, GError **error)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NO_SPACE, "the disk is full");
	return FALSE;
}

static gboolean
frozen_look (gpointer data, GError **error)
{
	World *world = (World *) data;
	g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) world->native.pid);
	g_autofree char *text = NULL;

	/* Traced, and its memory is written. */
	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	assert_contains (text, "State:\tt (tracing stop)");
	g_assert_true (world_has_image (world, "pages-1.img"));
	world->frozen = NULL;
	return TRUE;
}

static void
test_frozen (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	world->frozen = frozen_fail;
	world_dump_fails (world, 0, DAVIT_ERROR_NO_SPACE, "the disk is full");
	world_say (world, "a\n");
	world_expect (world, "a 1 1");
	world->frozen = frozen_look;
	world_dump (world, DAVIT_CHECKPOINT_LEAVE_RUNNING, &error);
	g_assert_no_error (error);
	g_assert_null (world->frozen);
	world_say (world, "b\n");
	world_expect (world, "b 2 1");
}

/* Images are nobody else's to read: they hold the memory of processes. */
static void
test_modes (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};
	g_autofree char *path = g_build_filename (world->native.directory, "images", NULL);
	g_autoptr (GError) error = NULL;
	g_autoptr (GDir) directory = NULL;
	const char *name;
	guint count = 0;

	world_start (world, &parts);
	world_expect (world, "ready");
	world_dump (world, DAVIT_CHECKPOINT_LEAVE_RUNNING, &error);
	g_assert_no_error (error);
	directory = g_dir_open (path, 0, &error);
	g_assert_no_error (error);
	while ((name = g_dir_read_name (directory)) != NULL) {
		g_autofree char *file = g_build_filename (path, name, NULL);
		struct stat status;

		g_assert_cmpint (lstat (file, &status), ==, 0);
		g_assert_cmpint (status.st_mode, ==, S_IFREG | 0600);
		count++;
	}
	g_assert_cmpuint (count, >, 10);
	g_assert_true (davit_checkpoint_verify (world->checkpoint, world->images_fd, &error));
	g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	world_add ("/criu/counter", test_counter);
	world_add ("/criu/ten-cycles", test_ten_cycles);
	world_add ("/criu/tree", test_tree);
	world_add ("/criu/terminal", test_terminal);
	world_add ("/criu/leave-running", test_leave_running);
	world_add ("/criu/frozen", test_frozen);
	world_add ("/criu/modes", test_modes);
	return world_run ();
}
