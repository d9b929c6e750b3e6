/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which texts are names: they become file names, so that what is not listed is refused. */

#include "base/text.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

gboolean
davit_text_is_plugin_name (const char *text)
{
	return *text != '\0' && text[strspn (text, LOWER DIGITS "-")] == '\0';
}

gboolean
davit_text_is_container_name (const char *text)
{
	gsize length = strspn (text, LETTERS DIGITS "_.-");

	return length > 0 && length <= 255 && text[length] == '\0' && g_ascii_isalnum (text[0]);
}
