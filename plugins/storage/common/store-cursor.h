/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A place in a directory tree that goes down by names and up again, with one descriptor however
 * deep the tree is. A container may have made it a million directories deep: descriptors of all the
 * directories above, recursion, or paths in one piece would fail there.
 *
 * Up goes by "..", which is compared with what the directory above was: if somebody moved the
 * directory meanwhile, that is an error and not a step out of the tree.
 */

#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * StoreCursor: owns its descriptor.
 */
typedef struct {
	int fd;	       /* the directory where it is */
	GArray *above; /* of the identities of the directories above */
	dev_t device;  /* of where it is */
	ino_t inode;
	GString *path; /* of where it is: "" at the top, then "/a/b" */
} StoreCursor;

/* Begins at the directory dirfd, which stays the caller's. */
gboolean store_cursor_init (StoreCursor *cursor, int dirfd, GError **error);
void store_cursor_clear (StoreCursor *cursor);

/* Follows no link. */
gboolean store_cursor_enter (StoreCursor *cursor, const char *name, GError **error);
gboolean store_cursor_leave (StoreCursor *cursor, GError **error);

/* The names in it, sorted by bytes, without "." and "..". */
gboolean store_cursor_list (const StoreCursor *cursor, GPtrArray **ret_names, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StoreCursor, store_cursor_clear)

G_END_DECLS
