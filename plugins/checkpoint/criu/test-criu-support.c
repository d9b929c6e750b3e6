/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-criu-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_TIMEOUT_MSEC 30000

/* What tests/get-criu gave: of tests/run, or of an earlier call. */
static char *
program_find (void)
{
	const char *named = g_getenv ("DAVIT_TEST_CRIU");
	g_autofree char *kept =
		g_build_filename (g_get_user_cache_dir (), "davit-test", "criu", "criu", NULL);

	if (named != NULL)
		return g_strdup (named);
	return access (kept, X_OK) == 0 ? g_steal_pointer (&kept) : NULL;
}

int
world_run (void)
{
	g_autofree char *program = program_find ();

	if (program != NULL && program[0] != '\0')
		return g_test_run ();
	g_print ("1..0 # SKIP needs CRIU: sh tests/get-criu\n");
	return 0;
}

static int
directory_new (World *world, const char *name)
{
	g_autofree char *path = g_build_filename (world->native.directory, name, NULL);
	int fd;

	g_assert_cmpint (mkdir (path, 0700), ==, 0);
	fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (fd, >=, 0);
	return fd;
}

void
world_configure (World *world, const char *const *overrides)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	const char *plugin_path[] = {plugins, NULL};
	g_autofree char *program = program_find ();
	g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);

	davit_drivers_free (world->drivers);
	davit_config_free (world->config);
	if (program != NULL)
		g_ptr_array_add (values, g_strconcat ("checkpoint.criu.program=", program, NULL));
	for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++)
		g_ptr_array_add (values, g_strdup (overrides[i]));
	g_ptr_array_add (values, NULL);
	world->config = davit_config_load (world->native.paths, (const char *const *) values->pdata,
					   &error);
	g_assert_no_error (error);
	world->drivers = davit_drivers_new (world->native.paths, world->config, plugin_path);
	world->checkpoint = davit_drivers_checkpoint (world->drivers, "criu", &error);
	g_assert_no_error (error);
}

static void
world_set_up (World *world, gconstpointer data)
{
	fixture_set_up (&world->native, NULL);
	world->images_fd = directory_new (world, "images");
	world->work_fd = directory_new (world, "work");
	world->netns_fd = -1;
	world->input = -1;
	world->terminal = -1;
	for (guint i = 0; i < 3; i++)
		world->stdio[i] = -1;
	world_configure (world, NULL);
}

static void
world_tear_down (World *world, gconstpointer data)
{
	if (world->native.pidfd >= 0)
		world_stop (world);
	davit_fd_close (&world->images_fd);
	davit_fd_close (&world->work_fd);
	davit_fd_close (&world->netns_fd);
	davit_fd_close (&world->input);
	davit_fd_close (&world->terminal);
	for (guint i = 0; i < 3; i++)
		davit_fd_close (&world->stdio[i]);
	g_strfreev (world->cgroups);
	davit_result_free (world->result);
	davit_drivers_free (world->drivers);
	davit_config_free (world->config);
	fixture_tear_down (&world->native, NULL);
}

void
world_add (const char *name, void (*function) (World *, gconstpointer))
{
	g_test_add (name, World, NULL, world_set_up, function, world_tear_down);
}

static void
pipes_close (World *world)
{
	for (guint i = 0; i < 3; i++)
		davit_fd_close (&world->stdio[i]);
	davit_fd_close (&world->input);
	davit_fd_close (&world->native.output);
}

static void
pipes_make (World *world)
{
	int pipes[2];

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	world->stdio[0] = pipes[0];
	world->input = pipes[1];
	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	world->stdio[1] = pipes[1];
	world->native.output = pipes[0];
	world->stdio[2] = fcntl (pipes[1], F_DUPFD_CLOEXEC, 0);
}

/* What is written stays in "upper", as with a storage driver. */
static int
overlay_mount (const World *world)
{
	davit_autofd context = fsopen ("overlay", FSOPEN_CLOEXEC);
	const char *directory = world->native.directory;
	g_autofree char *upper = g_build_filename (directory, "upper", NULL);
	g_autofree char *work = g_build_filename (directory, "overlay", NULL);

	g_assert_true (mkdir (upper, 0755) == 0 || errno == EEXIST);
	g_assert_true (mkdir (work, 0755) == 0 || errno == EEXIST);
	g_assert_cmpint (fsconfig (context, FSCONFIG_SET_STRING, "lowerdir", world->native.rootfs,
				   0),
			 ==, 0);
	g_assert_cmpint (fsconfig (context, FSCONFIG_SET_STRING, "upperdir", upper, 0), ==, 0);
	g_assert_cmpint (fsconfig (context, FSCONFIG_SET_STRING, "workdir", work, 0), ==, 0);
	g_assert_cmpint (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), ==, 0);
	return fsmount (context, FSMOUNT_CLOEXEC, 0);
}

static int
rootfs_mount (const World *world)
{
	int fd = world->overlay ? overlay_mount (world)
				: open_tree (AT_FDCWD, world->native.rootfs,
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

void
world_start (World *world, const Parts *parts)
{
	Fixture *native = &world->native;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	davit_autofd rootfs = rootfs_mount (world);
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (native),
		.bundle_dirfd = native->bundle_dirfd,
		.rootfs_mount_fd = rootfs,
	};

	pipes_close (world);
	pipes_make (world);
	for (guint i = 0; i < 3; i++)
		request.stdio[i] = world->stdio[i];
	fixture_configure (native, parts);
	davit_runtime_create (native->runtime, &request, &native->pidfd, result, &error);
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (result, "pid", &native->pid));
	world->terminal = davit_result_steal_fd (result, "terminal");
	g_assert_true (fixture_start (native, &error));
	g_assert_no_error (error);
}

/* A terminal's output has returns in it. */
char *
world_line (World *world)
{
	int fd = world->terminal >= 0 ? world->terminal : world->native.output;
	g_autoptr (GString) line = g_string_new (NULL);

	for (;;) {
		struct pollfd wanted = {.fd = fd, .events = POLLIN};
		char c = '\0';

		g_assert_cmpint (poll (&wanted, 1, LINE_TIMEOUT_MSEC), ==, 1);
		if (read (fd, &c, 1) != 1)
			g_error ("the output ends with: %s", line->str);
		if (c == '\n')
			return g_string_free (g_steal_pointer (&line), FALSE);
		if (c != '\r')
			g_string_append_c (line, c);
	}
}

void
world_expect (World *world, const char *wanted)
{
	for (;;) {
		g_autofree char *line = world_line (world);

		if (g_str_equal (line, wanted))
			return;
		g_test_message ("%s", line);
	}
}

void
world_say (World *world, const char *text)
{
	int fd = world->terminal >= 0 ? world->terminal : world->input;

	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
}

static void
externals_fill (const World *world, gboolean restore, DavitExternal *externals)
{
	static const char *const keys[] = {"0", "1", "2"};
	gboolean terminal = world->terminal >= 0;

	for (guint i = 0; i < 3; i++)
		externals[i] = (DavitExternal){terminal ? "terminal" : "pipe", keys[i],
					       terminal ? -1 : world->stdio[i]};
	externals[3] = (DavitExternal){"namespace", "network", restore ? world->netns_fd : -1};
	externals[4] = (DavitExternal){0};
}

static void
netns_keep (World *world)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/ns/net", (int) world->native.pid);

	davit_fd_close (&world->netns_fd);
	world->netns_fd = open (path, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (world->netns_fd, >=, 0);
}

gboolean
world_dump (World *world, guint32 flags, GError **error)
{
	const Fixture *native = &world->native;
	DavitRuntimeContainer container = fixture_container (native);
	g_autoptr (DavitResult) state = davit_result_new ();
	g_autofree const char **cgroups = NULL;
	DavitExternal externals[5];
	DavitDumpRequest request = {
		.size = sizeof request,
		.id = native->id,
		.pidfd = native->pidfd,
		.pid = (guint32) native->pid,
		.bundle_dirfd = native->bundle_dirfd,
		.images_dirfd = world->images_fd,
		.work_dirfd = world->work_fd,
		.parent_dirfd = -1,
		.flags = flags | (world->terminal >= 0 ? DAVIT_CHECKPOINT_TERMINAL : 0),
		.externals = externals,
		.options = world->options,
		.frozen = world->frozen,
		.frozen_data = world,
	};

	netns_keep (world);
	externals_fill (world, FALSE, externals);
	g_assert_true (davit_runtime_state (native->runtime, &container, state, error));
	cgroups = davit_result_strings (state, "cgroup");
	request.cgroups = cgroups;
	/* They stay until the runtime's delete: a restore comes into the same ones. */
	g_strfreev (world->cgroups);
	world->cgroups = g_strdupv ((char **) cgroups);
	g_clear_pointer (&world->result, davit_result_free);
	world->result = davit_result_new ();
	return davit_checkpoint_dump (world->checkpoint, &request, world->result, error);
}

gboolean
world_restore (World *world, guint32 flags, GError **error)
{
	Fixture *native = &world->native;
	davit_autofd rootfs = rootfs_mount (world);
	gboolean terminal = world->terminal >= 0;
	DavitExternal externals[5];
	DavitRestoreRequest request = {
		.size = sizeof request,
		.id = native->id,
		.bundle_dirfd = native->bundle_dirfd,
		.rootfs_mount_fd = rootfs,
		.images_dirfd = world->images_fd,
		.work_dirfd = world->work_fd,
		.cgroups = (const char *const *) world->cgroups,
		.flags = flags | (terminal ? DAVIT_CHECKPOINT_TERMINAL : 0),
		.externals = externals,
		.options = world->options,
	};

	pipes_close (world);
	pipes_make (world);
	externals_fill (world, TRUE, externals);
	g_clear_pointer (&world->result, davit_result_free);
	world->result = davit_result_new ();
	if (!davit_checkpoint_restore (world->checkpoint, &request, &native->pidfd, world->result,
				       error))
		return FALSE;
	g_assert_true (davit_result_integer (world->result, "pid", &native->pid));
	davit_fd_close (&world->terminal);
	if (terminal)
		world->terminal = davit_result_steal_fd (world->result, "terminal");
	return TRUE;
}

void
world_cycle (World *world, guint32 flags)
{
	g_autoptr (GError) error = NULL;

	world_dump (world, flags, &error);
	g_assert_no_error (error);
	/* It was killed, and is a child of ours. */
	g_assert_cmpint (fixture_wait (&world->native), ==, 128 + SIGKILL);
	world_restore (world, flags, &error);
	g_assert_no_error (error);
}

static void
assert_fails (GError *error, DavitErrorCode code, const char *text)
{
	g_assert_nonnull (error);
	if (strstr (error->message, text) == NULL || error->code != (int) code)
		g_error ("\"%s\" (%d) was expected, not: %s (%d)", text, (int) code, error->message,
			 error->code);
}

void
world_dump_fails (World *world, guint32 flags, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (world_dump (world, flags, &error));
	assert_fails (error, code, text);
}

void
world_restore_fails (World *world, guint32 flags, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (world_restore (world, flags, &error));
	assert_fails (error, code, text);
	g_assert_cmpint (world->native.pidfd, ==, -1);
	/* Nobody is left to be waited for. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
}

void
world_stop (World *world)
{
	g_assert_cmpint (kill ((pid_t) world->native.pid, SIGKILL), ==, 0);
	g_assert_cmpint (fixture_wait (&world->native), ==, 128 + SIGKILL);
}

gboolean
world_has_image (const World *world, const char *name)
{
	return faccessat (world->images_fd, name, F_OK, 0) == 0;
}

/* The child of ours that is not the container: CRIU. */
static pid_t
child_other_than (gint64 pid)
{
	g_autofree char *text = NULL;
	g_auto (GStrv) words = NULL;

	g_assert_true (g_file_get_contents ("/proc/thread-self/children", &text, NULL, NULL));
	words = g_strsplit (text, " ", -1);
	for (guint i = 0; words[i] != NULL; i++) {
		gint64 child = g_ascii_strtoll (words[i], NULL, 10);

		if (child > 0 && child != pid)
			return (pid_t) child;
	}
	return 0;
}

gboolean
world_kill_criu (gpointer data, GError **error)
{
	World *world = (World *) data;
	pid_t child = child_other_than (world->native.pid);

	g_assert_cmpint (child, >, 0);
	g_assert_cmpint (kill (child, SIGKILL), ==, 0);
	return TRUE;
}
