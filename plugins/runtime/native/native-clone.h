/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making a process in the namespaces and control groups of a container. */

#pragma once

#include "native-cgroup.h"
#include "native-namespaces.h"

G_BEGIN_DECLS

typedef struct {
	const NativeNamespaces *namespaces;
	const NativeCgroup *cgroup;
	void (*run) (gpointer data); /* in the new process; never returns */
	gpointer data;
} NativeClone;

/*
 * The process is a child of the caller, undumpable from its first moment if the caller is root, and
 * has every signal at its default unless it is ignored. Neither the caller's own namespaces nor
 * what its further children get is changed when this returns.
 */
gboolean native_clone_process (const NativeClone *request, pid_t *ret_pid, int *ret_pidfd,
			       GError **error);

/*
 * Runs in a process that was made so: a further child of the caller, in the namespaces that this
 * one has joined, to take its place. 0 in the new process; async-signal-safe.
 */
pid_t native_clone_sibling (int *ret_pidfd);

/* Kills a process that did not come to its end, and waits for it. */
void native_clone_discard (pid_t pid, int *pidfd);

G_END_DECLS
