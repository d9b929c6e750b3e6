/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where an external runtime freezes a container, which is its choice. */

#pragma once

#include "runtime-cgroup.h"

G_BEGIN_DECLS

/*
 * The file that tells of it: freezer.state of cgroup v1, where the host has that, or cgroup.freeze.
 * NULL: there is none. Free with g_free.
 */
char *oci_freezer_find (const RuntimeCgroup *cgroup);

/* By all of them; groups that are not there are not frozen. */
gboolean oci_freezer_is_frozen (const RuntimeCgroup *cgroup);
void oci_freezer_thaw (const RuntimeCgroup *cgroup);

G_END_DECLS
