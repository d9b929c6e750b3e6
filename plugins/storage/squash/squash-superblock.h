/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks at the superblock of a squashfs file before a kernel or a program is given it. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Reads it and compares it with the size of the file. NULL: it is one of version 4.0, and the file
 * is as long as it says. Else why not, in words; free with g_free.
 */
char *squash_superblock_problem (int fd);

/* Whether there are extended attributes in one that has no problem. */
gboolean squash_superblock_has_attributes (int fd);

/* Whether it is a regular file that begins as a squashfs does, damaged or not. */
gboolean squash_superblock_is_one (int fd);

G_END_DECLS
