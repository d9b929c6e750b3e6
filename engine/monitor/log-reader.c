/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading a log forwards, and following it. */

#include "monitor/log-reader.h"

#include "base/error.h"
#include "base/fd.h"
#include "monitor/log-files.h"
#include "monitor/log-line.h"
#include "monitor/log-tail.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BLOCK_SIZE (64 * 1024)

typedef struct {
	const DavitLogQuery *query;
	DavitLogFunc func;
	gpointer data;
	DavitLogPlace starts[2];
	DavitLogPlace place; /* of the start of buffer */
	GByteArray *buffer;  /* read, and not given out yet */
	gboolean skipping;   /* the rest of a line that is too long */
	gboolean stopped;    /* func wants no more */
	guint64 n_damaged;
} Reading;

void
davit_log_query_init (DavitLogQuery *query)
{
	*query = (DavitLogQuery){.dirfd = -1, .tail = -1, .end_fd = -1};
}

static gboolean
line_is_wanted (const Reading *reading, const DavitLogLine *line)
{
	const DavitLogQuery *query = reading->query;
	const DavitLogPlace *start = &reading->starts[line->is_stderr ? 1 : 0];

	if (reading->place.file < start->file ||
	    (reading->place.file == start->file && reading->place.offset < start->offset))
		return FALSE;
	return line->time >= query->since && (query->until == 0 || line->time <= query->until);
}

static void
line_give (Reading *reading, const char *text, gsize length)
{
	DavitLogLine line;

	if (reading->skipping || !davit_log_line_parse (text, length, &line)) {
		reading->skipping = FALSE;
		reading->n_damaged++;
		return;
	}
	if (line_is_wanted (reading, &line))
		reading->stopped = !reading->func (line.time, line.is_stderr, line.text,
						   line.length, line.partial, reading->data);
}

/* Gives out the whole lines in the buffer. */
static void
buffer_give (Reading *reading)
{
	const char *data = (const char *) reading->buffer->data;
	gsize length = reading->buffer->len;
	gsize done = 0;

	while (done < length && !reading->stopped) {
		const char *end = memchr (data + done, '\n', length - done);
		gsize line;

		if (end == NULL)
			break;
		line = (gsize) (end - data) - done;
		line_give (reading, data + done, line);
		done += line + 1;
		reading->place.offset += (gint64) line + 1;
	}
	if (!reading->stopped && length - done > DAVIT_LOG_LINE_LIMIT) {
		reading->skipping = TRUE;
		reading->place.offset += (gint64) (length - done);
		done = length;
	}
	if (done > 0)
		g_byte_array_remove_range (reading->buffer, 0, (guint) done);
}

/* Everything up to the end of the file as it is now. */
static gboolean
file_read (Reading *reading, int fd, GError **error)
{
	g_autofree guint8 *block = g_malloc (BLOCK_SIZE);

	while (!reading->stopped) {
		gint64 offset = reading->place.offset + (gint64) reading->buffer->len;
		gssize got = pread (fd, block, BLOCK_SIZE, (off_t) offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return davit_error_errno (error, errno, "read log \"%s\"",
						  reading->query->name);
		if (got == 0)
			return TRUE;
		g_byte_array_append (reading->buffer, block, (guint) got);
		buffer_give (reading);
	}
	return TRUE;
}

static void
file_leave (Reading *reading)
{
	g_byte_array_set_size (reading->buffer, 0);
	reading->skipping = FALSE;
	reading->place.file++;
	reading->place.offset = 0;
}

/* All files there are; the place stays at the end of the newest. */
static gboolean
files_read (Reading *reading, const GArray *files, GError **error)
{
	guint first = MIN (reading->starts[0].file, reading->starts[1].file);

	for (guint i = first; i < files->len && !reading->stopped; i++) {
		gboolean both = reading->starts[0].file == i && reading->starts[1].file == i;

		reading->place = (DavitLogPlace){i, 0};
		/* What is before is known to be unwanted. */
		if (i == first && both)
			reading->place.offset =
				MIN (reading->starts[0].offset, reading->starts[1].offset);
		g_byte_array_set_size (reading->buffer, 0);
		if (!file_read (reading, g_array_index (files, int, i), error))
			return FALSE;
	}
	return TRUE;
}

/* The newest file from the place on, and those that follow it, until there is no newer one. */
static gboolean
newest_read (Reading *reading, int *fd, GError **error)
{
	const DavitLogQuery *query = reading->query;

	while (!reading->stopped) {
		davit_autofd next = -1;

		if (*fd >= 0 && !file_read (reading, *fd, error))
			return FALSE;
		if (!davit_log_files_next (query->dirfd, query->name, *fd, &next, error))
			return FALSE;
		if (next < 0)
			return TRUE;
		/* Nothing is added to a file once there is a newer one: this is the last of it. */
		if (*fd >= 0 && !file_read (reading, *fd, error))
			return FALSE;
		if (*fd >= 0)
			file_leave (reading);
		davit_fd_close (fd);
		*fd = davit_fd_steal (&next);
	}
	return TRUE;
}

static gboolean
watch_open (const DavitLogQuery *query, int *ret_fd, GError **error)
{
	davit_autofd fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", query->dirfd);

	if (fd < 0)
		return davit_error_errno (error, errno, "watch the log \"%s\"", query->name);
	/* The directory, not the file: a rotation puts another one in its place. */
	if (inotify_add_watch (fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return davit_error_errno (error, errno, "watch the log \"%s\"", query->name);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

static void
watch_drain (int watch_fd)
{
	char events[4096];

	while (read (watch_fd, events, sizeof events) > 0)
		continue;
}

/* Milliseconds until the query's end; -1: it has none. */
static int
until_timeout (const DavitLogQuery *query)
{
	gint64 left;

	if (query->until == 0)
		return -1;
	left = query->until - g_get_real_time () * 1000;
	return left <= 0 ? 0 : (int) MIN (left / 1000000 + 1, G_MAXINT);
}

/* Waits for more. ret_last: what is there now is all. */
static gboolean
more_wait (const DavitLogQuery *query, int watch_fd, gboolean *ret_last, GError **error)
{
	struct pollfd polls[2] = {{.fd = watch_fd, .events = POLLIN},
				  {.fd = query->end_fd, .events = POLLIN}};
	int n_ready = poll (polls, 2, until_timeout (query));

	if (n_ready < 0 && errno != EINTR)
		return davit_error_errno (error, errno, "wait for the log \"%s\"", query->name);
	if (n_ready == 0 || (n_ready > 0 && polls[1].revents != 0))
		*ret_last = TRUE;
	if (n_ready > 0 && polls[0].revents != 0)
		watch_drain (watch_fd);
	return TRUE;
}

static gboolean
log_follow (Reading *reading, int watch_fd, int *fd, GError **error)
{
	gboolean last = FALSE;

	for (;;) {
		if (!newest_read (reading, fd, error))
			return FALSE;
		if (last || reading->stopped)
			return TRUE;
		if (!more_wait (reading->query, watch_fd, &last, error))
			return FALSE;
	}
}

static gboolean
reading_run (Reading *reading, GError **error)
{
	const DavitLogQuery *query = reading->query;
	g_autoptr (GArray) files = NULL;
	davit_autofd watch_fd = -1;
	davit_autofd newest = -1;

	/* Before anything is read, so that nothing falls between reading and waiting. */
	if (query->follow && !watch_open (query, &watch_fd, error))
		return FALSE;
	files = davit_log_files_open (query->dirfd, query->name, error);
	if (files == NULL)
		return FALSE;
	if (query->tail >= 0 && !davit_log_tail_find (query, files, reading->starts, error))
		return FALSE;
	if (!files_read (reading, files, error))
		return FALSE;
	if (!query->follow || reading->stopped)
		return TRUE;
	if (files->len > 0) {
		newest = g_array_index (files, int, files->len - 1);
		g_array_index (files, int, files->len - 1) = -1;
	}
	/* The older ones are closed; a follower must not keep deleted files alive. */
	g_array_set_size (files, 0);
	return log_follow (reading, watch_fd, &newest, error);
}

gboolean
davit_log_read (const DavitLogQuery *query, DavitLogFunc func, gpointer data, GError **error)
{
	g_autoptr (GByteArray) buffer = g_byte_array_new ();
	Reading reading = {.query = query, .func = func, .data = data, .buffer = buffer};

	if (!reading_run (&reading, error))
		return FALSE;
	/* Everything else was given out: one bad line must not hide the others. */
	if (reading.n_damaged > 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"log \"%s\": %" G_GUINT64_FORMAT
					" damaged lines were left out",
					query->name, reading.n_damaged);
	return TRUE;
}
