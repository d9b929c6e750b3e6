/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lower directories of a mount. A layer can say of "/" itself that it hides all that is below
 * it; the kernel looks at this mark in directories below "/" only. So which layers have it is found
 * out when they are committed, and looked up by one name when something is mounted.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* For the table of operations: store_layer_commit, and the marks. */
gboolean overlay_layer_commit (gpointer instance, const char *const *chain_ids, GError **error);

/*
 * Lowest first, relative to the state directory, from the uppermost layer that hides all below it;
 * filled up with empty ones where overlayfs wants a minimum. Free with g_strfreev.
 */
gboolean overlay_lower_list (Store *store, const char *const *layers, guint minimum,
			     char ***ret_lower, GError **error);

/* The layers without anything on top, read-only. */
gboolean overlay_layers_mount (Store *store, const char *const *layers, int *ret_mount_fd,
			       GError **error);

G_END_DECLS
