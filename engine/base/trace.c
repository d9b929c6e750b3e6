/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Recording of spans. An event is one line and one write with O_APPEND, so that processes which
 * fork from this one add theirs without a word to it; for the table all goes to a memory file too,
 * since what the children did is the larger part of a start.
 */

#include "base/trace.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/trace-table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_LIMIT (256 * 1024 * 1024)

typedef struct {
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
} Sink;

typedef struct {
	char *category;
	char *name;
	gint64 start;
	pid_t pid;
} Span;

typedef struct {
	GArray *spans; /* those that are open; NULL: nothing is recorded */
	Sink file;
	Sink memory;
	pid_t pid; /* who began, and finishes */
} Trace;

/* One for the process, since everything that takes time writes to it. */
static Trace *
trace_state (void)
{
	static Trace trace = {.file.fd = -1, .memory.fd = -1};

	return &trace;
}

static gint64
clock_now (void)
{
	struct timespec now = {0};

	clock_gettime (CLOCK_MONOTONIC, &now);
	return (gint64) now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static void
span_clear (gpointer span)
{
	g_free (((Span *) span)->category);
	g_free (((Span *) span)->name);
}

static void
sink_set (Sink *sink, int *fd)
{
	struct stat status = {0};

	if (*fd < 0)
		return;
	fstat (*fd, &status);
	*sink = (Sink){davit_fd_steal (fd), status.st_dev, status.st_ino};
}

static void
sink_write (const Sink *sink, const char *text)
{
	struct stat status;

	/* A child may have closed everything and opened something else under this number. */
	if (sink->fd < 0 || fstat (sink->fd, &status) < 0 || status.st_dev != sink->device ||
	    status.st_ino != sink->inode)
		return;
	/* What is measured must not fail for want of a place to write the measurement to. */
	davit_fd_write (sink->fd, text, strlen (text), "trace", NULL);
}

static gboolean
memory_open (int *ret_fd, GError **error)
{
	davit_autofd fd = memfd_create ("davit-trace", MFD_CLOEXEC);

	if (fd < 0 || fcntl (fd, F_SETFL, O_APPEND) < 0)
		return davit_error_errno (error, errno, "make a memory file for the timings");
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_trace_set_up (const char *file, gboolean table, GError **error)
{
	Trace *trace = trace_state ();
	davit_autofd fd = -1;
	davit_autofd memory = -1;

	g_return_val_if_fail (trace->spans == NULL, FALSE);
	if (file != NULL) {
		if (!davit_fd_open_output (file, O_CREAT | O_TRUNC | O_APPEND, 0666, &fd, error))
			return davit_error_prefix (error, "trace file");
		if (!davit_fd_write (fd, "[\n", 2, file, error))
			return FALSE;
	}
	if (table && !memory_open (&memory, error))
		return FALSE;
	sink_set (&trace->file, &fd);
	sink_set (&trace->memory, &memory);
	trace->pid = getpid ();
	trace->spans = g_array_new (FALSE, FALSE, sizeof (Span));
	g_array_set_clear_func (trace->spans, span_clear);
	return TRUE;
}

void
davit_trace_begin (const char *category, const char *name)
{
	Trace *trace = trace_state ();
	Span span = {0};

	if (trace->spans == NULL)
		return;
	span.category = g_strdup (category);
	span.name = g_strdup (name);
	span.pid = getpid ();
	span.start = clock_now ();
	g_array_append_val (trace->spans, span);
}

static char *
event_line (const Span *span, gint64 end, guint depth)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "ph", "X");
	davit_json_writer_string (writer, "cat", span->category);
	davit_json_writer_string (writer, "name", span->name);
	davit_json_writer_integer (writer, "pid", span->pid);
	davit_json_writer_integer (writer, "tid", span->pid);
	davit_json_writer_double (writer, "ts", (double) span->start / 1000);
	davit_json_writer_double (writer, "dur", (double) (end - span->start) / 1000);
	davit_json_writer_begin_object (writer, "args");
	davit_json_writer_integer (writer, "depth", depth);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, NULL);
	return g_strconcat (text, ",\n", NULL);
}

void
davit_trace_end (void)
{
	Trace *trace = trace_state ();
	g_autofree char *line = NULL;
	const Span *span;

	if (trace->spans == NULL || trace->spans->len == 0)
		return;
	span = &g_array_index (trace->spans, Span, trace->spans->len - 1);
	/* A child that leaves a span of its parent must not end it twice. */
	if (span->pid == getpid ()) {
		line = event_line (span, clock_now (), trace->spans->len - 1);
		sink_write (&trace->file, line);
		sink_write (&trace->memory, line);
	}
	g_array_set_size (trace->spans, trace->spans->len - 1);
}

/* The last event has no comma, so that the file is JSON for everybody and not only for browsers. */
static void
file_finish (const Trace *trace)
{
	g_autofree char *line =
		g_strdup_printf ("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,"
				 "\"args\":{\"name\":\"davit\"}}\n]\n",
				 (int) trace->pid);

	sink_write (&trace->file, line);
}

char *
davit_trace_finish (void)
{
	Trace *trace = trace_state ();
	g_autofree char *events = NULL;
	char *table = NULL;

	if (trace->spans == NULL || trace->pid != getpid ())
		return NULL;
	while (trace->spans->len > 0)
		davit_trace_end ();
	file_finish (trace);
	if (trace->memory.fd >= 0 && lseek (trace->memory.fd, 0, SEEK_SET) == 0 &&
	    davit_fd_read (trace->memory.fd, EVENTS_LIMIT, "trace", &events, NULL, NULL))
		table = davit_trace_table (events);
	g_clear_pointer (&trace->spans, g_array_unref);
	davit_fd_close (&trace->file.fd);
	davit_fd_close (&trace->memory.fd);
	trace->file.fd = trace->memory.fd = -1;
	return table;
}

int
davit_trace_scope_begin (const char *category, const char *name)
{
	davit_trace_begin (category, name);
	return 0;
}

void
davit_trace_scope_end (int *scope)
{
	davit_trace_end ();
}
