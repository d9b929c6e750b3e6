/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real containers of busybox, made through the loader as the engine does it. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUSYBOX "/bin/busybox"

static const char usual_capabilities[] =
	"{\"bounding\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_KILL\","
	"\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_MKNOD\"],"
	"\"effective\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_KILL\","
	"\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_MKNOD\"],"
	"\"permitted\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_KILL\","
	"\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_MKNOD\"]}";

static const char usual_namespaces[] =
	"[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
	"{\"type\":\"mount\"},{\"type\":\"cgroup\"}]";

static const char usual_mounts[] =
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
	"\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
	"\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\","
	"\"gid=5\"]},"
	"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
	"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}";

static void
put_file (int dirfd, const char *name, const char *text, gsize length, guint mode)
{
	davit_autofd fd = openat (dirfd, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, text, length, name, &error));
	g_assert_cmpint (fchmod (fd, mode), ==, 0);
}

void
fixture_put (Fixture *fixture, const char *path, const char *contents, guint mode)
{
	g_autofree char *full = g_build_filename (fixture->rootfs, path, NULL);

	if (g_str_has_suffix (path, "/")) {
		g_assert_cmpint (g_mkdir_with_parents (full, (int) mode), ==, 0);
		g_assert_cmpint (chmod (full, mode), ==, 0);
		return;
	}
	put_file (AT_FDCWD, full, contents, strlen (contents), mode);
}

void
fixture_link (Fixture *fixture, const char *path, const char *target)
{
	g_autofree char *full = g_build_filename (fixture->rootfs, path, NULL);

	g_assert_cmpint (symlink (target, full), ==, 0);
}

static void
remove_path (const char *path)
{
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *name = g_path_get_basename (path);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
}

void
fixture_remove (Fixture *fixture, const char *path)
{
	g_autofree char *full = g_build_filename (fixture->rootfs, path, NULL);

	remove_path (full);
}

static void
make_rootfs (Fixture *fixture)
{
	static const char *const programs[] = {"sh",	"cat",	    "ls",     "id",	  "sleep",
					       "true",	"false",    "mount",  "stat",	  "echo",
					       "env",	"hostname", "kill",   "readlink", "touch",
					       "mkdir", "tty",	    "date",   "ps",	  "grep",
					       "stty",	"mknod",    "umount", "head"};
	g_autofree char *text = NULL;
	g_autofree char *busybox = g_build_filename (fixture->rootfs, "bin/busybox", NULL);
	gsize length = 0;

	g_assert_cmpint (mkdir (fixture->rootfs, 0755), ==, 0);
	fixture_put (fixture, "bin/", NULL, 0755);
	fixture_put (fixture, "etc/", NULL, 0755);
	fixture_put (fixture, "tmp/", NULL, 01777);
	if (link ("/usr/bin/busybox", busybox) < 0) {
		g_assert_true (g_file_get_contents (BUSYBOX, &text, &length, NULL));
		put_file (AT_FDCWD, busybox, text, length, 0755);
	}
	for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
		g_autofree char *path = g_build_filename ("bin", programs[i], NULL);

		fixture_link (fixture, path, "busybox");
	}
}

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	const char *plugin_path[] = {plugins, NULL};
	g_autofree char *name = NULL;
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;
	g_autofree char *bundle = NULL;
	g_autofree char *state = NULL;

	fixture->directory = g_dir_make_tmp ("davit-test-native-XXXXXX", NULL);
	g_assert_cmpint (chmod (fixture->directory, 0755), ==, 0);
	name = g_path_get_basename (fixture->directory);
	fixture->id = g_strdup (name);
	root = g_build_filename (fixture->directory, "root", NULL);
	runroot = g_build_filename (fixture->directory, "run", NULL);
	bundle = g_build_filename (fixture->directory, "bundle", NULL);
	state = g_build_filename (fixture->directory, "state", NULL);
	fixture->rootfs = g_build_filename (bundle, "rootfs", NULL);
	g_assert_cmpint (mkdir (bundle, 0755), ==, 0);
	g_assert_cmpint (mkdir (state, 0700), ==, 0);
	make_rootfs (fixture);
	fixture->bundle_dirfd = open (bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fixture->dirfd = open (state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fixture->paths = davit_paths_new ();
	davit_paths_set (&fixture->paths->root, root);
	davit_paths_set (&fixture->paths->runroot, runroot);
	davit_paths_set (&fixture->paths->sysconfdir, fixture->directory);
	fixture->config = davit_config_load (fixture->paths, NULL, &error);
	g_assert_no_error (error);
	fixture->drivers = davit_drivers_new (fixture->paths, fixture->config, plugin_path);
	fixture->runtime = davit_drivers_runtime (fixture->drivers, "native", &error);
	g_assert_no_error (error);
	fixture->pidfd = -1;
	fixture->output = -1;
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
	if (fixture->pidfd >= 0)
		fixture_wait (fixture);
	davit_fd_close (&fixture->output);
	/* Nothing is left to be waited for, and nothing in the container's directory. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	{
		g_autoptr (GPtrArray) names = NULL;

		g_assert_true (davit_path_list (fixture->dirfd, &names, &error));
		g_assert_cmpuint (names->len, ==, 0);
	}
	davit_fd_close (&fixture->bundle_dirfd);
	davit_fd_close (&fixture->dirfd);
	davit_drivers_free (fixture->drivers);
	davit_config_free (fixture->config);
	davit_paths_free (fixture->paths);
	remove_path (fixture->directory);
	g_free (fixture->directory);
	g_free (fixture->rootfs);
	g_free (fixture->id);
}

void
fixture_add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

static const char *
or_usual (const char *part, const char *usual)
{
	return part != NULL ? part : usual;
}

static char *
quote (const char *text)
{
	GString *json = g_string_new ("\"");

	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c (json, '\\');
		if (*text == '\n')
			g_string_append (json, "\\n");
		else
			g_string_append_c (json, *text);
	}
	g_string_append_c (json, '"');
	return g_string_free (json, FALSE);
}

static char *
script_args (const char *script)
{
	g_autofree char *quoted = quote (or_usual (script, "true"));

	return g_strdup_printf ("[\"/bin/sh\",\"-c\",%s]", quoted);
}

static char *
process_text (const Parts *parts)
{
	g_autofree char *args =
		parts->args != NULL ? g_strdup (parts->args) : script_args (parts->script);

	return g_strdup_printf (
		"{\"user\":%s,\"args\":%s,\"env\":%s,\"cwd\":\"%s\",\"capabilities\":%s%s}",
		or_usual (parts->user, "{\"uid\":0,\"gid\":0}"), args,
		or_usual (parts->env, "[\"PATH=/bin\"]"), or_usual (parts->cwd, "/"),
		or_usual (parts->capabilities, usual_capabilities), or_usual (parts->process, ""));
}

char *
fixture_process (const char *script, const char *more)
{
	Parts parts = {.script = script, .process = more};

	return process_text (&parts);
}

void
fixture_configure (Fixture *fixture, const Parts *parts)
{
	g_autofree char *process = process_text (parts);
	g_autofree char *mounts =
		parts->all_mounts != NULL
			? g_strdup (parts->all_mounts)
			: g_strdup_printf ("[%s%s]", usual_mounts, or_usual (parts->mounts, ""));
	g_autofree char *text = g_strdup_printf (
		"{\"ociVersion\":\"1.0.2\",\"process\":%s,\"root\":%s,\"mounts\":%s,"
		"\"linux\":{\"namespaces\":%s%s}%s}",
		process, or_usual (parts->root, "{\"path\":\"rootfs\"}"), mounts,
		or_usual (parts->namespaces, usual_namespaces), or_usual (parts->linux_more, ""),
		or_usual (parts->more, ""));

	put_file (fixture->bundle_dirfd, "config.json", text, strlen (text), 0644);
}

DavitRuntimeContainer
fixture_container (const Fixture *fixture)
{
	return (DavitRuntimeContainer){.size = sizeof (DavitRuntimeContainer),
				       .id = fixture->id,
				       .dirfd = fixture->dirfd};
}

/* Where any of the groups can freeze, create tells the file of one that can. */
static void
assert_freezer_told (const char *const *groups, const DavitResult *created)
{
	static const char *const files[] = {"cgroup.freeze", "freezer.state"};
	const char *told = davit_result_string (created, "freezer");
	gboolean there = FALSE;
	gboolean found = FALSE;

	for (; *groups != NULL; groups++) {
		for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
			g_autofree char *path = g_build_filename (*groups, files[i], NULL);

			there |= access (path, R_OK) == 0;
			found |= g_strcmp0 (told, path) == 0;
		}
	}
	g_assert_cmpint (found, ==, there);
	g_assert_true (found || told == NULL);
}

/* create and state tell the same groups. */
static void
assert_groups_told (Fixture *fixture, const DavitResult *created)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (DavitResult) state = davit_result_new ();
	g_autofree const char **told = davit_result_strings (created, "cgroup");
	g_autofree const char **found = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_runtime_state (fixture->runtime, &container, state, &error));
	g_assert_no_error (error);
	found = davit_result_strings (state, "cgroup");
	g_assert_true (g_strv_equal ((const char *const *) told, (const char *const *) found));
	g_assert_true (told[0] != NULL || access ("/sys/fs/cgroup", F_OK) != 0);
	assert_freezer_told ((const char *const *) told, created);
}

gboolean
fixture_create (Fixture *fixture, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	int pipes[2];
	gboolean created;
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = -1,
	};

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	request.stdio[0] = -1;
	request.stdio[1] = pipes[1];
	request.stdio[2] = pipes[1];
	created = davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, error);
	close (pipes[1]);
	davit_fd_close (&fixture->output);
	fixture->output = pipes[0];
	if (created) {
		g_assert_true (davit_result_integer (result, "pid", &fixture->pid));
		assert_groups_told (fixture, result);
	}
	return created;
}

gboolean
fixture_start (Fixture *fixture, GError **error)
{
	DavitRuntimeContainer container = fixture_container (fixture);

	return davit_runtime_start (fixture->runtime, &container, error);
}

gboolean
fixture_delete (Fixture *fixture, gboolean force, GError **error)
{
	DavitRuntimeContainer container = fixture_container (fixture);

	return davit_runtime_delete (fixture->runtime, &container, force, error);
}

static int
wait_for (int pidfd)
{
	siginfo_t information = {0};

	g_assert_cmpint (waitid (P_PIDFD, (id_t) pidfd, &information, WEXITED), ==, 0);
	return information.si_code == CLD_EXITED ? information.si_status
						 : 128 + information.si_status;
}

int
fixture_wait (Fixture *fixture)
{
	int status = wait_for (fixture->pidfd);

	davit_fd_close (&fixture->pidfd);
	return status;
}

char *
fixture_read (Fixture *fixture)
{
	g_autoptr (GError) error = NULL;
	char *text = NULL;
	gsize length = 0;

	g_assert_true (davit_fd_read (fixture->output, 1 << 20, "output", &text, &length, &error));
	g_assert_no_error (error);
	davit_fd_close (&fixture->output);
	return text;
}

char *
fixture_status (Fixture *fixture)
{
	DavitRuntimeContainer container = fixture_container (fixture);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_runtime_state (fixture->runtime, &container, result, &error));
	g_assert_no_error (error);
	return g_strdup (davit_result_string (result, "status"));
}

char *
fixture_run (Fixture *fixture, const Parts *parts)
{
	g_autoptr (GError) error = NULL;
	char *text;
	int status;

	fixture_configure (fixture, parts);
	if (!fixture_create (fixture, &error) || !fixture_start (fixture, &error))
		g_assert_no_error (error);
	text = fixture_read (fixture);
	status = fixture_wait (fixture);
	if (status != 0)
		g_test_message ("output: %s", text);
	g_assert_cmpint (status, ==, 0);
	g_assert_true (fixture_delete (fixture, FALSE, &error));
	g_assert_no_error (error);
	return text;
}

static void
assert_error (GError *error, DavitErrorCode code, const char *text)
{
	g_autofree char *expected = g_strconcat ("runtime/native: ", text, NULL);

	g_assert_nonnull (error);
	g_assert_cmpstr (error->message, ==, expected);
	g_assert_cmpint (error->code, ==, (int) code);
}

void
fixture_refuse (Fixture *fixture, const Parts *parts, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (GError) other = NULL;

	fixture_configure (fixture, parts);
	g_assert_false (fixture_create (fixture, &error));
	assert_error (error, code, text);
	g_assert_cmpint (fixture->pidfd, ==, -1);
	g_assert_true (fixture_delete (fixture, FALSE, &other));
	g_assert_no_error (other);
}

void
fixture_refuse_start (Fixture *fixture, const Parts *parts, DavitErrorCode code, const char *text,
		      int status)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (GError) other = NULL;

	fixture_configure (fixture, parts);
	g_assert_true (fixture_create (fixture, &other));
	g_assert_no_error (other);
	g_assert_false (fixture_start (fixture, &error));
	assert_error (error, code, text);
	g_assert_cmpint (fixture_wait (fixture), ==, status);
	g_assert_true (fixture_delete (fixture, FALSE, &other));
	g_assert_no_error (other);
}

char *
fixture_exec (Fixture *fixture, const char *process, int *ret_status)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	char *text = NULL;
	gsize length = 0;
	int pidfd = -1;
	int pipes[2];
	DavitRuntimeExec request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.process = process,
	};

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	request.stdio[0] = -1;
	request.stdio[1] = pipes[1];
	request.stdio[2] = pipes[1];
	davit_runtime_exec (fixture->runtime, &request, &pidfd, result, &error);
	g_assert_no_error (error);
	close (pipes[1]);
	g_assert_true (davit_fd_read (pipes[0], 1 << 20, "output", &text, &length, &error));
	close (pipes[0]);
	*ret_status = wait_for (pidfd);
	close (pidfd);
	return text;
}

char *
find_line (const char *text, guint column, const char *word)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);

		if (g_strv_length (words) > column && g_str_equal (words[column], word))
			return g_strdup (lines[i]);
	}
	return NULL;
}

void
assert_contains (const char *text, const char *part)
{
	if (text == NULL || strstr (text, part) == NULL)
		g_error ("\"%s\" is not in: %s", part, text != NULL ? text : "(nothing)");
}

void
assert_lacks (const char *text, const char *part)
{
	if (text == NULL || strstr (text, part) != NULL)
		g_error ("\"%s\" is in: %s", part, text != NULL ? text : "(nothing)");
}
