/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads an archive to its end: is it one, and what are its digests? */

#include "image/archive-reader.h"
#include "image/archive-work.h"

gboolean
archive_work_scan (ArchiveInput *input, DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (ArchiveReader) reader = NULL;
	gboolean end = FALSE;

	archive_input_set_digests (input, TRUE, TRUE);
	if (!archive_input_open (input, error))
		return FALSE;
	reader = archive_reader_new (input, error);
	if (reader == NULL)
		return FALSE;
	while (!end) {
		if (!archive_reader_skim (reader, &end, error))
			return FALSE;
	}
	archive_input_summary (input, ret_summary);
	ret_summary->entries = archive_reader_entries (reader);
	return TRUE;
}
