/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container writes, kept in memory: a tmpfs of a size that was fixed when the container was
 * made. It is gone with the last user of the mount. The size is noted beside the container's root
 * file system, so that a change of the configuration neither hides nor drops what was written.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* rootfs: the directory rootfs/ID. Repeatable; the first size stays. */
gboolean overlay_memory_note (int rootfs, guint64 size, GError **error);

/* *ret_size: 0 if it writes to the disk. */
gboolean overlay_memory_find (int rootfs, guint64 *ret_size, GError **error);

/* A detached mount, open to read as a directory too. */
gboolean overlay_memory_mount (guint64 size, int *ret_mount_fd, int *ret_dirfd, GError **error);

G_END_DECLS
