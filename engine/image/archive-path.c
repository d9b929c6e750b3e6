/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The names in archives. "/etc" and "./etc" are the same file of the image: an absolute name means
 * the image's root. ".." is refused wherever it stands, also where it would stay inside: nothing
 * that writes archives needs it, and readers differ in what they make of it.
 */

#include "image/archive-reader.h"

#include "base/error.h"

#include <limits.h>
#include <string.h>

/* As many directories are open at the same time while a file at the bottom is written. */
#define DEPTH_LIMIT 256

static gboolean
path_error (const char *name, const char *why, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (name);

	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "entry \"%s\": its name %s", quoted,
				why);
}

gboolean
archive_path_normalize (const char *name, GString *buffer, GError **error)
{
	const char *rest = name;
	guint depth = 0;

	g_string_truncate (buffer, 0);
	if (name[0] == '\0')
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"archive has an entry without a name");
	while (*rest != '\0') {
		gsize length = strcspn (rest, "/");

		if (length > NAME_MAX)
			return path_error (name, "has a part of more than 255 bytes", error);
		if (length == 2 && rest[0] == '.' && rest[1] == '.')
			return path_error (name, "leads upwards with \"..\"", error);
		if (length > 0 && !(length == 1 && rest[0] == '.')) {
			if (++depth > DEPTH_LIMIT)
				return path_error (name, "is deeper than 256 directories", error);
			if (buffer->len > 0)
				g_string_append_c (buffer, '/');
			g_string_append_len (buffer, rest, (gssize) length);
		}
		rest += length;
		rest += strspn (rest, "/");
	}
	if (buffer->len >= PATH_MAX)
		return path_error (name, "is longer than 4095 bytes", error);
	return TRUE;
}
