/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network "slirp4netns" of containers that have a user namespace, by a user and by root. */

#include "test-slirp4netns-support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER 65534
#define SUBORDINATE 100000
#define PORT 18097

/* Who is root of the container's user namespace. */
typedef enum {
	ROOT_IS_USER,
	ROOT_IS_SUBORDINATE,
	ROOT_IS_NOBODY,
} Root;

/* A byte from one process to another; it fails when the other one is gone. */
static void
tell (int fd)
{
	g_assert_cmpint (write (fd, "x", 1), ==, 1);
}

static void
hear (int fd)
{
	char byte = 0;

	g_assert_cmpint (read (fd, &byte, 1), ==, 1);
}

static void
write_file (pid_t pid, const char *name, const char *text)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, name);
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (write (fd, text, strlen (text)), ==, strlen (text));
}

static int
open_namespace (pid_t pid, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/ns/%s", (int) pid, name);
	int fd = open (path, O_RDONLY | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

static void
become_user (void)
{
	g_assert_cmpint (setresgid (USER, USER, USER), ==, 0);
	g_assert_cmpint (setresuid (USER, USER, USER), ==, 0);
	/* Its files in /proc would be root's. */
	g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
}

/* A process of the user's in new namespaces, which ends when nobody has the other end any more. */
static pid_t
namespaces_new (Root root, int *ret_userns_fd, int *ret_netns_fd)
{
	static const char *const maps[] = {"0 65534 1", "0 100000 65536", "1000 65534 1"};
	int ready[2];
	int held[2];
	char byte;
	pid_t pid;

	g_assert_cmpint (pipe2 (ready, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (held, O_CLOEXEC), ==, 0);
	pid = fork ();
	if (pid == 0) {
		close (held[1]);
		become_user ();
		g_assert_cmpint (unshare (CLONE_NEWUSER | CLONE_NEWNET), ==, 0);
		tell (ready[1]);
		_exit (read (held[0], &byte, 1) == 0 ? 0 : 1);
	}
	hear (ready[0]);
	write_file (pid, "setgroups", root == ROOT_IS_USER ? "deny" : "allow");
	write_file (pid, "uid_map", maps[root]);
	write_file (pid, "gid_map", maps[root]);
	*ret_userns_fd = open_namespace (pid, "user");
	*ret_netns_fd = open_namespace (pid, "net");
	close (ready[0]);
	close (ready[1]);
	close (held[0]);
	close (held[1]);
	g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
	return pid;
}

static char *
helper_status (const World *world)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) test_helper_pid (world));
	char *text = NULL;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	return text;
}

static void
assert_confined (const World *world, guint uid)
{
	g_autofree char *status = helper_status (world);
	g_autofree char *line = g_strdup_printf ("Uid:\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid);

	g_assert_nonnull (strstr (status, line));
	g_assert_nonnull (strstr (status, "CapEff:\t0000000000000400\n"));
	g_assert_nonnull (strstr (status, "Seccomp:\t2\n"));
}

/* What the user's engine does. */
static void
run_as_user (Root root, int userns_fd, int netns_fd, const int to[2], const int from[2])
{
	static const DavitPort ports[] = {{NULL, "tcp", PORT, 80, 1}, {0}};
	static const DavitPort low[] = {{NULL, "udp", 53, 53, 1}, {0}};
	DavitNetworkRequest request;
	g_autoptr (GError) error = NULL;
	World *world;

	become_user ();
	world = test_world_new_bare (NULL);
	world->userns_fd = userns_fd;
	world->netns_fd = netns_fd;
	request = test_request (world);
	request.ports = low;
	test_attach_fails (world, &request, DAVIT_ERROR_PERMISSION,
			   "publish port 53/udp at \"0.0.0.0\": only root may; take a port of "
			   "1024 or above, or lower /proc/sys/net/ipv4/ip_unprivileged_port_start");
	request.ports = ports;
	test_attach (world, &request);
	/* As anybody sees them, those of a user namespace that has no such user are overflown. */
	assert_confined (world, root == ROOT_IS_USER ? USER : SUBORDINATE);
	g_assert_true (davit_network_check (world->network, &request, &error));
	g_assert_no_error (error);
	tell (to[1]);
	hear (from[0]);
	test_world_free (world);
}

static void
test_user (gconstpointer data)
{
	Root root = GPOINTER_TO_UINT (data);
	Server outside = test_server_start (-1, SOCK_STREAM, TEST_HOST_ADDRESS, 0);
	Server loopback = test_server_start (-1, SOCK_STREAM, "127.0.0.1", 0);
	Server inside;
	int userns_fd = -1;
	int netns_fd = -1;
	int to[2];
	int from[2];
	int status = 0;
	pid_t child;

	namespaces_new (root, &userns_fd, &netns_fd);
	inside = test_server_start (netns_fd, SOCK_STREAM, "0.0.0.0", 80);
	g_assert_cmpint (pipe2 (to, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (from, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		run_as_user (root, userns_fd, netns_fd, to, from);
		_exit (0);
	}
	close (to[1]);
	hear (to[0]);
	g_assert_true (test_client_hears (netns_fd, SOCK_STREAM, TEST_HOST_ADDRESS, outside.port));
	g_assert_false (test_client_hears (netns_fd, SOCK_STREAM, "10.0.2.2", loopback.port));
	g_assert_true (test_client_hears (-1, SOCK_STREAM, "127.0.0.1", PORT));
	tell (from[1]);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	g_assert_false (test_has_interface (netns_fd, "tap0"));
	g_assert_false (test_client_hears (-1, SOCK_STREAM, "127.0.0.1", PORT));
	test_server_stop (&outside);
	test_server_stop (&loopback);
	test_server_stop (&inside);
	close (userns_fd);
	close (netns_fd);
	close (to[0]);
	close (from[0]);
	close (from[1]);
}

/* A user namespace without a root: there is nobody whom the helper could be. */
static void
test_rootless_namespace (void)
{
	int userns_fd = -1;
	int netns_fd = -1;
	int status = 0;
	pid_t child;

	namespaces_new (ROOT_IS_NOBODY, &userns_fd, &netns_fd);
	child = fork ();
	if (child == 0) {
		DavitNetworkRequest request;
		World *world;

		become_user ();
		world = test_world_new_bare (NULL);
		world->userns_fd = userns_fd;
		world->netns_fd = netns_fd;
		request = test_request (world);
		test_attach_fails (world, &request, DAVIT_ERROR_FAILED,
				   "program \"/usr/bin/slirp4netns\": become root of the "
				   "container's user namespace, which may have none: Invalid "
				   "argument");
		test_world_free (world);
		_exit (0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	close (userns_fd);
	close (netns_fd);
}

/* Without the user namespace the network namespace can't be had. */
static void
test_forbidden (void)
{
	int netns_fd = test_namespace_new ();
	int status = 0;
	pid_t child = fork ();

	if (child == 0) {
		static const char *const overrides[] = {"network.slirp4netns.enable-ipv6=false",
							NULL};
		DavitNetworkRequest request;
		g_autoptr (GError) error = NULL;
		World *world;

		become_user ();
		world = test_world_new_bare (overrides);
		request = test_request (world);
		request.netns_fd = netns_fd;
		g_assert_false (davit_network_attach (world->network, &request, NULL, &error));
		g_assert_nonnull (strstr (error->message,
					  "before the network was ready: "
					  "setns(CLONE_NEWNET): Operation not permitted"));
		g_assert_true (davit_error_matches (error, DAVIT_ERROR_HELPER));
		test_world_free (world);
		_exit (0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	close (netns_fd);
}

/* Root's helper stays root's, and so may have the lower ports. */
static void
test_root (void)
{
	static const DavitPort ports[] = {{NULL, "tcp", 80, 80, 1}, {0}};
	g_autoptr (World) world = test_world_new_bare (NULL);
	DavitNetworkRequest request;
	Server inside;
	g_autoptr (GError) error = NULL;

	namespaces_new (ROOT_IS_SUBORDINATE, &world->userns_fd, &world->netns_fd);
	inside = test_server_start (world->netns_fd, SOCK_STREAM, "0.0.0.0", 80);
	request = test_request (world);
	request.ports = ports;
	test_attach (world, &request);
	assert_confined (world, 0);
	g_assert_true (davit_network_check (world->network, &request, &error));
	g_assert_no_error (error);
	g_assert_true (test_client_hears (-1, SOCK_STREAM, "127.0.0.1", 80));
	test_server_stop (&inside);
	test_detach (world);
	g_assert_false (test_has_interface (world->netns_fd, "tap0"));
	/* Entering namespaces must not have made this process unreadable for its user. */
	g_assert_cmpint (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0), ==, 1);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_host_make ();
	g_test_add_data_func ("/slirp4netns/user", GUINT_TO_POINTER (ROOT_IS_USER), test_user);
	g_test_add_data_func ("/slirp4netns/user-subordinate",
			      GUINT_TO_POINTER (ROOT_IS_SUBORDINATE), test_user);
	g_test_add_func ("/slirp4netns/user-without-root", test_rootless_namespace);
	g_test_add_func ("/slirp4netns/user-forbidden", test_forbidden);
	g_test_add_func ("/slirp4netns/root", test_root);
	return g_test_run ();
}
