/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mounts through FUSE, served by squashfuse_ll: inside a user namespace, where the kernel mounts no
 * squashfs, without loop devices, and for files that somebody else made.
 *
 * The mount is made here and the program is only given the connection. The kernel ends a connection
 * with the last user of its mount, and with the connection the program ends: not before, since
 * nothing else tells it to, and not after. Nothing has to be undone, after a crash neither.
 */

#pragma once

#include "squash.h"

G_BEGIN_DECLS

#define SQUASH_FUSE_PROGRAM "squashfuse_ll"

/* UNAVAILABLE, PERMISSION: not here. CORRUPT, TIMEOUT: the program ended, or does nothing. */
gboolean squash_fuse_mount (Store *store, const char *chain_id, const SquashFile *file,
			    int *ret_mount_fd, GError **error);

/* Says in the log what a program that is too old loses of a file with attributes. */
void squash_fuse_warn (Store *store, const char *path);

G_END_DECLS
