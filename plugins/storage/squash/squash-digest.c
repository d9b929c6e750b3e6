/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads a file to its end. */

#include "squash-digest.h"

#include "store-error.h"

#include <errno.h>
#include <unistd.h>

#define BLOCK ((gsize) 256 * 1024)

char *
squash_digest (int fd, GError **error)
{
	g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
	g_autofree guint8 *block = (guint8 *) g_malloc (BLOCK);
	off_t at = 0;
	gssize length;

	while ((length = pread (fd, block, BLOCK, at)) > 0) {
		g_checksum_update (checksum, block, length);
		at += length;
	}
	if (length == 0)
		return g_strdup (g_checksum_get_string (checksum));
	store_error_errno (error, errno, "read its file");
	return NULL;
}
