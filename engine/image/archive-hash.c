/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * SHA-256 by EVP. libcrypto fails here only when there is no memory or no SHA-256 in it, and then
 * nothing that follows would be right: that ends the worker.
 */

#include "image/archive-hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

struct _ArchiveHash {
	EVP_MD_CTX *context;
	EVP_MD *method;
};

ArchiveHash *
archive_hash_new (void)
{
	ArchiveHash *hash = g_new0 (ArchiveHash, 1);

	/* A configuration file may load foreign code, and takes half a millisecond to find. */
	OPENSSL_init_crypto (OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	hash->context = EVP_MD_CTX_new ();
	hash->method = EVP_MD_fetch (NULL, "SHA256", NULL);
	if (hash->context == NULL || hash->method == NULL ||
	    EVP_DigestInit_ex (hash->context, hash->method, NULL) != 1)
		g_error ("libcrypto has no SHA-256");
	return hash;
}

void
archive_hash_free (ArchiveHash *hash)
{
	if (hash == NULL)
		return;
	EVP_MD_CTX_free (hash->context);
	EVP_MD_free (hash->method);
	g_free (hash);
}

void
archive_hash_add (ArchiveHash *hash, const void *data, gsize length)
{
	if (EVP_DigestUpdate (hash->context, data, length) != 1)
		g_error ("libcrypto failed");
}

char *
archive_hash_finish (ArchiveHash *hash)
{
	static const char digits[] = "0123456789abcdef";
	guchar bytes[EVP_MAX_MD_SIZE];
	GString *text = g_string_new ("sha256:");
	guint length = 0;

	if (EVP_DigestFinal_ex (hash->context, bytes, &length) != 1 ||
	    EVP_DigestInit_ex (hash->context, hash->method, NULL) != 1)
		g_error ("libcrypto failed");
	for (guint i = 0; i < length; i++) {
		g_string_append_c (text, digits[bytes[i] >> 4]);
		g_string_append_c (text, digits[bytes[i] & 15]);
	}
	return g_string_free (text, FALSE);
}
