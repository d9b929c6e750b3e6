/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-json.h"

#include "network-json.h"

#include <string.h>

/* A file name of the cache holds an id, a network and an interface. */
#define NAME_LIMIT 128
/* IFNAMSIZ without the NUL. */
#define INTERFACE_LIMIT 15
#define MESSAGE_LIMIT 1000

static void
begin_value (GString *out, const char *key)
{
	char last = out->len > 0 ? out->str[out->len - 1] : '[';

	if (last != '{' && last != '[' && last != ':')
		g_string_append_c (out, ',');
	if (key == NULL)
		return;
	network_json_quote (out, key);
	g_string_append_c (out, ':');
}

void
cni_json_open (GString *out, const char *key, char bracket)
{
	begin_value (out, key);
	g_string_append_c (out, bracket);
}

void
cni_json_close (GString *out, char bracket)
{
	g_string_append_c (out, bracket);
}

void
cni_json_string (GString *out, const char *key, const char *value)
{
	if (value == NULL)
		return;
	begin_value (out, key);
	network_json_quote (out, value);
}

void
cni_json_integer (GString *out, const char *key, gint64 value)
{
	begin_value (out, key);
	g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
}

void
cni_json_raw (GString *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	begin_value (out, key);
	g_string_append (out, text);
}

char *
cni_text_escape (const char *text)
{
	GString *out = g_string_new (NULL);
	const char *end;

	for (; *text != '\0' && out->len < MESSAGE_LIMIT; text = end) {
		gunichar character = g_utf8_get_char_validated (text, -1);

		if (character == (gunichar) -1 || character == (gunichar) -2) {
			g_string_append_printf (out, "\\x%02x", (guint) (guchar) *text);
			end = text + 1;
			continue;
		}
		end = g_utf8_next_char (text);
		if (character == '\n' || character == '\t' || character == '\r')
			g_string_append_c (out, ' ');
		else if (g_unichar_isprint (character))
			g_string_append_len (out, text, end - text);
		else
			g_string_append_printf (out, "\\u%04x", character);
	}
	if (*text != '\0')
		g_string_append (out, "...");
	return g_strstrip (g_string_free (out, FALSE));
}

gboolean
cni_text_is_name (const char *text)
{
	return g_ascii_isalnum (text[0]) && strlen (text) <= NAME_LIMIT &&
	       text[strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-")] == '\0';
}

gboolean
cni_text_is_interface (const char *text)
{
	if (text[0] == '\0' || strlen (text) > INTERFACE_LIMIT || strcmp (text, ".") == 0 ||
	    strcmp (text, "..") == 0)
		return FALSE;
	for (; *text != '\0'; text++) {
		if (!g_ascii_isgraph (*text) || *text == '/' || *text == ':' || *text == '@')
			return FALSE;
	}
	return TRUE;
}
