/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Root file systems that are overlays of layers: the operations that a driver can put into its
 * table as they are. How a layer becomes a directory is said by the form of the store (store.h).
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Whether overlayfs works here: by a trial. */
gboolean overlay_probe (gpointer instance, DavitProbe *probe, GError **error);

/* How deletions stand in a layer. */
DavitWhiteouts overlay_whiteouts (const Store *store);

gboolean overlay_layer_begin (gpointer instance, const DavitLayerRequest *request, int *ret_dirfd,
			      DavitWhiteouts *ret_whiteouts, GError **error);

gboolean overlay_rootfs_create (gpointer instance, const DavitRootfsRequest *request,
				GError **error);
gboolean overlay_rootfs_mount (gpointer instance, const DavitRootfsRequest *request,
			       int *ret_mount_fd, GError **error);

gboolean overlay_changes (gpointer instance, const DavitRootfsRequest *request, DavitResult *result,
			  GError **error);

G_END_DECLS
