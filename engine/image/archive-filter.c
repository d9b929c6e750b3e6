/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads zstd, xz and bzip2 with libarchive's filters: its "raw" format is the stream without its
 * compression. Only the one filter that was detected is switched on, so that none runs an external
 * program. libarchive would apply it to its own output too, again and again: that is refused, since
 * it is a bomb that is small on the way, and other readers see something else in it.
 */

#include "image/archive-decode.h"

#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

typedef struct {
	ArchiveDecoder decoder;
	DavitCompression compression;
	struct archive *archive;
	GError *failure; /* of the input, met in a callback */
} Filter;

static la_ssize_t
filter_input (struct archive *archive, void *data, const void **ret_data)
{
	Filter *filter = data;
	const guint8 *bytes = NULL;
	gssize length = archive_raw_read (filter->decoder.raw, &bytes, &filter->failure);

	if (length < 0)
		archive_set_error (archive, EIO, "input failed");
	*ret_data = bytes;
	return length;
}

static gboolean
filter_error (Filter *filter, GError **error)
{
	const char *text = archive_error_string (filter->archive);

	if (filter->failure != NULL) {
		g_propagate_error (error, g_steal_pointer (&filter->failure));
		return FALSE;
	}
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "archive is damaged: %s: %s",
				archive_decode_name (filter->compression),
				text != NULL ? text : "bad data");
}

/* libarchive stops at the end of the compressed data and does not mind what follows. */
static gboolean
filter_check_end (Filter *filter, GError **error)
{
	ArchiveRaw *raw = filter->decoder.raw;
	const guint8 *data;
	gssize length = archive_raw_read (raw, &data, error);

	if (length < 0)
		return FALSE;
	if (length > 0 || (guint64) archive_filter_bytes (filter->archive, -1) != raw->size)
		return davit_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"archive is damaged: data that is not %s follows its %s data",
			archive_decode_name (filter->compression),
			archive_decode_name (filter->compression));
	return TRUE;
}

static gssize
filter_read (ArchiveDecoder *decoder, const guint8 **ret_data, GError **error)
{
	Filter *filter = (Filter *) decoder;
	const void *data = NULL;
	size_t length = 0;
	la_int64_t offset;

	for (;;) {
		switch (archive_read_data_block (filter->archive, &data, &length, &offset)) {
		case ARCHIVE_OK:
			break;
		case ARCHIVE_EOF:
			return filter_check_end (filter, error) ? 0 : -1;
		default:
			filter_error (filter, error);
			return -1;
		}
		if (length > 0)
			break;
	}
	*ret_data = data;
	return (gssize) length;
}

static void
filter_free (ArchiveDecoder *decoder)
{
	Filter *filter = (Filter *) decoder;

	archive_read_free (filter->archive);
	g_clear_error (&filter->failure);
	g_free (filter);
}

static int
filter_support (Filter *filter)
{
	switch (filter->compression) {
	case DAVIT_COMPRESSION_ZSTD:
		return archive_read_support_filter_zstd (filter->archive);
	case DAVIT_COMPRESSION_XZ:
		return archive_read_support_filter_xz (filter->archive);
	case DAVIT_COMPRESSION_BZIP2:
		return archive_read_support_filter_bzip2 (filter->archive);
	case DAVIT_COMPRESSION_NONE:
	case DAVIT_COMPRESSION_GZIP:
	default:
		return ARCHIVE_FATAL;
	}
}

ArchiveDecoder *
archive_filter_new (DavitCompression compression, ArchiveRaw *raw, GError **error)
{
	static const ArchiveDecoderOps ops = {filter_read, filter_free};
	Filter *filter = g_new0 (Filter, 1);
	struct archive_entry *entry;

	filter->decoder.ops = &ops;
	filter->decoder.raw = raw;
	filter->compression = compression;
	filter->archive = archive_read_new ();
	/* A warning means that it would run a program for it. */
	if (filter->archive == NULL || filter_support (filter) != ARCHIVE_OK) {
		filter_free (&filter->decoder);
		davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
				 "libarchive was built without %s; decompress the archive first",
				 archive_decode_name (compression));
		return NULL;
	}
	archive_read_support_format_raw (filter->archive);
	if (archive_read_open (filter->archive, filter, NULL, filter_input, NULL) != ARCHIVE_OK ||
	    archive_read_next_header (filter->archive, &entry) != ARCHIVE_OK) {
		filter_error (filter, error);
		filter_free (&filter->decoder);
		return NULL;
	}
	/* The one and what reads the bytes. */
	if (archive_filter_count (filter->archive) > 2) {
		filter_free (&filter->decoder);
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "this is no tar archive: it is compressed more than once");
		return NULL;
	}
	return &filter->decoder;
}
