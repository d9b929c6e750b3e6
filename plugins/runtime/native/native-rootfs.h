/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* root and linux.rootfsPropagation: the root file system, from a detached mount or a path. */

#pragma once

#include "native-report.h"

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct {
	int fd;		 /* the tree, detached; -1: the child must copy it from path */
	gboolean own_fd; /* fd is ours to close */
	char *path;	 /* absolute, or NULL: there was a mount from the start */
	gboolean read_only;
	guint64 propagation; /* MS_PRIVATE and so on: what it is in the end */
	gboolean propagation_recursive;
} NativeRootfs;

void native_rootfs_init (NativeRootfs *rootfs);
void native_rootfs_clear (NativeRootfs *rootfs);

/* config: the whole document. mount_fd: the caller's, or -1. */
gboolean native_rootfs_open (const DavitHost *host, const DavitJson *config, int bundle_dirfd,
			     int mount_fd, NativeRootfs *ret, GError **error);

/* Run in the child. */

/* Puts it over the root of the mount namespace, where the paths of the host still work. */
gboolean native_rootfs_attach (NativeRootfs *rootfs, NativeReport *report);

/* Makes it the root, and lets everything else go. */
gboolean native_rootfs_pivot (const NativeRootfs *rootfs, NativeReport *report);

G_END_DECLS
