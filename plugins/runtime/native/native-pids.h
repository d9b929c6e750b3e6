/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* proc for a pid namespace that is joined. */

#pragma once

#include "native-child.h"

G_BEGIN_DECLS

/* Who asks. child: prepared, and not cloned; its procfs and program are used. */
typedef struct {
	const NativeChild *child;
	const NativeNamespaces *namespaces;
	const RuntimeCgroup *cgroup; /* of the container that is made */
} NativePids;

/*
 * Runs in the parent. ret_context: as of fsopen, of the type "proc", for the pid namespace that
 * namespaces join; to be configured and mounted where that is done. What comes from inside of that
 * pid namespace may be of another type: to be looked at once it is mounted.
 */
gboolean native_pids_open_proc (const NativePids *pids, int *ret_context, GError **error);

/* The second of its two ways, for kernels before 6.18. */
gboolean native_pids_open_proc_inside (const NativePids *pids, int *ret_context, GError **error);

G_END_DECLS
