/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The monitor of one container: a single thread around one epoll instance. It needs libc alone and
 * opens no file by path.
 *
 *     monitor-main	the loop, and what its events are
 *     monitor-arguments	command line and inherited descriptors
 *     monitor-stream	the container's output and input
 *     monitor-server	socket, clients, their messages
 *     monitor-client	one client's buffers
 *     monitor-log		the log
 *     monitor-process	signals, reaping, stopping, on_exit
 *     monitor-exit		the exit file
 *     monitor-network	processes that connect the container
 *     monitor-timer	deadlines
 *     monitor-text		small texts
 */

#pragma once

#include "monitor-arguments.h"
#include "monitor-client.h"
#include "monitor-log.h"
#include "protocol.h"

#include <sys/types.h>

#define MONITOR_CLIENT_LIMIT 64

enum monitor_timer {
	MONITOR_TIMER_TIMEOUT, /* the container has run long enough */
	MONITOR_TIMER_KILL,    /* it has had its time to stop */
	MONITOR_TIMER_LINGER,  /* clients have had their time to clean up */
	MONITOR_TIMER_ACCEPT,  /* descriptors had run out */
	MONITOR_N_TIMERS,
};

/* What an event of epoll is about; the slot of a client is added to the last. */
enum monitor_source {
	MONITOR_SOURCE_SIGNAL,
	MONITOR_SOURCE_PROCESS,
	MONITOR_SOURCE_LISTEN,
	MONITOR_SOURCE_OUTPUT,
	MONITOR_SOURCE_ERROR_OUTPUT,
	MONITOR_SOURCE_INPUT,
	MONITOR_SOURCE_HELPER, /* and as many more as there can be networks */
	MONITOR_SOURCE_CLIENT = MONITOR_SOURCE_HELPER + DAVIT_PROTOCOL_NETWORK_LIMIT,
};

struct monitor {
	struct monitor_arguments arguments;
	int epoll_fd;
	int signal_fd;
	int listen_fd;
	ino_t socket_inode;
	int exit_fd; /* the exit file to be */
	uint64_t deadlines[MONITOR_N_TIMERS];
	struct monitor_log log;
	int output_fds[2]; /* -1: closed */
	int input_fd;	   /* -1: closed */
	bool input_watched;
	bool paused; /* output waits for the first client */
	bool edge;   /* nobody has the terminal open; wait for somebody who does */
	struct monitor_client *clients[MONITOR_CLIENT_LIMIT];
	unsigned n_clients;
	bool accept_due;

	bool child_ended; /* reaped, or known to be gone */
	bool ended;	  /* and the exit file is written */
	DavitMessageExit exit;
	uint64_t oom_kills; /* before the start */
	bool timed_out;
	bool stopping;	/* a user asked for it */
	bool cleaned;	/* a client has cleaned up */
	bool concluded; /* on_exit was started, or need not be */
	bool lingered;	/* who has got everything is not waited for any more */
	pid_t on_exit_pid;

	char buffer[MONITOR_LOG_RECORD_LIMIT];
	char chunk[DAVIT_PROTOCOL_PAYLOAD_LIMIT];
};

/* monitor-main.c */
bool monitor_watch (struct monitor *monitor, int fd, unsigned source, uint32_t events);
void monitor_unwatch (struct monitor *monitor, int fd);

/* monitor-timer.c; milliseconds */
void monitor_timer_set (struct monitor *monitor, enum monitor_timer timer, uint64_t after);
void monitor_timer_clear (struct monitor *monitor, enum monitor_timer timer);
/* For epoll_wait: until the next one, or -1. */
int monitor_timer_wait (const struct monitor *monitor);
/* Whether it has passed; if so, it is cleared. */
bool monitor_timer_take (struct monitor *monitor, enum monitor_timer timer);

/* monitor-stream.c */
bool monitor_stream_open (struct monitor *monitor);
void monitor_stream_read (struct monitor *monitor, unsigned index);
/* Reads what is left after the end, and closes. */
void monitor_stream_drain (struct monitor *monitor);
/* Stops or resumes reading, as the first client has it. */
void monitor_stream_pace (struct monitor *monitor);
/* Returns how many bytes the container took, or all if there is nobody to take them. */
size_t monitor_stream_write (struct monitor *monitor, const char *data, size_t length);
void monitor_stream_close_input (struct monitor *monitor);

/* monitor-server.c */
bool monitor_server_open (struct monitor *monitor);
void monitor_server_accept (struct monitor *monitor);
void monitor_server_close (struct monitor *monitor);
bool monitor_server_add (struct monitor *monitor, int fd, bool first);
void monitor_server_event (struct monitor *monitor, unsigned slot, uint32_t events);
void monitor_server_output (struct monitor *monitor, bool is_stderr, const char *data,
			    size_t length);
/* A text for those who see its output. */
void monitor_server_notify (struct monitor *monitor, const char *text);
/* The container takes input again. */
void monitor_server_unblock (struct monitor *monitor);
/* Reads what clients have said by now. */
void monitor_server_hear (struct monitor *monitor);
void monitor_server_tell_exit (struct monitor *monitor);
/* Says to those who have got EXIT that no more comes. */
void monitor_server_shut (struct monitor *monitor);
/* At the end of a round: buries the dead, and says epoll what to look for. */
void monitor_server_tidy (struct monitor *monitor);

/* monitor-message.c: handles the messages that a client's buffer holds. */
void monitor_message_handle (struct monitor *monitor, struct monitor_client *client);
/* A client does not write to standard input any more; ended: and said so. */
void monitor_message_release_input (struct monitor *monitor, struct monitor_client *client,
				    bool ended);

/* monitor-process.c */
bool monitor_process_open (struct monitor *monitor);
void monitor_process_signals (struct monitor *monitor);
/* The pidfd says that the first process has ended. */
void monitor_process_ended (struct monitor *monitor);
void monitor_process_stop (struct monitor *monitor);
void monitor_process_kill (struct monitor *monitor);
void monitor_process_run_on_exit (struct monitor *monitor);

/* monitor-network.c */
bool monitor_network_open (struct monitor *monitor);
/* The pidfd of a helper says that it has ended. */
void monitor_network_ended (struct monitor *monitor, unsigned index);
/* The container has ended: its helpers may go. */
void monitor_network_release (struct monitor *monitor);

/* monitor-exit.c */
bool monitor_exit_open (struct monitor *monitor);
void monitor_exit_write (struct monitor *monitor);
/* Lets go of what the container has mounted, and only then of the file. */
void monitor_exit_release (struct monitor *monitor);
