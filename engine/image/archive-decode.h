/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes the compression off an input. */

#pragma once

#include "image/archive-raw.h"

G_BEGIN_DECLS

typedef struct _ArchiveDecoder ArchiveDecoder;

/**
 * ArchiveDecoderOps: one way of doing it. read returns 0 at the end, which is also that of the
 * input, and -1 with an error; what it gives is valid until the next call.
 */
typedef struct {
	gssize (*read) (ArchiveDecoder *decoder, const guint8 **ret_data, GError **error);
	void (*free) (ArchiveDecoder *decoder);
} ArchiveDecoderOps;

struct _ArchiveDecoder {
	const ArchiveDecoderOps *ops;
	ArchiveRaw *raw;
};

/* What the first bytes of a file say. */
DavitCompression archive_decode_detect (const guint8 *data, gsize length);

/* For "gzip" in errors. */
const char *archive_decode_name (DavitCompression compression);

/* raw is borrowed. NULL for a compression that can't be read here. */
ArchiveDecoder *archive_decode_new (DavitCompression compression, ArchiveRaw *raw, GError **error);

/* gzip, by zlib. */
ArchiveDecoder *archive_gunzip_new (ArchiveRaw *raw, GError **error);

/* The others, by libarchive. */
ArchiveDecoder *archive_filter_new (DavitCompression compression, ArchiveRaw *raw, GError **error);

G_END_DECLS
