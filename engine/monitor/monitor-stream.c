/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The container's output, from its terminal or two pipes, and its input. */

#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How much one stream may bring before the others have their turn. */
#define ROUND_LIMIT 16

/*
 * What one stream may bring after the end. A pipe holds 1 MiB at most; a process that outlived the
 * first one, where they share a pid namespace with the host, could go on for ever.
 */
#define DRAIN_LIMIT (2u << 20)

static bool
descriptor_set_nonblock (int fd)
{
	int flags = fcntl (fd, F_GETFL);

	return flags >= 0 && fcntl (fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool
output_watch (struct monitor *monitor, unsigned index)
{
	uint32_t events = EPOLLIN | (monitor->edge ? (uint32_t) EPOLLET : 0);

	return monitor_watch (monitor, monitor->output_fds[index], MONITOR_SOURCE_OUTPUT + index,
			      events);
}

bool
monitor_stream_open (struct monitor *monitor)
{
	const struct monitor_arguments *arguments = &monitor->arguments;
	bool has_terminal = arguments->terminal_fd >= 0;

	monitor->output_fds[0] = has_terminal ? arguments->terminal_fd : arguments->stdout_fd;
	monitor->output_fds[1] = has_terminal ? -1 : arguments->stderr_fd;
	monitor->input_fd = arguments->stdin_fd;
	/* A second number, since epoll knows each only once, and input is watched now and then. */
	if (has_terminal)
		monitor->input_fd = fcntl (arguments->terminal_fd, F_DUPFD_CLOEXEC, 0);
	if (has_terminal && monitor->input_fd < 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (monitor->output_fds[i] >= 0 &&
		    (!descriptor_set_nonblock (monitor->output_fds[i]) ||
		     !output_watch (monitor, i)))
			return false;
	}
	return monitor->input_fd < 0 || descriptor_set_nonblock (monitor->input_fd);
}

static void
output_close (struct monitor *monitor, unsigned index)
{
	if (monitor->output_fds[index] < 0)
		return;
	if (!monitor->paused)
		monitor_unwatch (monitor, monitor->output_fds[index]);
	close (monitor->output_fds[index]);
	monitor->output_fds[index] = -1;
}

/*
 * A terminal that nobody has open answers EIO until somebody opens it again, as some init programs
 * do. Its hang-up stays readable all that time: edges, or the loop would spin.
 */
static void
terminal_left (struct monitor *monitor)
{
	if (monitor->edge)
		return;
	monitor_unwatch (monitor, monitor->output_fds[0]);
	monitor->edge = true;
	if (!output_watch (monitor, 0))
		output_close (monitor, 0);
}

/* Returns how many bytes came; 0: none for now, or never again. */
static size_t
output_read (struct monitor *monitor, unsigned index)
{
	ssize_t got;

	if (monitor->output_fds[index] < 0)
		return 0;
	do
		got = read (monitor->output_fds[index], monitor->chunk, sizeof monitor->chunk);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		monitor_server_output (monitor, index == 1, monitor->chunk, (size_t) got);
		return (size_t) got;
	}
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0 && errno == EIO && monitor->arguments.terminal_fd >= 0 && !monitor->child_ended)
		terminal_left (monitor);
	else
		output_close (monitor, index);
	return 0;
}

void
monitor_stream_read (struct monitor *monitor, unsigned index)
{
	bool terminal_edge;
	int round = 0;

	/* An edge comes once: then everything must be read now. */
	do {
		terminal_edge = monitor->edge && index == 0;
		if (output_read (monitor, index) == 0)
			return;
		monitor_stream_pace (monitor);
	} while (!monitor->paused && (terminal_edge || ++round < ROUND_LIMIT));
}

void
monitor_stream_drain (struct monitor *monitor)
{
	for (unsigned i = 0; i < 2; i++) {
		size_t total = 0;
		size_t got = 1;

		while (got > 0 && total < DRAIN_LIMIT) {
			got = output_read (monitor, i);
			total += got;
		}
		output_close (monitor, i);
	}
	monitor_stream_close_input (monitor);
}

/* The rule for the one client that may slow the container down; see protocol.h. */
static bool
client_paces (const struct monitor *monitor, const struct monitor_client *client)
{
	const struct monitor_log *log = &monitor->log;

	if (!client->first || client->dead || client->hung)
		return false;
	if (client->behind_fd < 0)
		return !log->enabled && !monitor_client_is_idle (client);
	return log->max_size > 0 &&
	       log->generation - client->behind.generation + 1 >= log->max_files;
}

static bool
pace_wanted (const struct monitor *monitor)
{
	const struct monitor_client *first = NULL;

	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		const struct monitor_client *client = monitor->clients[i];

		if (client == NULL || client->dead || client->hung ||
		    !(client->flags & (DAVIT_ATTACH_OUTPUT | DAVIT_ATTACH_ERROR_OUTPUT)))
			continue;
		if (!client->first)
			return false;
		first = client;
	}
	return first != NULL && client_paces (monitor, first);
}

void
monitor_stream_pace (struct monitor *monitor)
{
	bool pause = !monitor->child_ended && pace_wanted (monitor);

	if (pause == monitor->paused)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (monitor->output_fds[i] < 0)
			continue;
		/* Taken out altogether: a hang-up would be reported even with no events set. */
		if (pause)
			monitor_unwatch (monitor, monitor->output_fds[i]);
		else
			output_watch (monitor, i);
	}
	monitor->paused = pause;
}

size_t
monitor_stream_write (struct monitor *monitor, const char *data, size_t length)
{
	size_t done = 0;

	while (monitor->input_fd >= 0 && done < length) {
		ssize_t wrote = write (monitor->input_fd, data + done, length - done);

		if (wrote >= 0) {
			done += (size_t) wrote;
		} else if (errno == EAGAIN) {
			if (!monitor->input_watched)
				monitor->input_watched =
					monitor_watch (monitor, monitor->input_fd,
						       MONITOR_SOURCE_INPUT, EPOLLOUT);
			return done;
		} else if (errno == EIO && monitor->arguments.terminal_fd >= 0) {
			/* Nobody has the terminal open: as if typed into the void. */
			return length;
		} else if (errno != EINTR) {
			monitor_stream_close_input (monitor);
		}
	}
	return length;
}

void
monitor_stream_close_input (struct monitor *monitor)
{
	if (monitor->input_fd < 0)
		return;
	if (monitor->input_watched)
		monitor_unwatch (monitor, monitor->input_fd);
	monitor->input_watched = false;
	close (monitor->input_fd);
	monitor->input_fd = -1;
}
