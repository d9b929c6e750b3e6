/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What comes from outside, made harmless for a terminal and for one line. */

#include "base/log.h"

/* Line and paragraph separators too: some programs break lines at them. */
static gboolean
character_is_control (gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void
davit_log_escape_append (GString *safe, const char *text)
{
	for (;;) {
		const char *run = text;
		gunichar c;

		while (*text >= ' ' && *text < 0x7f)
			text++;
		g_string_append_len (safe, run, text - run);
		if (*text == '\0')
			return;
		c = g_utf8_get_char_validated (text, -1);
		if (c == (gunichar) -1 || c == (gunichar) -2) {
			g_string_append_printf (safe, "\\x%02x", (guchar) *text++);
			continue;
		}
		if (!character_is_control (c))
			g_string_append_unichar (safe, c);
		else if (c < 0x80)
			g_string_append_printf (safe, "\\x%02x", c);
		else
			g_string_append_printf (safe, "\\u{%x}", c);
		text = g_utf8_next_char (text);
	}
}

char *
davit_log_escape (const char *text)
{
	GString *safe = g_string_new (NULL);

	davit_log_escape_append (safe, text);
	return g_string_free (safe, FALSE);
}
