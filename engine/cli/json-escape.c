/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Controls in JSON strings. */

#include "cli/json-escape.h"

static gboolean
character_is_control (gunichar c)
{
	return (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
davit_json_escape_controls (const char *json)
{
	GString *safe = g_string_new (NULL);

	/* The text is valid UTF-8, and these characters can only stand inside of strings. */
	for (const char *at = json; *at != '\0'; at = g_utf8_next_char (at)) {
		gunichar c = g_utf8_get_char (at);

		if (character_is_control (c))
			g_string_append_printf (safe, "\\u%04x", c);
		else
			g_string_append_len (safe, at, g_utf8_next_char (at) - at);
	}
	return g_string_free (safe, FALSE);
}
