/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Children that share our memory, as those of vfork do, while we go on. No page table is copied for
 * them, and no page after it: that is a twentieth of the time of a start.
 *
 * What the two have in common is also malloc and errno. So one of them has to wait in a system call
 * while the other does more than system calls that succeed.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * DavitChild: zero it first.
 */
typedef struct {
	pid_t pid;
	void *stack;
	gsize stack_size;
} DavitChild;

/* As much as a main thread mostly has, and what a few system calls need. */
#define DAVIT_CHILD_STACK ((gsize) 8 * 1024 * 1024)
#define DAVIT_CHILD_STACK_SMALL ((gsize) 256 * 1024)

/*
 * Runs a function in a child, with all signals blocked. What it does not touch of its stack costs
 * nothing until that is taken away, which takes longer for a large one. flags: more for clone, such
 * as CLONE_FILES or an exit signal; without one waitpid needs __WALL.
 */
gboolean davit_child_start (DavitChild *child, gsize stack_size, int flags, int (*run) (void *data),
			    void *data, GError **error);

/* For one that has ended or executed another program. */
void davit_child_clear (DavitChild *child);

G_END_DECLS
