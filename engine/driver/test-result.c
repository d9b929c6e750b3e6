/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Results: values by key and type, and descriptors that are never lost. */

#include "driver/result.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static gboolean
is_open (int fd)
{
	return fcntl (fd, F_GETFD) >= 0;
}

static int
open_null (void)
{
	/* Without close-on-exec, as a careless plugin does it. */
	int fd = open ("/dev/null", O_RDONLY);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

static void
test_values (void)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree const char **strings = NULL;
	g_autofree const char **nothing = NULL;
	g_autofree gint64 *integers = NULL;
	gint64 integer = 77;
	guint count = 0;

	g_assert_null (davit_result_string (result, "a"));
	davit_result_add_string (result, "a", "one");
	davit_result_add_integer (result, "a", 5);
	davit_result_add_string (result, "b", "other");
	davit_result_add_string (result, "a", "two");
	davit_result_add_integer (result, "a", G_MININT64);
	g_assert_cmpuint (davit_result_length (result), ==, 5);

	g_assert_cmpstr (davit_result_string (result, "a"), ==, "one");
	strings = davit_result_strings (result, "a");
	g_assert_cmpstr (strings[0], ==, "one");
	g_assert_cmpstr (strings[1], ==, "two");
	g_assert_null (strings[2]);
	nothing = davit_result_strings (result, "c");
	g_assert_null (nothing[0]);

	g_assert_false (davit_result_integer (result, "b", &integer));
	g_assert_cmpint (integer, ==, 77);
	g_assert_true (davit_result_integer (result, "a", &integer));
	g_assert_cmpint (integer, ==, 5);
	integers = davit_result_integers (result, "a", &count);
	g_assert_cmpuint (count, ==, 2);
	g_assert_true (integers[1] == G_MININT64);
}

static void
test_descriptors (void)
{
	DavitResult *result = davit_result_new ();
	int first = open_null ();
	int second = open_null ();
	int third = open_null ();

	davit_result_add_fd (result, "fd", first);
	davit_result_add_fd (result, "fd", second);
	davit_result_add_fd (result, "fd", third);
	g_assert_true (fcntl (first, F_GETFD) & FD_CLOEXEC);
	g_assert_cmpint (davit_result_steal_fd (result, "other"), ==, -1);
	g_assert_cmpint (davit_result_steal_fd (result, "fd"), ==, first);
	g_assert_cmpint (davit_result_steal_fd (result, "fd"), ==, second);
	davit_result_truncate (result, 2);
	g_assert_false (is_open (third));
	g_assert_cmpint (davit_result_steal_fd (result, "fd"), ==, -1);
	third = open_null ();
	davit_result_add_fd (result, "fd", third);
	davit_result_free (result);
	g_assert_false (is_open (third));
	/* What was taken is the taker's. */
	g_assert_true (is_open (first));
	g_assert_true (is_open (second));
	close (first);
	close (second);
}

static void
test_without_result (void)
{
	int fd = open_null ();

	davit_result_add_string (NULL, "a", "b");
	davit_result_add_integer (NULL, "a", 1);
	davit_result_add_fd (NULL, "a", fd);
	g_assert_false (is_open (fd));
	g_assert_cmpuint (davit_result_length (NULL), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/result/values", test_values);
	g_test_add_func ("/result/descriptors", test_descriptors);
	g_test_add_func ("/result/without-result", test_without_result);
	return g_test_run ();
}
