/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The keys that leave a terminal, as docker writes them: "ctrl-p,ctrl-q", single characters too. A
 * filter between the user's keyboard and the container.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DAVIT_DETACH_KEYS_LIMIT 16

/**
 * DavitDetachKeys: the sequence, and how much of it was typed last.
 */
typedef struct {
	guint8 keys[DAVIT_DETACH_KEYS_LIMIT];
	gsize n_keys;
	gsize matched;
} DavitDetachKeys;

/* text NULL or "": none. USAGE. */
gboolean davit_detach_keys_parse (DavitDetachKeys *keys, const char *text, GError **error);

/*
 * Passes typed bytes on to output, which has room for length + DAVIT_DETACH_KEYS_LIMIT. What may
 * become the sequence is held back until it is known. TRUE: it was typed; what came after it is
 * left out.
 */
gboolean davit_detach_keys_filter (DavitDetachKeys *keys, const guint8 *input, gsize length,
				   guint8 *output, gsize *ret_length);

G_END_DECLS
