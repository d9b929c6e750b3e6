/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Joins what reads, what decompresses and what hashes. */

#include "image/archive-input.h"

#include "base/error.h"

/*
 * What an archive may grow to: anything up to this, and a hundred times its size beyond. The best
 * that gzip can do is 1,032 times, zstd and xz do far more; real layers of that size stay below 20.
 */
#define BOMB_SIZE (64ULL << 30)
#define BOMB_RATIO 100

struct _ArchiveInput {
	ArchiveRaw raw;
	DavitCompression compression;
	ArchiveDecoder *decoder; /* NULL: no compression */
	ArchiveHash *plain_hash;
	guint64 plain_size;
	gboolean want_digest;
	gboolean want_diff_id;
};

ArchiveInput *
archive_input_new (int fd, ArchiveReply *reply)
{
	ArchiveInput *input = g_new0 (ArchiveInput, 1);

	archive_raw_init (&input->raw, fd, reply);
	return input;
}

void
archive_input_free (ArchiveInput *input)
{
	if (input == NULL)
		return;
	if (input->decoder != NULL)
		input->decoder->ops->free (input->decoder);
	g_clear_pointer (&input->plain_hash, archive_hash_free);
	archive_raw_clear (&input->raw);
	g_free (input);
}

void
archive_input_set_copy (ArchiveInput *input, int copy_fd, guint64 limit)
{
	input->raw.limit = limit;
	if (copy_fd >= 0)
		archive_raw_copy_to (&input->raw, copy_fd);
}

void
archive_input_set_digests (ArchiveInput *input, gboolean digest, gboolean diff_id)
{
	input->want_digest = digest;
	input->want_diff_id = diff_id;
}

gboolean
archive_input_open (ArchiveInput *input, GError **error)
{
	const guint8 *data;
	gssize length = archive_raw_peek (&input->raw, &data, error);

	if (length < 0)
		return FALSE;
	if (length == 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "archive is empty");
	input->compression = archive_decode_detect (data, (gsize) length);
	if (input->compression == DAVIT_COMPRESSION_NONE) {
		/* The two digests are one. */
		if (input->want_digest || input->want_diff_id)
			input->raw.hash = archive_hash_new ();
		return TRUE;
	}
	if (input->want_digest)
		input->raw.hash = archive_hash_new ();
	if (input->want_diff_id)
		input->plain_hash = archive_hash_new ();
	input->decoder = archive_decode_new (input->compression, &input->raw, error);
	return input->decoder != NULL;
}

gssize
archive_input_read (ArchiveInput *input, const guint8 **ret_data, GError **error)
{
	gssize length;

	if (input->decoder == NULL)
		return archive_raw_read (&input->raw, ret_data, error);
	length = input->decoder->ops->read (input->decoder, ret_data, error);
	if (length <= 0)
		return length;
	input->plain_size += (guint64) length;
	if (input->plain_size > BOMB_SIZE && input->plain_size / BOMB_RATIO > input->raw.size) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "archive grows to more than %d times its size; it is made to fill "
				 "the disk",
				 BOMB_RATIO);
		return -1;
	}
	if (input->plain_hash != NULL)
		archive_hash_add (input->plain_hash, *ret_data, (gsize) length);
	return length;
}

guint64
archive_input_position (const ArchiveInput *input)
{
	return input->decoder == NULL ? input->raw.size : input->plain_size;
}

DavitCompression
archive_input_compression (const ArchiveInput *input)
{
	return input->compression;
}

void
archive_input_summary (ArchiveInput *input, DavitArchiveSummary *ret_summary)
{
	*ret_summary = (DavitArchiveSummary){
		.size = input->raw.size,
		.diff_size = archive_input_position (input),
		.compression = input->compression,
	};
	if (input->raw.hash != NULL)
		ret_summary->digest = archive_hash_finish (input->raw.hash);
	if (input->plain_hash != NULL)
		ret_summary->diff_id = archive_hash_finish (input->plain_hash);
	else if (input->decoder == NULL)
		ret_summary->diff_id = g_strdup (ret_summary->digest);
}
