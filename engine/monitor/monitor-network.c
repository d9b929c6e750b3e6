/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Processes without which the container has no connection. They run on the host and may be killed
 * there; the container runs on, and nobody would know why nothing answers it any more. Who asks how
 * the container is finds out by itself (its run names them): here it is told to those who see its
 * output, and written into its log, which says when it was.
 */

#include "monitor.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WHO "davit-monitor: "
#define WHAT "a process that connects the container has ended; restart the container"

bool
monitor_network_open (struct monitor *monitor)
{
	const struct monitor_descriptors *helpers = &monitor->arguments.helpers;

	for (unsigned i = 0; i < helpers->count; i++) {
		if (!monitor_watch (monitor, helpers->fds[i], MONITOR_SOURCE_HELPER + i, EPOLLIN))
			return false;
	}
	return true;
}

/* Both may be found in one round, and helpers of a container that is removed are ended at once. */
static bool
container_has_ended (const struct monitor *monitor)
{
	struct pollfd process = {monitor->arguments.pid_fd, POLLIN, 0};

	return monitor->child_ended || poll (&process, 1, 0) > 0;
}

void
monitor_network_ended (struct monitor *monitor, unsigned index)
{
	static const char line[] = WHO WHAT "\n";

	monitor_unwatch (monitor, monitor->arguments.helpers.fds[index]);
	if (container_has_ended (monitor))
		return;
	monitor_server_notify (monitor, WHAT);
	monitor_log_write (&monitor->log, true, line, sizeof line - 1);
}

void
monitor_network_release (struct monitor *monitor)
{
	struct monitor_descriptors *holds = &monitor->arguments.holds;

	while (holds->count > 0)
		close (holds->fds[--holds->count]);
}
