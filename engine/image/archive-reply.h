/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker's side of the answers: lines on a pipe, as archive-protocol.h describes them. */

#pragma once

#include "image/archive.h"

G_BEGIN_DECLS

/**
 * ArchiveReply: where answers go. fd -1: nowhere (a fuzzer).
 */
typedef struct {
	int fd;
	gboolean progress; /* whether anybody looks at it */
	guint64 total;	   /* bytes; 0: unknown */
	guint64 said;	   /* bytes that the last line of progress named */
	guint notices;
} ArchiveReply;

/* Says how far it is if that is worth a line. */
void archive_reply_progress (ArchiveReply *reply, guint64 done);

/* What was left out, and why. An archive that gives reason for thousands is cut short. */
void archive_reply_notice (ArchiveReply *reply, const char *format, ...) G_GNUC_PRINTF (2, 3);

void archive_reply_file (ArchiveReply *reply, const DavitArchiveFile *file);
void archive_reply_summary (ArchiveReply *reply, const DavitArchiveSummary *summary);
void archive_reply_error (ArchiveReply *reply, const GError *error);
void archive_reply_done (ArchiveReply *reply);

/* A name from an archive for a text: escaped, cut if it is long. Free with g_free. */
char *archive_reply_quote (const char *name);

G_END_DECLS
