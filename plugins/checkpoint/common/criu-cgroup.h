/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The control groups of the container, which the runtime made. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Descriptors of each group's cgroup.procs, to be written; NULL and error. */
GArray *criu_cgroup_open (const char *const *cgroups, GError **error);
/* Closes them all; NULL is none. */
void criu_cgroup_close (GArray *fds);

/* The processes in any of the groups: an array of gint. */
GArray *criu_cgroup_processes (const char *const *cgroups);

/*
 * Kills whatever is in the groups, and waits for those that are children of ours. Nothing else
 * lives in these groups. Repeatable.
 */
void criu_cgroup_kill (const char *const *cgroups);

G_END_DECLS
