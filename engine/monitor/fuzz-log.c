/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of logs (libFuzzer): a file of any bytes is read forwards and from its end without harm,
 * and the last n lines are the end of what a reader of everything gets from each stream.
 */

#include "base/fd.h"
#include "monitor/log-line.h"
#include "monitor/log-reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

/* What a reader got, each stream for itself. */
typedef struct {
	GString *texts[2];
} Taken;

static gboolean
piece_take (gint64 time, gboolean is_stderr, const char *text, gsize length, gboolean partial,
	    gpointer data)
{
	Taken *taken = data;
	GString *all = taken->texts[is_stderr ? 1 : 0];

	/* The parser promises this much. */
	if (length > DAVIT_LOG_LINE_LIMIT || memchr (text, '\n', length) != NULL)
		__builtin_trap ();
	g_string_append_len (all, text, (gssize) length);
	g_string_append_c (all, partial ? '|' : '\n');
	return TRUE;
}

static void
log_take (int dirfd, gint64 tail, Taken *taken)
{
	DavitLogQuery query;

	davit_log_query_init (&query);
	query.dirfd = dirfd;
	query.name = "log";
	query.tail = tail;
	taken->texts[0] = g_string_new (NULL);
	taken->texts[1] = g_string_new (NULL);
	/* FALSE for damaged lines: the others came all the same. */
	davit_log_read (&query, piece_take, taken, NULL);
}

static void
taken_clear (Taken *taken)
{
	g_string_free (taken->texts[0], TRUE);
	g_string_free (taken->texts[1], TRUE);
}

static void
tail_compare (int dirfd, const Taken *all, gint64 tail)
{
	Taken last;

	log_take (dirfd, tail, &last);
	for (int i = 0; i < 2; i++) {
		if (!g_str_has_suffix (all->texts[i]->str, last.texts[i]->str) &&
		    strlen (all->texts[i]->str) == all->texts[i]->len)
			__builtin_trap ();
	}
	taken_clear (&last);
}

/* Bytes 1 to 4 stand for what a record begins with: no fuzzer would ever guess a time. */
static void
input_write (int fd, const guint8 *bytes, gsize size)
{
	static const char *const heads[] = {"stdout F ", "stdout P ", "stderr F ", "stderr P "};
	g_autoptr (GString) text = g_string_new (NULL);

	for (gsize i = 0; i < size; i++) {
		if (bytes[i] >= 1 && bytes[i] <= G_N_ELEMENTS (heads))
			g_string_append_printf (text, "2026-11-24T14:11:26.123456789Z %s",
						heads[bytes[i] - 1]);
		else
			g_string_append_c (text, (char) bytes[i]);
	}
	if (!davit_fd_write (fd, text->str, text->len, "log", NULL))
		abort ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	char path[] = "/tmp/davit-fuzz-log-XXXXXX";
	davit_autofd dirfd = -1;
	davit_autofd fd = -1;
	Taken all;

	if (mkdtemp (path) == NULL)
		abort ();
	dirfd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat (dirfd, "log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	input_write (fd, bytes, size);
	log_take (dirfd, -1, &all);
	for (gint64 tail = 0; tail < 4; tail++)
		tail_compare (dirfd, &all, tail);
	taken_clear (&all);
	unlinkat (dirfd, "log", 0);
	rmdir (path);
	return 0;
}
