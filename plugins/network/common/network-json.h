/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing JSON: the host reads it for a plugin, and what a plugin writes is short. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends text, which is UTF-8, as a string of JSON with its quotes. */
void network_json_quote (GString *out, const char *text);

G_END_DECLS
