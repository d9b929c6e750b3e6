/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Digests of small texts, and the strict form of digest strings. Streams are hashed where they are
 * read, by the archive worker, which has OpenSSL; the engine does not load it for a few kilobytes.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DAVIT_DIGEST_HEX_LENGTH 64

/* "sha256:" and 64 lower-case hex digits, nothing else. */
gboolean davit_digest_is_valid (const char *digest);

/* The hex digits of a valid digest: a pointer into it. */
const char *davit_digest_hex (const char *digest);

/* "sha256:..." of a text. Free with g_free. */
char *davit_digest_of (const void *data, gsize length);

/*
 * Chain ids of the OCI image specification, from diff ids ("sha256:..."), lowest first. The result
 * holds hex digits only. Free with g_strfreev.
 */
char **davit_digest_chain_ids (const char *const *diff_ids);

/* Fills with lower-case hex digits of random bytes; length is even. A NUL is put behind. */
void davit_digest_random_hex (char *buffer, gsize length);

G_END_DECLS
