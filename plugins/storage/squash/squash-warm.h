/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Nearly every program begins with the C library, and to decompress it takes the kernel as long as
 * half of everything else that a start does. So when layers are mounted for the first one to use
 * them, a short-lived process reads the library while the container is still being set up. Which
 * files these are is found out when the layer is packed, and noted beside it.
 *
 * The same process then keeps the mounts for a while: where containers are run one after the other
 * each would have to mount and decompress again what the last one left. It holds nothing else, and
 * is gone by itself.
 */

#pragma once

#include "squash.h"

G_BEGIN_DECLS

/* Notes them: paths relative to "/", of which the first are the most urgent. */
gboolean squash_warm_note (int stage_fd, const GPtrArray *paths, GError **error);

/* Remembers a mount that nobody had until now; mount_fd stays the caller's. */
void squash_warm_add (Store *store, const char *chain_id, int mount_fd);

/*
 * Begins to read what was remembered, and keeps it: StoreForm.mounted. That it can't is no error,
 * and nothing is waited for.
 */
void squash_warm_start (Store *store);

/* Forgets it. Repeatable. */
void squash_warm_drop (Store *store);

G_END_DECLS
