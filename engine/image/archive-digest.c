/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The digest of a file, whatever it is. */

#include "image/archive-raw.h"
#include "image/archive-work.h"

gboolean
archive_work_digest (int input_fd, ArchiveReply *reply, DavitArchiveSummary *ret_summary,
		     GError **error)
{
	ArchiveRaw raw;
	const guint8 *data;
	gssize length;

	archive_raw_init (&raw, input_fd, reply);
	raw.hash = archive_hash_new ();
	do {
		length = archive_raw_read (&raw, &data, error);
	} while (length > 0);
	if (length == 0) {
		ret_summary->digest = archive_hash_finish (raw.hash);
		ret_summary->size = raw.size;
	}
	archive_raw_clear (&raw);
	return length == 0;
}
