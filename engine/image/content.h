/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Blobs by digest: content/sha256/<hex>, immutable, mode 0444. A name appears only when the blob is
 * verified and on disk; what is read from it is nevertheless checked again, since a disk can lose
 * what it held.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DAVIT_CONTENT_ANY_SIZE G_MAXUINT64

/*
 * Opens a blob; CORRUPT if it is missing, no regular file or of another size. what: "manifest",
 * "config", "layer", for the text.
 */
gboolean davit_content_open (int blobs_fd, const char *what, const char *digest, guint64 size,
			     int *ret_fd, GError **error);

/* Reads a small blob whole; CORRUPT also if its digest is another. */
gboolean davit_content_read (int blobs_fd, const char *what, const char *digest, gsize limit,
			     char **ret_text, gsize *ret_length, GError **error);

G_END_DECLS
