/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The locks of layers.
 *
 * - Who unpacks a layer takes its lock: two commands that need the same layer wait for each other
 *   instead of failing, or unpacking it twice.
 * - Who needs a layer that is there shares its lock, so that nobody removes it. The lock of a layer
 *   stands for all below it.
 * - Who removes layers takes their locks without waiting, those of all of them before the first one
 *   goes.
 *
 * Locks are taken lowest layer first, so that nobody waits in a circle. They are byte ranges of one
 * file, content/layers.lock: an image may have more layers than a process may have files open, and
 * no file has to be made or removed for a lock. The kernel frees them when the process dies.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitLayerLocks DavitLayerLocks;

DavitLayerLocks *davit_layer_locks_new (int content_fd, GError **error);
/* Waits until it is ours. */
gboolean davit_layer_locks_take (DavitLayerLocks *locks, const char *chain_id, GError **error);
/* Waits until nobody has taken it. */
gboolean davit_layer_locks_share (DavitLayerLocks *locks, const char *chain_id, GError **error);
/* Takes it if nobody has or shares it; ret_taken says whether. */
gboolean davit_layer_locks_try (DavitLayerLocks *locks, const char *chain_id, gboolean *ret_taken,
				GError **error);
/* Gives all of them back. */
void davit_layer_locks_release (DavitLayerLocks *locks);
void davit_layer_locks_free (DavitLayerLocks *locks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitLayerLocks, davit_layer_locks_free)

G_END_DECLS
