/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The caller's side of a connection to a process: standard streams, terminal, keys and signals.
 * What attach and relay have in common.
 */

#pragma once

#include "monitor/detach-keys.h"
#include "monitor/signals.h"
#include "monitor/terminal.h"

G_BEGIN_DECLS

/* What the kernel takes of a pipe that poll calls writable, without blocking. */
#define DAVIT_CALLER_PIECE 4096

/**
 * DavitCaller: see DavitAttach and DavitRelay, from which it is filled.
 */
typedef struct {
	int stdin_fd; /* -1: has ended, or is not connected */
	int stdout_fd;
	int stderr_fd;
	void (*forward) (int signal, gpointer data);
	gpointer data;
	DavitDetachKeys keys;
	DavitTerminal terminal;
	DavitSignals signals;
	gboolean resized; /* the size is to be passed on */
	/* What was read from stdin and has to go to the process. */
	guint8 input[DAVIT_CALLER_PIECE + DAVIT_DETACH_KEYS_LIMIT];
	gsize n_input;
	gboolean input_ended;
} DavitCaller;

/* Streams and forward are set. terminal: the process has one. Undo with close in any case. */
gboolean davit_caller_open (DavitCaller *caller, gboolean terminal, const char *detach_keys,
			    GError **error);
void davit_caller_close (DavitCaller *caller);

/* After poll found stdin readable and input is empty. ret_detached: the keys were typed. */
gboolean davit_caller_read (DavitCaller *caller, gboolean *ret_detached, GError **error);

/* After poll found the descriptor for signals readable. CANCELLED after one that ends us. */
gboolean davit_caller_handle_signals (DavitCaller *caller, GError **error);

/*
 * After poll found fd (stdout or stderr) writable: writes a piece, and says how long it was.
 * CANCELLED if the reader has gone away.
 */
gboolean davit_caller_write (int fd, const guint8 *data, gsize length, gsize *ret_done,
			     GError **error);

G_END_DECLS
