/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-cni-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char fake_program[] =
	"#!/bin/sh\n"
	"# Notes what it was called with, then does what the test says.\n"
	"w=@/work n=${0##*/}\n"
	"cat > $w/$n.$CNI_COMMAND.in\n"
	"echo \"$CNI_COMMAND $n\" >> $w/log\n"
	"env | grep ^CNI_ | sort > $w/$n.$CNI_COMMAND.env\n"
	"[ -f $w/$n.$CNI_COMMAND.sh ] && . $w/$n.$CNI_COMMAND.sh\n"
	"[ $CNI_COMMAND = ADD ] && cat $w/$n.result\n"
	"exit 0\n";

gboolean
test_cni_enter (int *argc, char ***argv)
{
	g_test_init (argc, argv, NULL);
	if (unshare (CLONE_NEWNET | CLONE_NEWNS) < 0) {
		g_print ("1..0 # SKIP no new namespaces: %s\n", g_strerror (errno));
		return FALSE;
	}
	/* The lock of iptables and what plugins keep: not the host's. */
	g_assert_cmpint (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
	g_assert_cmpint (mount ("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"), ==, 0);
	g_free (test_cni_shell (-1, "ip link set lo up"));
	return TRUE;
}

int
test_cni_make_netns (void)
{
	int own = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
	fd = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (setns (own, CLONE_NEWNET), ==, 0);
	close (own);
	return fd;
}

static char *
with_directory (const TestCni *test, const char *text)
{
	g_auto (GStrv) parts = g_strsplit (text, "@", -1);

	return g_strjoinv (test->directory, parts);
}

static void
put_file (const TestCni *test, const char *path, const char *text, guint mode)
{
	g_autofree char *whole = with_directory (test, text);
	g_autofree char *parent = g_path_get_dirname (path);

	g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
	g_assert_true (g_file_set_contents (path, whole, -1, NULL));
	g_assert_cmpint (chmod (path, mode), ==, 0);
}

void
test_cni_open (TestCni *test, const char *plugin_directories, const char *const *more)
{
	g_autofree char *modules = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	const char *plugin_path[] = {modules, NULL};
	g_autofree char *conf = g_strconcat ("network.cni.conf-directories=", test->conf, NULL);
	g_autofree char *plugins =
		g_strconcat ("network.cni.plugin-directories=",
			     plugin_directories != NULL ? plugin_directories : test->plugins, NULL);
	g_autoptr (GPtrArray) overrides = g_ptr_array_new ();
	g_autoptr (GError) error = NULL;

	g_clear_pointer (&test->drivers, davit_drivers_free);
	g_clear_pointer (&test->config, davit_config_free);
	g_ptr_array_add (overrides, conf);
	g_ptr_array_add (overrides, plugins);
	for (; more != NULL && *more != NULL; more++)
		g_ptr_array_add (overrides, (gpointer) *more);
	g_ptr_array_add (overrides, NULL);
	test->config =
		davit_config_load (test->paths, (const char *const *) overrides->pdata, &error);
	g_assert_no_error (error);
	test->drivers = davit_drivers_new (test->paths, test->config, plugin_path);
	test->network = davit_drivers_network (test->drivers, "cni", &error);
	g_assert_no_error (error);
}

void
test_cni_set_up (TestCni *test, gconstpointer data)
{
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;
	g_autofree char *absent = NULL;

	test->directory = g_dir_make_tmp ("davit-test-cni-XXXXXX", NULL);
	g_assert_nonnull (test->directory);
	test->conf = g_build_filename (test->directory, "conf", NULL);
	test->plugins = g_build_filename (test->directory, "plugins", NULL);
	test->work = g_build_filename (test->directory, "work", NULL);
	g_assert_cmpint (g_mkdir_with_parents (test->conf, 0755), ==, 0);
	g_assert_cmpint (g_mkdir_with_parents (test->plugins, 0755), ==, 0);
	g_assert_cmpint (g_mkdir_with_parents (test->work, 0755), ==, 0);
	root = g_build_filename (test->directory, "root", NULL);
	runroot = g_build_filename (test->directory, "run", NULL);
	absent = g_build_filename (test->directory, "absent", NULL);
	test->paths = davit_paths_new ();
	davit_paths_set (&test->paths->root, root);
	davit_paths_set (&test->paths->runroot, runroot);
	davit_paths_set (&test->paths->sysconfdir, absent);
	davit_paths_set (&test->paths->datadir, absent);
	test_cni_open (test, NULL, NULL);
	test->netns_fd = test_cni_make_netns ();
}

void
test_cni_tear_down (TestCni *test, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname (test->directory);
	g_autofree char *name = g_path_get_basename (test->directory);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	/* Nothing that was run is left, not even a zombie. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	davit_fd_close (&test->netns_fd);
	davit_drivers_free (test->drivers);
	davit_config_free (test->config);
	davit_paths_free (test->paths);
	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
	g_free (test->directory);
	g_free (test->conf);
	g_free (test->plugins);
	g_free (test->work);
}

void
test_cni_add (const char *name, void (*function) (TestCni *, gconstpointer))
{
	g_test_add (name, TestCni, NULL, test_cni_set_up, function, test_cni_tear_down);
}

void
test_cni_conf (TestCni *test, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename (test->conf, name, NULL);

	put_file (test, path, text, 0644);
}

void
test_cni_fake (TestCni *test, const char *name, const char *result)
{
	g_autofree char *path = g_build_filename (test->plugins, name, NULL);
	g_autofree char *base = g_strconcat (name, ".result", NULL);
	g_autofree char *output = g_build_filename (test->work, base, NULL);

	put_file (test, path, fake_program, 0755);
	put_file (test, output, result, 0644);
}

void
test_cni_behave (TestCni *test, const char *name, const char *command, const char *shell)
{
	g_autofree char *base = g_strconcat (name, ".", command, ".sh", NULL);
	g_autofree char *path = g_build_filename (test->work, base, NULL);

	put_file (test, path, shell, 0644);
}

char *
test_cni_noted (TestCni *test, const char *name)
{
	g_autofree char *path = g_build_filename (test->work, name, NULL);
	char *text = NULL;

	return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

void
test_cni_forget (TestCni *test, const char *name)
{
	g_autofree char *path = g_build_filename (test->work, name, NULL);

	unlink (path);
}

DavitNetworkRequest
test_cni_request (const TestCni *test, const char *id)
{
	return (DavitNetworkRequest){
		.size = sizeof (DavitNetworkRequest),
		.id = id,
		.name = "box",
		.interface = "eth0",
		.netns_fd = test->netns_fd,
		.userns_fd = -1,
		.pidfd = -1,
		.netlink_fd = -1,
	};
}

DavitResult *
test_cni_attach (TestCni *test, const DavitNetworkRequest *request)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	davit_network_attach (test->network, request, result, &error);
	g_assert_no_error (error);
	return g_steal_pointer (&result);
}

void
test_cni_error (TestCni *test, const GError *error, DavitErrorCode code, const char *text)
{
	g_auto (GStrv) parts = NULL;
	g_autofree char *message = NULL;

	g_assert_nonnull (error);
	parts = g_strsplit (error->message, test->directory, -1);
	message = g_strjoinv ("@", parts);
	g_assert_cmpstr (message, ==, text);
	g_assert_cmpint (error->code, ==, (int) code);
}

void
test_cni_refused (TestCni *test, const DavitNetworkRequest *request, DavitErrorCode code,
		  const char *text)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_network_attach (test->network, request, result, &error));
	test_cni_error (test, error, code, text);
	g_assert_cmpuint (davit_result_length (result), ==, 0);
}

void
test_cni_detach (TestCni *test, const DavitNetworkRequest *request)
{
	g_autoptr (GError) error = NULL;

	davit_network_detach (test->network, request, &error);
	g_assert_no_error (error);
}

guint
test_cni_entries (TestCni *test)
{
	g_autofree char *path =
		g_build_filename (test->directory, "root", "plugins", "network", "cni", NULL);
	g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
	const char *name;
	guint count = 0;

	g_assert_nonnull (dir);
	while ((name = g_dir_read_name (dir)) != NULL)
		count += strcmp (name, "lock") != 0;
	return count;
}

void
test_cni_no_entries (TestCni *test)
{
	g_assert_cmpuint (test_cni_entries (test), ==, 0);
}

char *
test_cni_shell (int netns_fd, const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	g_autoptr (GError) error = NULL;
	char *output = NULL;
	DavitSpawn spawn;

	davit_spawn_init (&spawn, argv);
	spawn.netns_fd = netns_fd;
	davit_spawn_run (&spawn, &output, NULL, &error);
	g_assert_no_error (error);
	return output;
}

void
test_cni_assert_shell (int netns_fd, const char *command, const char *expected)
{
	g_autofree char *output = test_cni_shell (netns_fd, command);

	g_assert_cmpstr (output, ==, expected);
}
