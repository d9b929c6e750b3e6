/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * JSON for a terminal. Valid JSON may hold DEL, C1 and bidirectional controls as they are; a
 * terminal obeys some of them. Escaped, the document means the same.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* json: valid JSON. Free with g_free. */
char *davit_json_escape_controls (const char *json);

G_END_DECLS
