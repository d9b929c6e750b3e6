/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The exit file: how the container ended. Its place is taken at the start, so that a run directory
 * that is full by then does not make a container look as if it had never ended; it appears by
 * rename, complete.
 *
 * The kernel takes the mounts of a container apart with the last reference to its mount namespace,
 * which takes it half a millisecond. The first process would do that before its end is seen; so we
 * hold the namespace, and let go of it when the end has been told. Who needs the mounts to be gone
 * waits for the lock of this file, which the kernel frees even if we are killed.
 */

#include "monitor-text.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_NAME DAVIT_PROTOCOL_EXIT ".new"
#define EXIT_SIZE 512

/*
 * The line "oom_kill N" of memory.events (cgroup v2) or memory.oom_control (v1). The kernel counts
 * there, so that nothing is missed by reading it at the end only.
 */
static uint64_t
oom_kills_read (const struct monitor *monitor)
{
	char text[512];
	const char *line = text;
	uint64_t kills;
	ssize_t got;

	if (monitor->arguments.oom_fd < 0)
		return 0;
	got = pread (monitor->arguments.oom_fd, text, sizeof text - 1, 0);
	if (got <= 0)
		return 0;
	text[got] = '\0';
	while (line != NULL && strncmp (line, "oom_kill ", 9) != 0) {
		line = strchr (line, '\n');
		if (line != NULL)
			line++;
	}
	if (line == NULL)
		return 0;
	text[strcspn (line, "\n") + (size_t) (line - text)] = '\0';
	return monitor_text_parse (line + 9, INT64_MAX, &kills) ? kills : 0;
}

bool
monitor_exit_open (struct monitor *monitor)
{
	int run_fd = monitor->arguments.run_fd;
	char blank[EXIT_SIZE];

	monitor->oom_kills = oom_kills_read (monitor);
	memset (blank, ' ', sizeof blank);
	/* Of the last run. */
	if (unlinkat (run_fd, DAVIT_PROTOCOL_EXIT, 0) < 0 && errno != ENOENT)
		return false;
	if (unlinkat (run_fd, TEMPORARY_NAME, 0) < 0 && errno != ENOENT)
		return false;
	monitor->exit_fd = openat (run_fd, TEMPORARY_NAME,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (monitor->exit_fd < 0 || flock (monitor->exit_fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	for (size_t done = 0; done < sizeof blank;) {
		ssize_t wrote = write (monitor->exit_fd, blank + done, sizeof blank - done);

		if (wrote < 0 && errno != EINTR)
			return false;
		done += wrote > 0 ? (size_t) wrote : 0;
	}
	return true;
}

static void
member_add (struct monitor_text *text, const char *key, uint64_t number)
{
	monitor_text_add (text, ",\"");
	monitor_text_add (text, key);
	monitor_text_add (text, "\":");
	monitor_text_add_number (text, number);
}

static void
flag_add (struct monitor_text *text, const char *key, bool flag)
{
	monitor_text_add (text, ",\"");
	monitor_text_add (text, key);
	monitor_text_add (text, flag ? "\":true" : "\":false");
}

void
monitor_exit_write (struct monitor *monitor)
{
	DavitMessageExit *exit = &monitor->exit;
	char data[EXIT_SIZE];
	struct monitor_text text = {data, sizeof data, 0};

	if (oom_kills_read (monitor) > monitor->oom_kills)
		exit->flags |= DAVIT_EXIT_OOM_KILLED;
	if (monitor->timed_out)
		exit->flags |= DAVIT_EXIT_TIMED_OUT;
	monitor_text_add (&text, "{\"version\":1");
	member_add (&text, "status", (uint64_t) exit->status);
	member_add (&text, "signal", (uint64_t) exit->signal);
	member_add (&text, "finished", (uint64_t) exit->finished);
	flag_add (&text, "oom_killed", exit->flags & DAVIT_EXIT_OOM_KILLED);
	flag_add (&text, "timed_out", exit->flags & DAVIT_EXIT_TIMED_OUT);
	flag_add (&text, "stopping", monitor->stopping);
	member_add (&text, "log_lost", monitor->log.lost);
	monitor_text_add (&text, "}\n");
	/* The blocks are there. If it fails all the same, nobody is left to be told. */
	if (pwrite (monitor->exit_fd, data, text.length, 0) == (ssize_t) text.length &&
	    ftruncate (monitor->exit_fd, (off_t) text.length) == 0)
		(void) !renameat (monitor->arguments.run_fd, TEMPORARY_NAME,
				  monitor->arguments.run_fd, DAVIT_PROTOCOL_EXIT);
	monitor_network_release (monitor);
}

void
monitor_exit_release (struct monitor *monitor)
{
	if (monitor->arguments.mounts_fd >= 0)
		close (monitor->arguments.mounts_fd);
	monitor->arguments.mounts_fd = -1;
	close (monitor->exit_fd);
	monitor->exit_fd = -1;
}
