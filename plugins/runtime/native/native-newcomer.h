/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process that comes into a pid namespace in which others are. What sees it there may have
 * CAP_SYS_PTRACE, and then reads and writes all that it has: /proc/PID/root, exe, fd, mem, dumpable
 * or not (CVE-2016-9962, CVE-2019-5736). So a process that stays outside does everything; this one
 * is made last, under its filter and with nothing but what the container is to have.
 */

#pragma once

#include "native-bare.h"
#include "native-final.h"

G_BEGIN_DECLS

/* In memory that it has: of native_bare_add. */
typedef struct {
	NativeProcess process;
	NativeFinal final;
	NativeReport report;
	int socket;   /* to the parent; kept */
	int listener; /* the same, for who needs it; -1 */
} NativeNewcomer;

/*
 * Runs in the parent: initializes bare, and copies what the process needs. groups and rlimits stay
 * those of process. seccomp may be NULL. What else final needs is for the caller to set.
 */
NativeNewcomer *native_newcomer_new (NativeBare *bare, const NativeProcess *process,
				     const RuntimeSeccomp *seccomp, GError **error);

/*
 * Runs in the process outside, when native_final_prepare has succeeded: makes the newcomer, in the
 * pid namespace that was joined, tells the parent of it and ends. The newcomer is a child of the
 * parent. On failure the parent is told too, and status is the exit status.
 */
void native_newcomer_send (NativeNewcomer *newcomer, const NativeBare *bare,
			   int (*run) (gpointer newcomer)) G_GNUC_NORETURN;

/* Runs in the newcomer: session, terminal (which became standard input) and directory. */
gboolean native_newcomer_arrive (NativeNewcomer *newcomer);

G_END_DECLS
