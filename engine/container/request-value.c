/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the values of several options have in common: switches, numbers, paths, lines of files. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

#define FILE_LIMIT (1024 * 1024)

gboolean
davit_request_refuse (GError **error, const char *option, const char *value, const char *format,
		      ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, DAVIT_ERROR_USAGE, "option \"--%s\": \"%s\" %s", option,
				value, text);
}

gboolean
davit_request_unsupported (GError **error, const char *option, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED, "option \"--%s\": %s", option,
				text);
}

gboolean
davit_request_switch (const char *option, const char *value, gboolean *ret, GError **error)
{
	if (strcmp (value, "true") != 0 && strcmp (value, "false") != 0)
		return davit_request_refuse (error, option, value, "must be true or false");
	*ret = value[0] == 't';
	return TRUE;
}

void
davit_request_text (char **target, const char *value)
{
	g_free (*target);
	*target = g_strdup (value);
}

gboolean
davit_request_path (const char *option, const char *value, char **target, GError **error)
{
	if (value[0] == '\0')
		return davit_request_refuse (error, option, value, "must be a path");
	g_free (*target);
	*target = g_canonicalize_filename (value, NULL);
	return TRUE;
}

static gboolean
has_parent (const char *path)
{
	g_auto (GStrv) parts = g_strsplit (path, "/", -1);

	return g_strv_contains ((const char *const *) parts, "..");
}

gboolean
davit_request_destination (const char *option, const char *value, char **ret, GError **error)
{
	g_autofree char *path = NULL;

	if (!g_path_is_absolute (value))
		return davit_request_refuse (error, option, value,
					     "must be an absolute path in the container");
	/* Not resolved but refused: who writes it means something that it can't do. */
	if (has_parent (value))
		return davit_request_refuse (error, option, value, "must not hold \"..\"");
	path = g_canonicalize_filename (value, "/");
	if (strcmp (path, "/") == 0)
		return davit_request_refuse (error, option, value,
					     "is the root file system itself; name a place in it");
	if (strlen (path) >= 4096)
		return davit_request_refuse (error, option, value, "is too long");
	*ret = g_steal_pointer (&path);
	return TRUE;
}

gboolean
davit_request_is_word (const char *value)
{
	const char *next = value;

	if (*value == '\0')
		return FALSE;
	for (; *next != '\0'; next = g_utf8_next_char (next)) {
		gunichar c = g_utf8_get_char (next);

		if (g_unichar_isspace (c) || g_unichar_iscntrl (c))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_request_unsigned (const char *option, const char *value, guint64 minimum, guint64 maximum,
			guint64 *ret, GError **error)
{
	guint64 number;

	if (!davit_text_parse_unsigned (value, G_MAXUINT64, option, &number, NULL) ||
	    number < minimum || number > maximum)
		return davit_request_refuse (error, option, value,
					     "must be a number from %" G_GUINT64_FORMAT
					     " to %" G_GUINT64_FORMAT,
					     minimum, maximum);
	*ret = number;
	return TRUE;
}

gboolean
davit_request_size (const char *option, const char *value, guint64 *ret, GError **error)
{
	if (!davit_text_parse_size (value, option, ret, NULL) || *ret > G_MAXINT64)
		return davit_request_refuse (error, option, value,
					     "must be a size such as 65536, 512m or 2g");
	return TRUE;
}

void
davit_request_put (GPtrArray *pairs, const char *key, gsize key_length, const char *value)
{
	for (guint i = 0; i < pairs->len; i++) {
		const char *pair = (const char *) pairs->pdata[i];

		if (strncmp (pair, key, key_length) == 0 &&
		    (pair[key_length] == '=' || pair[key_length] == '\0')) {
			g_ptr_array_remove_index (pairs, i);
			break;
		}
	}
	if (value == NULL)
		g_ptr_array_add (pairs, g_strndup (key, key_length));
	else
		g_ptr_array_add (pairs, g_strdup_printf ("%.*s=%s", (int) key_length, key, value));
}

static gboolean
read_text (const char *option, const char *path, char **ret_text, GError **error)
{
	davit_autofd fd = -1;
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (!davit_fd_open_input (path, &fd, &local))
		return davit_error_set (error, DAVIT_ERROR_USAGE, "option \"--%s\": %s", option,
					local->message);
	if (!davit_fd_read (fd, FILE_LIMIT, path, &text, &length, error))
		return davit_error_prefix (error, "option \"--%s\"", option);
	if (strlen (text) != length || !g_utf8_validate (text, (gssize) length, NULL))
		return davit_request_refuse (error, option, path, "is no text in UTF-8");
	*ret_text = g_steal_pointer (&text);
	return TRUE;
}

gboolean
davit_request_read_lines (DavitCreateRequest *request, const char *option, const char *path,
			  DavitRequestSet line, GError **error)
{
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;

	if (!read_text (option, path, &text, error))
		return FALSE;
	lines = g_strsplit (text, "\n", -1);
	for (gsize i = 0; lines[i] != NULL; i++) {
		gsize length = strlen (lines[i]);

		if (length > 0 && lines[i][length - 1] == '\r')
			lines[i][length - 1] = '\0';
		g_strchug (lines[i]);
		if (lines[i][0] == '\0' || lines[i][0] == '#')
			continue;
		if (!line (request, option, lines[i], error))
			return davit_error_prefix (error, "file \"%s\", line %" G_GSIZE_FORMAT,
						   path, i + 1);
	}
	return TRUE;
}
