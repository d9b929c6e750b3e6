/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first process of a container, from its first instruction until it executes the program. It
 * makes system calls only: nothing here may allocate, lock or look anything up.
 */

#pragma once

#include "native-cgroup.h"
#include "native-seccomp.h"
#include "native-self.h"
#include "native-spec.h"

G_BEGIN_DECLS

typedef struct {
	NativeSpec *spec;
	const NativeCgroup *cgroup;
	const NativeSeccomp *seccomp;
	const NativeSelf *self;
	int proc_fd;  /* the host's procfs */
	int socket;   /* to the parent */
	int listener; /* where start will call */
	int stdio[3];
	const int *pass_fds;
	gsize n_pass_fds;
	int *scratch; /* room for n_pass_fds + 3 */
} NativeInit;

/* data: a NativeInit. Never returns. */
void native_init_run (gpointer data);

G_END_DECLS
