/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line of the monitor, and the descriptors that it inherits. */

#include "monitor-arguments.h"

#include "monitor-text.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct key {
	const char *name;
	enum { DESCRIPTOR, DESCRIPTORS, NUMBER, TEXT } type;
	size_t offset;
	uint64_t maximum;
};

#define KEY(name, type, member, maximum)                                                           \
	{                                                                                          \
		name, type, offsetof (struct monitor_arguments, member), maximum                   \
	}

/* DESCRIPTORS: may come once for each network. */
static const struct key keys[] = {
	KEY ("run", DESCRIPTOR, run_fd, INT_MAX),
	KEY ("pidfd", DESCRIPTOR, pid_fd, INT_MAX),
	KEY ("terminal", DESCRIPTOR, terminal_fd, INT_MAX),
	KEY ("stdin", DESCRIPTOR, stdin_fd, INT_MAX),
	KEY ("stdout", DESCRIPTOR, stdout_fd, INT_MAX),
	KEY ("stderr", DESCRIPTOR, stderr_fd, INT_MAX),
	KEY ("mounts", DESCRIPTOR, mounts_fd, INT_MAX),
	KEY ("log", DESCRIPTOR, log_fd, INT_MAX),
	KEY ("client", DESCRIPTOR, client_fd, INT_MAX),
	KEY ("ready", DESCRIPTOR, ready_fd, INT_MAX),
	KEY ("oom", DESCRIPTOR, oom_fd, INT_MAX),
	KEY ("hold", DESCRIPTORS, holds, INT_MAX),
	KEY ("helper", DESCRIPTORS, helpers, INT_MAX),
	KEY ("pid", NUMBER, pid, INT_MAX),
	KEY ("log-size", NUMBER, log_size, INT64_MAX),
	KEY ("log-files", NUMBER, log_files, UINT_MAX),
	KEY ("stdin-open", NUMBER, stdin_open, 1),
	KEY ("timeout", NUMBER, timeout, INT64_MAX),
	KEY ("stop-signal", NUMBER, stop_signal, _NSIG - 1),
	KEY ("stop-timeout", NUMBER, stop_timeout, INT64_MAX),
	KEY ("id", TEXT, id, 0),
	KEY ("log-name", TEXT, log_name, 0),
};

#define N_KEYS (sizeof keys / sizeof keys[0])

static const struct key *
key_find (const char *word, const char **ret_value)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		size_t length = strlen (keys[i].name);

		if (strncmp (word, keys[i].name, length) == 0 && word[length] == '=') {
			*ret_value = word + length + 1;
			return &keys[i];
		}
	}
	return NULL;
}

static bool
descriptor_parse (const char *value, int *ret)
{
	uint64_t number;

	if (!monitor_text_parse (value, INT_MAX, &number))
		return false;
	*ret = (int) number;
	return *ret > STDERR_FILENO && fcntl (*ret, F_SETFD, FD_CLOEXEC) == 0;
}

static bool
word_parse (struct monitor_arguments *arguments, const char *word)
{
	const char *value;
	const struct key *key = key_find (word, &value);
	struct monitor_descriptors *list;
	void *member;
	uint64_t number;

	if (key == NULL)
		return false;
	member = (char *) arguments + key->offset;
	switch (key->type) {
	case DESCRIPTOR:
		return descriptor_parse (value, member);
	case DESCRIPTORS:
		list = member;
		return list->count < DAVIT_PROTOCOL_NETWORK_LIMIT &&
		       descriptor_parse (value, &list->fds[list->count++]);
	case TEXT:
		memcpy (member, &value, sizeof value);
		return true;
	case NUMBER:
	default:
		if (!monitor_text_parse (value, key->maximum, &number))
			return false;
		memcpy (member, &number, sizeof number);
		return true;
	}
}

/* Those of one key; returns how many, which is 0 for a key of another type. */
static unsigned
descriptors_of (const struct monitor_arguments *arguments, const struct key *key,
		const int **ret_fds)
{
	const void *member = (const char *) arguments + key->offset;
	const struct monitor_descriptors *list = member;

	if (key->type == DESCRIPTORS) {
		*ret_fds = list->fds;
		return list->count;
	}
	*ret_fds = member;
	return key->type == DESCRIPTOR ? 1 : 0;
}

/* The lowest one above floor that is ours; INT_MAX: there is none. */
static int
descriptor_next (const struct monitor_arguments *arguments, int floor)
{
	int next = INT_MAX;

	for (size_t i = 0; i < N_KEYS; i++) {
		const int *fds;
		unsigned count = descriptors_of (arguments, &keys[i], &fds);

		for (unsigned j = 0; j < count; j++) {
			if (fds[j] > floor && fds[j] < next)
				next = fds[j];
		}
	}
	return next;
}

/* Whatever else came through is closed: a lock that lived on here would never be freed. */
static void
others_close (const struct monitor_arguments *arguments)
{
	int floor = STDERR_FILENO;

	for (;;) {
		int next = descriptor_next (arguments, floor);

		if (next == INT_MAX) {
			close_range ((unsigned) floor + 1, ~0u, 0);
			return;
		}
		if (next > floor + 1)
			close_range ((unsigned) floor + 1, (unsigned) next - 1, 0);
		floor = next;
	}
}

bool
monitor_arguments_parse (struct monitor_arguments *arguments, char **argv)
{
	const int none = -1;

	for (size_t i = 0; i < N_KEYS; i++) {
		if (keys[i].type == DESCRIPTOR)
			memcpy ((char *) arguments + keys[i].offset, &none, sizeof none);
	}
	if (*argv != NULL)
		argv++;
	for (; *argv != NULL && strcmp (*argv, "--") != 0; argv++) {
		if (!word_parse (arguments, *argv))
			return false;
	}
	if (argv[0] != NULL && argv[1] != NULL)
		arguments->on_exit = argv + 1;
	others_close (arguments);
	return arguments->run_fd >= 0 && arguments->pid_fd >= 0 && arguments->pid > 0 &&
	       (arguments->log_fd < 0) == (arguments->log_name == NULL);
}
