/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "network-json.h"

void
network_json_quote (GString *out, const char *text)
{
	g_string_append_c (out, '"');
	for (; *text != '\0'; text++) {
		guchar byte = (guchar) *text;

		if (byte == '"' || byte == '\\')
			g_string_append_c (out, '\\');
		if (byte < 0x20 || byte == 0x7f)
			g_string_append_printf (out, "\\u%04x", byte);
		else
			g_string_append_c (out, (char) byte);
	}
	g_string_append_c (out, '"');
}
