/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads the answers of the archive worker. It has met hostile data, so that it may be the attacker
 * who speaks: every field is checked before anybody uses it.
 */

#include "image/archive-answer.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "image/archive-protocol.h"

#include <string.h>

#define ERROR_TEXT_LIMIT 4096

static gboolean
number_get (const char *text, guint64 maximum, guint64 *ret)
{
	return davit_text_parse_unsigned (text, maximum, "number", ret, NULL);
}

/* "-" is no digest, and right where none was asked for. */
static gboolean
digest_get (const char *text, gboolean needed, char **ret)
{
	if (!needed && strcmp (text, ARCHIVE_NO_DIGEST) == 0)
		return TRUE;
	if (!davit_digest_is_valid (text))
		return FALSE;
	*ret = g_strdup (text);
	return TRUE;
}

static gboolean
line_progress (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	guint64 done, total;

	if (n_fields != 3 || !number_get (fields[1], G_MAXINT64, &done) ||
	    !number_get (fields[2], G_MAXINT64, &total))
		return FALSE;
	if (answer->progress != NULL)
		answer->progress (done, total, answer->data);
	return TRUE;
}

static gboolean
line_notice (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	g_autofree char *text = NULL;

	if (n_fields != 2)
		return FALSE;
	text = davit_log_escape (fields[1]);
	davit_debug ("archive worker: %s", text);
	return TRUE;
}

static gboolean
line_file (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	g_autofree char *stored = NULL;
	DavitArchiveFile *file;
	gboolean is_link = n_fields == 6;

	if (answer->files == NULL || answer->files->len >= ARCHIVE_FILES_LIMIT || n_fields < 5 ||
	    n_fields > 6 || fields[4][0] == '\0')
		return FALSE;
	/* The name must be the next number: it is used as a path. */
	stored = g_strdup_printf ("%u", answer->files->len);
	if (strcmp (fields[1], stored) != 0)
		return FALSE;
	file = g_new0 (DavitArchiveFile, 1);
	g_ptr_array_add (answer->files, file);
	file->stored = g_steal_pointer (&stored);
	file->name = g_strdup (fields[4]);
	if (is_link)
		file->link = g_strdup (fields[5]);
	return digest_get (fields[2], !is_link, &file->digest) &&
	       number_get (fields[3], G_MAXINT64, &file->size);
}

static gboolean
line_summary (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	DavitArchiveSummary *summary = &answer->summary;
	guint64 compression;

	if (n_fields != 7 || answer->has_summary)
		return FALSE;
	answer->has_summary = TRUE;
	if (!digest_get (fields[1], FALSE, &summary->digest) ||
	    !digest_get (fields[2], FALSE, &summary->diff_id) ||
	    !number_get (fields[3], G_MAXINT64, &summary->size) ||
	    !number_get (fields[4], G_MAXINT64, &summary->diff_size) ||
	    !number_get (fields[5], G_MAXINT64, &summary->entries) ||
	    !number_get (fields[6], DAVIT_COMPRESSION_BZIP2, &compression))
		return FALSE;
	summary->compression = (DavitCompression) compression;
	return TRUE;
}

static gboolean
line_error (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	guint64 code;

	if (n_fields != 3 || strlen (fields[2]) > ERROR_TEXT_LIMIT ||
	    !number_get (fields[1], DAVIT_ERROR_NO_PROGRAM, &code))
		return FALSE;
	answer->failure = g_error_new_literal (DAVIT_ERROR, (int) code, fields[2]);
	return TRUE;
}

static gboolean
line_done (ArchiveAnswer *answer, char **fields, guint n_fields)
{
	answer->done = n_fields == 1;
	return answer->done;
}

static gboolean
ends_in_escape (const char *text)
{
	gsize length = strlen (text);
	guint backslashes = 0;

	while (length > 0 && text[length - 1] == '\\') {
		length--;
		backslashes++;
	}
	return backslashes % 2 == 1;
}

gboolean
archive_answer_line (ArchiveAnswer *answer, const char *line)
{
	static const struct {
		const char *word;
		gboolean (*take) (ArchiveAnswer *answer, char **fields, guint n_fields);
	} kinds[] = {
		{"progress", line_progress}, {"notice", line_notice}, {"file", line_file},
		{"summary", line_summary},   {"error", line_error},   {"done", line_done},
	};
	g_auto (GStrv) fields = g_strsplit (line, "\t", 8);
	guint n_fields = g_strv_length (fields);

	if (answer->done || answer->failure != NULL || n_fields == 0)
		return FALSE;
	for (guint i = 0; i < n_fields; i++) {
		char *field;

		/* g_strcompress would warn about it. */
		if (ends_in_escape (fields[i]))
			return FALSE;
		field = g_strcompress (fields[i]);
		g_free (fields[i]);
		fields[i] = field;
	}
	for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
		if (strcmp (fields[0], kinds[i].word) == 0)
			return kinds[i].take (answer, fields, n_fields);
	}
	return FALSE;
}

void
archive_answer_clear (ArchiveAnswer *answer)
{
	g_clear_pointer (&answer->files, g_ptr_array_unref);
	g_clear_error (&answer->failure);
	davit_archive_summary_clear (&answer->summary);
}
