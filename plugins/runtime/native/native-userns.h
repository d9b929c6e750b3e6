/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.uidMappings and gidMappings: read, checked, and written for a new user namespace. */

#pragma once

#include "native-namespaces.h"
#include "native-process.h"

G_BEGIN_DECLS

typedef struct {
	guint32 container;
	guint32 host;
	guint32 size;
} NativeMapping;

typedef struct {
	NativeMapping *entries;
	guint n_entries;
} NativeMap;

typedef struct {
	NativeMap uids;
	NativeMap gids;
} NativeUserns;

gboolean native_userns_parse (const DavitHost *host, const DavitJson *linux_object,
			      const NativeNamespaces *namespaces, NativeUserns *ret,
			      GError **error);
void native_userns_clear (NativeUserns *userns);

/* CONFIG names the id of process.user that the maps leave out. */
gboolean native_userns_check_process (const NativeUserns *userns, const NativeProcess *process,
				      GError **error);

/* Writes the maps of the process's user namespace. */
gboolean native_userns_write (const DavitHost *host, const NativeUserns *userns, int proc_fd,
			      pid_t pid, GError **error);

/* Runs in the child, after the maps are written: root of the namespace, and no groups. */
gboolean native_userns_become_root (NativeReport *report);

G_END_DECLS
