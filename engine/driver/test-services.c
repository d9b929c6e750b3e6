/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a plugin gets from its host. */

#include "base/error.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "davit-config.h"
#include "driver/network-driver.h"
#include "driver/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_integer (const DavitResult *result, const char *key, gint64 expected)
{
	gint64 value = -99;

	g_assert_true (davit_result_integer (result, key, &value));
	g_assert_cmpint (value, ==, expected);
}

static void
assert_directory (TestHome *home, const DavitResult *result, const char *key, const char *expected)
{
	g_autofree char *path = g_build_filename (home->directory, expected, NULL);
	struct stat status;

	g_assert_cmpstr (davit_result_string (result, key), ==, path);
	g_assert_cmpint (stat (path, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0700);
}

static DavitNetwork *
open_services (TestHome *home)
{
	g_autoptr (GError) error = NULL;
	DavitNetwork *network = NULL;

	test_home_put (home, "services", "services");
	network = davit_drivers_network (home->drivers, "services", &error);
	g_assert_no_error (error);
	return network;
}

static void
assert_started (DavitResult *result)
{
	davit_autofd input = davit_result_steal_fd (result, "started-input");
	davit_autofd output = davit_result_steal_fd (result, "started-output");
	davit_autofd pidfd = davit_result_steal_fd (result, "started");
	char text[32] = "";
	int status = -1;

	g_assert_cmpint (write (input, "it\n", 3), ==, 3);
	g_assert_cmpint (read (output, text, sizeof text - 1), ==, strlen ("it stays\n"));
	g_assert_cmpstr (text, ==, "it stays\n");
	g_assert_true (davit_spawn_wait (pidfd, &status, NULL));
	g_assert_cmpint (status, ==, 0);
}

static void
test_all (TestHome *home, gconstpointer data)
{
	static const char *const overrides[] = {"engine.cgroup-parent=/some/group",
						"network.services.text=other text", NULL};
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree const char **list = NULL;
	DavitNetwork *network;
	int fd;

	test_home_configure (home, overrides);
	network = open_services (home);
	g_assert_true (davit_network_attach (network, NULL, result, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (davit_result_string (result, "text"), ==, "other text");
	g_assert_cmpstr (davit_result_string (result, "choice"), ==, "one");
	g_assert_cmpstr (davit_result_string (result, "path"), ==, "/a");
	assert_integer (result, "flag", 1);
	assert_integer (result, "number", -3);
	assert_integer (result, "size", 2048);
	assert_integer (result, "wait", 1500);
	assert_integer (result, "unset-is-null", 1);
	assert_integer (result, "wrong-is-null", 1);
	assert_integer (result, "json", 2);
	list = davit_result_strings (result, "list");
	g_assert_cmpstr (list[0], ==, "x");
	g_assert_cmpstr (list[1], ==, "y");
	g_assert_null (list[2]);

	assert_directory (home, result, "state", "root/plugins/network/services");
	assert_directory (home, result, "run", "run/plugins/network/services");
	assert_directory (home, result, "cache", "root/cache");
	assert_integer (result, "uid", geteuid ());
	g_assert_cmpstr (davit_result_string (result, "version"), ==, DAVIT_VERSION);
	g_assert_cmpstr (davit_result_string (result, "cgroup-parent"), ==, "/some/group");
	g_assert_cmpstr (davit_result_string (result, "output"), ==, "through a program");
	assert_started (result);
	fd = davit_result_steal_fd (result, "fd");
	g_assert_cmpint (fd, >=, 0);
	close (fd);
}

static void
test_helper_fails (TestHome *home, gconstpointer data)
{
	DavitNetwork *network = open_services (home);
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_network_detach (network, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER);
	g_assert_true (g_str_has_prefix (error->message, "network/services: "));
	g_assert_nonnull (strstr (error->message, "No such file or directory"));
}

/* Storage has its own place, and a plugin that is only looked at gets none: its probe says so. */
static void
test_directories (TestHome *home, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitPluginReport) report = NULL;
	g_autofree char *storage =
		g_build_filename (home->directory, "root/storage/acting-storage", NULL);

	test_home_put (home, "services", "services");
	report = davit_drivers_report (home->drivers, DAVIT_KIND_NETWORK, "services", &error);
	g_assert_no_error (error);
	g_assert_cmpstr (report->reason, ==, NULL);
	g_assert_true (report->usable);
	g_assert_cmpint (access (home->paths->root, F_OK), ==, -1);

	test_home_put (home, "acting-storage", "acting-storage");
	g_assert_nonnull (davit_drivers_storage (home->drivers, "acting-storage", &error));
	g_assert_no_error (error);
	g_assert_cmpint (access (storage, F_OK), ==, 0);
}

/* No descriptor is left when the registry is freed. */
static void
test_leaves_nothing (TestHome *home, gconstpointer data)
{
	int before = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	int after;

	close (before);
	open_services (home);
	g_clear_pointer (&home->drivers, davit_drivers_free);
	/* What stays open are root and runroot, which belong to the paths. */
	g_assert_cmpint (close (home->paths->root_fd), ==, 0);
	g_assert_cmpint (close (home->paths->runroot_fd), ==, 0);
	home->paths->root_fd = -1;
	home->paths->runroot_fd = -1;
	after = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (after, ==, before);
	close (after);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_add ("/services/all", test_all);
	test_add ("/services/helper-fails", test_helper_fails);
	test_add ("/services/directories", test_directories);
	test_add ("/services/leaves-nothing", test_leaves_nothing);
	return g_test_run ();
}
