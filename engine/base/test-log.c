/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Escaping, levels and forms of log lines. */

#include "base/fd.h"
#include "base/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
test_escape (void)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{"", ""},
		{"plain \xc3\xa4 \\ \"", "plain \xc3\xa4 \\ \""},
		{"a\x1b[31mb\n\t\r", "a\\x1b[31mb\\x0a\\x09\\x0d"},
		{"\x7f", "\\x7f"},
		/* C1: CSI, which a terminal may obey like ESC [. */
		{"\xc2\x9b", "\\u{9b}"},
		{"\xe2\x80\xae", "\\u{202e}"},
		{"\xe2\x81\xa6", "\\u{2066}"},
		{"\xe2\x80\xa8", "\\u{2028}"},
		{"\xff x \xc3", "\\xff x \\xc3"},
		{"\xc0\x9b", "\\xc0\\x9b"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *safe = davit_log_escape (cases[i].text);

		g_assert_cmpstr (safe, ==, cases[i].wanted);
	}
}

/* What the function writes to standard error. */
static char *
capture (void (*function) (void))
{
	davit_autofd memory = memfd_create ("test", MFD_CLOEXEC);
	davit_autofd old = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	char *text = NULL;

	g_assert_cmpint (dup2 (memory, STDERR_FILENO), ==, STDERR_FILENO);
	function ();
	g_assert_cmpint (dup2 (old, STDERR_FILENO), ==, STDERR_FILENO);
	g_assert_cmpint (lseek (memory, 0, SEEK_SET), ==, 0);
	g_assert_true (davit_fd_read (memory, 100000, "memory", &text, NULL, NULL));
	return text;
}

static void
lines_write (void)
{
	davit_warning ("w \"%s\"", "\n");
	davit_log (DAVIT_LOG_INFO, NULL, "i");
	davit_debug ("d");
}

static void
test_levels (void)
{
	g_autofree char *initial = capture (lines_write);
	g_autofree char *debug = NULL;
	g_autofree char *json = NULL;

	g_assert_cmpstr (initial, ==, "davit-test: warning: w \"\\x0a\"\n");
	g_assert_false (davit_log_enabled (DAVIT_LOG_INFO));
	davit_log_set_up (DAVIT_LOG_DEBUG, FALSE);
	debug = capture (lines_write);
	g_assert_cmpstr (
		debug, ==,
		"davit-test: warning: w \"\\x0a\"\ndavit: info: i\ndavit-test: debug: d\n");
	davit_log_set_up (DAVIT_LOG_INFO, TRUE);
	json = capture (lines_write);
	g_assert_cmpstr (json, ==,
			 "{\"level\":\"warning\",\"domain\":\"davit-test\",\"msg\":"
			 "\"w \\\"\\\\x0a\\\"\"}\n{\"level\":\"info\",\"msg\":\"i\"}\n");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/log/escape", test_escape);
	g_test_add_func ("/log/levels", test_levels);
	return g_test_run ();
}
