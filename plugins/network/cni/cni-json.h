/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing JSON, and the few checks of text that both ends of the plugin need. Reading is the
 * host's (davit/json.h).
 *
 * A comma is put where the text so far calls for one, so that nobody has to count members.
 */

#pragma once

#include <davit/json.h>

G_BEGIN_DECLS

/* Opens with "{" or "[" ("{" or "[" is close's counterpart of its own kind). key may be NULL. */
void cni_json_open (GString *out, const char *key, char bracket);
void cni_json_close (GString *out, char bracket);

/* Nothing is written if value is NULL. */
void cni_json_string (GString *out, const char *key, const char *value);
void cni_json_integer (GString *out, const char *key, gint64 value);
/* text is JSON already; nothing is written if it is NULL. */
void cni_json_raw (GString *out, const char *key, const char *text);

/* Text from a plugin for one line of a message: no control character, no more than 1,000 bytes. */
char *cni_text_escape (const char *text);

/* Names of networks and ids: a letter or digit, then also "_", "." and "-". */
gboolean cni_text_is_name (const char *text);

/* A name that the kernel takes for an interface. */
gboolean cni_text_is_interface (const char *text);

G_END_DECLS
