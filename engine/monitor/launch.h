/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Becoming the monitor of a container: the set-up child, whose child the container's first process
 * is, executes davit-monitor in its own place.
 *
 * The monitor gets numbers of descriptors and plain values as arguments and nothing else; it opens
 * no file by path. What it needs the engine for it does by running on_exit.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * DavitMonitorLaunch: descriptors are -1 where there is none. The monitor gets copies.
 */
typedef struct {
	const char *program; /* absolute path of davit-monitor */
	const char *id;
	int run_dirfd;	 /* the container's directory in runroot: socket and exit file */
	int pidfd;	 /* of the first process */
	pid_t pid;	 /* of the same */
	int terminal_fd; /* master of its terminal; or the three below */
	int stdin_fd;	 /* write end */
	int stdout_fd;	 /* read end */
	int stderr_fd;	 /* read end */
	int mounts_fd;	 /* its mount namespace, to be let go when its end is told; or -1 */
	int log_dirfd;	 /* where the log stands; -1: no log */
	const char *log_name;
	guint64 log_max_size; /* rotate when it would grow over this; 0: never */
	guint log_max_files;  /* how many files are kept, the current one included */
	int client_fd; /* a client that is attached from the start (a stream socket), or -1 */
	int ready_fd;  /* the monitor writes one byte when it serves, or -1 */
	/* Of each network, or -1 where there is none; at most DAVIT_PROTOCOL_NETWORK_LIMIT: */
	const int *hold_fds;   /* kept open until the container has ended */
	const int *helper_fds; /* pidfd of a process whose end before that is told */
	guint n_networks;
	gboolean stdin_open;  /* keep standard input open when the last client leaves */
	guint64 timeout_msec; /* ends the container then; 0: never */
	int stop_signal;      /* at the timeout; SIGKILL follows after stop_timeout_msec */
	guint64 stop_timeout_msec;
	const char *oom_path; /* memory.events (v2) or memory.oom_control (v1); or NULL */
	const char *const
		*on_exit; /* argv, run when the container has ended and nobody cleaned up */
} DavitMonitorLaunch;

void davit_monitor_launch_init (DavitMonitorLaunch *launch);

/**
 * DavitMonitorCommand: all that execve needs.
 */
typedef struct _DavitMonitorCommand DavitMonitorCommand;

/* Copies the descriptors for the monitor, and puts /dev/null in the place of 0 to 2. */
DavitMonitorCommand *davit_monitor_prepare (const DavitMonitorLaunch *launch, GError **error);

/*
 * Executes the monitor. Returns only on failure, with errno; one system call and nothing else, so
 * that somebody who shares memory with the caller may go on meanwhile.
 */
int davit_monitor_execute (const DavitMonitorCommand *command);

/* What that errno means; always FALSE. */
gboolean davit_monitor_execute_failed (const char *program, int number, GError **error);

/* Where close is set: also the descriptors, and 0 to 2 are what they were. */
void davit_monitor_command_free (DavitMonitorCommand *command, gboolean close_fds);

G_END_DECLS
