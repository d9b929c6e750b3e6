/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which texts are names: they become file names, so that what is not listed is refused. */

#include "base/text.h"

#include <limits.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

gboolean
davit_text_is_plugin_name (const char *text)
{
	return *text != '\0' && text[strspn (text, LOWER DIGITS "-")] == '\0';
}

/* No component may lead elsewhere than it seems to. */
static gboolean
is_plain_path (const char *text)
{
	g_auto (GStrv) components = NULL;

	if (text[0] != '/' || text[1] == '\0' || strlen (text) >= PATH_MAX ||
	    !g_utf8_validate (text, -1, NULL))
		return FALSE;
	components = g_strsplit (text + 1, "/", -1);
	for (guint i = 0; components[i] != NULL; i++) {
		if (components[i][0] == '\0' || strcmp (components[i], ".") == 0 ||
		    strcmp (components[i], "..") == 0)
			return FALSE;
	}
	for (; *text != '\0'; text++) {
		if (g_ascii_iscntrl (*text))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_text_is_plugin_choice (const char *text)
{
	const char *colon = strchr (text, ':');
	g_autofree char *name = NULL;

	if (colon == NULL)
		return davit_text_is_plugin_name (text);
	name = g_strndup (text, (gsize) (colon - text));
	return davit_text_is_plugin_name (name) &&
	       (davit_text_is_container_name (colon + 1) || is_plain_path (colon + 1));
}

gboolean
davit_text_is_container_name (const char *text)
{
	gsize length = strspn (text, LETTERS DIGITS "_.-");

	return length > 0 && length <= 255 && text[length] == '\0' && g_ascii_isalnum (text[0]);
}
