/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the monitor keeps mounted until the end is told. In place of a mount namespace it holds a
 * connection whose closing takes as long as the test wants: what was sent is to be delivered first
 * (SO_LINGER), and nobody reads it.
 */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/client.h"
#include "monitor/test-support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINGER_SECONDS 60
#define WAIT_MSEC 10000
#define SHORT_MSEC 50

/* ret_held: closes slowly as long as the other end is open. */
static void
connection_make (int *ret_held, int *ret_other)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
	const struct linger linger = {1, LINGER_SECONDS};
	socklen_t length = sizeof address;
	davit_autofd listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const char data[65536];

	*ret_held = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint (bind (listener, (struct sockaddr *) &address, length), ==, 0);
	g_assert_cmpint (listen (listener, 1), ==, 0);
	g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
	g_assert_cmpint (connect (*ret_held, (struct sockaddr *) &address, length), ==, 0);
	*ret_other = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
	g_assert_cmpint (*ret_other, >=, 0);
	g_assert_cmpint (setsockopt (*ret_held, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==,
			 0);
	while (send (*ret_held, data, sizeof data, MSG_DONTWAIT) > 0)
		continue;
	g_assert_cmpint (errno, ==, EAGAIN);
}

/* Starts one that runs until something is written to ret_go. */
static void
start (TestMonitor *monitor, int held, int *ret_go)
{
	TestContainer container;

	test_container_init (&container, "read line <go");
	container.client = TRUE;
	container.launch.mounts_fd = held;
	test_monitor_init (monitor);
	g_assert_cmpint (mkfifoat (monitor->dirfd, "go", 0600), ==, 0);
	test_monitor_start (monitor, &container);
	*ret_go = openat (monitor->dirfd, "go", O_WRONLY | O_CLOEXEC);
	g_assert_cmpint (*ret_go, >=, 0);
}

static void
assert_mounted (const TestMonitor *monitor, int monitor_fd)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_monitor_wait_mounts (monitor->dirfd, monitor_fd, SHORT_MSEC, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT);
	g_assert_cmpstr (error->message, ==,
			 "lock \"mounts of the container\": in use by another process for more "
			 "than 50 ms");
}

/* The end is told first, and whoever waits for the mounts learns when they are gone. */
static void
test_end_first (void)
{
	davit_autofd held = -1;
	davit_autofd other = -1;
	davit_autofd go = -1;
	TestMonitor monitor;
	DavitExit end = {.status = 42};
	char byte;

	connection_make (&held, &other);
	start (&monitor, held, &go);
	davit_fd_close (&held);
	g_assert_cmpint (write (go, "\n", 1), ==, 1);
	g_assert_true (davit_monitor_wait (monitor.client_fd, -1, &end, NULL));
	g_assert_cmpint (end.status, ==, 0);
	assert_mounted (&monitor, -1);
	assert_mounted (&monitor, monitor.client_fd);
	/* With what it has not read it goes at once, and so does the other end. */
	davit_fd_close (&other);
	g_assert_true (
		davit_monitor_wait_mounts (monitor.dirfd, monitor.client_fd, WAIT_MSEC, NULL));
	/* Nothing is said any more; what we say still counts. */
	g_assert_cmpint (read (monitor.client_fd, &byte, 1), ==, 0);
	g_assert_true (davit_monitor_cleaned (monitor.client_fd, NULL));
	davit_fd_close (&monitor.client_fd);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	test_monitor_clear (&monitor);
}

/* Held as long as the container runs, and no wait is longer than the monitor lives. */
static void
test_killed (void)
{
	davit_autofd held = -1;
	davit_autofd go = -1;
	davit_autofd file = -1;
	TestMonitor monitor;
	struct pollfd end = {.events = POLLIN};
	int ends[2];

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	held = ends[1];
	start (&monitor, held, &go);
	davit_fd_close (&held);
	end.fd = ends[0];
	g_assert_cmpint (poll (&end, 1, 0), ==, 0);
	file = openat (monitor.dirfd, "exit.new", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (file, >=, 0);
	g_assert_cmpint (flock (file, LOCK_EX | LOCK_NB), <, 0);
	g_assert_cmpint (errno, ==, EWOULDBLOCK);
	g_assert_cmpint (renameat (monitor.dirfd, "exit.new", monitor.dirfd, "exit"), ==, 0);
	assert_mounted (&monitor, -1);
	g_assert_cmpint (kill (monitor.pid, SIGKILL), ==, 0);
	g_assert_cmpint (write (go, "\n", 1), ==, 1);
	g_assert_true (davit_monitor_wait_mounts (monitor.dirfd, -1, WAIT_MSEC, NULL));
	g_assert_cmpint (test_monitor_join (&monitor), ==, SIGKILL);
	g_assert_cmpint (poll (&end, 1, 0), ==, 1);
	close (ends[0]);
	test_monitor_clear (&monitor);
}

/* Without an exit file there is nobody who holds anything. */
static void
test_no_file (void)
{
	TestMonitor monitor;

	test_monitor_init (&monitor);
	g_assert_true (davit_monitor_wait_mounts (monitor.dirfd, -1, 0, NULL));
	test_monitor_clear (&monitor);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/monitor/mounts/end-first", test_end_first);
	g_test_add_func ("/monitor/mounts/killed", test_killed);
	g_test_add_func ("/monitor/mounts/no-file", test_no_file);
	return g_test_run ();
}
