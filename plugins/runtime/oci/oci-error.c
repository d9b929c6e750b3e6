/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors, and words of other programs that become part of them. */

#include "oci-error.h"

#include "runtime-error.h"

#include <string.h>

#define TEXT_LIMIT 1000

gboolean
oci_error_set (GError **error, int number, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list arguments;

	va_start (arguments, format);
	what = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return runtime_error_set (error, number, "%s", what);
}

gboolean
oci_error_say (GError **error, DavitErrorCode code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return runtime_error_say (error, code, "%s", text);
}

char *
oci_error_plain (const char *text, gssize length)
{
	gsize all = length < 0 ? strlen (text) : (gsize) length;
	g_autofree char *cut = g_strndup (text, MIN (all, TEXT_LIMIT));
	char *plain = g_utf8_make_valid (cut, -1);

	for (char *c = plain; *c != '\0'; c++) {
		if (g_ascii_iscntrl (*c))
			*c = ' ';
	}
	return g_strstrip (plain);
}
