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
	const NativeSeccomp *seccomp; /* or NULL */
	gboolean has_personality;
	gulong personality;
	int stdio[3];
	const int *pass_fds;
	gsize n_pass_fds;
	int *scratch; /* room for n_pass_fds + 3 numbers, from the parent */
	int *keep[2]; /* descriptors that the child goes on to need; moved, or NULL */
	NativeReport *report;
} NativeFinal;

/* Descriptors and privileges. What is open and not kept is closed. */
gboolean native_final_prepare (NativeFinal *final);

/* The working directory, which may be a path that only the process itself has: /proc/self/cwd. */
gboolean native_final_enter (const NativeFinal *final);

/* Executes the program. Says on socket that it comes to that, and returns if it failed. */
gboolean native_final_execute (const NativeFinal *final, int socket);

/* Session, keyring and controlling terminal (slave -1: none), and signals as a program expects. */
gboolean native_final_detach (int slave, NativeReport *report);

G_END_DECLS
