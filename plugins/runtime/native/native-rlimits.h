/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* process.rlimits of the specification. */

#pragma once

#include <davit/host.h>
#include <sys/resource.h>

G_BEGIN_DECLS

typedef struct {
	struct {
		int resource;
		struct rlimit limit;
	} entries[RLIM_NLIMITS];
	guint n_entries;
} NativeRlimits;

/*
 * Runs in the parent. array: process.rlimits; NULL: none. CONFIG: unknown or doubled type, soft
 * above hard. PERMISSION: a hard limit above the caller's own without CAP_SYS_RESOURCE, which the
 * kernel would refuse when it is too late to say why.
 */
gboolean native_rlimits_parse (const DavitHost *host, const DavitJson *array, NativeRlimits *ret,
			       GError **error);

/* Runs in the child, before it gives up privileges: 0 or -errno. */
int native_rlimits_apply (const NativeRlimits *rlimits);

G_END_DECLS
