/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The control groups of one container, in every hierarchy that the host has.
 *
 *     plan ─→ (to_text: the intent is recorded) ─→ make ─→ apply ─→ enter ─→ ... ─→ remove
 *
 * Where the groups stand, host/<name> being the caller's own group in that hierarchy:
 *
 *   no cgroupsPath    v1: below the caller's own group, <own>/davit/<id>. v2: at the root,
 *                     /davit/<id>; inside a subtree that was delegated to the caller (it owns it,
 *                     or the group has the xattr user.delegate or trusted.delegate, as systemd
 *                     sets it) below the caller's own group instead.
 *   relative path     below the same place, without "davit"
 *   absolute path     from the root of the hierarchy
 *
 * A group that stood there before is used if it has no process, and is left when the container
 * goes. A host without a cgroup, or a caller who may not make one, is no error as long as no limit
 * is asked for.
 *
 * How processes enter decides whether a start takes 0.1 ms or 10: writing a pid to cgroup.procs
 * makes the kernel wait for an RCU grace period (cgroup_threadgroup_rwsem) unless somebody did the
 * same a moment ago. A single-threaded process that writes "0" to "tasks" of a v1 group does not
 * wait, and neither does CLONE_INTO_CGROUP on v2. So: clone the first process with native_cgroup_fd
 * and let it call native_cgroup_enter_self. native_cgroup_enter is for processes that are there
 * already.
 */

#pragma once

#include <davit/host.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct _NativeCgroup NativeCgroup;

/* Decides the paths and makes nothing. cgroups_path: linux.cgroupsPath, or NULL. */
gboolean native_cgroup_plan (const DavitHost *host, const char *id, const char *cgroups_path,
			     NativeCgroup **ret_cgroup, GError **error);
/* For one of which no record tells: where its groups stand, if it has any; all are its own. */
gboolean native_cgroup_guess (const DavitHost *host, const char *id, const char *cgroups_path,
			      NativeCgroup **ret_cgroup, GError **error);
void native_cgroup_free (NativeCgroup *cgroup);

/*
 * A JSON object with all that delete needs to find the groups again; free with g_free. The reading
 * side trusts nothing that it finds. from_json takes that object as a part of a larger document.
 */
char *native_cgroup_to_text (const NativeCgroup *cgroup);
gboolean native_cgroup_from_text (const DavitHost *host, const char *text,
				  NativeCgroup **ret_cgroup, GError **error);
gboolean native_cgroup_from_json (const DavitHost *host, const DavitJson *object,
				  NativeCgroup **ret_cgroup, GError **error);

/*
 * Makes the groups that are needed: those that hold, count, freeze and restrict, and those that
 * resources (linux.resources, may be NULL) sets a limit in. Repeatable. Opens what
 * native_cgroup_fd and native_cgroup_enter_self need.
 */
gboolean native_cgroup_make (NativeCgroup *cgroup, const DavitJson *resources, GError **error);

/* Sets every limit, and the device rules (also when resources is NULL: deny, then the defaults). */
gboolean native_cgroup_apply (NativeCgroup *cgroup, const DavitJson *resources, GError **error);

/* Sets limits of a running container. After a failure the old ones are in force again. */
gboolean native_cgroup_update (NativeCgroup *cgroup, const DavitJson *resources, GError **error);

/*
 * For a container that was made before (exec): opens what native_cgroup_fd and
 * native_cgroup_enter_self need. NOT_FOUND: the container's group is gone.
 */
gboolean native_cgroup_open (NativeCgroup *cgroup, GError **error);

/* The v2 group for CLONE_INTO_CGROUP, owned by cgroup; -1: there is none. */
int native_cgroup_fd (const NativeCgroup *cgroup);

/*
 * Moves the calling process into all v1 groups: 0 or -errno. For the child between clone and exec:
 * single-threaded, before it enters a cgroup namespace; a new user namespace does not matter. NULL:
 * nothing to do.
 */
int native_cgroup_enter_self (const NativeCgroup *cgroup);

/* Moves a process into all groups. May take 10 ms on v1; see above. */
gboolean native_cgroup_enter (NativeCgroup *cgroup, pid_t pid, GError **error);

/* Freezing waits until every process stands still. STATE: there is no process to freeze. */
gboolean native_cgroup_freeze (NativeCgroup *cgroup, GError **error);
gboolean native_cgroup_thaw (NativeCgroup *cgroup, GError **error);
gboolean native_cgroup_is_frozen (NativeCgroup *cgroup);

/* Sends a signal to every process. UNAVAILABLE: the container has no group. */
gboolean native_cgroup_kill (NativeCgroup *cgroup, int signal, GError **error);

/* An array of pid_t, of all processes in it and in groups below. Free with g_array_unref. */
gboolean native_cgroup_processes (NativeCgroup *cgroup, GArray **ret_pids, GError **error);

/* Adds the integers of davit/runtime.h, stats: those that the host knows. */
gboolean native_cgroup_stats (NativeCgroup *cgroup, DavitResult *result, GError **error);

/*
 * Kills what is left, waits for it (bounded) and removes the groups. Repeatable. BUSY names the
 * processes that would not end.
 */
gboolean native_cgroup_remove (NativeCgroup *cgroup, GError **error);

/* The groups that are there, as absolute paths. Free with g_strfreev. */
char **native_cgroup_paths (const NativeCgroup *cgroup);

/*
 * Where the kernel tells of processes killed for want of memory: the file memory.events on v2,
 * the directory that holds memory.oom_control on v1, NULL without. Free with g_free.
 */
char *native_cgroup_oom_path (const NativeCgroup *cgroup, gboolean *ret_is_v2);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NativeCgroup, native_cgroup_free)

G_END_DECLS
