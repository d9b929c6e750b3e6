/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lower directories of a mount. A layer can say of "/" itself that it hides all that is below
 * it; the kernel looks at this mark in directories below "/" only. So which layers have it is found
 * out when they are committed, and looked up by one name when something is mounted.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/**
 * OverlayLower: lowest first. A layer that is no directory is mounted by the form of the store.
 */
typedef struct {
	GPtrArray *paths; /* relative to the state directory; ends with NULL */
	GArray *fds;	  /* int: the detached mount, or -1; the list's own */
} OverlayLower;

/* For the table of operations: store_layer_commit, and the marks. */
gboolean overlay_layer_commit (gpointer instance, const char *const *chain_ids, GError **error);

/*
 * From the uppermost layer that hides all below it; filled up with empty ones where overlayfs wants
 * a minimum. Whether it fails or not, clear it.
 */
gboolean overlay_lower_init (OverlayLower *lower, Store *store, const char *const *layers,
			     guint minimum, GError **error);
void overlay_lower_clear (OverlayLower *lower);

/* A directory below all others. */
void overlay_lower_prepend (OverlayLower *lower, char *path);

guint overlay_lower_count (const OverlayLower *lower);
const char *const *overlay_lower_paths (const OverlayLower *lower);

/* NULL: none is a mount. */
const int *overlay_lower_fds (const OverlayLower *lower);

/* The layers without anything on top, read-only. */
gboolean overlay_layers_mount (Store *store, const char *const *layers, int *ret_mount_fd,
			       GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OverlayLower, overlay_lower_clear)

G_END_DECLS
