/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program may print anything, and any amount of it. */

#include "oci-words.h"

#include <string.h>

#define TEXT_LIMIT 1000

char *
oci_words_plain (const char *text, gssize length)
{
	gsize all = length < 0 ? strlen (text) : (gsize) length;
	g_autofree char *cut = g_strndup (text, MIN (all, TEXT_LIMIT));
	char *plain = g_utf8_make_valid (cut, -1);

	for (char *c = plain; *c != '\0'; c++) {
		if (g_ascii_iscntrl (*c))
			*c = ' ';
	}
	return g_strstrip (plain);
}
