/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mounts by the kernel, through a loop device.
 *
 * The device ends with its last user (autoclear): nothing has to be undone, after a crash neither.
 * A layer that is mounted already is found again by a note in the run directory, run/loop/CHAIN-ID,
 * a link to the number of the device. Who mounts the same device gets the same superblock, and so
 * all containers share one copy of what was decompressed. No lock is needed: the device is opened
 * first, which keeps it, and then asked whether it is the one; a note that is wrong costs nothing
 * but a device more.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/*
 * file_fd: the squashfs file, which has been looked at. UNAVAILABLE, PERMISSION: the kernel can't
 * or may not here. CORRUPT.
 */
gboolean squash_loop_mount (Store *store, const char *chain_id, int file_fd, int *ret_mount_fd,
			    GError **error);

/* Forgets the note. */
void squash_loop_forget (Store *store, const char *chain_id);

G_END_DECLS
