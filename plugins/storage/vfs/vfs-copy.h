/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies of directory trees in which nothing is lost. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Copies all that is in one directory into another one, which is empty, and gives it the first
 * one's attributes. Owners, modes, times, extended attributes, hard links, holes and special files
 * stay what they are; content is shared with the original (reflink) where the file system can.
 */
gboolean vfs_copy_tree (int from_dirfd, int to_dirfd, GError **error);

G_END_DECLS
