/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters of lists. */

#include "cli/filter.h"

#include "base/error.h"

#include <string.h>

/* The value behind "KEY=" if text is of this key. */
static const char *
text_value (const char *text, const char *key)
{
	gsize length = strlen (key);

	return strncmp (text, key, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

/* Of docker and podman, for lists of containers or of images. */
static gboolean
is_absent (const char *text)
{
	static const char *const keys[] = {"containers", "digest",	   "expose",  "health",
					   "id",	 "intermediate",   "is-task", "label!",
					   "manifest",	 "network",	   "pod",     "publish",
					   "readonly",	 "restart-policy", "until",   "volume",
					   NULL};

	for (const char *const *key = keys; *key != NULL; key++) {
		if (text_value (text, *key) != NULL)
			return TRUE;
	}
	return FALSE;
}

static gboolean
text_check (const DavitFilter *filter, const char *text, GError **error)
{
	g_autoptr (GString) keys = g_string_new (NULL);

	for (const DavitFilterTest *test = filter->tests; test->key != NULL; test++) {
		const char *value = text_value (text, test->key);

		if (value != NULL && value[0] != '\0')
			return TRUE;
		g_string_append_printf (keys, "%s%s", keys->len > 0 ? ", " : "", test->key);
	}
	if (is_absent (text))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"filter \"%s\": is not there yet; the keys are %s", text,
					keys->str);
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"filter \"%s\": must be KEY=VALUE, where KEY is one of %s", text,
				keys->str);
}

gboolean
davit_filter_check (const DavitFilter *filter, GError **error)
{
	for (const char *const *text = filter->texts; *text != NULL; text++) {
		if (!text_check (filter, *text, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
test_fits (const DavitFilter *filter, const DavitFilterTest *test, gconstpointer object)
{
	gboolean given = FALSE;

	for (const char *const *text = filter->texts; *text != NULL; text++) {
		const char *value = text_value (*text, test->key);
		gboolean fits;

		if (value == NULL)
			continue;
		given = TRUE;
		fits = test->fits (object, value, filter->data);
		if (fits != test->all)
			return fits;
	}
	return !given || test->all;
}

gboolean
davit_filter_fits (const DavitFilter *filter, gconstpointer object)
{
	for (const DavitFilterTest *test = filter->tests; test->key != NULL; test++) {
		if (!test_fits (filter, test, object))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_filter_label_fits (const char *const *labels, const char *value)
{
	gsize length = strlen (value);
	gboolean whole = strchr (value, '=') != NULL;

	for (; labels != NULL && *labels != NULL; labels++) {
		if (strcmp (*labels, value) == 0)
			return TRUE;
		if (!whole && strncmp (*labels, value, length) == 0 && (*labels)[length] == '=')
			return TRUE;
	}
	return FALSE;
}
