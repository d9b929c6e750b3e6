/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations of the plugin overlay that are its own. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

gboolean overlay_probe (gpointer instance, DavitProbe *probe, GError **error);

gboolean overlay_rootfs_create (gpointer instance, const DavitRootfsRequest *request,
				GError **error);
gboolean overlay_rootfs_mount (gpointer instance, const DavitRootfsRequest *request,
			       int *ret_mount_fd, GError **error);

gboolean overlay_changes (gpointer instance, const DavitRootfsRequest *request, DavitResult *result,
			  GError **error);
gboolean overlay_usage (gpointer instance, const char *id, const char *chain_id,
			DavitResult *result, GError **error);

G_END_DECLS
