/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An input without its compression, in one pass with the digests of both forms. */

#pragma once

#include "image/archive-decode.h"

G_BEGIN_DECLS

typedef struct _ArchiveInput ArchiveInput;

/* Borrows fd and reply. */
ArchiveInput *archive_input_new (int fd, ArchiveReply *reply);
void archive_input_free (ArchiveInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveInput, archive_input_free)

/* Before archive_input_open. copy_fd -1: none; limit 0: none. */
void archive_input_set_copy (ArchiveInput *input, int copy_fd, guint64 limit);
/* Which digests are wanted: hashing is half the work of reading. */
void archive_input_set_digests (ArchiveInput *input, gboolean digest, gboolean diff_id);

/* Looks at the first bytes. What is empty is CORRUPT. */
gboolean archive_input_open (ArchiveInput *input, GError **error);

/* The next bytes, valid until the next call. Returns 0 at the end, -1 with an error. */
gssize archive_input_read (ArchiveInput *input, const guint8 **ret_data, GError **error);

/* Bytes given so far. */
guint64 archive_input_position (const ArchiveInput *input);
DavitCompression archive_input_compression (const ArchiveInput *input);

/* At the end. ret_summary gets all but the entries; digests that were not wanted are NULL. */
void archive_input_summary (ArchiveInput *input, DavitArchiveSummary *ret_summary);

G_END_DECLS
