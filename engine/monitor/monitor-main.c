/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loop of the monitor, and the order of things at the end. */

#include "monitor.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long clients have to clean up before on_exit does it. */
#define LINGER_MSEC 10000
#define N_EVENTS 16

bool
monitor_watch (struct monitor *monitor, int fd, unsigned source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = source};

	return epoll_ctl (monitor->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
monitor_unwatch (struct monitor *monitor, int fd)
{
	epoll_ctl (monitor->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static bool
monitor_open (struct monitor *monitor)
{
	struct monitor_arguments *arguments = &monitor->arguments;

	monitor->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
	monitor->listen_fd = -1;
	monitor->log.fd = -1;
	monitor->log.buffer = monitor->buffer;
	monitor->log.dir_fd = arguments->log_fd;
	monitor->log.name = arguments->log_name;
	monitor->log.max_size = arguments->log_size;
	monitor->log.max_files = arguments->log_files;
	if (monitor->epoll_fd < 0 || !monitor_process_open (monitor) ||
	    !monitor_exit_open (monitor) || !monitor_network_open (monitor) ||
	    (arguments->log_fd >= 0 && !monitor_log_open (&monitor->log)) ||
	    !monitor_stream_open (monitor) || !monitor_server_open (monitor))
		return false;
	if (arguments->client_fd >= 0 && !monitor_server_add (monitor, arguments->client_fd, true))
		return false;
	/* Nobody will ever write to it. */
	if (arguments->client_fd < 0 && !arguments->stdin_open && arguments->terminal_fd < 0)
		monitor_stream_close_input (monitor);
	if (arguments->ready_fd >= 0) {
		while (write (arguments->ready_fd, "", 1) < 0 && errno == EINTR)
			continue;
		close (arguments->ready_fd);
	}
	return true;
}

static void
event_handle (struct monitor *monitor, const struct epoll_event *event)
{
	switch (event->data.u32) {
	case MONITOR_SOURCE_SIGNAL:
		monitor_process_signals (monitor);
		break;
	case MONITOR_SOURCE_PROCESS:
		monitor_process_ended (monitor);
		break;
	case MONITOR_SOURCE_LISTEN:
		/* Last of all: who has left in the same round makes room. */
		monitor->accept_due = true;
		break;
	case MONITOR_SOURCE_OUTPUT:
	case MONITOR_SOURCE_ERROR_OUTPUT:
		if (!monitor->paused)
			monitor_stream_read (monitor, event->data.u32 - MONITOR_SOURCE_OUTPUT);
		break;
	case MONITOR_SOURCE_INPUT:
		monitor_server_unblock (monitor);
		break;
	default:
		if (event->data.u32 < MONITOR_SOURCE_CLIENT) {
			monitor_network_ended (monitor, event->data.u32 - MONITOR_SOURCE_HELPER);
			break;
		}
		monitor_server_event (monitor, event->data.u32 - MONITOR_SOURCE_CLIENT,
				      event->events);
		break;
	}
}

static void
timers_handle (struct monitor *monitor)
{
	if (monitor_timer_take (monitor, MONITOR_TIMER_ACCEPT) && monitor->listen_fd >= 0)
		monitor_watch (monitor, monitor->listen_fd, MONITOR_SOURCE_LISTEN, EPOLLIN);
	if (monitor_timer_take (monitor, MONITOR_TIMER_TIMEOUT) && !monitor->child_ended) {
		monitor->timed_out = true;
		monitor_process_stop (monitor);
	}
	if (monitor_timer_take (monitor, MONITOR_TIMER_KILL) && !monitor->child_ended)
		monitor_process_kill (monitor);
	if (monitor_timer_take (monitor, MONITOR_TIMER_LINGER)) {
		monitor->lingered = true;
		if (!monitor->concluded)
			monitor_process_run_on_exit (monitor);
	}
}

/*
 * The order is a promise: log complete, exit file there, no more connections, EXIT, mounts gone,
 * the exit file's lock free, the end of what we say. Whoever fails to connect finds the exit file,
 * whoever gets EXIT finds all of it, and whoever gets the lock or our end finds nothing mounted.
 */
static void
container_end (struct monitor *monitor)
{
	monitor->ended = true;
	monitor_timer_clear (monitor, MONITOR_TIMER_TIMEOUT);
	monitor_timer_clear (monitor, MONITOR_TIMER_KILL);
	monitor_stream_drain (monitor);
	/* What clients said before the end must count: a user's stop comes right before it. */
	monitor_server_accept (monitor);
	monitor_server_hear (monitor);
	monitor_exit_write (monitor);
	monitor_server_close (monitor);
	monitor_server_tell_exit (monitor);
	monitor_exit_release (monitor);
	monitor_server_shut (monitor);
	monitor_timer_set (monitor, MONITOR_TIMER_LINGER, LINGER_MSEC);
}

/* Whether there is nothing left to do. */
static bool
monitor_conclude (struct monitor *monitor)
{
	if (!monitor->ended)
		return false;
	if (!monitor->concluded && (monitor->cleaned || monitor->n_clients == 0))
		monitor_process_run_on_exit (monitor);
	return monitor->concluded && monitor->n_clients == 0;
}

static void
monitor_run (struct monitor *monitor)
{
	struct epoll_event events[N_EVENTS];

	for (;;) {
		int n_events;

		if (monitor->child_ended && !monitor->ended)
			container_end (monitor);
		monitor_server_tidy (monitor);
		monitor_stream_pace (monitor);
		if (monitor_conclude (monitor))
			return;
		n_events = epoll_wait (monitor->epoll_fd, events, N_EVENTS,
				       monitor_timer_wait (monitor));
		for (int i = 0; i < n_events; i++)
			event_handle (monitor, &events[i]);
		monitor_server_tidy (monitor);
		if (monitor->accept_due)
			monitor_server_accept (monitor);
		timers_handle (monitor);
	}
}

int
main (int argc, char **argv)
{
	/* Not on the stack, where all of it would count from the start. */
	static struct monitor monitor;

	(void) argc;
	setsid ();
	umask (077);
#ifndef DAVIT_SANITIZED
	/* No other process of this user, a container's on the host's pids say, may trace it. */
	prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	if (!monitor_arguments_parse (&monitor.arguments, argv))
		return 2;
	if (!monitor_open (&monitor))
		return 1;
	monitor_run (&monitor);
	return 0;
}
