/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subordinate ids and maps. What needs a user of its own is in tests/root/user.sh. */

#include "base/user.h"

#include <unistd.h>

static void
assert_ranges (const char *text, const char *name, uid_t uid, const char *expected)
{
	g_autoptr (GArray) ranges = davit_user_ranges_parse (text, name, uid);
	g_autoptr (GString) found = g_string_new (NULL);

	for (guint i = 0; i < ranges->len; i++) {
		const DavitUserRange *range = &g_array_index (ranges, DavitUserRange, i);

		g_string_append_printf (found, "%u+%u ", range->first, range->count);
	}
	g_assert_cmpstr (found->str, ==, expected);
}

static void
test_ranges (void)
{
	const char *text = "root:1000:10\n"
			   "ann:100000:65536\n"
			   "1001:300000:5\n"
			   "anna:200000:65536\n"
			   "ann:400000:1";

	assert_ranges (text, "ann", 1001, "100000+65536 300000+5 400000+1 ");
	assert_ranges (text, NULL, 1001, "300000+5 ");
	assert_ranges (text, "bob", 1002, "");
	assert_ranges ("", "ann", 1001, "");
}

static void
test_ranges_strange (void)
{
	/* Not three fields, no numbers, none, root's, or more than there are. */
	assert_ranges ("ann\nann:\nann:5\nann:5:5:5\nann::\nann:x:5\nann:5:x\nann:-5:5\nann:+5:5\n"
		       "ann: 5:5\nann:0:5\nann:5:0\nann:4294967294:2\nann:4294967296:1\n"
		       "ann:99999999999999999999:1\n#ann:1:1\n",
		       "ann", 1001, "");
	assert_ranges ("ann:4294967294:1\n", "ann", 1001, "4294967294+1 ");
	/* The kernel refuses a map with ids twice. */
	assert_ranges ("ann:100:10\nann:105:10\nann:110:10\nann:95:6\n", "ann", 1001,
		       "100+10 110+10 ");
}

static void
test_ranges_many (void)
{
	g_autoptr (GString) text = g_string_new (NULL);
	g_autoptr (GArray) ranges = NULL;
	g_autoptr (GArray) map = NULL;

	for (guint i = 0; i < 1000; i++)
		g_string_append_printf (text, "ann:%u:1\n", 100000 + 2 * i);
	ranges = davit_user_ranges_parse (text->str, "ann", 1001);
	map = davit_user_map (1001, ranges);
	/* The kernel takes 340 lines. */
	g_assert_cmpuint (map->len / 3, <, 340);
	g_assert_cmpuint (map->len / 3, >, 200);
}

static void
assert_map (guint32 id, const char *text, const char *expected)
{
	g_autoptr (GArray) ranges = davit_user_ranges_parse (text, "ann", 0xfffffffe);
	g_autoptr (GArray) map = davit_user_map (id, ranges);
	g_autoptr (GString) found = g_string_new (NULL);

	for (guint i = 0; i < map->len; i++)
		g_string_append_printf (found, "%u ", g_array_index (map, guint32, i));
	g_assert_cmpstr (found->str, ==, expected);
}

static void
test_map (void)
{
	assert_map (1001, "", "0 1001 1 ");
	assert_map (1001, "ann:100000:65536\n", "0 1001 1 1 100000 65536 ");
	assert_map (1001, "ann:200000:10\nann:100000:5\n", "0 1001 1 1 200000 10 11 100000 5 ");
	/* His own id must not be there twice. */
	assert_map (1001, "ann:1000:10\nann:5000:5\n", "0 1001 1 1 5000 5 ");
}

static void
test_own_ids (void)
{
	/* Whatever runs this is somebody, and there is no user 4294967295. */
	g_assert_true (davit_user_has_id (geteuid ()));
	g_assert_true (davit_user_has_group (getegid ()));
	g_assert_false (davit_user_has_id ((uid_t) -1));
	if (!davit_user_is_ordinary ())
		g_assert_cmpuint (davit_user_id (), ==, 0);
}

/* The variable says whose the namespace is only inside of that very one. */
static void
test_variable (void)
{
	static const char *const values[] = {"",  "1:1000",	"4026531837:1000",
					     "x", "4026531837", "-1:5"};

	for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
		g_setenv ("DAVIT_USER_NAMESPACE", values[i], TRUE);
		g_assert_cmpint (davit_user_is_ordinary (), ==, geteuid () != 0);
		g_assert_cmpuint (davit_user_id (), ==, geteuid ());
	}
	g_unsetenv ("DAVIT_USER_NAMESPACE");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/user/ranges", test_ranges);
	g_test_add_func ("/user/ranges-strange", test_ranges_strange);
	g_test_add_func ("/user/ranges-many", test_ranges_many);
	g_test_add_func ("/user/map", test_map);
	g_test_add_func ("/user/own-ids", test_own_ids);
	g_test_add_func ("/user/variable", test_variable);
	return g_test_run ();
}
