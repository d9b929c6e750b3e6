/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SHA-256 of small texts by GLib, and random names. */

#include "base/digest.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX "sha256:"
#define PREFIX_LENGTH (sizeof PREFIX - 1)

gboolean
davit_digest_is_valid (const char *digest)
{
	if (digest == NULL || strncmp (digest, PREFIX, PREFIX_LENGTH) != 0)
		return FALSE;
	digest += PREFIX_LENGTH;
	return strspn (digest, "0123456789abcdef") == DAVIT_DIGEST_HEX_LENGTH &&
	       digest[DAVIT_DIGEST_HEX_LENGTH] == '\0';
}

const char *
davit_digest_hex (const char *digest)
{
	g_return_val_if_fail (davit_digest_is_valid (digest), NULL);
	return digest + PREFIX_LENGTH;
}

char *
davit_digest_of (const void *data, gsize length)
{
	g_autofree char *hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, length);

	return g_strconcat (PREFIX, hex, NULL);
}

char **
davit_digest_chain_ids (const char *const *diff_ids)
{
	g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
	g_autofree char *chain = NULL;

	for (gsize i = 0; diff_ids[i] != NULL; i++) {
		char *next;

		g_return_val_if_fail (davit_digest_is_valid (diff_ids[i]), NULL);
		if (chain == NULL) {
			next = g_strdup (diff_ids[i]);
		} else {
			g_autofree char *both = g_strconcat (chain, " ", diff_ids[i], NULL);

			next = davit_digest_of (both, strlen (both));
		}
		g_free (chain);
		chain = next;
		g_ptr_array_add (ids, g_strdup (chain + PREFIX_LENGTH));
	}
	g_ptr_array_add (ids, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&ids), FALSE);
}

void
davit_digest_random_hex (char *buffer, gsize length)
{
	static const char hex[] = "0123456789abcdef";
	gsize bytes = length / 2;
	guchar *random = (guchar *) buffer + bytes;
	gsize filled = 0;

	g_return_if_fail (length % 2 == 0);
	/* Into the upper half, which the digits reach last. */
	while (filled < bytes) {
		gssize count = getrandom (random + filled, bytes - filled, 0);

		if (count > 0)
			filled += (gsize) count;
		else if (errno != EINTR)
			/* A name that can be guessed is worse than none. */
			g_error ("getrandom: %s", g_strerror (errno));
	}
	for (gsize i = 0; i < bytes; i++) {
		guchar byte = random[i];

		buffer[2 * i] = hex[byte >> 4];
		buffer[2 * i + 1] = hex[byte & 15];
	}
	buffer[length] = '\0';
}
