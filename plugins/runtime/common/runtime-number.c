/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The reader gives 18446744073709551615 as a double, but keeps how it was written: RLIM_INFINITY
 * and arguments of system calls are such numbers.
 */

#include "runtime-number.h"

#include "runtime-error.h"

gboolean
runtime_number_from_text (const char *text, guint64 *ret)
{
	guint64 value = 0;

	if (*text == '\0')
		return FALSE;
	for (; *text != '\0'; text++) {
		guint64 digit = (guint64) (*text - '0');

		if (!g_ascii_isdigit (*text) || value > (G_MAXUINT64 - digit) / 10)
			return FALSE;
		value = value * 10 + digit;
	}
	*ret = value;
	return TRUE;
}

gboolean
runtime_number_unsigned (const DavitHost *host, const DavitJson *object, const char *key,
			 guint64 maximum, guint64 *ret, gboolean *ret_found, GError **error)
{
	const DavitJson *member = host->json->member (object, key);
	DavitJsonType type = host->json->type (member);
	g_autofree char *text = NULL;
	g_autofree char *path = NULL;
	guint64 value = 0;

	if (ret_found != NULL)
		*ret_found = FALSE;
	if (type == DAVIT_JSON_NULL)
		return TRUE;
	if (type == DAVIT_JSON_INTEGER || type == DAVIT_JSON_DOUBLE)
		text = host->json->to_text (member);
	if (text == NULL || !runtime_number_from_text (text, &value) || value > maximum) {
		path = host->json->path (member);
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: must be an integer from 0 to %" G_GUINT64_FORMAT,
					  path, maximum);
	}
	*ret = value;
	if (ret_found != NULL)
		*ret_found = TRUE;
	return TRUE;
}

gboolean
runtime_number_signed (const DavitHost *host, const DavitJson *object, const char *key,
		       gint64 minimum, gint64 maximum, gint64 *ret, gboolean *ret_found,
		       GError **error)
{
	const DavitJson *member = host->json->member (object, key);

	*ret_found = FALSE;
	if (!host->json->get_integer (object, key, minimum, maximum, ret, error))
		return FALSE;
	*ret_found = host->json->type (member) != DAVIT_JSON_NULL;
	return TRUE;
}
