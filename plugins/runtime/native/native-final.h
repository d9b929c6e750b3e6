/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The last steps of every process of a container, first or further: descriptors, limits,
 * privileges, user, directory, filter, program. Run in the child.
 */

#pragma once

#include "native-process.h"
#include "native-report.h"
#include "native-seccomp.h"

G_BEGIN_DECLS

typedef struct {
	const NativeProcess *process;
	const RuntimeSeccomp *seccomp; /* or NULL */
	gboolean has_personality;
	gulong personality;
	int stdio[3];
	const int *pass_fds;
	gsize n_pass_fds;
	int *scratch; /* room for n_pass_fds + 3 numbers, from the parent */
	int *keep[2]; /* descriptors that the child goes on to need; moved, or NULL */
	NativeReport *report;
} NativeFinal;

/*
 * In this order. The process that executes the program may be another one than that which does the
 * first two steps, or three: it must be its child.
 */

/* Signals as a program expects them, and a keyring of its own. */
gboolean native_final_detach (NativeReport *report);

/* Descriptors, privileges, umask, personality. What is open and not kept is closed. */
gboolean native_final_prepare (NativeFinal *final);

/* The privileges that were left for the filter, with the filter: if others might use them. */
gboolean native_final_give_up (NativeFinal *final);

/* Session and controlling terminal; slave -1: none. Needs no privilege. */
gboolean native_final_lead (int slave, NativeReport *report);

/* The working directory, which may be a path that only the process itself has: /proc/self/cwd. */
gboolean native_final_enter (const NativeFinal *final);

/* Loads the filter, if what is left to do is sure to be possible with it. */
gboolean native_final_restrict (NativeFinal *final);

/* Executes the program. Says on socket that it comes to that, and returns if it failed. */
gboolean native_final_execute (const NativeFinal *final, int socket);

G_END_DECLS
