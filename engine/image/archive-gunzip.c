/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads gzip with zlib. Not through libarchive, which does not look at the checksum behind the
 * data (3.8 neither): a damaged archive that no digest covers would be taken as it is.
 */

#include "image/archive-decode.h"

#include "base/error.h"

#include <string.h>
#include <zlib.h>

/* 32 KiB of window, and a gzip header rather than zlib's. */
#define WINDOW_BITS (15 + 16)

typedef struct {
	ArchiveDecoder decoder;
	z_stream stream;
	guint8 *output;
	gboolean between; /* a member has ended and none begun */
	gboolean later;	  /* this is not the first member */
} Gunzip;

static gboolean
gunzip_corrupt (Gunzip *gunzip, GError **error)
{
	const char *reason = gunzip->stream.msg != NULL ? gunzip->stream.msg : "bad data";

	/* Other readers disagree on what follows a member; nothing but a member may. */
	if (gunzip->later && strcmp (reason, "incorrect header check") == 0)
		return davit_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"archive is damaged: data that is not gzip follows its gzip "
			"data");
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "archive is damaged: gzip: %s", reason);
}

/* Sees to it that there is input. FALSE with no error at the end. */
static gboolean
gunzip_feed (Gunzip *gunzip, GError **error)
{
	const guint8 *data = NULL;
	gssize length;

	if (gunzip->stream.avail_in > 0)
		return TRUE;
	length = archive_raw_read (gunzip->decoder.raw, &data, error);
	if (length < 0)
		return FALSE;
	if (length == 0) {
		if (!gunzip->between)
			davit_error_set (error, DAVIT_ERROR_CORRUPT,
					 "archive is truncated: its gzip data breaks off");
		return FALSE;
	}
	gunzip->stream.next_in = (guint8 *) data;
	gunzip->stream.avail_in = (guint) length;
	return TRUE;
}

/* Inflates some. FALSE: an error is set. */
static gboolean
gunzip_step (Gunzip *gunzip, GError **error)
{
	if (gunzip->between) {
		inflateReset (&gunzip->stream);
		gunzip->between = FALSE;
		gunzip->later = TRUE;
	}
	switch (inflate (&gunzip->stream, Z_NO_FLUSH)) {
	case Z_OK:
	case Z_BUF_ERROR:
		return TRUE;
	case Z_STREAM_END:
		gunzip->between = TRUE;
		return TRUE;
	case Z_MEM_ERROR:
		return davit_error_set (error, DAVIT_ERROR_NO_SPACE, "gzip: no memory");
	default:
		return gunzip_corrupt (gunzip, error);
	}
}

static gssize
gunzip_read (ArchiveDecoder *decoder, const guint8 **ret_data, GError **error)
{
	Gunzip *gunzip = (Gunzip *) decoder;
	GError *failure = NULL;

	gunzip->stream.next_out = gunzip->output;
	gunzip->stream.avail_out = ARCHIVE_BLOCK_SIZE;
	while (gunzip->stream.avail_out > 0) {
		if (!gunzip_feed (gunzip, &failure) || !gunzip_step (gunzip, &failure))
			break;
	}
	if (failure != NULL) {
		g_propagate_error (error, failure);
		return -1;
	}
	*ret_data = gunzip->output;
	return ARCHIVE_BLOCK_SIZE - (gssize) gunzip->stream.avail_out;
}

static void
gunzip_free (ArchiveDecoder *decoder)
{
	Gunzip *gunzip = (Gunzip *) decoder;

	inflateEnd (&gunzip->stream);
	g_free (gunzip->output);
	g_free (gunzip);
}

ArchiveDecoder *
archive_gunzip_new (ArchiveRaw *raw, GError **error)
{
	static const ArchiveDecoderOps ops = {gunzip_read, gunzip_free};
	Gunzip *gunzip = g_new0 (Gunzip, 1);

	gunzip->decoder.ops = &ops;
	gunzip->decoder.raw = raw;
	gunzip->output = g_malloc (ARCHIVE_BLOCK_SIZE);
	if (inflateInit2 (&gunzip->stream, WINDOW_BITS) != Z_OK) {
		gunzip_free (&gunzip->decoder);
		davit_error_set (error, DAVIT_ERROR_NO_SPACE, "gzip: no memory");
		return NULL;
	}
	return &gunzip->decoder;
}
