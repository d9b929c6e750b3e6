/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Collects blocks, hashes and writes them. Compression is a filter of libarchive around its "raw"
 * format; the tar inside is our own, since libarchive's differs between versions, and the same
 * tree shall have the same digest on all of them.
 */

#include "image/archive-output.h"

#include "base/error.h"
#include "base/fd.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define BLOCK_SIZE (64 * 1024)

struct _ArchiveOutput {
	int fd;
	DavitCompression compression;
	ArchiveReply *reply;
	struct archive *archive; /* NULL: no compression */
	ArchiveHash *hash;	 /* of what is written; or NULL */
	ArchiveHash *plain_hash; /* the same without compression; or NULL */
	guint64 size;
	guint64 plain_size;
	gsize used; /* of the block */
	GError *failure;
	guint8 block[BLOCK_SIZE];
};

/* The last step of both ways. */
static gboolean
output_raw (ArchiveOutput *output, const void *data, gsize length, GError **error)
{
	output->size += length;
	if (output->hash != NULL)
		archive_hash_add (output->hash, data, length);
	return davit_fd_write (output->fd, data, length, "archive", error);
}

static la_ssize_t
output_callback (struct archive *archive, void *data, const void *buffer, size_t length)
{
	ArchiveOutput *output = data;

	if (output_raw (output, buffer, length, &output->failure))
		return (la_ssize_t) length;
	archive_set_error (archive, EIO, "output failed");
	return -1;
}

static gboolean
output_error (ArchiveOutput *output, GError **error)
{
	const char *text = archive_error_string (output->archive);

	if (output->failure != NULL) {
		g_propagate_error (error, g_steal_pointer (&output->failure));
		return FALSE;
	}
	return davit_error_set (error, DAVIT_ERROR_IO, "compress the archive: %s",
				text != NULL ? text : "failed");
}

static int
filter_add (ArchiveOutput *output)
{
	if (output->compression == DAVIT_COMPRESSION_ZSTD)
		return archive_write_add_filter_zstd (output->archive);
	if (archive_write_add_filter_gzip (output->archive) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	/* The time of day would make every archive another one. */
	return archive_write_set_filter_option (output->archive, "gzip", "timestamp", NULL);
}

static gboolean
output_open (ArchiveOutput *output, GError **error)
{
	struct archive_entry *entry;
	int result;

	output->archive = archive_write_new ();
	if (output->archive == NULL)
		g_error ("no memory");
	archive_write_set_format_raw (output->archive);
	if (filter_add (output) != ARCHIVE_OK)
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"libarchive was built without %s; choose another "
					"compression",
					output->compression == DAVIT_COMPRESSION_ZSTD ? "zstd"
										      : "gzip");
	archive_write_set_bytes_per_block (output->archive, BLOCK_SIZE);
	archive_write_set_bytes_in_last_block (output->archive, 1);
	if (archive_write_open (output->archive, output, NULL, output_callback, NULL) != ARCHIVE_OK)
		return output_error (output, error);
	entry = archive_entry_new ();
	archive_entry_set_filetype (entry, AE_IFREG);
	result = archive_write_header (output->archive, entry);
	archive_entry_free (entry);
	return result == ARCHIVE_OK || output_error (output, error);
}

ArchiveOutput *
archive_output_new (int fd, DavitCompression compression, gboolean hash, ArchiveReply *reply,
		    GError **error)
{
	g_autoptr (ArchiveOutput) output = g_new0 (ArchiveOutput, 1);

	output->fd = fd;
	output->compression = compression;
	output->reply = reply;
	if (hash)
		output->hash = archive_hash_new ();
	if (compression != DAVIT_COMPRESSION_NONE) {
		if (hash)
			output->plain_hash = archive_hash_new ();
		if (!output_open (output, error))
			return NULL;
	}
	return g_steal_pointer (&output);
}

void
archive_output_free (ArchiveOutput *output)
{
	if (output == NULL)
		return;
	/* Writes what it still holds, which may fail for a second time; nobody looks at it. */
	if (output->archive != NULL)
		archive_write_free (output->archive);
	g_clear_pointer (&output->hash, archive_hash_free);
	g_clear_pointer (&output->plain_hash, archive_hash_free);
	g_clear_error (&output->failure);
	g_free (output);
}

static gboolean
output_block (ArchiveOutput *output, const void *data, gsize length, GError **error)
{
	if (length == 0)
		return TRUE;
	archive_reply_progress (output->reply, output->plain_size);
	if (output->archive == NULL)
		return output_raw (output, data, length, error);
	if (output->plain_hash != NULL)
		archive_hash_add (output->plain_hash, data, length);
	return archive_write_data (output->archive, data, length) == (la_ssize_t) length ||
	       output_error (output, error);
}

gboolean
archive_output_write (ArchiveOutput *output, const void *data, gsize length, GError **error)
{
	const guint8 *rest = data;

	output->plain_size += length;
	while (length > 0) {
		gsize part = MIN (length, BLOCK_SIZE - output->used);

		memcpy (output->block + output->used, rest, part);
		output->used += part;
		rest += part;
		length -= part;
		if (output->used == BLOCK_SIZE) {
			output->used = 0;
			if (!output_block (output, output->block, BLOCK_SIZE, error))
				return FALSE;
		}
	}
	return TRUE;
}

gboolean
archive_output_finish (ArchiveOutput *output, DavitArchiveSummary *ret_summary, GError **error)
{
	gsize used = output->used;

	output->used = 0;
	if (!output_block (output, output->block, used, error))
		return FALSE;
	if (output->archive != NULL && archive_write_close (output->archive) != ARCHIVE_OK)
		return output_error (output, error);
	if (ret_summary == NULL)
		return TRUE;
	*ret_summary = (DavitArchiveSummary){
		.size = output->size,
		.diff_size = output->plain_size,
		.compression = output->compression,
	};
	if (output->hash != NULL)
		ret_summary->digest = archive_hash_finish (output->hash);
	ret_summary->diff_id = output->plain_hash != NULL ? archive_hash_finish (output->plain_hash)
							  : g_strdup (ret_summary->digest);
	return TRUE;
}
