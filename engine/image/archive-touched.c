/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A set of paths in 12 bytes each: their keyed hashes. Paths whose hashes are equal would be taken
 * for one; nobody can look for such a pair without the key, and by chance it takes four thousand
 * million paths (on machines of 32 bits 65,000, and then a whiteout spares one file too many).
 */

#include "image/archive-touched.h"

#include <string.h>
#include <sys/random.h>

struct _ArchiveTouched {
	gboolean everything;
	guint64 key[2];
	GHashTable *hashes;
};

#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

typedef struct {
	guint64 a, b, c, d;
} Sip;

static void
sip_round (Sip *sip)
{
	sip->a += sip->b;
	sip->b = ROTATE (sip->b, 13) ^ sip->a;
	sip->a = ROTATE (sip->a, 32);
	sip->c += sip->d;
	sip->d = ROTATE (sip->d, 16) ^ sip->c;
	sip->a += sip->d;
	sip->d = ROTATE (sip->d, 21) ^ sip->a;
	sip->c += sip->b;
	sip->b = ROTATE (sip->b, 17) ^ sip->c;
	sip->c = ROTATE (sip->c, 32);
}

/* SipHash-1-3. */
static guint64
path_hash (const ArchiveTouched *touched, const char *path)
{
	gsize length = strlen (path);
	Sip sip = {
		touched->key[0] ^ 0x736f6d6570736575ULL,
		touched->key[1] ^ 0x646f72616e646f6dULL,
		touched->key[0] ^ 0x6c7967656e657261ULL,
		touched->key[1] ^ 0x7465646279746573ULL,
	};

	for (gsize at = 0; at <= length; at += 8) {
		guint64 word = 0;

		memcpy (&word, path + at, MIN (8, length - at));
		if (length - at < 8)
			word |= (guint64) length << 56;
		sip.d ^= word;
		sip_round (&sip);
		sip.a ^= word;
	}
	sip.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round (&sip);
	return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

ArchiveTouched *
archive_touched_new (gboolean everything)
{
	ArchiveTouched *touched = g_new0 (ArchiveTouched, 1);

	touched->everything = everything;
	if (everything)
		return touched;
	if (getrandom (touched->key, sizeof (touched->key), 0) != sizeof (touched->key))
		g_error ("getrandom failed");
	touched->hashes = g_hash_table_new (NULL, NULL);
	return touched;
}

void
archive_touched_free (ArchiveTouched *touched)
{
	if (touched == NULL)
		return;
	g_clear_pointer (&touched->hashes, g_hash_table_unref);
	g_free (touched);
}

void
archive_touched_add (ArchiveTouched *touched, const char *path)
{
	if (!touched->everything)
		g_hash_table_add (touched->hashes, (gpointer) (guintptr) path_hash (touched, path));
}

gboolean
archive_touched_has (const ArchiveTouched *touched, const char *path)
{
	return touched->everything ||
	       g_hash_table_contains (touched->hashes,
				      (gpointer) (guintptr) path_hash (touched, path));
}
