/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-oci-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usual_config[] =
	"{\"ociVersion\":\"1.3.0\",\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"mounts\":[{\"destination\":\"/data\"}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"}]}}";

static const char script_begin[] =
	"#!/bin/sh\n"
	"[ \"$1\" != --version ] || { echo \"%s\"; exit 0; }\n"
	"top=\"%s\" pid_file= bundle= socket= process= log= state= help=\n"
	"while [ $# -gt 0 ]; do\n"
	"	case $1 in\n"
	"	--root) state=$2; shift 2 ;;\n"
	"	--log) log=$2; shift 2 ;;\n"
	"	--log-format) shift 2 ;;\n"
	"	--criu) criu=$2; shift 2 ;;\n"
	"	--help) help=all; break ;;\n"
	"	*) break ;;\n"
	"	esac\n"
	"done\n"
	"verb=$1\n"
	"shift\n"
	"while [ $# -gt 0 ]; do\n"
	"	case $1 in\n"
	"	--pid-file) pid_file=$2; shift 2 ;;\n"
	"	--bundle) bundle=$2; shift 2 ;;\n"
	"	--console-socket) socket=$2; shift 2 ;;\n"
	"	--process) process=$2; shift 2 ;;\n"
	"	--resources) resources=$2; shift 2 ;;\n"
	"	--image-path) images=$2; shift 2 ;;\n"
	"	--work-path) work=$2; shift 2 ;;\n"
	"	--preserve-fds) shift 2 ;;\n"
	"	--help) help=$verb; shift ;;\n"
	"	--*) shift ;;\n"
	"	*) break ;;\n"
	"	esac\n"
	"done\n"
	"[ \"$help\" = '' ] || verb=help\n"
	"id=$1\n"
	"last=$2\n"
	"printf '%%s ' \"$verb\" >> \"$top/calls\"\n"
	"case $verb in\n";

static const char good_create[] = "sleep 1000 > /dev/null 2>&1 &\necho $! > \"$pid_file\"";
/* It ends when the script has ended: a shell that is still there might reap it. */
static const char good_exec[] = "mkfifo \"$top/fifo\"\n"
				"(read -r x < \"$top/fifo\"; exit 7) > /dev/null 2>&1 &\n"
				"exec 9> \"$top/fifo\"\necho $! > \"$pid_file\"";

static const char good_help[] =
	"echo '--image-path --work-path --leave-running --tcp-established --file-locks'";

static const char *
or_good (const char *text, const char *good)
{
	return text != NULL ? text : good;
}

static void
put_file (const char *directory, const char *name, const char *text, int mode)
{
	g_autofree char *path = g_build_filename (directory, name, NULL);

	g_assert_true (g_file_set_contents (path, text, -1, NULL));
	g_assert_cmpint (chmod (path, (mode_t) mode), ==, 0);
}

static void
fake_put (const World *world, const Fake *fake)
{
	g_autoptr (GString) text = g_string_new (NULL);

	g_string_printf (text, script_begin, or_good (fake->version, "fake version 1.0"),
			 world->directory);
	/* Where it would know its verbs, the help is that of runc 1.1. */
	g_string_append_printf (text, "help)\n%s\n;;\n", or_good (fake->help, good_help));
	g_string_append_printf (text, "create)\n%s\n;;\n", or_good (fake->create, good_create));
	g_string_append_printf (text, "start)\n%s\n;;\n", or_good (fake->start, ":"));
	g_string_append_printf (text, "delete)\n%s\n;;\n", or_good (fake->delete_, ":"));
	g_string_append_printf (text, "exec)\n%s\n;;\n", or_good (fake->exec, good_exec));
	g_string_append_printf (text, "checkpoint)\n%s\n;;\n", or_good (fake->checkpoint, ":"));
	g_string_append_printf (text, "restore)\n%s\n;;\n", or_good (fake->restore, good_create));
	g_string_append_printf (text, "*)\n%s\n;;\nesac\n", or_good (fake->other, ":"));
	put_file (world->directory, "fake", text->str, 0755);
}

static void
directory_make (World *world, const char *name, int *ret_fd)
{
	g_autofree char *path = g_build_filename (world->directory, name, NULL);

	g_assert_cmpint (mkdir (path, 0700), ==, 0);
	if (ret_fd != NULL)
		*ret_fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
drivers_make (World *world, const Fake *fake)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	g_autofree char *runtimes = g_strdup_printf ("runtime.oci.runtimes=absent-runtime;fake=%s/"
						     "fake",
						     world->directory);
	const char *plugin_path[] = {plugins, NULL};
	const char *overrides[] = {runtimes, fake->option, NULL};

	world->config = davit_config_load (world->paths, overrides, &error);
	g_assert_no_error (error);
	world->drivers = davit_drivers_new (world->paths, world->config, plugin_path);
	world->runtime = davit_drivers_runtime (world->drivers, "oci:fake", &error);
	g_assert_no_error (error);
}

World *
test_world_new (const Fake *fake)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *bundle = NULL;
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;
	World *world = g_new0 (World, 1);

	/* As the process that becomes the monitor. */
	g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
	world->pidfd = -1;
	world->directory = g_dir_make_tmp ("davit-test-oci-XXXXXX", &error);
	g_assert_no_error (error);
	directory_make (world, "container", &world->dirfd);
	directory_make (world, "bundle", &world->bundle_dirfd);
	directory_make (world, "bundle/rootfs", NULL);
	bundle = g_build_filename (world->directory, "bundle", NULL);
	put_file (bundle, "config.json", or_good (fake->config, usual_config), 0600);
	fake_put (world, fake);
	root = g_build_filename (world->directory, "root", NULL);
	runroot = g_build_filename (world->directory, "run", NULL);
	world->paths = davit_paths_new ();
	davit_paths_set (&world->paths->root, root);
	davit_paths_set (&world->paths->runroot, runroot);
	davit_paths_set (&world->paths->sysconfdir, world->directory);
	drivers_make (world, fake);
	world->result = davit_result_new ();
	return world;
}

DavitRuntimeContainer
test_container (const World *world)
{
	return (DavitRuntimeContainer){
		.size = sizeof (DavitRuntimeContainer),
		.id = TEST_ID,
		.dirfd = world->dirfd,
	};
}

gboolean
test_create (World *world, GError **error)
{
	davit_autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);
	const DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = test_container (world),
		.bundle_dirfd = world->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {null, null, null},
	};

	return davit_runtime_create (world->runtime, &request, &world->pidfd, world->result, error);
}

void
test_create_good (World *world)
{
	g_autoptr (GError) error = NULL;

	test_create (world, &error);
	g_assert_no_error (error);
}

gboolean
test_exec (World *world, const char *process, int *ret_pidfd, GError **error)
{
	davit_autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);
	const DavitRuntimeExec request = {
		.size = sizeof request,
		.container = test_container (world),
		.process = process,
		.stdio = {null, null, null},
	};

	return davit_runtime_exec (world->runtime, &request, ret_pidfd, NULL, error);
}

static int
directory_open (const World *world, const char *name)
{
	g_autofree char *path = g_build_filename (world->directory, name, NULL);

	g_assert_true (mkdir (path, 0700) == 0 || errno == EEXIST);
	return open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

gboolean
test_checkpoint (World *world, guint32 flags, gboolean (*frozen) (gpointer data, GError **error),
		 gpointer data, GError **error)
{
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (DavitResult) state = davit_result_new ();
	davit_autofd images = directory_open (world, "images");
	davit_autofd work = directory_open (world, "work");
	static const DavitExternal externals[] = {{NULL, NULL, -1}};
	static const char *const none[] = {NULL};
	gint64 pid = 0;
	DavitDumpRequest request = {
		.size = sizeof request,
		.id = TEST_ID,
		.pidfd = world->pidfd,
		.bundle_dirfd = world->bundle_dirfd,
		.images_dirfd = images,
		.work_dirfd = work,
		.parent_dirfd = -1,
		.cgroups = none,
		.flags = flags,
		.externals = externals,
		.frozen = frozen,
		.frozen_data = data,
	};

	g_assert_true (davit_runtime_state (world->runtime, &container, state, NULL));
	g_assert_true (davit_result_integer (state, "pid", &pid));
	request.pid = (guint32) pid;
	return davit_runtime_checkpoint (world->runtime, &container, &request, world->result,
					 error);
}

gboolean
test_restore (World *world, guint32 flags, GError **error)
{
	davit_autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);
	davit_autofd images = directory_open (world, "images");
	davit_autofd work = directory_open (world, "work");
	static const DavitExternal externals[] = {{NULL, NULL, -1}};
	static const char *const none[] = {NULL};
	const DavitRuntimeCreate create = {
		.size = sizeof create,
		.container = test_container (world),
		.bundle_dirfd = world->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.stdio = {null, null, null},
	};
	const DavitRestoreRequest request = {
		.size = sizeof request,
		.id = TEST_ID,
		.bundle_dirfd = world->bundle_dirfd,
		.rootfs_mount_fd = -1,
		.images_dirfd = images,
		.work_dirfd = work,
		.cgroups = none,
		.flags = flags,
		.externals = externals,
	};

	return davit_runtime_restore (world->runtime, &create, &request, &world->pidfd,
				      world->result, error);
}

void
test_assert_error (const World *world, GError **error, int code, const char *text)
{
	g_auto (GStrv) parts = NULL;
	g_autofree char *said = NULL;
	g_autofree char *whole = g_strconcat ("runtime/oci:fake: ", text, NULL);

	g_assert_nonnull (*error);
	parts = g_strsplit ((*error)->message, world->directory, -1);
	said = g_strjoinv ("@", parts);
	g_assert_cmpstr (said, ==, whole);
	g_assert_cmpint ((*error)->code, ==, code);
	g_clear_error (error);
}

char *
test_calls (const World *world)
{
	g_autofree char *path = g_build_filename (world->directory, "calls", NULL);
	char *text = NULL;

	return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

void
test_reap (int *pidfd, int *ret_status)
{
	siginfo_t info = {0};

	g_assert_cmpint (waitid (P_PIDFD, (id_t) *pidfd, &info, WEXITED), ==, 0);
	if (ret_status != NULL)
		*ret_status = info.si_status;
	davit_fd_close (pidfd);
}

static void
assert_empty (const World *world)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_path_list (world->dirfd, &names, &error));
	g_assert_no_error (error);
	for (guint i = 0; i < names->len; i++)
		g_test_message ("left: %s", (const char *) names->pdata[i]);
	g_assert_cmpuint (names->len, ==, 0);
}

/* What the scripts left behind came to us. */
static void
assert_no_process (void)
{
	pid_t pid;

	do
		pid = waitpid (-1, NULL, WNOHANG | __WALL);
	while (pid > 0);
	g_assert_cmpint (pid, ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
}

void
test_world_free (World *world)
{
	DavitRuntimeContainer container = test_container (world);
	g_autofree char *name = g_path_get_basename (world->directory);
	davit_autofd tmp = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	/* Twice: the second time there is nothing. */
	for (guint i = 0; i < 2; i++) {
		davit_runtime_delete (world->runtime, &container, TRUE, &error);
		g_assert_no_error (error);
	}
	if (world->pidfd >= 0)
		test_reap (&world->pidfd, NULL);
	assert_empty (world);
	assert_no_process ();
	davit_result_free (world->result);
	davit_fd_close (&world->dirfd);
	davit_fd_close (&world->bundle_dirfd);
	davit_drivers_free (world->drivers);
	davit_config_free (world->config);
	davit_paths_free (world->paths);
	g_assert_true (davit_path_remove_tree (tmp, name, &error));
	g_assert_no_error (error);
	g_free (world->directory);
	g_free (world);
}
