/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The note beside a layer whose file is somebody else's and stays where it is: what the file is,
 * where, and what tells whether it was touched since. One file of two lines, replaced as a whole,
 *
 *     SHA-256 SIZE INODE MTIME CTIME
 *     PATH
 *
 * times in nanoseconds. The device is not in it: its number may be another one after a restart of
 * the host, and who puts another file with all of these in its place has set the clock back for it.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SQUASH_SOURCE "adopted"
#define SQUASH_SOURCE_DIGEST_LENGTH 64

/**
 * SquashSource: what a note says.
 */
typedef struct {
	char digest[SQUASH_SOURCE_DIGEST_LENGTH + 1];
	guint64 size;
	guint64 inode;
	gint64 modified;
	gint64 changed;
	char *path;
} SquashSource;

/* fd: the file, as it is now. */
gboolean squash_source_init (SquashSource *source, const char *digest, const char *path, int fd,
			     GError **error);
void squash_source_clear (SquashSource *source);

/* Whether the file was touched since. */
gboolean squash_source_is_same (const SquashSource *source, const SquashSource *now);

/* Of a layer or stage. *ret_there FALSE: there is none, the layer's file is its own. */
gboolean squash_source_read (int dirfd, gboolean *ret_there, SquashSource *ret_source,
			     GError **error);
gboolean squash_source_write (int dirfd, const SquashSource *source, GError **error);

/*
 * Opens the file. One that was touched is read to its end, and noted anew if it still has its
 * digest; else CORRUPT. NOT_FOUND: it is gone. check: read it in any case.
 */
gboolean squash_source_open (int dirfd, SquashSource *source, gboolean check, int *ret_fd,
			     GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SquashSource, squash_source_clear)

G_END_DECLS
