/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line of the monitor: "key=value" words, then "--" and the words of on_exit. */

#pragma once

#include "protocol.h"

#include <stdbool.h>
#include <stdint.h>

/* One of each network that has such a thing. */
struct monitor_descriptors {
	int fds[DAVIT_PROTOCOL_NETWORK_LIMIT];
	unsigned count;
};

/* See launch.h, which writes them. Descriptors are -1 where there is none. */
struct monitor_arguments {
	int run_fd;
	int pid_fd;
	int terminal_fd;
	int stdin_fd;
	int stdout_fd;
	int stderr_fd;
	int mounts_fd;
	int log_fd;
	int client_fd;
	int ready_fd;
	int oom_fd;
	struct monitor_descriptors holds;   /* tell helpers that the container runs */
	struct monitor_descriptors helpers; /* their pidfds */
	uint64_t pid;
	uint64_t log_size;
	uint64_t log_files;
	uint64_t stdin_open;
	uint64_t timeout;
	uint64_t stop_signal;
	uint64_t stop_timeout;
	const char *id;
	const char *log_name;
	char **on_exit; /* NULL: none */
};

/*
 * Parses, and leaves nothing open but 0 to 2 and what is named, all of it close-on-exec. False if
 * a word is wrong.
 */
bool monitor_arguments_parse (struct monitor_arguments *arguments, char **argv);
