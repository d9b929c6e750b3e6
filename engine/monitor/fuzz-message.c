/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the monitor's side of a connection (libFuzzer): any bytes that a client sends are
 * answered or refused, and leave buffers and descriptors as they should be. Linked with the
 * monitor's sources but its main file.
 */

#include "monitor.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

/* What monitor-main.c has. */
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

/* The first byte chooses whether the container reads its input. */
static void
input_make (struct monitor *monitor, int *ret_read, bool reads)
{
	int fds[2];

	if (pipe2 (fds, O_CLOEXEC | O_NONBLOCK) < 0)
		abort ();
	monitor->input_fd = fds[1];
	*ret_read = reads ? fds[0] : -1;
	if (!reads)
		close (fds[0]);
}

static void
client_check (const struct monitor_client *client)
{
	if (client->in_used > sizeof client->in || client->out_start > client->out_end ||
	    client->out_end > client->out_size)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
	static struct monitor monitor;
	int input_read;
	int fds[2];

	if (size == 0)
		return 0;
	signal (SIGPIPE, SIG_IGN);
	memset (&monitor, 0, offsetof (struct monitor, buffer));
	monitor.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
	monitor.listen_fd = monitor.output_fds[0] = monitor.output_fds[1] = -1;
	monitor.log.fd = -1;
	monitor.arguments.terminal_fd = -1;
	monitor.arguments.stdin_open = bytes[0] & 1;
	input_make (&monitor, &input_read, bytes[0] & 2);
	if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ||
	    !monitor_server_add (&monitor, fds[0], bytes[0] & 4))
		abort ();
	(void) !send (fds[1], bytes + 1, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	monitor_server_event (&monitor, 0, EPOLLIN | EPOLLOUT);
	client_check (monitor.clients[0]);
	monitor_server_output (&monitor, false, "hello\n", 6);
	client_check (monitor.clients[0]);
	monitor_server_tidy (&monitor);
	close (fds[1]);
	if (monitor.clients[0] != NULL)
		monitor_server_event (&monitor, 0, EPOLLIN | EPOLLHUP);
	monitor.lingered = true;
	monitor_server_tell_exit (&monitor);
	monitor_server_tidy (&monitor);
	if (monitor.n_clients != 0)
		__builtin_trap ();
	monitor_stream_close_input (&monitor);
	if (input_read >= 0)
		close (input_read);
	close (monitor.epoll_fd);
	return 0;
}
