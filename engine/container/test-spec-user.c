/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Users and groups from files that mean no good. */

#include "container/test-spec-support.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "daemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
			     "app:x:1000:1000:an app:/home/app:/bin/sh\n"
			     "app:x:7:7::/wrong:/bin/sh\n"
			     "500:x:8:8::/eight:/bin/sh\n"
			     "bad1:x:-1:0::/:/\n"
			     "bad2:x:4294967295:0::/:/\n"
			     "bad3:x:+5:0::/:/\n"
			     "bad4:x: 5:0::/:/\n"
			     "bad5:x:0x5:0::/:/\n"
			     "bad6:x:99999999999999999999:0::/:/\n"
			     "bad7:x::0::/:/\n"
			     "bad8:x:5\n"
			     ":x:5:5::/:/\n"
			     "edge:x:4294967294:4294967294:::\n"
			     "relative:x:9:9::home:/bin/sh\n"
			     "last:x:11:11::/last:/bin/sh";
static const char group[] = "root:x:0:\n"
			    "app:x:1000:\n"
			    "video:x:44:app,daemon\n"
			    "audio:x:29:daemon,apple\n"
			    "extra:x:30:daemon,app\n"
			    "bad:x:4294967295:app\n"
			    "short:x:31\n"
			    "app:x:99:\n"
			    "twice:x:44:app\n";

static void
files_write (TestSpec *test)
{
	test_spec_write (test, "etc/passwd", passwd, -1);
	test_spec_write (test, "etc/group", group, -1);
}

typedef struct {
	const char *user;
	guint32 uid;
	guint32 gid;
	const char *groups;
	const char *home;
	const char *name;
} Found;

static char *
groups_text (const DavitSpecUser *user)
{
	GString *text = g_string_new (NULL);

	for (gsize i = 0; i < user->n_additional_gids; i++)
		g_string_append_printf (text, "%s%u", i > 0 ? " " : "", user->additional_gids[i]);
	return g_string_free (text, FALSE);
}

static void
found_check (TestSpec *test, const Found *wanted, const char *const *group_add)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *groups = NULL;
	DavitSpecUser user = {0};

	g_test_message ("%s", wanted->user);
	davit_spec_user_resolve (test->rootfs_fd, wanted->user, group_add, &user, &error);
	g_assert_no_error (error);
	groups = groups_text (&user);
	g_assert_cmpuint (user.uid, ==, wanted->uid);
	g_assert_cmpuint (user.gid, ==, wanted->gid);
	g_assert_cmpstr (groups, ==, wanted->groups);
	g_assert_cmpstr (user.home, ==, wanted->home);
	g_assert_cmpstr (user.name, ==, wanted->name);
	davit_spec_user_clear (&user);
}

static void
refused (TestSpec *test, const char *user, const char *group_add, int code, const char *text)
{
	const char *groups[] = {group_add, NULL};
	g_autoptr (GError) error = NULL;
	DavitSpecUser found = {0};

	g_test_message ("%s", user);
	g_assert_false (davit_spec_user_resolve (test->rootfs_fd, user, groups, &found, &error));
	test_spec_assert_error (&error, code, text);
}

static void
test_found (TestSpec *test, gconstpointer data)
{
	static const Found cases[] = {
		{"", 0, 0, "", "/root", "root"},
		{"0", 0, 0, "", "/root", "root"},
		{"root", 0, 0, "", "/root", "root"},
		{"app", 1000, 1000, "44 30", "/home/app", "app"},
		{"1000", 1000, 1000, "44 30", "/home/app", "app"},
		{"app:0", 1000, 0, "", "/home/app", "app"},
		{"app:video", 1000, 44, "", "/home/app", "app"},
		{"1000:app", 1000, 1000, "", "/home/app", "app"},
		/* A number is a number, whatever the files call so. */
		{"500", 500, 0, "", NULL, NULL},
		{"5:6", 5, 6, "", NULL, NULL},
		{"edge", 4294967294, 4294967294, "", NULL, "edge"},
		{"4294967294:4294967294", 4294967294, 4294967294, "", NULL, "edge"},
		{"relative", 9, 9, "", NULL, "relative"},
		{"last", 11, 11, "", "/last", "last"},
	};
	static const char *const add[] = {"audio", "31", "44", "44", NULL};
	static const Found added = {"app", 1000, 1000, "29 31 44 30", "/home/app", "app"};

	files_write (test);
	for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
		found_check (test, &cases[i], NULL);
	found_check (test, &added, add);
}

static void
test_refused (TestSpec *test, gconstpointer data)
{
	files_write (test);
	for (guint i = 1; i <= 8; i++) {
		g_autofree char *name = g_strdup_printf ("bad%u", i);

		refused (test, name, NULL, DAVIT_ERROR_NOT_FOUND,
			 "is not in the container's /etc/passwd; give its number");
	}
	refused (test, "nobody", NULL, DAVIT_ERROR_NOT_FOUND, "user \"nobody\"");
	refused (test, "app:none", NULL, DAVIT_ERROR_NOT_FOUND,
		 "group \"none\" is not in the container's /etc/group; give its number");
	refused (test, "app:bad", NULL, DAVIT_ERROR_NOT_FOUND, "group \"bad\"");
	refused (test, "app", "none", DAVIT_ERROR_NOT_FOUND, "group \"none\"");
	refused (test, "4294967295", NULL, DAVIT_ERROR_USAGE, "up to 4294967294");
	refused (test, "0:4294967295", NULL, DAVIT_ERROR_USAGE, "up to 4294967294");
	refused (test, "0", "4294967296", DAVIT_ERROR_USAGE, "up to 4294967294");
	refused (test, "app:", NULL, DAVIT_ERROR_USAGE, "must be USER or USER:GROUP");
	refused (test, "a:b:c", NULL, DAVIT_ERROR_USAGE, "must be USER or USER:GROUP");
}

/* Numbers need no files at all. */
static void
numbers_work (TestSpec *test)
{
	static const Found root = {"", 0, 0, "", NULL, NULL};
	static const Found user = {"5:6", 5, 6, "", NULL, NULL};

	found_check (test, &root, NULL);
	found_check (test, &user, NULL);
}

static void
test_absent (TestSpec *test, gconstpointer data)
{
	numbers_work (test);
	refused (test, "app", NULL, DAVIT_ERROR_NOT_FOUND, "user \"app\"");
	refused (test, "0:app", NULL, DAVIT_ERROR_NOT_FOUND, "group \"app\"");
}

/* Nobody will ever write into it. */
static void
test_fifo (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *groups = test_spec_path (test, "etc/group");

	g_assert_cmpint (mkfifo (users, 0644), ==, 0);
	g_assert_cmpint (mkfifo (groups, 0644), ==, 0);
	numbers_work (test);
	refused (test, "app", NULL, DAVIT_ERROR_FAILED,
		 "user \"app\": read \"/etc/passwd\": it is a FIFO");
	refused (test, "0:app", NULL, DAVIT_ERROR_FAILED, "groups of the container");
}

static void
test_huge (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");

	files_write (test);
	/* Sparse: it takes no room on the disk. */
	g_assert_cmpint (truncate (users, (off_t) 1 << 40), ==, 0);
	numbers_work (test);
	refused (test, "app", NULL, DAVIT_ERROR_CORRUPT, "user \"app\"");
}

static void
test_long_line (TestSpec *test, gconstpointer data)
{
	static const Found app = {"app", 1000, 1000, "", "/home/app", "app"};
	g_autofree char *filler = g_strnfill (1024 * 1024, 'x');
	g_autofree char *text = g_strconcat ("app:x:66:66:", filler, ":/wrong:/\n", passwd, NULL);

	test_spec_write (test, "etc/passwd", text, -1);
	found_check (test, &app, NULL);
}

/* The host has a root with another home than what a link leads to inside. */
static void
test_links (TestSpec *test, gconstpointer data)
{
	static const Found root = {"", 0, 0, "", "/inside", "root"};
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *outside = g_build_filename (test->directory, "outside", NULL);

	g_assert_cmpint (symlink (outside, users), ==, 0);
	g_assert_true (g_file_set_contents (outside, "app:x:1:1::/:/\n", -1, NULL));
	refused (test, "app", NULL, DAVIT_ERROR_NOT_FOUND, "user \"app\"");
	g_assert_cmpint (unlink (users), ==, 0);
	g_assert_cmpint (symlink ("../../../../etc/real", users), ==, 0);
	test_spec_write (test, "etc/real", "root:x:0:0::/inside:/bin/sh\n", -1);
	found_check (test, &root, NULL);
	g_assert_cmpint (unlink (users), ==, 0);
	g_assert_cmpint (symlink ("/proc/self/root/etc/passwd", users), ==, 0);
	refused (test, "daemon", NULL, DAVIT_ERROR_NOT_FOUND, "user \"daemon\"");
	g_assert_cmpint (unlink (users), ==, 0);
	g_assert_cmpint (symlink ("passwd", users), ==, 0);
	numbers_work (test);
}

static void
test_bytes (TestSpec *test, gconstpointer data)
{
	static const char text[] = "a\0b:x:5:5::/:/\nroot:x:0:0::/evil\x01:/\n";
	static const char odd[] = "\xff\xfe:x:7:7::/\xff:/\nroot:x:0:0::/e\x01vil:/\n";
	static const Found seven = {"7", 7, 7, "", NULL, NULL};
	static const Found root = {"root", 0, 0, "", NULL, "root"};

	/* What stands behind a NUL is not there. */
	test_spec_write (test, "etc/passwd", text, sizeof text - 1);
	refused (test, "root", NULL, DAVIT_ERROR_NOT_FOUND, "user \"root\"");
	test_spec_write (test, "etc/passwd", odd, -1);
	found_check (test, &seven, NULL);
	found_check (test, &root, NULL);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_spec_add ("/spec-user/found", test_found);
	test_spec_add ("/spec-user/refused", test_refused);
	test_spec_add ("/spec-user/absent", test_absent);
	test_spec_add ("/spec-user/fifo", test_fifo);
	test_spec_add ("/spec-user/huge", test_huge);
	test_spec_add ("/spec-user/long-line", test_long_line);
	test_spec_add ("/spec-user/links", test_links);
	test_spec_add ("/spec-user/bytes", test_bytes);
	return g_test_run ();
}
