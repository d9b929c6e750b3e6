/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Traces: the file is JSON, children add to it, the table shows all in order. */

#include "base/error.h"
#include "base/json.h"
#include "base/trace.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
child_run (const char *other)
{
	pid_t pid = fork ();
	int status = 0;

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		davit_trace_begin ("runtime/native", "create");
		davit_trace_end ();
		/* Leaves the span of its parent. */
		davit_trace_end ();
		/* Only the first process finishes. */
		if (davit_trace_finish () != NULL)
			_exit (1);
		/* Another file under the old numbers must not get events. */
		for (int fd = 3; fd < 64; fd++)
			close (fd);
		for (int fd = 3; fd < 16; fd++) {
			if (open (other, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) < 0)
				_exit (1);
		}
		davit_trace_begin ("runtime/native", "lost");
		davit_trace_end ();
		_exit (0);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_cmpint (status, ==, 0);
}

static void
spans_run (const char *other)
{
	davit_trace_scope ("container", "start");
	{
		davit_trace_scope ("storage/overlay", "mount \"x\"");
	}
	child_run (other);
}

static void
event_check (const DavitJson *events, guint index, const char *name, gint64 depth, gboolean own)
{
	const DavitJson *event = davit_json_element (events, index);
	const DavitJson *arguments = davit_json_member (event, "args");

	g_assert_cmpstr (davit_json_string (davit_json_member (event, "ph")), ==, "X");
	g_assert_cmpstr (davit_json_string (davit_json_member (event, "name")), ==, name);
	g_assert_cmpint (davit_json_integer (davit_json_member (arguments, "depth")), ==, depth);
	g_assert_cmpfloat (davit_json_number (davit_json_member (event, "ts")), >, 0);
	g_assert_cmpint (davit_json_type (davit_json_member (event, "dur")), !=, DAVIT_JSON_NULL);
	g_assert_true ((davit_json_integer (davit_json_member (event, "pid")) == getpid ()) == own);
}

static void
table_check (const char *table)
{
	const char *start = strstr (table, "\ncontainer: start ");
	const char *mount = strstr (table, "\n  storage/overlay: mount \"x\" ");
	const char *create = strstr (table, "\n  runtime/native: create ");

	g_assert_true (g_str_has_prefix (table, "SPAN "));
	g_assert_nonnull (start);
	g_assert_true (start < mount && mount < create);
	g_assert_null (strstr (table, "lost"));
}

static void
test_file (void)
{
	g_autofree char *path = g_dir_make_tmp ("davit-test-trace-XXXXXX", NULL);
	g_autofree char *file = g_build_filename (path, "trace", NULL);
	g_autofree char *other = g_build_filename (path, "other", NULL);
	g_autofree char *table = NULL;
	g_autofree char *text = NULL;
	g_autofree char *otherwise = NULL;
	g_autoptr (DavitJson) events = NULL;
	g_autoptr (GError) error = NULL;

	/* Before anything is set up, spans are nothing. */
	spans_run (other);
	g_assert_null (davit_trace_finish ());
	g_assert_true (davit_trace_set_up (file, TRUE, &error));
	g_assert_no_error (error);
	spans_run (other);
	davit_trace_begin ("container", "open at the end");
	table = davit_trace_finish ();
	table_check (table);
	g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
	events = davit_json_parse (text, -1, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (davit_json_length (events), ==, 5);
	event_check (events, 0, "mount \"x\"", 1, TRUE);
	event_check (events, 1, "create", 1, FALSE);
	event_check (events, 2, "start", 0, TRUE);
	event_check (events, 3, "open at the end", 0, TRUE);
	g_assert_true (g_file_get_contents (other, &otherwise, NULL, NULL));
	g_assert_cmpstr (otherwise, ==, "");
	g_assert_null (davit_trace_finish ());
	g_assert_cmpint (g_unlink (file), ==, 0);
	g_assert_cmpint (g_unlink (other), ==, 0);
	g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
test_table (void)
{
	g_autofree char *table = NULL;

	g_assert_true (davit_trace_set_up (NULL, TRUE, NULL));
	davit_trace_begin ("a", "b");
	davit_trace_end ();
	davit_trace_end ();
	table = davit_trace_finish ();
	g_assert_nonnull (strstr (table, "\na: b "));
}

static void
test_no_file (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_trace_set_up ("/nonexistent/trace", TRUE, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_cmpstr (error->message, ==,
			 "trace file: open \"/nonexistent/trace\": No such file or directory");
	g_assert_null (davit_trace_finish ());
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/trace/file", test_file);
	g_test_add_func ("/trace/table", test_table);
	g_test_add_func ("/trace/no-file", test_no_file);
	return g_test_run ();
}
