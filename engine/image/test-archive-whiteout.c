/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Deletions in layers, in a whole tree and as layers of overlayfs: whatever two layers say, both
 * ways must show the same.
 */

#include "base/error.h"
#include "base/fd.h"
#include "image/archive.h"
#include "test-archive-support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What the layer below holds in most tests. */
static void
add_lower (TestArchive *test)
{
	test_archive_directory (test, "dir");
	test_archive_file (test, "dir/one", "1");
	test_archive_file (test, "dir/two", "2");
	test_archive_directory (test, "dir/sub");
	test_archive_file (test, "dir/sub/deep", "3");
	test_archive_file (test, "file", "lower");
	test_archive_link (test, '2', "link", "dir");
}

static void
test_names (TestArchive *test, gconstpointer data)
{
	static const char *const names[] = {".wh.",   ".wh..",	 ".wh...",
					    "a/.wh.", "a/.wh..", "a/.wh..."};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		test_archive_file (test, names[i], "");
		g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
		test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
					   "whiteout \"*\" names nothing that could be deleted");
	}
	test_archive_file (test, "a/.wh..wh.b", "");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "whiteout \"a/.wh..wh.b\" names a whiteout");
	test_archive_directory (test, ".wh.a");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "whiteout \".wh.a\" is no regular file");
	test_archive_link (test, '2', ".wh.a", "../canary");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "whiteout \".wh.a\" is no regular file");
	test_archive_file (test, ".wh.a/b", "");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "whiteout \".wh.a/b\" has something in it");
	/* The file system that had these is gone, its files in old images are not. */
	test_archive_file (test, ".wh..wh.plnk/1.2", "x");
	test_archive_file (test, ".wh..wh.aufs", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "");
}

/* A whiteout leads to nothing but names below the directory that it is in. */
static void
test_confined (TestArchive *test, gconstpointer data)
{
	g_autofree char *canary = g_strconcat (test->directory, "/canary", NULL);

	test_archive_file (test, "../canary/.wh.file", "");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, "*leads upwards*");
	test_archive_link (test, '2', "out", canary);
	test_archive_file (test, "out/.wh.file", "");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "\"out\" is used as a directory and is none");
	test_archive_file (test, "out/.wh..wh..opq", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "out d 0755 0:0\n");
	test_archive_link (test, '2', "gone", canary);
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_file (test, ".wh.gone", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "out d 0755 0:0\n");
}

static void
test_forms (TestArchive *test, gconstpointer data)
{
	test_archive_file (test, "a/.wh.b", "");
	test_archive_directory (test, "c");
	test_archive_file (test, "c/.wh..wh..opq", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY));
	test_archive_assert_listing (test->target, "a d 0755 0:0\n"
						   "a/b c 0000 0:0 0:0\n"
						   "c d 0755 0:0 xtrusted.overlay.opaque=y\n");
	test_archive_new_target (test);
	test_archive_file (test, "a/.wh.b", "");
	test_archive_file (test, "c/.wh..wh..opq", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY_USER));
	test_archive_assert_listing (test->target, "a d 0755 0:0\n"
						   "a/b c 0000 0:0 0:0\n"
						   "c d 0755 0:0 xuser.overlay.opaque=y\n");
	test_archive_new_target (test);
	add_lower (test);
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_file (test, "dir/.wh.one", "");
	test_archive_file (test, ".wh.file", "");
	test_archive_file (test, ".wh.never-there", "");
	test_archive_file (test, "dir/sub/.wh..wh..opq", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "dir d 0755 0:0\n"
						   "dir/sub d 0755 0:0\n"
						   "dir/two - 0644 0:0 =2\n"
						   "link l 0777 0:0 -> dir\n");
}

/* An archive that names the same directory again and again is not slow. */
static void
test_repeated (TestArchive *test, gconstpointer data)
{
	for (int i = 0; i < 2000; i++) {
		g_autofree char *name = g_strdup_printf ("d/%d", i);

		test_archive_file (test, name, "");
	}
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_file (test, "d/own", "mine");
	for (int i = 0; i < 5000; i++)
		test_archive_file (test, i % 2 == 0 ? "d/.wh..wh..opq" : ".wh.d", "");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "d d 0755 0:0\n"
						   "d/own - 0644 0:0 =mine\n");
}

/* A list of a directory below is neither lost nor handed on. */
static void
test_access_lists (TestArchive *test, gconstpointer data)
{
	struct stat status;

	test_archive_directory (test, "d");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_shell ("setfacl -d -m u:5:rwx,g::-,o::- %s/target/d", test->directory);
	test_archive_entry (test, &(TestEntry){.name = "d/f", .data = "x", .mode = 0666});
	test_archive_entry (test, &(TestEntry){.name = "d/e", .type = '5', .mode = 0777});
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (fstatat (test->target, "d/f", &status, 0), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0666);
	g_assert_cmpint (fstatat (test->target, "d/e", &status, 0), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0777);
	test_archive_shell ("! getfacl -p %s/target/d/f %s/target/d/e | grep -q 'user:[^:]'",
			    test->directory, test->directory);
	test_archive_shell ("getfacl -p %s/target/d | grep -q 'default:user:[^:]'",
			    test->directory);
}

/**
 * Case: the upper of two layers; the lower is add_lower's.
 */
typedef struct {
	const char *name;
	TestEntry upper[6];
	const char *expected;
} Case;

#define LOWER_LINK "link l 0777 0:0 -> dir\n"
#define LOWER_FILE "file - 0644 0:0 =lower\n"

static const Case cases[] = {
	{"nothing",
	 {{.name = "new", .data = "n"}},
	 "dir d 0755 0:0\ndir/one - 0644 0:0 =1\ndir/sub d 0755 0:0\n"
	 "dir/sub/deep - 0644 0:0 =3\ndir/two - 0644 0:0 =2\n" LOWER_FILE LOWER_LINK
	 "new - 0644 0:0 =n\n"},
	{"delete", {{.name = ".wh.dir"}, {.name = ".wh.link"}}, LOWER_FILE},
	{"own-file-before",
	 {{.name = "file", .data = "own"}, {.name = ".wh.file"}, {.name = ".wh.dir"}},
	 "file - 0644 0:0 =own\n" LOWER_LINK},
	{"own-file-after",
	 {{.name = ".wh.file"}, {.name = "file", .data = "own"}, {.name = ".wh.dir"}},
	 "file - 0644 0:0 =own\n" LOWER_LINK},
	{"own-directory-before",
	 {{.name = "dir", .type = '5', .mode = 0700},
	  {.name = "dir/new", .data = "n"},
	  {.name = ".wh.dir"}},
	 "dir d 0700 0:0\ndir/new - 0644 0:0 =n\n" LOWER_FILE LOWER_LINK},
	{"own-directory-after",
	 {{.name = ".wh.dir"},
	  {.name = "dir", .type = '5', .mode = 0700},
	  {.name = "dir/new", .data = "n"}},
	 "dir d 0700 0:0\ndir/new - 0644 0:0 =n\n" LOWER_FILE LOWER_LINK},
	{"implied-directory",
	 {{.name = ".wh.dir"}, {.name = "dir/new", .data = "n"}},
	 "dir d 0755 0:0\ndir/new - 0644 0:0 =n\n" LOWER_FILE LOWER_LINK},
	{"opaque",
	 {{.name = "dir", .type = '5', .mode = 0711},
	  {.name = "dir/one", .data = "own"},
	  {.name = "dir/.wh..wh..opq"}},
	 "dir d 0711 0:0\ndir/one - 0644 0:0 =own\n" LOWER_FILE LOWER_LINK},
	{"file-for-directory",
	 {{.name = "dir", .data = "f"}},
	 "dir - 0644 0:0 =f\n" LOWER_FILE LOWER_LINK},
	{"directory-for-file",
	 {{.name = "file", .type = '5', .mode = 0755},
	  {.name = "file/x", .data = "x"},
	  {.name = ".wh.dir"}},
	 "file d 0755 0:0\nfile/x - 0644 0:0 =x\n" LOWER_LINK},
	{"file-and-then-directory",
	 {{.name = "dir", .data = "f"}, {.name = "dir", .type = '5', .mode = 0750}},
	 "dir d 0750 0:0\n" LOWER_FILE LOWER_LINK},
	{"through-link-below",
	 {{.name = "link/x", .data = "x"}, {.name = ".wh.dir"}},
	 LOWER_FILE "link d 0755 0:0\nlink/x - 0644 0:0 =x\n"},
	{"link-for-directory",
	 {{.name = "dir", .type = '2', .link = "file"}},
	 "dir l 0777 0:0 -> file\n" LOWER_FILE LOWER_LINK},
};

static char *
merged_listing (TestArchive *test)
{
	g_autofree char *options =
		g_strdup_printf ("lowerdir=%s/upper:%s/target", test->directory, test->directory);
	g_autofree char *point = g_strconcat (test->directory, "/merged", NULL);
	davit_autofd fd = -1;
	char *listing;

	g_assert_cmpint (mkdirat (test->fd, "merged", 0755), ==, 0);
	if (mount ("overlay", point, "overlay", MS_RDONLY, options) < 0)
		g_error ("mount: %s", g_strerror (errno));
	fd = openat (test->fd, "merged", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	listing = test_archive_listing (fd);
	davit_fd_close (&fd);
	g_assert_cmpint (umount2 (point, MNT_DETACH), ==, 0);
	g_assert_cmpint (unlinkat (test->fd, "merged", AT_REMOVEDIR), ==, 0);
	return listing;
}

static void
test_same (TestArchive *test, gconstpointer data)
{
	const Case *one = data;
	g_autofree char *listing = NULL;
	int whole;

	/* Whole tree first, then as layers. */
	for (int layers = 0; layers < 2; layers++) {
		test_archive_new_target (test);
		add_lower (test);
		g_assert_true (test_archive_unpack (test, layers != 0 ? DAVIT_WHITEOUTS_OVERLAY
								      : DAVIT_WHITEOUTS_APPLY));
		for (gsize i = 0; i < G_N_ELEMENTS (one->upper) && one->upper[i].name != NULL; i++)
			test_archive_entry (test, &one->upper[i]);
		if (layers == 0) {
			g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
			test_archive_assert_listing (test->target, one->expected);
			continue;
		}
		whole = test->target;
		g_assert_cmpint (mkdirat (test->fd, "upper", 0755), ==, 0);
		test->target = openat (test->fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY));
		davit_fd_close (&whole);
		listing = merged_listing (test);
		g_assert_cmpstr (listing, ==, one->expected);
	}
}

/* A hard link into the layer below would work in a whole tree only, so it works nowhere. */
static void
test_hard_link_below (TestArchive *test, gconstpointer data)
{
	add_lower (test);
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_link (test, '1', "h", "file");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "entry \"h\" is a hard link to a file that its layer lacks");
	test_archive_new_target (test);
	test_archive_file (test, ".wh.file", "");
	test_archive_link (test, '1', "h", "file");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "entry \"h\" is a hard link to a file that its layer lacks");
}

#define ADD(path, function)                                                                        \
	g_test_add ("/archive/whiteout/" path, TestArchive, NULL, test_archive_set_up, function,   \
		    test_archive_tear_down)

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	/* Mounts of the tests are nobody else's. */
	if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		g_error ("unshare: %s", g_strerror (errno));
	ADD ("names", test_names);
	ADD ("confined", test_confined);
	ADD ("forms", test_forms);
	ADD ("repeated", test_repeated);
	ADD ("access-lists", test_access_lists);
	ADD ("hard-link-below", test_hard_link_below);
	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *path =
			g_strconcat ("/archive/whiteout/same/", cases[i].name, NULL);

		g_test_add (path, TestArchive, &cases[i], test_archive_set_up, test_same,
			    test_archive_tear_down);
	}
	return g_test_run ();
}
