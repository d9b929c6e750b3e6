/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Layers that want out, or to be what they are not. Beside the directory that is unpacked into
 * stands another one, and each test ends by looking at all of it.
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

static const DavitWhiteouts every_form[] = {
	DAVIT_WHITEOUTS_APPLY,
	DAVIT_WHITEOUTS_OVERLAY,
	DAVIT_WHITEOUTS_OVERLAY_USER,
};

static void
refused (TestArchive *test, DavitWhiteouts whiteouts, const char *pattern)
{
	g_assert_false (test_archive_unpack (test, whiteouts));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, pattern);
}

static void
test_dot_dot (TestArchive *test, gconstpointer data)
{
	static const char *const names[] = {
		"../canary/file", "a/../../canary/file", "a/..", "..", "./../canary/new", "/../x",
	};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		test_archive_file (test, names[i], "evil");
		refused (test, DAVIT_WHITEOUTS_APPLY,
			 "entry \"*\": its name leads upwards with \"..\"");
	}
	test_archive_pax (test, "path", "../canary/file", -1);
	test_archive_file (test, "innocent", "evil");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"../canary/file\": its name leads upwards*");
	test_archive_assert_listing (test->target, "");
}

static void
test_absolute (TestArchive *test, gconstpointer data)
{
	g_autofree char *name = g_strconcat (test->directory, "/canary/file", NULL);

	test_archive_file (test, name, "evil");
	test_archive_file (test, "//b", "x");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (faccessat (test->target, "b", F_OK, 0), ==, 0);
	g_assert_cmpint (faccessat (test->target, name + 1, F_OK, 0), ==, 0);
}

/* A link that an earlier entry made is not gone through, wherever it leads. */
static void
test_through_symlink (TestArchive *test, gconstpointer data)
{
	g_autofree char *canary = g_strconcat (test->directory, "/canary", NULL);
	const char *targets[] = {canary, "../canary", "/", "."};

	for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
		for (gsize form = 0; form < G_N_ELEMENTS (every_form); form++) {
			test_archive_new_target (test);
			test_archive_link (test, '2', "out", targets[i]);
			test_archive_file (test, "out/file", "evil");
			refused (test, every_form[form],
				 "\"out\" is used as a directory and is none");
		}
	}
	test_archive_new_target (test);
	test_archive_directory (test, "dir/sub");
	test_archive_link (test, '2', "dir/sub", canary);
	test_archive_file (test, "dir/sub/file", "evil");
	refused (test, DAVIT_WHITEOUTS_APPLY, "\"dir/sub\" is used as a directory and is none");
}

/* The directory was opened a moment ago, and its descriptor is kept. */
static void
test_swapped_directory (TestArchive *test, gconstpointer data)
{
	g_autofree char *canary = g_strconcat (test->directory, "/canary", NULL);

	test_archive_file (test, "d/e/one", "1");
	test_archive_link (test, '2', "d", canary);
	test_archive_file (test, "d/e/two", "2");
	refused (test, DAVIT_WHITEOUTS_APPLY, "\"d\" is used as a directory and is none");
}

/* The same across layers: the link is of the layer below. There overlayfs would not see it. */
static void
test_symlink_below (TestArchive *test, gconstpointer data)
{
	g_autofree char *canary = g_strconcat (test->directory, "/canary", NULL);

	test_archive_link (test, '2', "out", canary);
	test_archive_link (test, '2', "file", "canary/file");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_file (test, "out/file", "mine");
	test_archive_file (test, "file", "mine too");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "file - 0644 0:0 =mine too\n"
						   "out d 0755 0:0\n"
						   "out/file - 0644 0:0 =mine\n");
}

static void
test_over_symlink (TestArchive *test, gconstpointer data)
{
	g_autofree char *file = g_strconcat (test->directory, "/canary/file", NULL);
	g_autofree char *sub = g_strconcat (test->directory, "/canary/sub", NULL);

	test_archive_link (test, '2', "f", file);
	test_archive_file (test, "f", "evil");
	test_archive_link (test, '2', "d", sub);
	test_archive_entry (test, &(TestEntry){.name = "d", .type = '5', .mode = 0700});
	test_archive_link (test, '2', "n", file);
	test_archive_entry (test, &(TestEntry){.name = "n", .type = '6', .mode = 0600});
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "d d 0700 0:0\n"
						   "f - 0644 0:0 =evil\n"
						   "n p 0600 0:0\n");
}

static void
test_hard_links (TestArchive *test, gconstpointer data)
{
	g_autofree char *file = g_strconcat (test->directory, "/canary/file", NULL);

	test_archive_link (test, '1', "a", "../canary/file");
	refused (test, DAVIT_WHITEOUTS_APPLY, "link \"a\": entry \"../canary/file\": *upwards*");
	test_archive_link (test, '1', "a", file);
	refused (test, DAVIT_WHITEOUTS_APPLY,
		 "entry \"a\" is a hard link to a file that its layer lacks");
	test_archive_link (test, '2', "l", "../canary");
	test_archive_link (test, '1', "a", "l/file");
	refused (test, DAVIT_WHITEOUTS_APPLY, "\"l\" is used as a directory and is none");
	test_archive_directory (test, "d");
	test_archive_link (test, '1', "a", "d");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"a\" is a hard link to a directory");
	test_archive_link (test, '1', "a", "/");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"a\" is a hard link to a directory");
	test_archive_file (test, "self", "x");
	test_archive_link (test, '1', "self", "./self");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"self\" is a hard link to itself");
	test_archive_file (test, "dir/file", "x");
	test_archive_link (test, '1', "dir", "dir/file");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"dir\" is a hard link to itself");
}

/* A hard link to a symbolic link is one; what comes after it must not write through it. */
static void
test_link_to_symlink (TestArchive *test, gconstpointer data)
{
	g_autofree char *file = g_strconcat (test->directory, "/canary/file", NULL);

	test_archive_link (test, '2', "s", file);
	test_archive_link (test, '1', "h", "s");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY));
	test_archive_link (test, '2', "s2", file);
	test_archive_link (test, '1', "h2", "s2");
	test_archive_file (test, "h2", "evil");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_OVERLAY));
	g_assert_cmpint (faccessat (test->target, "h2", F_OK, 0), ==, 0);
}

static void
test_overlay_metadata (TestArchive *test, gconstpointer data)
{
	for (gsize form = 0; form < G_N_ELEMENTS (every_form); form++) {
		test_archive_new_target (test);
		test_archive_entry (test, &(TestEntry){.name = "gone", .type = '3', .mode = 0600});
		refused (test, every_form[form], "entry \"gone\": is a character device 0:0*");
		test_archive_pax (test, "SCHILY.xattr.trusted.overlay.opaque", "y", -1);
		test_archive_directory (test, "d");
		test_archive_pax (test, "SCHILY.xattr.user.overlay.redirect", "/etc", -1);
		test_archive_directory (test, "e");
		test_archive_pax (test, "SCHILY.xattr.trusted.overlay.metacopy", "", -1);
		test_archive_file (test, "f", "x");
		test_archive_pax (test, "SCHILY.xattr.trusted.other", "1", -1);
		test_archive_file (test, "g", "x");
		test_archive_pax (test, "SCHILY.xattr.security.selinux", "a:b:c", -1);
		test_archive_file (test, "h", "x");
		test_archive_pax (test, "SCHILY.xattr.user.kept", "1", -1);
		test_archive_file (test, "i", "x");
		g_assert_true (test_archive_unpack (test, every_form[form]));
		g_assert_no_error (test->error);
		test_archive_assert_listing (test->target, "d d 0755 0:0\n"
							   "e d 0755 0:0\n"
							   "f - 0644 0:0 =x\n"
							   "g - 0644 0:0 =x\n"
							   "h - 0644 0:0 =x\n"
							   "i - 0644 0:0 =x xuser.kept=1\n");
	}
}

static void
test_bad_attributes (TestArchive *test, gconstpointer data)
{
	test_archive_pax (test, "SCHILY.xattr.security.capability", "nonsense", -1);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY,
		 "entry \"f\": the kernel refuses the value of attribute \"security.capability\"");
	test_archive_pax (test, "SCHILY.xattr.system.posix_acl_access", "nonsense", -1);
	test_archive_directory (test, "d");
	refused (test, DAVIT_WHITEOUTS_APPLY,
		 "entry \"d\": the kernel refuses the value of attribute "
		 "\"system.posix_acl_access\"");
}

static void
test_ids (TestArchive *test, gconstpointer data)
{
	static const char *const keys[] = {"uid", "gid"};
	static const char *const values[] = {"4294967295", "4294967296", "-1",
					     "99999999999999999999"};

	for (gsize key = 0; key < G_N_ELEMENTS (keys); key++) {
		for (gsize value = 0; value < G_N_ELEMENTS (values); value++) {
			test_archive_pax (test, keys[key], values[value], -1);
			test_archive_file (test, "f", "x");
			refused (test, DAVIT_WHITEOUTS_APPLY,
				 "entry \"f\": its user or group id is out of range");
		}
	}
	test_archive_pax (test, "uid", "4294967294", -1);
	test_archive_file (test, "f", "x");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "f - 0644 4294967294:0 =x\n");
}

static void
test_names (TestArchive *test, gconstpointer data)
{
	g_autofree char *part = g_strnfill (256, 'p');
	g_autoptr (GString) deep = g_string_new ("d");
	g_autoptr (GString) longest = g_string_new (NULL);

	test_archive_pax (test, "path", part, -1);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"ppp*...\": * more than 255 bytes");
	for (int i = 0; i < 300; i++)
		g_string_append (deep, "/d");
	test_archive_pax (test, "path", deep->str, -1);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"d/*\": *deeper than 256 directories");
	for (int i = 0; i < 30; i++)
		g_string_append_printf (longest, "%.200s/", part);
	test_archive_pax (test, "path", longest->str, -1);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "entry \"ppp*\": *longer than 4095 bytes");
	test_archive_file (test, "", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*without a name*");
	test_archive_file (test, "/", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*");
	test_archive_file (test, "a\n\033[31m\377", "x");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (faccessat (test->target, "a\n\033[31m\377", F_OK, 0), ==, 0);
	/* What is hostile in a name does not reach a terminal. */
	test_archive_link (test, '1', "a\n\033[31m\377", "nothing");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_null (strpbrk (test->error->message, "\n\033\377"));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, "*layer lacks");
}

/* Names are bytes: neither composed (NFC) nor replaced if they are no UTF-8. */
static void
test_name_bytes (TestArchive *test, gconstpointer data)
{
	static const char *const names[] = {"e\xcc\x81", "\xc3\xa9", "latin-\xe9", "\xe2\x84\xaa"};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		test_archive_pax (test, "path", names[i], -1);
		test_archive_file (test, "f", "x");
		test_archive_pax (test, "linkpath", names[i], -1);
		test_archive_link (test, '1', i % 2 == 0 ? "h0" : "h1", "f");
	}
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
		g_assert_cmpint (faccessat (test->target, names[i], F_OK, 0), ==, 0);
}

static void
test_replacements (TestArchive *test, gconstpointer data)
{
	test_archive_file (test, "a/b/c", "1");
	test_archive_file (test, "a", "file in the place of a directory");
	test_archive_file (test, "f", "first");
	test_archive_file (test, "f", "second");
	test_archive_file (test, "g", "1");
	test_archive_directory (test, "g");
	test_archive_file (test, "g/h", "2");
	test_archive_entry (test, &(TestEntry){.name = "i", .type = '5', .mode = 0700});
	test_archive_entry (test, &(TestEntry){.name = "i/", .type = '5', .mode = 0711});
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target,
				     "a - 0644 0:0 =file in the place of a directory\n"
				     "f - 0644 0:0 =second\n"
				     "g d 0755 0:0\n"
				     "g/h - 0644 0:0 =2\n"
				     "i d 0711 0:0\n");
	test_archive_link (test, '2', ".", "/etc");
	refused (test, DAVIT_WHITEOUTS_APPLY, "the top of the archive is no directory");
}

static void
test_sparse_bomb (TestArchive *test, gconstpointer data)
{
	struct stat status;

	/* A tebibyte of hole in GNU's format 0.1 costs nothing and is what it says. */
	test_archive_entry (test, &(TestEntry){.name = "pax",
					       .type = 'x',
					       .data = "22 GNU.sparse.map=0,1\n"
						       "33 GNU.sparse.size=1099511627776\n"});
	test_archive_file (test, "hole", "x");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (fstatat (test->target, "hole", &status, 0), ==, 0);
	g_assert_cmpint (status.st_size, ==, 1LL << 40);
	g_assert_cmpint (status.st_blocks, <, 1000);
	test_archive_pax (test, "size", "9223372036854775807", -1);
	test_archive_file (test, "huge", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*overflow*");
	test_archive_pax (test, "size", "-5", -1);
	test_archive_file (test, "negative", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*negative*");
}

static void
test_pax_bombs (TestArchive *test, gconstpointer data)
{
	TestEntry huge = {.name = "pax", .type = 'x', .size = 2 << 20};
	g_autofree char *value = g_strnfill (1 << 21, 'v');

	huge.data = value;
	test_archive_entry (test, &huge);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*");
	test_archive_entry (test, &(TestEntry){.name = "pax", .type = 'x', .data = "5 a=b\n"});
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "*pax*");
	for (int i = 0; i < 100; i++)
		test_archive_pax (test, "comment", "again", -1);
	test_archive_file (test, "f", "x");
	refused (test, DAVIT_WHITEOUTS_APPLY, "this is no tar archive: *");
}

static void
test_setuid (TestArchive *test, gconstpointer data)
{
	test_archive_entry (test, &(TestEntry){.name = "su", .data = "x", .mode = 04755, .uid = 7});
	test_archive_entry (test, &(TestEntry){.name = "sg", .data = "x", .mode = 02755, .gid = 9});
	test_archive_entry (test, &(TestEntry){.name = "tmp", .type = '5', .mode = 01777});
	test_archive_entry (test, &(TestEntry){.name = "none", .type = '5', .mode = 0100000});
	test_archive_entry (test, &(TestEntry){.name = "null",
					       .type = '3',
					       .mode = 0666,
					       .major = 1,
					       .minor = 3,
					       .gid = 5});
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "none d 0000 0:0\n"
						   "null c 0666 0:5 1:3\n"
						   "sg - 2755 0:9 =x\n"
						   "su - 4755 7:0 =x\n"
						   "tmp d 1777 0:0\n");
}

static void
test_no_target (TestArchive *test, gconstpointer data)
{
	davit_autofd file = openat (test->fd, "canary/file", O_RDONLY | O_CLOEXEC);
	davit_autofd input = test_archive_memory ("", 0);
	DavitArchiveUnpack request = {
		.input_fd = input,
		.target_dirfd = file,
		.whiteouts = DAVIT_WHITEOUTS_APPLY,
	};

	g_assert_false (davit_archive_unpack (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_USAGE,
				   "*what it was given as a directory is none");
}

/* What fills the disk says so, and so does what meets another file system. */
static void
test_mounts (TestArchive *test, gconstpointer data)
{
	g_autofree char *target = g_strconcat (test->directory, "/target", NULL);
	g_autofree char *sub = g_strconcat (test->directory, "/target/sub", NULL);
	g_autofree char *much = g_strnfill (200000, 'x');

	g_assert_cmpint (mount ("none", target, "tmpfs", 0, "size=64k,nr_inodes=20"), ==, 0);
	davit_fd_close (&test->target);
	test->target = openat (test->fd, "target", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_archive_file (test, "much", much);
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_NO_SPACE, "entry \"much\": write: No space*");
	for (int i = 0; i < 30; i++) {
		g_autofree char *name = g_strdup_printf ("%d", i);

		test_archive_directory (test, name);
	}
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_NO_SPACE,
				   "entry \"*\": make the directory: No space*");
	davit_fd_close (&test->target);
	g_assert_cmpint (umount2 (target, MNT_DETACH), ==, 0);
	test_archive_new_target (test);
	g_assert_cmpint (mkdirat (test->target, "sub", 0755), ==, 0);
	g_assert_cmpint (mount ("none", sub, "tmpfs", 0, NULL), ==, 0);
	test_archive_file (test, "sub/file", "x");
	g_assert_false (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, "\"sub\" is a mount point; *");
	g_assert_cmpint (umount2 (sub, MNT_DETACH), ==, 0);
}

/* As deep as a path may be: deeper than the remover keeps directories open. */
static void
test_deep (TestArchive *test, gconstpointer data)
{
	g_autoptr (GString) path = g_string_new ("d");

	for (int i = 1; i < 255; i++)
		g_string_append (path, "/d");
	g_string_append (path, "/f");
	test_archive_pax (test, "path", path->str, -1);
	test_archive_file (test, "f", "deep");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (faccessat (test->target, path->str, R_OK, 0), ==, 0);
	test_archive_file (test, "d", "flat");
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	test_archive_assert_listing (test->target, "d - 0644 0:0 =flat\n");
}

#define ADD(path, function)                                                                        \
	g_test_add ("/archive/hostile/" path, TestArchive, NULL, test_archive_set_up, function,    \
		    test_archive_tear_down)

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	/* Mounts of the tests are nobody else's. */
	if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		g_error ("unshare: %s", g_strerror (errno));
	ADD ("dot-dot", test_dot_dot);
	ADD ("absolute", test_absolute);
	ADD ("through-symlink", test_through_symlink);
	ADD ("swapped-directory", test_swapped_directory);
	ADD ("symlink-below", test_symlink_below);
	ADD ("over-symlink", test_over_symlink);
	ADD ("hard-links", test_hard_links);
	ADD ("link-to-symlink", test_link_to_symlink);
	ADD ("overlay-metadata", test_overlay_metadata);
	ADD ("bad-attributes", test_bad_attributes);
	ADD ("ids", test_ids);
	ADD ("names", test_names);
	ADD ("name-bytes", test_name_bytes);
	ADD ("replacements", test_replacements);
	ADD ("sparse", test_sparse_bomb);
	ADD ("pax", test_pax_bombs);
	ADD ("setuid", test_setuid);
	ADD ("no-target", test_no_target);
	ADD ("mounts", test_mounts);
	ADD ("deep", test_deep);
	return g_test_run ();
}
