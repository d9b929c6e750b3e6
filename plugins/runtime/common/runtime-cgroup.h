/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The control groups of one container, in every hierarchy that the host has.
 *
 *     plan ─→ (to_text: the intent is recorded) ─→ the runtime makes them ─→ ... ─→ remove
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
 * goes.
 */

#pragma once

#include <davit/host.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct _RuntimeCgroup RuntimeCgroup;

/* Decides the paths and makes nothing. cgroups_path: linux.cgroupsPath, or NULL. */
gboolean runtime_cgroup_plan (const DavitHost *host, const char *id, const char *cgroups_path,
			      RuntimeCgroup **ret_cgroup, GError **error);
/*
 * The same for groups that another program makes: it may make one in hierarchies without
 * controllers, too, such as that of systemd.
 */
gboolean runtime_cgroup_plan_all (const DavitHost *host, const char *id, const char *cgroups_path,
				  RuntimeCgroup **ret_cgroup, GError **error);
/* For one of which no record tells: where its groups stand, if it has any; all are its own. */
gboolean runtime_cgroup_guess (const DavitHost *host, const char *id, const char *cgroups_path,
			       RuntimeCgroup **ret_cgroup, GError **error);
void runtime_cgroup_free (RuntimeCgroup *cgroup);

/*
 * A JSON object with all that delete needs to find the groups again; free with g_free. The reading
 * side trusts nothing that it finds. from_json takes that object as a part of a larger document.
 */
char *runtime_cgroup_to_text (const RuntimeCgroup *cgroup);
gboolean runtime_cgroup_from_text (const DavitHost *host, const char *text,
				   RuntimeCgroup **ret_cgroup, GError **error);
gboolean runtime_cgroup_from_json (const DavitHost *host, const DavitJson *object,
				   RuntimeCgroup **ret_cgroup, GError **error);

/* Freezing waits until every process stands still. STATE: there is no process to freeze. */
gboolean runtime_cgroup_freeze (RuntimeCgroup *cgroup, GError **error);
gboolean runtime_cgroup_thaw (RuntimeCgroup *cgroup, GError **error);
gboolean runtime_cgroup_is_frozen (RuntimeCgroup *cgroup);
/* The file that tells it, cgroup.freeze or freezer.state; NULL without one. Free with g_free. */
char *runtime_cgroup_freezer_path (const RuntimeCgroup *cgroup);

/* Sends a signal to every process. UNAVAILABLE: the container has no group. */
gboolean runtime_cgroup_kill (RuntimeCgroup *cgroup, int signal, GError **error);

/* An array of pid_t, of all processes in it and in groups below. Free with g_array_unref. */
gboolean runtime_cgroup_processes (RuntimeCgroup *cgroup, GArray **ret_pids, GError **error);

/* Adds the integers of davit/runtime.h, stats: those that the host knows. */
gboolean runtime_cgroup_stats (RuntimeCgroup *cgroup, DavitResult *result, GError **error);

/*
 * Kills what is left, waits for it (bounded) and removes the groups. Repeatable. BUSY names the
 * processes that would not end.
 */
gboolean runtime_cgroup_remove (RuntimeCgroup *cgroup, GError **error);

/* The groups that are there, as absolute paths. Free with g_strfreev. */
char **runtime_cgroup_paths (const RuntimeCgroup *cgroup);

/*
 * Where the kernel tells of processes killed for want of memory: the file memory.events on v2,
 * the directory that holds memory.oom_control on v1, NULL without. Free with g_free.
 */
char *runtime_cgroup_oom_path (const RuntimeCgroup *cgroup, gboolean *ret_is_v2);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RuntimeCgroup, runtime_cgroup_free)

G_END_DECLS
