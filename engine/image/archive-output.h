/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes a stream, compressed if that is wanted, with the digests of both forms in one pass. */

#pragma once

#include "image/archive-hash.h"
#include "image/archive-reply.h"

G_BEGIN_DECLS

typedef struct _ArchiveOutput ArchiveOutput;

/* Borrows fd and reply. hash: whether the digests are wanted. */
ArchiveOutput *archive_output_new (int fd, DavitCompression compression, gboolean hash,
				   ArchiveReply *reply, GError **error);
void archive_output_free (ArchiveOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveOutput, archive_output_free)

gboolean archive_output_write (ArchiveOutput *output, const void *data, gsize length,
			       GError **error);

/* Ends the stream. ret_summary gets all but the entries; may be NULL. */
gboolean archive_output_finish (ArchiveOutput *output, DavitArchiveSummary *ret_summary,
				GError **error);

G_END_DECLS
