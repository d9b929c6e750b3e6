/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Processes that connect a container, and what the monitor makes of their end. */

#include "base/fd.h"
#include "monitor/message.h"
#include "monitor/test-support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t
helper_start (int *ret_pidfd)
{
	pid_t helper = fork ();

	if (helper == 0) {
		pause ();
		_exit (0);
	}
	g_assert_cmpint (helper, >, 0);
	*ret_pidfd = (int) syscall (SYS_pidfd_open, helper, 0);
	g_assert_cmpint (*ret_pidfd, >=, 0);
	return helper;
}

#define WHAT "a process that connects the container has ended; restart the container"

/* The log says that a process which connects the container has ended; the container runs on. */
static void
test_helper (void)
{
	TestContainer container;
	TestMonitor monitor;
	const int none = -1;
	DavitMessageReader reader = {0};
	g_autofree char *log = NULL;
	g_autofree char *texts = NULL;
	int helper_fd = -1;
	pid_t helper = helper_start (&helper_fd);

	test_container_init (&container, "read line <go; echo on");
	container.client = TRUE;
	test_monitor_init (&monitor);
	container.launch.hold_fds = &none;
	container.launch.helper_fds = &helper_fd;
	container.launch.n_networks = 1;
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	close (helper_fd);
	kill (helper, SIGKILL);
	g_assert_cmpint (waitpid (helper, NULL, 0), ==, helper);
	do
		g_assert_true (davit_message_wait (&reader, monitor.client_fd,
						   g_get_monotonic_time () + 10 * G_USEC_PER_SEC,
						   NULL));
	while (reader.header.type != DAVIT_MESSAGE_NOTICE);
	g_assert_cmpmem (davit_message_payload (&reader), reader.header.length, WHAT,
			 strlen (WHAT));
	{
		davit_autofd go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);

		g_assert_cmpint (write (go, "\n", 1), ==, 1);
	}
	close (monitor.client_fd);
	monitor.client_fd = -1;
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	log = test_monitor_read (&monitor, "ctr.log");
	texts = test_log_texts (log);
	g_assert_nonnull (strstr (texts, "eF:davit-monitor: " WHAT));
	g_assert_nonnull (strstr (texts, "oF:on"));
	test_monitor_clear (&monitor);
}

/* Kills a process that is not our child, and waits until its parent can see that. */
static void
kill_and_wait (pid_t pid)
{
	davit_autofd pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	g_assert_cmpint (pidfd, >=, 0);
	g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
	g_assert_cmpint (poll (&poll_fd, 1, 10000), ==, 1);
}

/* One that ends with its container is no news. */
static void
test_helper_with (void)
{
	TestContainer container;
	TestMonitor monitor;
	const int none = -1;
	g_autofree char *log = NULL;
	int helper_fd = -1;
	pid_t helper = helper_start (&helper_fd);

	test_container_init (&container, "read line <go");
	test_monitor_init (&monitor);
	container.launch.hold_fds = &none;
	container.launch.helper_fds = &helper_fd;
	container.launch.n_networks = 1;
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	close (helper_fd);
	/* Both find out in one round, the helper first by its number. */
	kill (monitor.pid, SIGSTOP);
	kill_and_wait (monitor.container_pid);
	kill (helper, SIGKILL);
	g_assert_cmpint (waitpid (helper, NULL, 0), ==, helper);
	kill (monitor.pid, SIGCONT);
	g_assert_cmpint (test_monitor_join (&monitor), ==, 0);
	log = test_monitor_read (&monitor, "ctr.log");
	g_assert_null (strstr (log, "connects"));
	test_monitor_clear (&monitor);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/helper/ends", test_helper);
	g_test_add_func ("/helper/ends-with-container", test_helper_with);
	return g_test_run ();
}
