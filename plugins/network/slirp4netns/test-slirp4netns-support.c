/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-slirp4netns-support.h"

#include "base/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELLO "hello"
/* With it, paths below are longer than one of a socket may be. */
#define RUN "run-that-has-a-name-so-long-that-no-socket-below-could-be-bound-by-its-whole-path"
#define CLIENT_TIMEOUT_MSEC 5000

static void
interface_set (const char *name, const char *address)
{
	struct ifreq request = {0};
	struct sockaddr_in *in = (struct sockaddr_in *) (gpointer) &request.ifr_addr;
	davit_autofd fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy (request.ifr_name, name, IFNAMSIZ);
	if (address != NULL) {
		in->sin_family = AF_INET;
		g_assert_cmpint (inet_pton (AF_INET, address, &in->sin_addr), ==, 1);
		g_assert_cmpint (ioctl (fd, SIOCSIFADDR, &request), ==, 0);
	}
	request.ifr_flags = IFF_UP;
	g_assert_cmpint (ioctl (fd, SIOCSIFFLAGS, &request), ==, 0);
}

void
test_host_make (void)
{
	g_assert_cmpint (unshare (CLONE_NEWNET | CLONE_NEWNS), ==, 0);
	g_assert_cmpint (mount (NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), ==, 0);
	interface_set ("lo", NULL);
	interface_set ("lo:1", TEST_HOST_ADDRESS);
	/* As distributions have it: the device is of use to everybody who has a namespace. */
	g_assert_cmpint (mount ("tmpfs", "/dev/net", "tmpfs", 0, "mode=755"), ==, 0);
	g_assert_cmpint (mknod ("/dev/net/tun", S_IFCHR | 0666, makedev (10, 200)), ==, 0);
	g_assert_cmpint (chmod ("/dev/net/tun", 0666), ==, 0);
	/* As systemd has it: a shared mount, on which a sandbox must not show. */
	g_assert_cmpint (mount ("/tmp", "/tmp", NULL, MS_BIND | MS_REC, NULL), ==, 0);
	g_assert_cmpint (mount (NULL, "/tmp", NULL, MS_SHARED, NULL), ==, 0);
}

int
test_namespace_new (void)
{
	davit_autofd own = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
	fd = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (setns (own, CLONE_NEWNET), ==, 0);
	return fd;
}

World *
test_world_new_bare (const char *const *overrides)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, ".", NULL);
	const char *plugin_path[] = {plugins, NULL};
	g_autofree char *root = NULL;
	g_autofree char *runroot = NULL;
	g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
	World *world = g_new0 (World, 1);

	world->netns_fd = -1;
	world->userns_fd = -1;
	world->directory = g_dir_make_tmp ("davit-test-slirp-XXXXXX", &error);
	g_assert_no_error (error);
	root = g_build_filename (world->directory, "root", NULL);
	runroot = g_build_filename (world->directory, RUN, NULL);
	world->paths = davit_paths_new ();
	davit_paths_set (&world->paths->root, root);
	davit_paths_set (&world->paths->runroot, runroot);
	davit_paths_set (&world->paths->sysconfdir, world->directory);
	for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++) {
		g_auto (GStrv) parts = g_strsplit (overrides[i], "%s", -1);

		g_ptr_array_add (values, g_strjoinv (world->directory, parts));
	}
	g_ptr_array_add (values, NULL);
	world->config =
		davit_config_load (world->paths, (const char *const *) values->pdata, &error);
	g_assert_no_error (error);
	world->drivers = davit_drivers_new (world->paths, world->config, plugin_path);
	world->network = davit_drivers_network (world->drivers, "slirp4netns", &error);
	g_assert_no_error (error);
	return world;
}

World *
test_world_new (const char *const *overrides)
{
	World *world = test_world_new_bare (overrides);

	world->netns_fd = test_namespace_new ();
	return world;
}

void
test_world_free (World *world)
{
	g_autofree char *name = g_path_get_basename (world->directory);
	davit_autofd tmp = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	test_detach (world);
	test_assert_nothing_left (world);
	/* A child that was left behind would be a zombie of the engine's. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	davit_result_free (world->result);
	davit_fd_close (&world->netns_fd);
	davit_fd_close (&world->userns_fd);
	davit_drivers_free (world->drivers);
	davit_config_free (world->config);
	davit_paths_free (world->paths);
	g_assert_true (davit_path_remove_tree (tmp, name, &error));
	g_assert_no_error (error);
	g_free (world->directory);
	g_free (world);
}

DavitNetworkRequest
test_request (const World *world)
{
	return (DavitNetworkRequest){
		.size = sizeof (DavitNetworkRequest),
		.id = TEST_ID,
		.name = "test",
		.netns_fd = world->netns_fd,
		.userns_fd = world->userns_fd,
		.pidfd = -1,
		.netlink_fd = -1,
	};
}

void
test_attach (World *world, const DavitNetworkRequest *request)
{
	g_autoptr (GError) error = NULL;

	g_clear_pointer (&world->result, davit_result_free);
	world->result = davit_result_new ();
	davit_network_attach (world->network, request, world->result, &error);
	g_assert_no_error (error);
	g_assert_cmpint (test_helper_pid (world), >, 0);
}

void
test_attach_fails (World *world, const DavitNetworkRequest *request, DavitErrorCode code,
		   const char *text)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_auto (GStrv) parts = g_strsplit (text, "%s", -1);
	g_autofree char *joined = g_strjoinv (world->directory, parts);
	g_autofree char *whole = g_strconcat ("network/slirp4netns: ", joined, NULL);

	g_assert_false (davit_network_attach (world->network, request, result, &error));
	g_assert_cmpstr (error->message, ==, whole);
	g_assert_cmpint (error->code, ==, code);
	g_assert_true (davit_error_matches (error, code));
	g_assert_cmpuint (davit_result_length (result), ==, 0);
	test_assert_nothing_left (world);
	/* Servers of the test are no zombies. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), <=, 0);
}

void
test_detach (World *world)
{
	/* From ids alone, and twice. */
	const DavitNetworkRequest request = {
		.size = sizeof request,
		.id = TEST_ID,
		.netns_fd = -1,
		.userns_fd = -1,
		.pidfd = -1,
		.netlink_fd = -1,
	};
	g_autoptr (GError) error = NULL;

	for (guint i = 0; i < 2; i++) {
		davit_network_detach (world->network, &request, &error);
		g_assert_no_error (error);
	}
}

char *
test_run_path (const World *world, const char *name)
{
	return g_build_filename (world->directory, RUN, "plugins", "network", "slirp4netns",
				 TEST_ID, name, NULL);
}

void
test_assert_nothing_left (const World *world)
{
	g_autofree char *path = test_run_path (world, NULL);

	g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
	if (world->netns_fd < 0 || world->userns_fd >= 0)
		return;
	/* What a helper had started was killed with it, but nobody waited for that. */
	for (guint i = 0; i < 100 && test_has_interface (world->netns_fd, "tap0"); i++)
		g_usleep (20 * 1000);
	g_assert_false (test_has_interface (world->netns_fd, "tap0"));
	g_assert_false (test_has_interface (world->netns_fd, "eth0"));
}

pid_t
test_helper_pid (const World *world)
{
	g_autofree char *path = test_run_path (world, "record");
	g_autofree char *text = NULL;
	const char *pid;

	if (!g_file_get_contents (path, &text, NULL, NULL))
		return 0;
	pid = strstr (text, "\"pid\":");
	g_assert_nonnull (pid);
	return (pid_t) g_ascii_strtoll (pid + strlen ("\"pid\":"), NULL, 10);
}

/* In a child of the test in that namespace; its exit status. */
static void
enter (int netns_fd)
{
	if (netns_fd >= 0 && setns (netns_fd, CLONE_NEWNET) < 0)
		_exit (100);
}

static int
child_status (pid_t child)
{
	int status = 0;

	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_true (WIFEXITED (status));
	return WEXITSTATUS (status);
}

gboolean
test_has_interface (int netns_fd, const char *name)
{
	pid_t child = fork ();

	if (child == 0) {
		enter (netns_fd);
		_exit (if_nametoindex (name) != 0 ? 1 : 0);
	}
	return child_status (child) == 1;
}

static socklen_t
address_make (const char *text, guint port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *) (gpointer) ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) (gpointer) ret;

	memset (ret, 0, sizeof *ret);
	if (inet_pton (AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons ((guint16) port);
		return sizeof *in;
	}
	if (inet_pton (AF_INET6, text, &in6->sin6_addr) != 1)
		_exit (101);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons ((guint16) port);
	return sizeof *in6;
}

static void
serve (int fd, int type)
{
	struct sockaddr_storage peer;
	char byte;

	for (;;) {
		socklen_t size = sizeof peer;
		int connection;

		if (type == SOCK_DGRAM) {
			if (recvfrom (fd, &byte, 1, 0, (struct sockaddr *) &peer, &size) >= 0)
				sendto (fd, HELLO, strlen (HELLO), 0, (struct sockaddr *) &peer,
					size);
			continue;
		}
		connection = accept (fd, NULL, NULL);
		if (connection >= 0 && write (connection, HELLO, strlen (HELLO)) < 0)
			_exit (102);
		close (connection);
	}
}

Server
test_server_start (int netns_fd, int type, const char *address, guint port)
{
	Server server = {0};
	int pipes[2];

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	server.pid = fork ();
	if (server.pid == 0) {
		struct sockaddr_storage where;
		socklen_t size;
		guint16 own;
		int fd;

		/* A test that fails leaves no servers. */
		prctl (PR_SET_PDEATHSIG, SIGKILL);
		enter (netns_fd);
		size = address_make (address, port, &where);
		fd = socket (where.ss_family, type | SOCK_CLOEXEC, 0);
		if (fd < 0 ||
		    (type == SOCK_STREAM &&
		     setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof (int)) < 0) ||
		    bind (fd, (struct sockaddr *) &where, size) < 0 ||
		    (type == SOCK_STREAM && listen (fd, 16) < 0) ||
		    getsockname (fd, (struct sockaddr *) &where, &size) < 0)
			_exit (103);
		own = ntohs (where.ss_family == AF_INET
				     ? ((struct sockaddr_in *) (gpointer) &where)->sin_port
				     : ((struct sockaddr_in6 *) (gpointer) &where)->sin6_port);
		if (write (pipes[1], &own, sizeof own) != sizeof own)
			_exit (104);
		serve (fd, type);
	}
	close (pipes[1]);
	{
		guint16 own = 0;

		g_assert_cmpint (read (pipes[0], &own, sizeof own), ==, sizeof own);
		server.port = own;
	}
	close (pipes[0]);
	return server;
}

void
test_server_stop (Server *server)
{
	kill (server->pid, SIGKILL);
	g_assert_cmpint (waitpid (server->pid, NULL, 0), ==, server->pid);
}

/* In a child. */
static gboolean
hear (int type, const char *address, guint port)
{
	struct sockaddr_storage where;
	socklen_t size = address_make (address, port, &where);
	int fd = socket (where.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wanted = {.fd = fd, .events = type == SOCK_STREAM ? POLLOUT : POLLIN};
	char text[16] = "";

	if (fd < 0 || (connect (fd, (struct sockaddr *) &where, size) < 0 && errno != EINPROGRESS))
		return FALSE;
	if (type == SOCK_DGRAM && send (fd, "?", 1, 0) != 1)
		return FALSE;
	if (type == SOCK_STREAM && poll (&wanted, 1, CLIENT_TIMEOUT_MSEC) != 1)
		return FALSE;
	wanted.events = POLLIN;
	if (poll (&wanted, 1, type == SOCK_STREAM ? CLIENT_TIMEOUT_MSEC : 1000) != 1)
		return FALSE;
	return recv (fd, text, sizeof text - 1, 0) == (ssize_t) strlen (HELLO) &&
	       strcmp (text, HELLO) == 0;
}

gboolean
test_client_hears (int netns_fd, int type, const char *address, guint port)
{
	pid_t child = fork ();
	int status;

	if (child == 0) {
		gboolean heard;

		enter (netns_fd);
		heard = hear (type, address, port);
		/* Datagrams may get lost. */
		for (guint i = 0; type == SOCK_DGRAM && !heard && i < 2; i++)
			heard = hear (type, address, port);
		_exit (heard ? 1 : 0);
	}
	status = child_status (child);
	g_assert_cmpint (status, <=, 1);
	return status == 1;
}

char *
test_program (const World *world, const char *name, const char *text)
{
	g_autoptr (GError) error = NULL;
	char *path = g_build_filename (world->directory, name, NULL);

	g_file_set_contents (path, text, -1, &error);
	g_assert_no_error (error);
	g_assert_cmpint (chmod (path, 0755), ==, 0);
	return path;
}
