/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The helper talks with the container: whatever it prints or answers may be what the container
 * wants us to show on a terminal.
 */

#include "slirp4netns-text.h"

#include "network-json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LIMIT 300
#define LINES_LIMIT 3

void
slirp4netns_fd_close (int *fd)
{
	int number = errno;

	if (*fd >= 0)
		close (*fd);
	*fd = -1;
	errno = number;
}

char *
slirp4netns_text_escape (const char *text, gsize length)
{
	gsize end = strnlen (text, MIN (length, TEXT_LIMIT));
	char *valid = g_utf8_make_valid (text, (gssize) end);

	for (char *c = valid; *c != '\0'; c = g_utf8_next_char (c)) {
		gunichar character = g_utf8_get_char (c);

		/* Those of C1 have two bytes, which no ASCII character may follow by itself. */
		if (!g_unichar_iscntrl (character))
			continue;
		for (const char *next = g_utf8_next_char (c); c + 1 < next; c++)
			*c = '?';
		*c = character == '\n' || character == '\t' ? ' ' : '?';
	}
	return valid;
}

char *
slirp4netns_text_to_json (const char *text)
{
	GString *out = g_string_new (NULL);

	network_json_quote (out, text);
	return g_string_free (out, FALSE);
}

/* What it always prints, or prints after the reason. */
static gboolean
line_is_noise (const char *line)
{
	static const char *const noise[] = {
		"sent tapfd=",	    "received tapfd=",	     "child failed(",
		"parent failed",    "do_slirp is exiting",   "do_slirp failed",
		"exitfd event",	    "apifd event",	     "api_handler: got request",
		"WARNING: Support", "create_sandbox failed", "enable_seccomp failed",
	};

	for (guint i = 0; i < G_N_ELEMENTS (noise); i++) {
		if (g_str_has_prefix (line, noise[i]))
			return TRUE;
	}
	return line[0] == '\0';
}

char *
slirp4netns_text_last_lines (const char *log, gsize length)
{
	g_autofree char *text = g_strndup (log, length);
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
	g_autoptr (GPtrArray) last = g_ptr_array_new_with_free_func (g_free);

	for (guint i = g_strv_length (lines); i > 0 && last->len < LINES_LIMIT; i--) {
		g_strstrip (lines[i - 1]);
		if (!line_is_noise (lines[i - 1]))
			g_ptr_array_insert (last, 0,
					    slirp4netns_text_escape (lines[i - 1],
								     strlen (lines[i - 1])));
	}
	if (last->len == 0)
		return NULL;
	g_ptr_array_add (last, NULL);
	return g_strjoinv (", ", (char **) last->pdata);
}

gboolean
slirp4netns_text_to_number (const char *text, guint64 maximum, guint64 *ret)
{
	return g_ascii_string_to_unsigned (text, 10, 0, maximum, ret, NULL);
}
