/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes the answers of the archive worker. */

#include "image/archive-reply.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "image/archive-protocol.h"

#include <stdarg.h>
#include <string.h>

/* Often enough for a bar that moves, seldom enough to cost nothing. */
#define PROGRESS_STEP (4 * 1024 * 1024)
#define NOTICES_LIMIT 100
#define QUOTE_LIMIT 200
#define TEXT_LIMIT 2000

/* Fields separated by tabs, ended by NULL. If nobody reads any more, SIGPIPE ends the worker. */
static void
reply_line (ArchiveReply *reply, const char *word, ...)
{
	g_autoptr (GString) line = g_string_new (word);
	const char *field;
	va_list fields;

	if (reply->fd < 0)
		return;
	va_start (fields, word);
	while ((field = va_arg (fields, const char *)) != NULL) {
		g_autofree char *escaped = g_strescape (field, NULL);

		g_string_append_c (line, '\t');
		g_string_append (line, escaped);
	}
	va_end (fields);
	g_string_append_c (line, '\n');
	davit_fd_write (reply->fd, line->str, line->len, "answer", NULL);
}

/* Room for a number; the text lives as long as the buffer. */
typedef struct {
	char text[24];
} Number;

static const char *
number (Number *buffer, guint64 value)
{
	g_snprintf (buffer->text, sizeof (buffer->text), "%" G_GUINT64_FORMAT, value);
	return buffer->text;
}

void
archive_reply_progress (ArchiveReply *reply, guint64 done)
{
	Number first, second;

	if (!reply->progress || done - reply->said < PROGRESS_STEP)
		return;
	reply->said = done;
	reply_line (reply, "progress", number (&first, done), number (&second, reply->total), NULL);
}

void
archive_reply_notice (ArchiveReply *reply, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	if (reply->notices >= NOTICES_LIMIT)
		return;
	reply->notices++;
	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	reply_line (reply, "notice", text, NULL);
}

void
archive_reply_file (ArchiveReply *reply, const DavitArchiveFile *file)
{
	Number size;

	reply_line (reply, "file", file->stored,
		    file->digest != NULL ? file->digest : ARCHIVE_NO_DIGEST,
		    number (&size, file->size), file->name, file->link, NULL);
}

void
archive_reply_summary (ArchiveReply *reply, const DavitArchiveSummary *summary)
{
	Number size, diff_size, entries, compression;

	reply_line (reply, "summary", summary->digest != NULL ? summary->digest : ARCHIVE_NO_DIGEST,
		    summary->diff_id != NULL ? summary->diff_id : ARCHIVE_NO_DIGEST,
		    number (&size, summary->size), number (&diff_size, summary->diff_size),
		    number (&entries, summary->entries),
		    number (&compression, summary->compression), NULL);
}

void
archive_reply_error (ArchiveReply *reply, const GError *error)
{
	g_autofree char *text = g_strndup (error->message, TEXT_LIMIT);
	Number code;

	reply_line (reply, "error",
		    number (&code, error->domain == DAVIT_ERROR ? (guint64) error->code
								: DAVIT_ERROR_FAILED),
		    text, NULL);
}

void
archive_reply_done (ArchiveReply *reply)
{
	reply_line (reply, "done", NULL);
}

char *
archive_reply_quote (const char *name)
{
	g_autofree char *escaped = davit_log_escape (name);
	const char *end;

	if (strlen (escaped) <= QUOTE_LIMIT)
		return g_steal_pointer (&escaped);
	end = g_utf8_find_prev_char (escaped, escaped + QUOTE_LIMIT);
	return g_strdup_printf ("%.*s...", (int) (end - escaped), escaped);
}
