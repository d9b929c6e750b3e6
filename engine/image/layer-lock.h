/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The locks of layers that are being unpacked: two commands that need the same layer wait for each
 * other instead of failing, or unpacking it twice. A lock is content/locks/<chain id>, held with
 * flock; the file goes with the lock. Locks are taken lowest layer first, so that nobody waits in a
 * circle.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitLayerLocks DavitLayerLocks;

DavitLayerLocks *davit_layer_locks_new (int content_fd, GError **error);
/* Waits until it is ours. */
gboolean davit_layer_locks_take (DavitLayerLocks *locks, const char *chain_id, GError **error);
/* Gives all of them back. */
void davit_layer_locks_free (DavitLayerLocks *locks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitLayerLocks, davit_layer_locks_free)

/* Removes the files of locks that nobody holds. */
gboolean davit_layer_locks_clean (int content_fd, GError **error);

G_END_DECLS
