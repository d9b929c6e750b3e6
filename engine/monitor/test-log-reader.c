/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading logs: rotated, torn, damaged, from the end, and while a monitor writes them. */

#include "base/error.h"
#include "base/fd.h"
#include "monitor/client.h"
#include "monitor/log-line.h"
#include "monitor/log-reader.h"
#include "monitor/test-support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define T(second) "2026-11-24T14:11:" second ".000000000Z "

static void
file_put (const TestMonitor *monitor, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename (monitor->directory, name, NULL);

	g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

typedef struct {
	GString *text;
	gint64 limit; /* stop after as many; 0: never */
} Taken;

static gboolean
piece_take (gint64 time, gboolean is_stderr, const char *text, gsize length, gboolean partial,
	    gpointer data)
{
	Taken *taken = data;

	g_string_append (taken->text, is_stderr ? "e:" : "o:");
	g_string_append_len (taken->text, text, (gssize) length);
	g_string_append_c (taken->text, partial ? '|' : '\n');
	return taken->limit == 0 || --taken->limit > 0;
}

/* Free with g_free. */
static char *
log_take (const TestMonitor *monitor, DavitLogQuery *query)
{
	g_autoptr (GError) error = NULL;
	Taken taken = {g_string_new (NULL), 0};

	query->dirfd = monitor->dirfd;
	query->name = "ctr.log";
	davit_log_read (query, piece_take, &taken, &error);
	g_assert_no_error (error);
	return g_string_free (taken.text, FALSE);
}

static void
test_line (void)
{
	static const struct {
		const char *line;
		gboolean good;
		gint64 time;
	} cases[] = {
		{"1970-01-01T00:00:00Z stdout F ", TRUE, 0},
		{"1970-01-01T00:00:01.5Z stderr P x", TRUE, 1500000000},
		{"2026-11-24T14:11:26.123456789Z stdout F a", TRUE, 1795529486123456789},
		{"2026-11-24T16:11:26.123456789+02:00 stdout F a", TRUE, 1795529486123456789},
		{"2000-02-29T23:59:59.0000000001Z stdout F a", TRUE, 951868799000000000},
		{"", FALSE, 0},
		{"2026-11-24T14:11:26Z stdout F", FALSE, 0},
		{"2026-11-24T14:11:26Z stdin F x", FALSE, 0},
		{"2026-11-24T14:11:26Z stdout X x", FALSE, 0},
		{"2026-13-24T14:11:26Z stdout F x", FALSE, 0},
		{"2026-11-24T14:11:26. stdout F x", FALSE, 0},
		{"2026-11-24T14:11:26 stdout F x", FALSE, 0},
		{"9999-11-24T14:11:26Z stdout F x", FALSE, 0},
		{" 2026-11-24T14:11:26Z stdout F x", FALSE, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		DavitLogLine line;
		gboolean good = davit_log_line_parse (cases[i].line, strlen (cases[i].line), &line);

		g_assert_cmpint (good, ==, cases[i].good);
		if (good)
			g_assert_cmpint (line.time, ==, cases[i].time);
	}
}

/* From the oldest file to the newest. */
static void
test_rotated (void)
{
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	file_put (&monitor, "ctr.log.2", T ("01") "stdout F one\n");
	file_put (&monitor, "ctr.log.1", T ("02") "stderr F two\n" T ("03") "stdout P thr\n");
	file_put (&monitor, "ctr.log", T ("04") "stdout F ee\n" T ("05") "stdout F torn");
	file_put (&monitor, "ctr.log.old", T ("06") "stdout F not of it\n");
	davit_log_query_init (&query);
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:one\ne:two\no:thr|o:ee\n");
	test_monitor_clear (&monitor);
}

static void
test_none (void)
{
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	davit_log_query_init (&query);
	query.tail = 5;
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "");
	test_monitor_clear (&monitor);
}

static void
test_since_until (void)
{
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	file_put (&monitor, "ctr.log",
		  T ("01") "stdout F one\n" T ("02") "stdout F two\n" T (
			  "03") "stdout F three\n" T ("04") "stdout F four\n");
	davit_log_query_init (&query);
	query.since = G_GINT64_CONSTANT (1795529462000000000);
	query.until = G_GINT64_CONSTANT (1795529463000000000);
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:two\no:three\n");
	/* The last ones of those, not those among the last ones. */
	query.tail = 1;
	g_free (text);
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:three\n");
	test_monitor_clear (&monitor);
}

static void
test_tail (void)
{
	static const char *const wanted[] = {
		"",
		"e:x|e:y|",
		"o:d\ne:x|e:y|",
		"o:c1|o:c2\no:d\ne:x|e:y|",
		"e:b1|o:c1|e:b2\no:c2\no:d\ne:x|e:y|",
		"o:a\ne:b1|o:c1|e:b2\no:c2\no:d\ne:x|e:y|",
		"o:a\ne:b1|o:c1|e:b2\no:c2\no:d\ne:x|e:y|",
	};
	TestMonitor monitor;

	test_monitor_init (&monitor);
	file_put (&monitor, "ctr.log.1",
		  T ("01") "stdout F a\n" T ("02") "stderr P b1\n" T ("03") "stdout P c1\n");
	file_put (&monitor, "ctr.log",
		  T ("04") "stderr F b2\n" T ("05") "stdout F c2\n" T ("06") "stdout F d\n" T (
			  "07") "stderr P x\n" T ("08") "stderr P y\n");
	for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++) {
		g_autofree char *text = NULL;
		DavitLogQuery query;

		davit_log_query_init (&query);
		query.tail = (gint64) i;
		text = log_take (&monitor, &query);
		g_assert_cmpstr (text, ==, wanted[i]);
	}
	test_monitor_clear (&monitor);
}

/* How much of a file is read, by what the kernel counts for this process. */
static guint64
bytes_read (void)
{
	g_autofree char *text = NULL;
	const char *line;

	g_assert_true (g_file_get_contents ("/proc/self/io", &text, NULL, NULL));
	line = strstr (text, "rchar: ");
	g_assert_nonnull (line);
	return g_ascii_strtoull (line + 7, NULL, 10);
}

/* The last lines of a large log are found without reading it. */
static void
test_tail_large (void)
{
	g_autoptr (GString) log = g_string_new (NULL);
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;
	guint64 before;

	test_monitor_init (&monitor);
	for (int i = 0; i < 400000; i++)
		g_string_append_printf (log, T ("01") "stdout F line number %d\n", i);
	file_put (&monitor, "ctr.log", log->str);
	davit_log_query_init (&query);
	query.tail = 2;
	before = bytes_read ();
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:line number 399998\no:line number 399999\n");
	g_assert_cmpuint (bytes_read () - before, <, 1 << 20);
	test_monitor_clear (&monitor);
}

/* What is damaged is left out, and said; the rest is there. */
static void
test_damaged (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *huge = g_strnfill (2 << 20, 'x');
	g_autofree char *log = NULL;
	Taken taken = {g_string_new (NULL), 0};
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	log = g_strconcat (T ("01") "stdout F one\nnonsense\n", T ("02") "stdout F ", huge,
			   "\n" T ("03") "stdout F three\n", NULL);
	file_put (&monitor, "ctr.log", log);
	davit_log_query_init (&query);
	query.dirfd = monitor.dirfd;
	query.name = "ctr.log";
	g_assert_false (davit_log_read (&query, piece_take, &taken, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, "log \"ctr.log\": 2 damaged lines were left out");
	g_assert_cmpstr (taken.text->str, ==, "o:one\no:three\n");
	g_clear_error (&error);
	/* Backwards over the same. */
	g_string_truncate (taken.text, 0);
	query.tail = 2;
	g_assert_false (davit_log_read (&query, piece_take, &taken, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (taken.text->str, ==, "o:one\no:three\n");
	g_string_free (taken.text, TRUE);
	test_monitor_clear (&monitor);
}

static void
test_not_regular (void)
{
	g_autoptr (GError) error = NULL;
	Taken taken = {NULL, 0};
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	g_assert_cmpint (mkfifoat (monitor.dirfd, "ctr.log", 0600), ==, 0);
	davit_log_query_init (&query);
	query.dirfd = monitor.dirfd;
	query.name = "ctr.log";
	g_assert_false (davit_log_read (&query, piece_take, &taken, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, "log \"ctr.log\": is not a regular file");
	test_monitor_clear (&monitor);
}

static void
test_stop (void)
{
	Taken taken = {g_string_new (NULL), 1};
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	file_put (&monitor, "ctr.log", T ("01") "stdout F one\n" T ("02") "stdout F two\n");
	davit_log_query_init (&query);
	query.dirfd = monitor.dirfd;
	query.name = "ctr.log";
	/* Following, too: the answer ends it. */
	query.follow = TRUE;
	g_assert_true (davit_log_read (&query, piece_take, &taken, NULL));
	g_assert_cmpstr (taken.text->str, ==, "o:one\n");
	g_string_free (taken.text, TRUE);
	test_monitor_clear (&monitor);
}

/* While a monitor writes and rotates, nothing is missed and nothing comes twice. */
static void
test_follow (gconstpointer data)
{
	gint64 tail = GPOINTER_TO_INT (data);
	g_autofree char *text = NULL;
	g_autofree char *joined = NULL;
	g_auto (GStrv) pieces = NULL;
	g_auto (GStrv) lines = NULL;
	davit_autofd end_fd = -1;
	TestContainer container;
	TestMonitor monitor;
	DavitLogQuery query;
	gint64 last = 0;
	pid_t opener;

	test_container_init (&container, "echo 0; read line <go; for i in $(seq 1 2000); do echo "
					 "$i; done");
	container.launch.log_max_size = 4096;
	container.launch.log_max_files = 1000;
	test_monitor_init (&monitor);
	g_assert_cmpint (mkfifoat (monitor.dirfd, "go", 0600), ==, 0);
	test_monitor_start (&monitor, &container);
	g_assert_true (davit_monitor_connect (monitor.dirfd, &end_fd, NULL));
	opener = fork ();
	if (opener == 0) {
		davit_autofd go = openat (monitor.dirfd, "go", O_WRONLY | O_CLOEXEC);

		_exit (write (go, "\n", 1) != 1);
	}
	davit_log_query_init (&query);
	query.tail = tail;
	query.follow = TRUE;
	query.end_fd = end_fd;
	text = log_take (&monitor, &query);
	/* A line may have come in two pieces. */
	pieces = g_strsplit (text, "|o:", -1);
	joined = g_strjoinv ("", pieces);
	lines = g_strsplit (joined, "\n", -1);
	last = g_ascii_strtoll (lines[0] + 2, NULL, 10);
	if (tail < 0)
		g_assert_cmpint (last, ==, 0);
	for (char **line = lines + 1; **line != '\0'; line++)
		g_assert_cmpint (g_ascii_strtoll (*line + 2, NULL, 10), ==, ++last);
	g_assert_cmpint (last, ==, 2000);
	g_assert_cmpint (waitpid (opener, NULL, 0), ==, opener);
	davit_fd_close (&end_fd);
	test_monitor_clear (&monitor);
}

/* It begins before there is a log. */
static void
test_follow_nothing (void)
{
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;
	int end[2];
	pid_t writer;

	test_monitor_init (&monitor);
	g_assert_cmpint (pipe2 (end, O_CLOEXEC), ==, 0);
	writer = fork ();
	if (writer == 0) {
		close (end[0]);
		file_put (&monitor, "ctr.log", T ("01") "stdout F one\n");
		_exit (0);
	}
	close (end[1]);
	davit_log_query_init (&query);
	query.follow = TRUE;
	query.end_fd = end[0];
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:one\n");
	g_assert_cmpint (waitpid (writer, NULL, 0), ==, writer);
	close (end[0]);
	test_monitor_clear (&monitor);
}

/* Following ends by itself at a time that was asked for. */
static void
test_follow_until (void)
{
	g_autofree char *text = NULL;
	TestMonitor monitor;
	DavitLogQuery query;

	test_monitor_init (&monitor);
	file_put (&monitor, "ctr.log", "2020-01-01T00:00:00Z stdout F one\n");
	davit_log_query_init (&query);
	query.follow = TRUE;
	query.until = g_get_real_time () * 1000 + 200000000;
	text = log_take (&monitor, &query);
	g_assert_cmpstr (text, ==, "o:one\n");
	g_assert_cmpint (g_get_real_time () * 1000, >=, query.until);
	test_monitor_clear (&monitor);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/log-reader/line", test_line);
	g_test_add_func ("/log-reader/rotated", test_rotated);
	g_test_add_func ("/log-reader/none", test_none);
	g_test_add_func ("/log-reader/since-until", test_since_until);
	g_test_add_func ("/log-reader/tail", test_tail);
	g_test_add_func ("/log-reader/tail-large", test_tail_large);
	g_test_add_func ("/log-reader/damaged", test_damaged);
	g_test_add_func ("/log-reader/not-regular", test_not_regular);
	g_test_add_func ("/log-reader/stop", test_stop);
	g_test_add_data_func ("/log-reader/follow", GINT_TO_POINTER (-1), test_follow);
	g_test_add_data_func ("/log-reader/follow-tail", GINT_TO_POINTER (1), test_follow);
	g_test_add_func ("/log-reader/follow-nothing", test_follow_nothing);
	g_test_add_func ("/log-reader/follow-until", test_follow_until);
	return g_test_run ();
}
