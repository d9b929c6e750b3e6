/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Distance of Damerau and Levenshtein, without edits inside swapped letters. */

#include "cli/suggest.h"

#include <string.h>

#define WORD_LIMIT 40

guint
davit_suggest_distance (const char *a, const char *b)
{
	guint rows[3][WORD_LIMIT + 1];
	gsize n = strlen (a), m = strlen (b);

	if (n > WORD_LIMIT || m > WORD_LIMIT)
		return G_MAXUINT;
	for (gsize j = 0; j <= m; j++)
		rows[0][j] = (guint) j;
	for (gsize i = 1; i <= n; i++) {
		guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = (guint) i;
		for (gsize j = 1; j <= m; j++) {
			guint change = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = MIN (MIN (row[j - 1], above[j]) + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN (row[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void
davit_suggest_consider (const char *word, const char *candidate, const char **best)
{
	/* Of a word of three letters at least two must be right. */
	guint limit = MIN (MAX ((guint) strlen (candidate) / 3, 1), 3);
	guint distance = davit_suggest_distance (word, candidate);

	if (distance > limit)
		return;
	if (*best == NULL || distance < davit_suggest_distance (word, *best))
		*best = candidate;
}
