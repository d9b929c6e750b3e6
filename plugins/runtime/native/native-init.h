/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first process of a container, from its first instruction until it executes the program. It
 * makes system calls only: nothing here may allocate, lock or look anything up.
 */

#pragma once

#include "native-cgroup.h"
#include "native-final.h"
#include "native-newcomer.h"
#include "native-seccomp.h"
#include "native-self.h"
#include "native-spec.h"

G_BEGIN_DECLS

typedef struct {
	NativeSpec *spec;
	const RuntimeCgroup *cgroup;
	const RuntimeSeccomp *seccomp;
	const NativeSelf *self;
	int proc_fd;  /* the host's procfs */
	int socket;   /* to the parent */
	int listener; /* where start will call */
	int stdio[3];
	const int *pass_fds;
	gsize n_pass_fds;
	int *scratch;		  /* room for n_pass_fds + 3 */
	NativeNewcomer *newcomer; /* with bare: if a pid namespace is joined */
	const NativeBare *bare;
} NativeInit;

/* data: a NativeInit. Never returns. */
void native_init_run (gpointer data);

/* Its steps, for native-joined.c. */

/* FALSE: the parent is gone. */
gboolean native_init_wait_for_parent (int socket, NativeReport *report);

/* The program, and with a user namespace the host's root. */
gboolean native_init_leave_host (const NativeInit *init, NativeReport *report);

/* Groups, namespaces but pid and user, root file system. ret_slave: of the terminal. */
gboolean native_init_make (NativeInit *init, int *ret_slave, NativeReport *report);

/* Says that all is made, waits for start, executes the program. Both end the process. */
void native_init_finish (NativeFinal *final, int socket, int listener) G_GNUC_NORETURN;
void native_init_fail (int socket, const NativeReport *report) G_GNUC_NORETURN;

G_END_DECLS
