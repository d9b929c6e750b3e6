/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Connects the caller's standard streams to a process that has no monitor (exec): through its
 * terminal, or through pipes, until it ends.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitRelay: descriptors of ours are -1 where they are not connected.
 */
typedef struct {
	int pidfd;	       /* the process, a child of ours */
	int terminal_fd;       /* its terminal's master; or the three below */
	int process_stdin_fd;  /* write end */
	int process_stdout_fd; /* read end */
	int process_stderr_fd; /* read end */
	int stdin_fd;	       /* the caller's */
	int stdout_fd;
	int stderr_fd;
	const char *detach_keys;
	void (*forward) (int signal, gpointer data); /* passes a signal on; or NULL */
	gpointer data;
} DavitRelay;

void davit_relay_init (DavitRelay *relay);

/* ret_status as of waitpid. Descriptors of the process are closed. */
gboolean davit_relay_run (DavitRelay *relay, gboolean *ret_detached, int *ret_status,
			  GError **error);

G_END_DECLS
