/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading blobs. */

#include "image/content.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define HINT "; load or import the image again"

static gboolean
blob_check (int fd, const char *what, const char *digest, guint64 size, GError **error)
{
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "%s \"%s\"", what, digest);
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"%s \"%s\": is no regular file" HINT, what, digest);
	if (size != DAVIT_CONTENT_ANY_SIZE && (guint64) status.st_size != size)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"%s \"%s\": has %" G_GINT64_FORMAT
					" bytes and not %" G_GUINT64_FORMAT HINT,
					what, digest, (gint64) status.st_size, size);
	return TRUE;
}

gboolean
davit_content_open (int blobs_fd, const char *what, const char *digest, guint64 size, int *ret_fd,
		    GError **error)
{
	davit_autofd fd = -1;

	if (!davit_digest_is_valid (digest))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "%s \"%s\": is no digest", what,
					digest);
	/* Not blocked by a fifo and not led away by a link, whoever put it there. */
	fd = openat (blobs_fd, davit_digest_hex (digest),
		     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "%s \"%s\": is missing" HINT,
					what, digest);
	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"%s \"%s\": is no regular file" HINT, what, digest);
	if (fd < 0)
		return davit_error_errno (error, errno, "open %s \"%s\"", what, digest);
	if (!blob_check (fd, what, digest, size, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_content_read (int blobs_fd, const char *what, const char *digest, gsize limit,
		    char **ret_text, gsize *ret_length, GError **error)
{
	g_autofree char *name = g_strdup_printf ("%s \"%s\"", what, digest);
	g_autofree char *text = NULL;
	g_autofree char *found = NULL;
	davit_autofd fd = -1;
	gsize length = 0;

	if (!davit_content_open (blobs_fd, what, digest, DAVIT_CONTENT_ANY_SIZE, &fd, error) ||
	    !davit_fd_read (fd, limit, name, &text, &length, error))
		return FALSE;
	found = davit_digest_of (text, length);
	if (strcmp (found, digest) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"%s \"%s\": does not fit its digest" HINT, what, digest);
	*ret_text = g_steal_pointer (&text);
	*ret_length = length;
	return TRUE;
}
