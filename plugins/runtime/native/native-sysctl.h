/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.sysctl: parameters of the kernel that belong to a namespace of the container. */

#pragma once

#include "native-namespaces.h"

G_BEGIN_DECLS

typedef struct {
	const char *name; /* as config.json has it */
	char *path;	  /* below /proc */
	const char *value;
} NativeSysctl;

typedef struct {
	NativeSysctl *entries;
	guint n_entries;
} NativeSysctls;

/* CONFIG: a parameter that is the whole host's, or whose namespace the container does not have. */
gboolean native_sysctl_parse (const DavitHost *host, const DavitJson *linux_object,
			      const NativeNamespaces *namespaces, NativeSysctls *ret,
			      GError **error);
void native_sysctl_clear (NativeSysctls *sysctls);

/* Runs in the child, in the container's namespaces. proc_fd: the host's. */
gboolean native_sysctl_apply (const NativeSysctls *sysctls, int proc_fd, NativeReport *report);

G_END_DECLS
