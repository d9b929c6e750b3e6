/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unpacks a layer: reader to writer, and in the end the digests. */

#include "base/error.h"
#include "image/archive-work.h"
#include "image/archive-writer.h"

#include <string.h>

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArchiveWriter, archive_writer_clear)

static gboolean
unpack_entries (ArchiveWriter *writer, ArchiveReader *reader, GError **error)
{
	for (;;) {
		const ArchiveEntry *entry;

		if (!archive_reader_next (reader, &entry, error))
			return FALSE;
		if (entry == NULL)
			return archive_writer_finish (writer, error);
		if (!archive_writer_apply (writer, reader, entry, error))
			return FALSE;
	}
}

static gboolean
check_digest (const char *what, const char *is, const char *expected, GError **error)
{
	if (expected == NULL || strcmp (is, expected) == 0)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "%s is %s and should be %s", what, is,
				expected);
}

/*
 * What was written before the digests are known to be right is in a directory that nobody has
 * seen; it goes away with the error.
 */
gboolean
archive_work_unpack (const DavitArchiveUnpack *request, ArchiveReply *reply,
		     DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (ArchiveInput) input = archive_input_new (request->input_fd, reply);
	g_autoptr (ArchiveReader) reader = NULL;
	g_auto (ArchiveWriter) writer = {.target = -1};

	if (!archive_writer_init (&writer, request->target_dirfd, request->whiteouts, reply, error))
		return FALSE;
	archive_input_set_digests (input, request->expected_digest != NULL,
				   request->expected_diff_id != NULL);
	if (!archive_input_open (input, error))
		return FALSE;
	reader = archive_reader_new (input, error);
	if (reader == NULL)
		return FALSE;
	archive_reader_set_alone (reader, request->alone);
	writer.no_devices = request->no_devices;
	if (!unpack_entries (&writer, reader, error))
		return FALSE;
	archive_input_summary (input, ret_summary);
	ret_summary->entries = archive_reader_entries (reader);
	return check_digest ("digest of the layer", ret_summary->digest, request->expected_digest,
			     error) &&
	       check_digest ("diff id of the layer", ret_summary->diff_id,
			     request->expected_diff_id, error);
}
