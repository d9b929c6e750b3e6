/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first 96 bytes of a squashfs file; numbers are little-endian. */

#include "squash-superblock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 96
#define MAGIC "hsqs"
#define BLOCK_LOG_MIN 12
#define BLOCK_LOG_MAX 20
/* Where tables begin: id, xattr, inode, directory, fragment, export. All ones: there is none. */
#define TABLES_AT 48
#define ATTRIBUTES_AT 56
#define N_TABLES 6
#define N_COMPRESSIONS 6
#define NO_TABLE G_MAXUINT64

static guint64
number_at (const guint8 *block, gsize at, gsize width)
{
	guint64 value = 0;

	for (gsize i = width; i > 0; i--)
		value = value << 8 | block[at + i - 1];
	return value;
}

static char *
tables_problem (const guint8 *block, guint64 used)
{
	for (guint i = 0; i < N_TABLES; i++) {
		guint64 start = number_at (block, TABLES_AT + (gsize) i * 8, 8);

		if (start != NO_TABLE && (start < SIZE || start >= used))
			return g_strdup ("a table lies outside of it");
	}
	return NULL;
}

gboolean
squash_superblock_is_one (int fd)
{
	char magic[sizeof MAGIC] = "";
	struct stat status;

	return fstat (fd, &status) == 0 && S_ISREG (status.st_mode) &&
	       pread (fd, magic, strlen (MAGIC), 0) == (gssize) strlen (MAGIC) &&
	       strcmp (magic, MAGIC) == 0;
}

gboolean
squash_superblock_has_attributes (int fd)
{
	guint8 number[8];

	return pread (fd, number, sizeof number, ATTRIBUTES_AT) == sizeof number &&
	       number_at (number, 0, sizeof number) != NO_TABLE;
}

char *
squash_superblock_problem (int fd)
{
	guint8 block[SIZE];
	gssize length;
	guint64 used;
	guint64 log;
	guint64 compression;
	struct stat status;

	if (fstat (fd, &status) < 0)
		return g_strdup (g_strerror (errno));
	if (!S_ISREG (status.st_mode))
		return g_strdup ("it is no regular file");
	length = pread (fd, block, SIZE, 0);
	if (length < 0)
		return g_strdup (g_strerror (errno));
	if (length < (gssize) strlen (MAGIC) || memcmp (block, MAGIC, strlen (MAGIC)) != 0)
		return g_strdup ("it does not begin with \"" MAGIC "\", as a squashfs does");
	if (length < SIZE)
		return g_strdup ("it ends in its superblock");
	if (number_at (block, 28, 2) != 4 || number_at (block, 30, 2) != 0)
		return g_strdup_printf ("its version is %u.%u, and 4.0 is the only one known",
					(unsigned) number_at (block, 28, 2),
					(unsigned) number_at (block, 30, 2));
	log = number_at (block, 22, 2);
	if (log < BLOCK_LOG_MIN || log > BLOCK_LOG_MAX ||
	    number_at (block, 12, 4) != G_GUINT64_CONSTANT (1) << log)
		return g_strdup ("its block size is none");
	/* gzip, lzma, lzo, xz, lz4, zstd. */
	compression = number_at (block, 20, 2);
	if (compression < 1 || compression > N_COMPRESSIONS)
		return g_strdup_printf ("its compression is number %u, which is none",
					(unsigned) compression);
	used = number_at (block, 40, 8);
	if (used > (guint64) status.st_size)
		return g_strdup_printf ("it has %" G_GUINT64_FORMAT " bytes of %" G_GUINT64_FORMAT,
					(guint64) status.st_size, used);
	return tables_problem (block, used);
}
