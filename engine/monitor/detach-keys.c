/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keys that leave a terminal. */

#include "monitor/detach-keys.h"

#include "base/error.h"

#include <string.h>

/* "ctrl-" and a letter or one of @ [ \ ] ^ _, or one character that stands for itself. */
static gboolean
key_parse (const char *word, guint8 *ret)
{
	const char *name = g_str_has_prefix (word, "ctrl-") ? word + 5 : NULL;

	if (name == NULL) {
		*ret = (guint8) word[0];
		return word[0] != '\0' && word[1] == '\0';
	}
	if (name[0] == '\0' || name[1] != '\0')
		return FALSE;
	/* As a keyboard does it: the low five bits. */
	*ret = (guint8) (name[0] & 0x1f);
	return g_ascii_isalpha (name[0]) || strchr ("@[\\]^_", name[0]) != NULL;
}

gboolean
davit_detach_keys_parse (DavitDetachKeys *keys, const char *text, GError **error)
{
	g_auto (GStrv) words = NULL;

	memset (keys, 0, sizeof *keys);
	if (text == NULL || *text == '\0')
		return TRUE;
	words = g_strsplit (text, ",", -1);
	for (char **word = words; *word != NULL; word++) {
		if (keys->n_keys == DAVIT_DETACH_KEYS_LIMIT)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"detach keys \"%s\": are more than %d", text,
						DAVIT_DETACH_KEYS_LIMIT);
		if (!key_parse (*word, &keys->keys[keys->n_keys]))
			return davit_error_set (
				error, DAVIT_ERROR_USAGE,
				"detach keys \"%s\": \"%s\" is no key; write characters or "
				"\"ctrl-\" and a letter or one of @ [ \\ ] ^ _, with commas "
				"between them",
				text, *word);
		keys->n_keys++;
	}
	return TRUE;
}

/*
 * The longest beginning of the sequence that the typed bytes still end with, once key is typed
 * behind the first matched ones: with "a,a,b", "aaab" must match although its second byte did not
 * continue the first attempt.
 */
static gsize
matched_next (const DavitDetachKeys *keys, guint8 key)
{
	guint8 typed[DAVIT_DETACH_KEYS_LIMIT + 1];
	gsize length = keys->matched + 1;

	memcpy (typed, keys->keys, keys->matched);
	typed[keys->matched] = key;
	while (length > 0 && memcmp (typed + keys->matched + 1 - length, keys->keys, length) != 0)
		length--;
	return length;
}

gboolean
davit_detach_keys_filter (DavitDetachKeys *keys, const guint8 *input, gsize length, guint8 *output,
			  gsize *ret_length)
{
	gsize done = 0;

	for (gsize i = 0; i < length; i++) {
		gsize next = keys->n_keys > 0 ? matched_next (keys, input[i]) : 0;
		gsize released = keys->matched + 1 - next;

		/* Released are the oldest: first those that were held back, then the new one. */
		for (gsize at = 0; at < released; at++)
			output[done++] = at < keys->matched ? keys->keys[at] : input[i];
		keys->matched = next;
		if (next > 0 && next == keys->n_keys) {
			keys->matched = 0;
			*ret_length = done;
			return TRUE;
		}
	}
	*ret_length = done;
	return FALSE;
}
