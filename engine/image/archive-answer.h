/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the archive worker has answered so far, line by line; archive-protocol.h has the form. */

#pragma once

#include "image/archive.h"

G_BEGIN_DECLS

/**
 * ArchiveAnswer: zeroed at first; the members belong to it.
 */
typedef struct {
	DavitArchiveProgress progress; /* called for each line of progress; or NULL */
	gpointer data;
	GPtrArray *files; /* DavitArchiveFile, if they are wanted; else they are nonsense */
	DavitArchiveSummary summary;
	gboolean has_summary;
	GError *failure; /* what the worker said that went wrong */
	gboolean done;
} ArchiveAnswer;

/* FALSE if the line is nonsense, or comes after the last one. */
gboolean archive_answer_line (ArchiveAnswer *answer, const char *line);

void archive_answer_clear (ArchiveAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArchiveAnswer, archive_answer_clear)

G_END_DECLS
