/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Nearly every program begins with the C library, and to decompress it takes the kernel as long as
 * half of everything else that a start does. So when a layer is mounted for the first one to use
 * it, a short-lived process reads the library while the container is still being set up. Which
 * files these are is found out when the layer is packed, and noted beside it.
 */

#pragma once

#include "squash.h"

G_BEGIN_DECLS

/* Whether it is a file to begin with, by its name. */
gboolean squash_warm_is_first (const char *name);

/* Notes them: paths relative to "/". */
gboolean squash_warm_note (int stage_fd, const GPtrArray *paths, GError **error);

/* Begins to read; that it can't is no error. Nothing is waited for. */
void squash_warm_start (Store *store, const char *chain_id, int mount_fd);

G_END_DECLS
