/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One connection: its buffers, its messages, and where in the log it is if it has fallen behind.
 * What the messages do is monitor-server.c's.
 */

#pragma once

#include "monitor-log.h"
#include "protocol.h"

#include <sys/types.h>

/* Beyond this, and what the kernel holds for the socket, a client has fallen behind. */
#define MONITOR_CLIENT_OUT_SIZE 20480

/* Kept free for messages that must not be lost: LOST, EXIT, UNSUPPORTED. */
#define MONITOR_CLIENT_RESERVE 1024

struct monitor_client {
	int fd;
	uint32_t flags;	    /* DAVIT_ATTACH_* */
	bool first;	    /* the monitor was started with it */
	bool dead;	    /* to be closed at the end of this round */
	bool hung;	    /* the other end is gone; what it sent is still read */
	bool input_blocked; /* its input waits until the container reads */
	bool exit_due;	    /* gets EXIT when it has caught up */
	bool grow;	    /* the container has ended: keep all for it */
	uint32_t events;    /* that epoll watches for */
	uint64_t lost;	    /* bytes that it has not been told of */
	bool lost_unknown;  /* it lost something that nobody counted */
	int behind_fd;	    /* where it reads on; -1: it has all */
	struct monitor_log_position behind;
	size_t out_start;
	size_t out_end;
	size_t out_size;
	char *out; /* mapped */
	size_t in_used;
	char in[sizeof (DavitMessageHeader) + DAVIT_PROTOCOL_PAYLOAD_LIMIT];
};

/* Both return memory to the kernel when they go: 10,000 attaches leave nothing. NULL: none left. */
struct monitor_client *monitor_client_new (int fd);
void monitor_client_free (struct monitor_client *client);

/* Sends or keeps a message; false if there is no room for it. */
bool monitor_client_send (struct monitor_client *client, uint16_t type, const void *data,
			  size_t length);

/* The same for one that must get through: a client without room for it is dropped. */
void monitor_client_tell (struct monitor_client *client, uint16_t type, const void *data,
			  size_t length);

/* Sends what is kept. */
void monitor_client_flush (struct monitor_client *client);

static inline bool
monitor_client_is_idle (const struct monitor_client *client)
{
	return client->out_start == client->out_end;
}

/*
 * Output for it: sent, kept, or left to the log from position on. lost: how much of it the log has
 * not got.
 */
void monitor_client_output (struct monitor_client *client, const struct monitor_log *log,
			    const struct monitor_log_position *position, uint64_t lost,
			    bool is_stderr, const char *data, size_t length);

/* Places it in the log, from which catch_up goes on. */
void monitor_client_fall_behind (struct monitor_client *client, const struct monitor_log *log,
				 const struct monitor_log_position *position);

/* Gives it as much of the log as it takes. chunk: DAVIT_PROTOCOL_PAYLOAD_LIMIT bytes to work in. */
void monitor_client_catch_up (struct monitor_client *client, const struct monitor_log *log,
			      char *chunk);

/* Tells it what it has lost, if anything. */
void monitor_client_tell_lost (struct monitor_client *client);
