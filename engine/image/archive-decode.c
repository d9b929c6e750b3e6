/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells compressions apart and chooses who reads them. The name of a file counts for nothing. */

#include "image/archive-decode.h"

#include <string.h>

static gboolean
starts_with (const guint8 *data, gsize length, const char *magic, gsize magic_length)
{
	return length >= magic_length && memcmp (data, magic, magic_length) == 0;
}

DavitCompression
archive_decode_detect (const guint8 *data, gsize length)
{
	if (starts_with (data, length, "\x1f\x8b", 2))
		return DAVIT_COMPRESSION_GZIP;
	if (starts_with (data, length, "\x28\xb5\x2f\xfd", 4))
		return DAVIT_COMPRESSION_ZSTD;
	/* A frame to skip, which a table of contents may stand in. */
	if (length >= 4 && (data[0] & 0xf0) == 0x50 &&
	    starts_with (data + 1, length - 1, "\x2a\x4d\x18", 3))
		return DAVIT_COMPRESSION_ZSTD;
	if (starts_with (data, length, "\xfd\x37\x7a\x58\x5a\x00", 6))
		return DAVIT_COMPRESSION_XZ;
	if (starts_with (data, length, "BZh", 3))
		return DAVIT_COMPRESSION_BZIP2;
	return DAVIT_COMPRESSION_NONE;
}

const char *
archive_decode_name (DavitCompression compression)
{
	static const char *const names[] = {"no", "gzip", "zstd", "xz", "bzip2"};

	return names[compression];
}

ArchiveDecoder *
archive_decode_new (DavitCompression compression, ArchiveRaw *raw, GError **error)
{
	if (compression == DAVIT_COMPRESSION_GZIP)
		return archive_gunzip_new (raw, error);
	return archive_filter_new (compression, raw, error);
}
