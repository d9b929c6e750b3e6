/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading a log backwards, block by block. */

#include "monitor/log-tail.h"

#include "base/error.h"
#include "monitor/log-line.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (64 * 1024)

/*
 * How far back the earlier pieces of a line are looked for once there are enough lines. Otherwise a
 * stream that has hardly ever written anything would have the whole log searched.
 */
#define LOOKBACK_LIMIT (256 * 1024)

/* A file while it is read backwards. */
typedef struct {
	int fd;
	gint64 base; /* where data begins in the file */
	GByteArray *data;
	gsize end;	 /* what is behind was given out */
	gboolean ragged; /* data does not end in a line break */
} Backward;

typedef struct {
	const DavitLogQuery *query;
	DavitLogPlace *starts;
	gint64 count;
	gboolean seen[2];
	gboolean closed[2];
	gsize lookback;
} Tail;

static gboolean
block_prepend (Backward *backward, GError **error)
{
	gsize length = (gsize) MIN (backward->base, BLOCK_SIZE);
	g_autofree guint8 *block = g_malloc (length);
	gsize done = 0;

	backward->base -= (gint64) length;
	while (done < length) {
		gssize got = pread (backward->fd, block + done, length - done,
				    (off_t) (backward->base + (gint64) done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return davit_error_errno (error, errno, "read log");
		if (got == 0)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"log became shorter while it was read");
		done += (gsize) got;
	}
	g_byte_array_set_size (backward->data, (guint) backward->end);
	g_byte_array_prepend (backward->data, block, (guint) length);
	backward->end += length;
	return TRUE;
}

/* Leaves out what is no whole line: a record that is being written, or one that is too long. */
static void
end_trim (Backward *backward)
{
	const guint8 *data = backward->data->data;
	const guint8 *last;

	if (!backward->ragged && backward->end > DAVIT_LOG_LINE_LIMIT + BLOCK_SIZE &&
	    memrchr (data, '\n', backward->end - 1) == NULL) {
		backward->end = 0;
		backward->ragged = TRUE;
	}
	if (!backward->ragged || backward->end == 0)
		return;
	last = memrchr (data, '\n', backward->end);
	backward->end = last != NULL ? (gsize) (last - data) + 1 : 0;
	backward->ragged = last == NULL;
}

/* ret_line NULL: there is none before. */
static gboolean
line_previous (Backward *backward, const char **ret_line, gsize *ret_length, GError **error)
{
	for (;;) {
		const char *data = (const char *) backward->data->data;
		gsize end = backward->end;
		const char *before = end > 1 ? memrchr (data, '\n', end - 1) : NULL;

		if (before != NULL || (backward->base == 0 && end > 0)) {
			*ret_line = before != NULL ? before + 1 : data;
			*ret_length = (gsize) (data + end - 1 - *ret_line);
			backward->end = (gsize) (*ret_line - data);
			return TRUE;
		}
		*ret_line = NULL;
		if (backward->base == 0)
			return TRUE;
		if (!block_prepend (backward, error))
			return FALSE;
		end_trim (backward);
	}
}

/* One record of a stream that is still looked for, from place to end. */
static void
record_count (Tail *tail, const DavitLogLine *line, DavitLogPlace place, gint64 end)
{
	gboolean stream = line->is_stderr ? 1 : 0;

	if (tail->closed[stream])
		return;
	if (line->partial && tail->seen[stream]) {
		tail->starts[stream] = place;
	} else if (tail->count < tail->query->tail) {
		tail->count++;
		tail->seen[stream] = TRUE;
		tail->starts[stream] = place;
	} else {
		tail->closed[stream] = TRUE;
		tail->starts[stream] = (DavitLogPlace){place.file, end};
	}
}

/* FALSE: all is known. */
static gboolean
line_count (Tail *tail, const char *text, gsize length, DavitLogPlace place)
{
	const DavitLogQuery *query = tail->query;
	DavitLogLine line;

	if (!davit_log_line_parse (text, length, &line) ||
	    (query->until != 0 && line.time > query->until))
		return TRUE;
	if (line.time < query->since)
		return FALSE;
	record_count (tail, &line, place, place.offset + (gint64) length + 1);
	if (tail->count < query->tail)
		return TRUE;
	/* One without a line among them can have no pieces before. */
	for (int stream = 0; stream < 2; stream++)
		tail->closed[stream] |= !tail->seen[stream];
	tail->lookback += length;
	return tail->lookback < LOOKBACK_LIMIT && !(tail->closed[0] && tail->closed[1]);
}

static gboolean
file_count (Tail *tail, int fd, guint index, gboolean *ret_more, GError **error)
{
	g_autoptr (GByteArray) data = g_byte_array_new ();
	Backward backward = {.fd = fd, .data = data, .ragged = TRUE};
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "log");
	backward.base = status.st_size;
	for (*ret_more = TRUE; *ret_more;) {
		const char *line;
		gsize length;
		DavitLogPlace place = {index, 0};

		if (!line_previous (&backward, &line, &length, error))
			return FALSE;
		if (line == NULL)
			return TRUE;
		place.offset = backward.base + (gint64) backward.end;
		*ret_more = line_count (tail, line, length, place);
	}
	return TRUE;
}

gboolean
davit_log_tail_find (const DavitLogQuery *query, const GArray *files, DavitLogPlace ret_starts[2],
		     GError **error)
{
	Tail tail = {.query = query, .starts = ret_starts};
	gboolean more = TRUE;
	struct stat status;

	if (files->len == 0)
		return TRUE;
	/* For streams that have nothing in it: what is new belongs to it. */
	if (fstat (g_array_index (files, int, files->len - 1), &status) < 0)
		return davit_error_errno (error, errno, "log");
	ret_starts[0] = ret_starts[1] = (DavitLogPlace){files->len - 1, status.st_size};
	if (query->tail == 0)
		return TRUE;
	for (guint i = files->len; i > 0 && more; i--) {
		if (!file_count (&tail, g_array_index (files, int, i - 1), i - 1, &more, error))
			return FALSE;
	}
	return TRUE;
}
