/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Words of other programs, which become part of errors. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a program said, in one line of bounded length and without control characters. g_free it. */
char *oci_words_plain (const char *text, gssize length);

G_END_DECLS
