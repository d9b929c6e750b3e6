/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket in the run directory and the clients that are connected through it. */

#include "monitor-text.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ATTACH_ALL (DAVIT_ATTACH_INPUT | DAVIT_ATTACH_OUTPUT | DAVIT_ATTACH_ERROR_OUTPUT)
#define ACCEPT_RETRY_MSEC 1000

/* Through the descriptor of the directory: its path may be longer than a socket's name may be. */
static socklen_t
address_make (const struct monitor *monitor, struct sockaddr_un *address)
{
	struct monitor_text text = {address->sun_path, sizeof address->sun_path - 1, 0};

	address->sun_family = AF_UNIX;
	monitor_text_add (&text, "/proc/self/fd/");
	monitor_text_add_number (&text, (uint64_t) monitor->arguments.run_fd);
	monitor_text_add (&text, "/" DAVIT_PROTOCOL_SOCKET);
	address->sun_path[text.length] = '\0';
	return (socklen_t) (offsetof (struct sockaddr_un, sun_path) + text.length + 1);
}

bool
monitor_server_open (struct monitor *monitor)
{
	int run_fd = monitor->arguments.run_fd;
	struct sockaddr_un address;
	socklen_t length = address_make (monitor, &address);
	struct stat status;

	monitor->listen_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (monitor->listen_fd < 0)
		return false;
	/* Of a monitor that was killed. */
	if (unlinkat (run_fd, DAVIT_PROTOCOL_SOCKET, 0) < 0 && errno != ENOENT)
		return false;
	if (bind (monitor->listen_fd, (struct sockaddr *) &address, length) < 0 ||
	    fstatat (run_fd, DAVIT_PROTOCOL_SOCKET, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    listen (monitor->listen_fd, 64) < 0)
		return false;
	monitor->socket_inode = status.st_ino;
	return monitor_watch (monitor, monitor->listen_fd, MONITOR_SOURCE_LISTEN, EPOLLIN);
}

/* The next monitor of the same container may have its socket there already: look before. */
void
monitor_server_close (struct monitor *monitor)
{
	int run_fd = monitor->arguments.run_fd;
	struct stat status;

	if (monitor->listen_fd < 0)
		return;
	monitor_timer_clear (monitor, MONITOR_TIMER_ACCEPT);
	monitor_unwatch (monitor, monitor->listen_fd);
	close (monitor->listen_fd);
	monitor->listen_fd = -1;
	if (fstatat (run_fd, DAVIT_PROTOCOL_SOCKET, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_ino == monitor->socket_inode)
		unlinkat (run_fd, DAVIT_PROTOCOL_SOCKET, 0);
}

static void
hello_send (struct monitor *monitor, struct monitor_client *client)
{
	DavitMessageHello hello = {DAVIT_PROTOCOL_VERSION, 0};

	if (monitor->arguments.terminal_fd >= 0)
		hello.flags |= DAVIT_HELLO_TERMINAL;
	monitor_client_tell (client, DAVIT_MESSAGE_HELLO, &hello, sizeof hello);
}

bool
monitor_server_add (struct monitor *monitor, int fd, bool first)
{
	struct monitor_client *client;
	unsigned slot = 0;

	while (slot < MONITOR_CLIENT_LIMIT && monitor->clients[slot] != NULL)
		slot++;
	client = slot < MONITOR_CLIENT_LIMIT ? monitor_client_new (fd) : NULL;
	if (client == NULL)
		return false;
	client->events = EPOLLIN;
	client->first = first;
	client->flags = first ? ATTACH_ALL : 0;
	if (!monitor_watch (monitor, fd, MONITOR_SOURCE_CLIENT + slot, client->events)) {
		client->fd = -1;
		monitor_client_free (client);
		return false;
	}
	monitor->clients[slot] = client;
	monitor->n_clients++;
	hello_send (monitor, client);
	return true;
}

/* The run directory is private; this is for the day when somebody opens it up. */
static bool
peer_is_trusted (int fd)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == geteuid () || peer.uid == 0);
}

static void
peer_refuse (int fd, const char *reason)
{
	DavitMessageHeader header = {(uint32_t) strlen (reason), DAVIT_MESSAGE_REFUSED, 0};
	struct iovec vectors[2] = {{&header, sizeof header}, {(void *) reason, header.length}};
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};

	/* An empty socket has room for it. */
	(void) sendmsg (fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	close (fd);
}

void
monitor_server_accept (struct monitor *monitor)
{
	int fd;

	monitor->accept_due = false;
	while ((fd = accept4 (monitor->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0 ||
	       errno == EINTR || errno == ECONNABORTED) {
		if (fd < 0)
			continue;
		/* Who has left meanwhile makes room. */
		if (monitor->n_clients == MONITOR_CLIENT_LIMIT) {
			monitor_server_hear (monitor);
			monitor_server_tidy (monitor);
		}
		if (!peer_is_trusted (fd))
			peer_refuse (fd, "the container belongs to another user");
		else if (!monitor_server_add (monitor, fd, false))
			peer_refuse (fd, "too many clients are connected");
	}
	if (errno == EAGAIN)
		return;
	/* No descriptor or memory: the request stays readable, and epoll would ask for ever. */
	monitor_unwatch (monitor, monitor->listen_fd);
	monitor_timer_set (monitor, MONITOR_TIMER_ACCEPT, ACCEPT_RETRY_MSEC);
}

static void
client_read (struct monitor *monitor, struct monitor_client *client)
{
	while (!client->dead && !client->input_blocked) {
		ssize_t got = recv (client->fd, client->in + client->in_used,
				    sizeof client->in - client->in_used, MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			client->dead = true;
			return;
		}
		client->in_used += (size_t) got;
		monitor_message_handle (monitor, client);
	}
}

static void
client_flush (struct monitor *monitor, struct monitor_client *client)
{
	monitor_client_flush (client);
	if (client->behind_fd >= 0)
		monitor_client_catch_up (client, &monitor->log, monitor->chunk);
	if (client->behind_fd >= 0 || !monitor_client_is_idle (client))
		return;
	monitor_client_tell_lost (client);
	if (client->exit_due) {
		client->exit_due = false;
		monitor_client_tell (client, DAVIT_MESSAGE_EXIT, &monitor->exit,
				     sizeof monitor->exit);
	}
}

void
monitor_server_event (struct monitor *monitor, unsigned slot, uint32_t events)
{
	struct monitor_client *client = monitor->clients[slot];

	if (client == NULL || client->dead)
		return;
	if (events & EPOLLIN)
		client_read (monitor, client);
	if (events & (EPOLLHUP | EPOLLERR))
		client->hung = true;
	if (!client->dead && events & EPOLLOUT)
		client_flush (monitor, client);
}

void
monitor_server_output (struct monitor *monitor, bool is_stderr, const char *data, size_t length)
{
	uint32_t flag = is_stderr ? DAVIT_ATTACH_ERROR_OUTPUT : DAVIT_ATTACH_OUTPUT;
	struct monitor_log_position position = monitor_log_position (&monitor->log);
	uint64_t lost = monitor_log_write (&monitor->log, is_stderr, data, length);

	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		struct monitor_client *client = monitor->clients[i];

		if (client == NULL || client->dead || client->hung || !(client->flags & flag))
			continue;
		client->grow = monitor->child_ended && client->first;
		monitor_client_output (client, &monitor->log, &position, lost, is_stderr, data,
				       length);
	}
}

/* Whoever has fallen behind finds it in the log, and whoever has no room has much to read. */
void
monitor_server_notify (struct monitor *monitor, const char *text)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		struct monitor_client *client = monitor->clients[i];

		if (client == NULL || client->dead || client->hung || client->behind_fd >= 0 ||
		    !(client->flags & (DAVIT_ATTACH_OUTPUT | DAVIT_ATTACH_ERROR_OUTPUT)))
			continue;
		monitor_client_send (client, DAVIT_MESSAGE_NOTICE, text, strlen (text));
	}
}

void
monitor_server_unblock (struct monitor *monitor)
{
	monitor_unwatch (monitor, monitor->input_fd);
	monitor->input_watched = false;
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT && !monitor->input_watched; i++) {
		struct monitor_client *client = monitor->clients[i];

		if (client == NULL || !client->input_blocked)
			continue;
		client->input_blocked = false;
		monitor_message_handle (monitor, client);
		client_read (monitor, client);
	}
}

void
monitor_server_hear (struct monitor *monitor)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		if (monitor->clients[i] != NULL)
			client_read (monitor, monitor->clients[i]);
	}
}

void
monitor_server_tell_exit (struct monitor *monitor)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		struct monitor_client *client = monitor->clients[i];

		if (client == NULL || client->dead)
			continue;
		client->exit_due = true;
		/* What it could not get rid of has nobody to take it any more. */
		if (client->input_blocked) {
			client->input_blocked = false;
			monitor_message_handle (monitor, client);
		}
		client_flush (monitor, client);
	}
}

void
monitor_server_shut (struct monitor *monitor)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		struct monitor_client *client = monitor->clients[i];

		if (client != NULL && !client->dead && !client->exit_due &&
		    monitor_client_is_idle (client))
			shutdown (client->fd, SHUT_WR);
	}
}

static void
client_bury (struct monitor *monitor, unsigned slot)
{
	struct monitor_client *client = monitor->clients[slot];

	/* A last word, such as why it is refused. */
	monitor_client_flush (client);
	monitor_message_release_input (monitor, client, false);
	monitor->clients[slot] = NULL;
	monitor->n_clients--;
	monitor_unwatch (monitor, client->fd);
	monitor_client_free (client);
}

void
monitor_server_tidy (struct monitor *monitor)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		struct monitor_client *client = monitor->clients[i];
		uint32_t events;

		if (client == NULL)
			continue;
		if (client->hung && !client->input_blocked)
			client_read (monitor, client);
		if (monitor->lingered && client->behind_fd < 0 && monitor_client_is_idle (client))
			client->dead = true;
		if (client->dead || (client->hung && !client->input_blocked)) {
			client_bury (monitor, i);
			continue;
		}
		events = client->input_blocked ? 0 : EPOLLIN;
		if (client->behind_fd >= 0 || !monitor_client_is_idle (client))
			events |= EPOLLOUT;
		/* The other end is gone, and epoll would say so for ever: look no more. */
		if (client->hung)
			events = UINT32_MAX;
		if (events == client->events)
			continue;
		monitor_unwatch (monitor, client->fd);
		if (!client->hung &&
		    !monitor_watch (monitor, client->fd, MONITOR_SOURCE_CLIENT + i, events))
			client_bury (monitor, i);
		else
			client->events = events;
	}
}
