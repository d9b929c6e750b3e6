/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The control groups of a container, made by this runtime: where they stand, and what is done with
 * those that are there, is in runtime-cgroup.h.
 *
 *     plan ─→ (to_text: the intent is recorded) ─→ make ─→ apply ─→ enter ─→ ... ─→ remove
 *
 * A host without a cgroup, or a caller who may not make one, is no error as long as no limit is
 * asked for.
 *
 * How processes enter decides whether a start takes 0.1 ms or 10: writing a pid to cgroup.procs
 * makes the kernel wait for an RCU grace period (cgroup_threadgroup_rwsem) unless somebody did the
 * same a moment ago. A single-threaded process that writes "0" to "tasks" of a v1 group does not
 * wait, and neither does CLONE_INTO_CGROUP on v2. So: clone the first process with native_cgroup_fd
 * and let it call native_cgroup_enter_self. native_cgroup_enter is for processes that are there
 * already.
 */

#pragma once

#include "runtime-cgroup.h"

G_BEGIN_DECLS

/*
 * Makes the groups that are needed: those that hold, count, freeze and restrict, and those that
 * resources (linux.resources, may be NULL) sets a limit in. Repeatable. Opens what
 * native_cgroup_fd and native_cgroup_enter_self need.
 */
gboolean native_cgroup_make (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error);

/* Sets every limit, and the device rules (also when resources is NULL: deny, then the defaults). */
gboolean native_cgroup_apply (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error);

/* Sets limits of a running container. After a failure the old ones are in force again. */
gboolean native_cgroup_update (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error);

/*
 * For a container that was made before (exec): opens what native_cgroup_fd and
 * native_cgroup_enter_self need. NOT_FOUND: the container's group is gone.
 */
gboolean native_cgroup_open (RuntimeCgroup *cgroup, GError **error);

/* The v2 group for CLONE_INTO_CGROUP, owned by cgroup; -1: there is none. */
int native_cgroup_fd (const RuntimeCgroup *cgroup);

/*
 * Moves the calling process into all v1 groups: 0 or -errno. For the child between clone and exec:
 * single-threaded, before it enters a cgroup namespace; a new user namespace does not matter. NULL:
 * nothing to do.
 */
int native_cgroup_enter_self (const RuntimeCgroup *cgroup);

/* Moves a process into all groups. May take 10 ms on v1; see above. */
gboolean native_cgroup_enter (RuntimeCgroup *cgroup, pid_t pid, GError **error);

G_END_DECLS
