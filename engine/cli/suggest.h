/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The word that was probably meant. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many letters have to be put in, left out, changed or swapped. */
guint davit_suggest_distance (const char *a, const char *b);

/* Takes candidate instead of *best if it is nearer to word, and near enough to be meant. */
void davit_suggest_consider (const char *word, const char *candidate, const char **best);

G_END_DECLS
