/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making a process in the namespaces and control groups of a container. */

#pragma once

#include "native-cgroup.h"
#include "native-namespaces.h"

G_BEGIN_DECLS

typedef struct {
	const NativeNamespaces *namespaces;
	const RuntimeCgroup *cgroup; /* NULL: the caller's */
	void (*run) (gpointer data); /* in the new process; never returns */
	gpointer data;
	const char *oom_score; /* that it is born with, where its parent may not set it; or NULL */
} NativeClone;

/*
 * The process is a child of the caller, undumpable from its first moment if the caller is root, and
 * has every signal at its default unless it is ignored. Neither the caller's own namespaces nor
 * what its further children get is changed when this returns.
 *
 * If a pid namespace is to be joined it is in none of the namespaces yet: in that one are others
 * who would see it. run enters them, and makes the process that counts last.
 */
gboolean native_clone_process (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd,
			       GError **error);

/* Kills a process that did not come to its end, and waits for it. */
void native_clone_discard (pid_t pid, int *pidfd);

G_END_DECLS
