/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the archive worker is for: archives of other programs in, and out for them. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/archive.h"
#include "test-archive-support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree with one of everything, below DIRECTORY/tree. */
#define TREE                                                                                       \
	"cd %s && mkdir tree && cd tree && mkdir -p a/b 'space in name' empty && "                 \
	"echo text > a/file && ln a/file a/b/hard && ln -s ../nowhere a/sym && "                   \
	"truncate -s 3M sparse && printf end >> sparse && mkfifo fifo && mknod null c 1 3 && "     \
	"mknod loop b 7 9 && echo x > a/b/suid && chown 33:44 a/b/suid && chmod 4711 a/b/suid && " \
	"setfattr -n user.key -v value a/file && setfattr -n user.dir -v d a && "                  \
	"setcap cap_net_raw+ep a/b/suid && setfacl -d -m u:7:rx a/b && "                           \
	"setfacl -m u:7:rw a/file && printf '%%0200d' 0 | xargs touch && "                         \
	"touch \"$(printf 'latin-\\351')\" \"$(printf 'e\\314\\201')\" && "                        \
	"chown -h 5:6 a/sym && chmod 1777 empty && chmod 0 'space in name' && "                    \
	"touch -d @1234567890.123456789 a/file a empty && touch -d @-5 sparse && "                 \
	"touch -h -d @77 a/sym && chown 4294967294:3000000 fifo"

/* All that find, attr and acl can say; directories have sizes of their own. */
#define FINGERPRINT                                                                                \
	"cd %s && { find . -printf '%%P %%y %%m %%U %%G %%T@ %%n %%l\\n'; "                        \
	"find . -type f -printf '%%P %%s\\n'; find . -type f -exec sha256sum {} +; "               \
	"find . -type c -o -type b | xargs stat -c '%%n %%t %%T'; getfattr -Rhd -m - .; } | "      \
	"LC_ALL=C sort > %s"

static int
open_in (TestArchive *test, const char *name, int flags)
{
	int fd = openat (test->fd, name, flags | O_CLOEXEC, 0600);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

static void
fingerprint (TestArchive *test, const char *tree, const char *result)
{
	g_autofree char *from = g_build_filename (test->directory, tree, NULL);
	g_autofree char *to = g_build_filename (test->directory, result, NULL);

	test_archive_shell (FINGERPRINT, from, to);
}

static void
assert_same_tree (TestArchive *test, const char *first, const char *second)
{
	fingerprint (test, first, "first.txt");
	fingerprint (test, second, "second.txt");
	test_archive_shell ("cd %s && test -s first.txt && diff first.txt second.txt >&2",
			    test->directory);
}

static gboolean
unpack_file (TestArchive *test, const char *name, DavitWhiteouts whiteouts)
{
	davit_autofd input = open_in (test, name, O_RDONLY);
	DavitArchiveUnpack request = {
		.input_fd = input,
		.target_dirfd = test->target,
		.whiteouts = whiteouts,
	};

	davit_archive_summary_clear (&test->summary);
	return davit_archive_unpack (&test->worker, &request, &test->summary, &test->error);
}

static void
pack_tree (TestArchive *test, const char *tree, const char *name, DavitCompression compression)
{
	davit_autofd source = open_in (test, tree, O_RDONLY | O_DIRECTORY);
	davit_autofd output = open_in (test, name, O_WRONLY | O_CREAT | O_TRUNC);
	DavitArchivePack request = {
		.source_dirfd = source,
		.output_fd = output,
		.compression = compression,
		.whiteouts = DAVIT_WHITEOUTS_APPLY,
	};

	davit_archive_summary_clear (&test->summary);
	g_assert_true (davit_archive_pack (&test->worker, &request, &test->summary, &test->error));
	g_assert_no_error (test->error);
}

static gboolean
scan_file (TestArchive *test, const char *name, int copy_fd, guint64 limit)
{
	davit_autofd input = open_in (test, name, O_RDONLY);
	DavitArchiveScan request = {.input_fd = input, .copy_fd = copy_fd, .input_limit = limit};

	davit_archive_summary_clear (&test->summary);
	return davit_archive_scan (&test->worker, &request, &test->summary, &test->error);
}

/* What GNU tar packs in each of its formats comes out as GNU tar would unpack it. */
static void
test_foreign (TestArchive *test, gconstpointer data)
{
	static const char *const formats[] = {
		"--format=pax --xattrs --xattrs-include='*'",
		"--format=pax --xattrs --xattrs-include='*' -S --sparse-version=0.0",
		"--format=pax --xattrs --xattrs-include='*' -S --sparse-version=0.1",
		"--format=pax --xattrs --xattrs-include='*' -S --sparse-version=1.0",
		"--format=gnu",
		"--format=gnu -S",
	};

	test_archive_shell (TREE, test->directory);
	for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
		test_archive_new_target (test);
		test_archive_shell ("cd %s && tar -C tree %s -cf x.tar . && rm -rf theirs && "
				    "mkdir theirs && tar -C theirs --xattrs --xattrs-include='*' "
				    "-xpf x.tar --warning=no-timestamp",
				    test->directory, formats[i]);
		g_assert_true (unpack_file (test, "x.tar", DAVIT_WHITEOUTS_APPLY));
		g_assert_no_error (test->error);
		assert_same_tree (test, "theirs", "target");
	}
}

static void
test_round_trip (TestArchive *test, gconstpointer data)
{
	struct stat status;

	test_archive_shell (TREE, test->directory);
	pack_tree (test, "tree", "x.tar", DAVIT_COMPRESSION_NONE);
	g_assert_true (davit_digest_is_valid (test->summary.digest));
	g_assert_cmpstr (test->summary.digest, ==, test->summary.diff_id);
	g_assert_true (unpack_file (test, "x.tar", DAVIT_WHITEOUTS_APPLY));
	assert_same_tree (test, "tree", "target");
	g_assert_cmpint (fstatat (test->target, "sparse", &status, 0), ==, 0);
	g_assert_cmpint (status.st_blocks * 512, <, 1 << 20);
	/* The same tree, the same bytes. */
	pack_tree (test, "target", "y.tar", DAVIT_COMPRESSION_NONE);
	test_archive_shell ("cd %s && cmp x.tar y.tar", test->directory);
	/* GNU tar agrees on what is in it. */
	test_archive_shell ("cd %s && mkdir theirs && tar -C theirs --xattrs --xattrs-include='*' "
			    "-xpf x.tar --warning=no-timestamp",
			    test->directory);
	assert_same_tree (test, "tree", "theirs");
}

static void
test_pack_compressed (TestArchive *test, gconstpointer data)
{
	static const DavitCompression forms[] = {DAVIT_COMPRESSION_GZIP, DAVIT_COMPRESSION_ZSTD};
	static const char *const programs[] = {"gzip", "zstd"};
	g_autofree char *plain = NULL;

	test_archive_shell (TREE, test->directory);
	pack_tree (test, "tree", "plain", DAVIT_COMPRESSION_NONE);
	plain = g_strdup (test->summary.digest);
	for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
		g_autofree char *first = NULL;

		pack_tree (test, "tree", "x", forms[i]);
		g_assert_cmpstr (test->summary.diff_id, ==, plain);
		g_assert_cmpstr (test->summary.digest, !=, plain);
		g_assert_cmpint (test->summary.compression, ==, forms[i]);
		first = g_strdup (test->summary.digest);
		pack_tree (test, "tree", "x", forms[i]);
		g_assert_cmpstr (test->summary.digest, ==, first);
		test_archive_shell (
			"cd %s && %s -dc < x | cmp - plain && test \"sha256:$(sha256sum "
			"< x)\" = '%s  -'",
			test->directory, programs[i], first);
	}
}

static void
test_pack_unsupported (TestArchive *test, gconstpointer data)
{
	davit_autofd output = test_archive_memory ("", 0);
	DavitArchivePack request = {
		.source_dirfd = test->target,
		.output_fd = output,
		.compression = DAVIT_COMPRESSION_XZ,
		.whiteouts = DAVIT_WHITEOUTS_APPLY,
	};

	g_assert_false (davit_archive_pack (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_UNSUPPORTED,
				   "compression \"xz\" is only read; use gzip or zstd");
	request.compression = DAVIT_COMPRESSION_NONE;
	test_archive_shell ("touch %s/target/.wh.name", test->directory);
	g_assert_false (davit_archive_pack (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_UNSUPPORTED,
				   "\".wh.name\" can't be in a layer*rename it");
}

/* Some paths only, with deletions; and never through a link. */
static void
test_pack_changes (TestArchive *test, gconstpointer data)
{
	const char *const added[] = {"/d", "/d/new", "/link", NULL};
	const char *const changed[] = {"/", "/file", NULL};
	const char *const through[] = {"/link/x", NULL};
	const char *const deleted[] = {"/d/gone", "/file", "/old", NULL};
	const char *const *const paths[] = {added, changed, NULL};
	const char *const *const bad[] = {through, NULL};
	davit_autofd output = open_in (test, "x.tar", O_RDWR | O_CREAT | O_TRUNC);
	DavitArchiveChanges request = {
		.source_dirfd = test->target,
		.output_fd = output,
		.paths = paths,
		.deleted = deleted,
	};

	test_archive_shell ("cd %s/target && mkdir d && echo n > d/new && echo u > d/unchanged && "
			    "echo c > file && ln -s /etc link",
			    test->directory);
	g_assert_true (davit_archive_pack_changes (&test->worker, &request, NULL, &test->error));
	g_assert_no_error (test->error);
	test_archive_shell ("cd %s && test \"$(tar tf x.tar | tr '\\n' ' ')\" = "
			    "'d/ d/.wh.gone d/new .wh.file file link .wh.old '",
			    test->directory);
	request.paths = bad;
	g_assert_false (davit_archive_pack_changes (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "\"link\" is used as a directory and is none");
}

static void
test_pack_whiteouts (TestArchive *test, gconstpointer data)
{
	static const DavitWhiteouts forms[] = {DAVIT_WHITEOUTS_OVERLAY,
					       DAVIT_WHITEOUTS_OVERLAY_USER};

	for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
		davit_autofd output = open_in (test, "x.tar", O_RDWR | O_CREAT | O_TRUNC);
		DavitArchivePack request = {
			.source_dirfd = test->target,
			.output_fd = output,
			.whiteouts = forms[i],
		};
		g_autofree char *before = NULL;

		test_archive_directory (test, "a");
		test_archive_file (test, "a/.wh..wh..opq", "");
		test_archive_file (test, "a/.wh.b", "");
		g_assert_true (test_archive_unpack (test, forms[i]));
		before = test_archive_listing (test->target);
		g_assert_true (davit_archive_pack (&test->worker, &request, NULL, &test->error));
		test_archive_shell ("cd %s && test \"$(tar tf x.tar | tr '\\n' ' ')\" = "
				    "'./ a/ a/.wh..wh..opq a/.wh.b '",
				    test->directory);
		test_archive_new_target (test);
		g_assert_true (unpack_file (test, "x.tar", forms[i]));
		test_archive_assert_listing (test->target, before);
		test_archive_new_target (test);
	}
}

static void
test_compressions (TestArchive *test, gconstpointer data)
{
	static const struct {
		const char *command;
		DavitCompression compression;
	} forms[] = {
		{"cat", DAVIT_COMPRESSION_NONE},     {"gzip", DAVIT_COMPRESSION_GZIP},
		{"zstd -q", DAVIT_COMPRESSION_ZSTD}, {"zstd -q --long=27", DAVIT_COMPRESSION_ZSTD},
		{"xz", DAVIT_COMPRESSION_XZ},	     {"xz -9", DAVIT_COMPRESSION_XZ},
		{"bzip2", DAVIT_COMPRESSION_BZIP2},
	};
	g_autofree char *plain = NULL;

	test_archive_shell (TREE " && cd .. && tar -C tree -cf plain . && seq 1000000 > tree/seq",
			    test->directory);
	for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
		g_autofree char *digest = NULL;

		test_archive_shell ("cd %s && %s < plain > x", test->directory, forms[i].command);
		g_assert_true (scan_file (test, "x", -1, 0));
		g_assert_cmpint (test->summary.compression, ==, forms[i].compression);
		if (plain == NULL)
			plain = g_strdup (test->summary.diff_id);
		g_assert_cmpstr (test->summary.diff_id, ==, plain);
		test_archive_shell ("cd %s && test \"sha256:$(sha256sum < x)\" = '%s  -'",
				    test->directory, test->summary.digest);
		digest = g_strdup (test->summary.digest);
		test_archive_new_target (test);
		g_assert_true (unpack_file (test, "x", DAVIT_WHITEOUTS_APPLY));
		/* Nobody asked for them. */
		g_assert_null (test->summary.digest);
		g_assert_null (test->summary.diff_id);
	}
}

/* Members and frames one after the other are one stream. */
static void
test_concatenated (TestArchive *test, gconstpointer data)
{
	static const char *const programs[] = {"gzip", "zstd -q", "xz", "bzip2"};

	test_archive_shell ("cd %s && mkdir t && seq 100000 > t/f && tar -C t -cf plain . && "
			    "head -c 5000 plain > 1 && tail -c +5001 plain > 2",
			    test->directory);
	for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
		test_archive_shell ("cd %s && { %s < 1; %s < 2; } > x", test->directory,
				    programs[i], programs[i]);
		g_assert_true (scan_file (test, "x", -1, 0));
		test_archive_shell ("cd %s && test \"sha256:$(sha256sum < plain)\" = '%s  -'",
				    test->directory, test->summary.diff_id);
		test_archive_shell ("cd %s && { cat x; echo garbage; } > y", test->directory);
		g_assert_false (scan_file (test, "y", -1, 0));
		test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, "archive is damaged: *");
	}
	/* A frame that is to be skipped, as tables of contents are. */
	test_archive_shell ("cd %s && { printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; "
			    "zstd -q < plain; "
			    "printf '\\122\\052\\115\\030\\001\\000\\000\\000x'; } > x",
			    test->directory);
	g_assert_true (scan_file (test, "x", -1, 0));
	g_assert_no_error (test->error);
}

static void
test_damaged (TestArchive *test, gconstpointer data)
{
	static const struct {
		const char *make;
		const char *pattern;
	} cases[] = {
		{"head -c 3000 plain > x", "archive is truncated: it breaks off at or behind entry "
					   "\"f\""},
		{"head -c 700 plain > x", "archive is truncated: *"},
		{"head -c 3000 plain | gzip > x", "archive is truncated: *"},
		{"gzip < plain | head -c 9000 > x",
		 "archive is truncated: its gzip data breaks off"},
		{"zstd -q < plain | head -c 9000 > x", "archive is *: *"},
		{"xz < plain | head -c 9000 > x", "archive is *: *"},
		{"bzip2 < plain | head -c 9000 > x", "archive is *: *"},
		{"{ cat plain; echo more; } > x",
		 "archive is damaged: data follows the end of the archive"},
		{"cat plain plain > x", "archive is damaged: data follows the end of the archive"},
		{": > x", "archive is empty"},
		{"gzip < /dev/null > x", "this is no tar archive: *"},
		{"echo 'not an archive at all' > x", "this is no tar archive: *"},
		{"head -c 20000 /dev/zero | tr '\\0' a > x", "this is no tar archive: *"},
		{"{ head -c 600 plain; printf Q; tail -c +602 plain; } > x; cmp -s x plain && exit "
		 "1; "
		 "gzip < x > y; n=$(wc -c < y); { head -c $((n - 8)) y; printf 12345678; } > x",
		 "archive is damaged: gzip: *"},
	};

	test_archive_shell ("cd %s && mkdir t && head -c 100000 /dev/urandom | base64 > t/f && "
			    "tar -C t -cf plain f && mkdir u",
			    test->directory);
	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		test_archive_shell ("cd %s && %s", test->directory, cases[i].make);
		g_assert_false (scan_file (test, "x", -1, 0));
		test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, cases[i].pattern);
		test_archive_new_target (test);
		g_assert_false (unpack_file (test, "x", DAVIT_WHITEOUTS_APPLY));
		test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, cases[i].pattern);
	}
}

/* Writers may leave out the end, or say no more than that. */
static void
test_lenient (TestArchive *test, gconstpointer data)
{
	test_archive_file (test, "f", "x");
	g_assert_true (test_archive_unpack_bytes (test, test->tar->data, test->tar->len,
						  DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (test->summary.entries, ==, 1);
	g_byte_array_set_size (test->tar, 0);
	g_assert_true (test_archive_unpack (test, DAVIT_WHITEOUTS_APPLY));
	g_assert_cmpint (test->summary.entries, ==, 0);
}

static void
test_expectations (TestArchive *test, gconstpointer data)
{
	static const char wrong[] =
		"sha256:0000000000000000000000000000000000000000000000000000000000000000";
	davit_autofd input = -1;
	DavitArchiveUnpack request = {
		.target_dirfd = test->target,
		.whiteouts = DAVIT_WHITEOUTS_APPLY,
	};
	g_autofree char *digest = NULL;
	g_autofree char *diff_id = NULL;

	test_archive_shell ("cd %s && echo x > f && tar -czf x f", test->directory);
	g_assert_true (scan_file (test, "x", -1, 0));
	digest = g_strdup (test->summary.digest);
	diff_id = g_strdup (test->summary.diff_id);
	input = open_in (test, "x", O_RDONLY);
	request.input_fd = input;
	request.expected_digest = digest;
	request.expected_diff_id = diff_id;
	g_assert_true (davit_archive_unpack (&test->worker, &request, NULL, &test->error));
	g_assert_cmpint (lseek (input, 0, SEEK_SET), ==, 0);
	request.expected_diff_id = wrong;
	g_assert_false (davit_archive_unpack (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "diff id of the layer is sha256:* and should be sha256:000*");
	g_assert_cmpint (lseek (input, 0, SEEK_SET), ==, 0);
	request.expected_digest = wrong;
	request.expected_diff_id = NULL;
	g_assert_false (davit_archive_unpack (&test->worker, &request, NULL, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "digest of the layer is sha256:* and should be sha256:000*");
}

static void
count_progress (guint64 done, guint64 total, gpointer data)
{
	guint64 *last = data;

	g_assert_cmpuint (done, >, *last);
	g_assert_cmpuint (done, <=, total);
	*last = done;
}

static void
test_copy (TestArchive *test, gconstpointer data)
{
	davit_autofd copy = open_in (test, "copy", O_RDWR | O_CREAT);
	davit_autofd other = open_in (test, "other", O_WRONLY | O_CREAT);
	davit_autofd input = -1;
	DavitArchiveScan request = {.copy_fd = other};
	guint64 last = 0;

	test_archive_shell ("cd %s && mkdir t && head -c 20000000 /dev/zero > t/zeros && "
			    "tar -C t -cf x . && { echo 1234567; cat x; } > behind",
			    test->directory);
	test->worker.progress = count_progress;
	test->worker.data = &last;
	g_assert_true (scan_file (test, "x", copy, 0));
	g_assert_cmpuint (last, >, 1000000);
	test->worker.progress = NULL;
	test_archive_shell ("cd %s && cmp x copy", test->directory);
	/* From where the file stands. */
	input = open_in (test, "behind", O_RDONLY);
	g_assert_cmpint (lseek (input, 8, SEEK_SET), ==, 8);
	request.input_fd = input;
	g_assert_true (davit_archive_scan (&test->worker, &request, NULL, &test->error));
	test_archive_shell ("cd %s && cmp x other", test->directory);
	g_assert_false (scan_file (test, "x", -1, 1000));
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT,
				   "archive is larger than the 1000 bytes that it may have");
}

/* A pipe that is filled slowly, in pieces. */
static void
test_pipe (TestArchive *test, gconstpointer data)
{
	g_autofree char *path = g_strconcat (test->directory, "/fifo", NULL);
	g_autofree char *command = g_strdup_printf (
		"cd %s && { head -c 700 x; head -c 90000 x | tail -c +701; tail -c +90001 x; } > "
		"fifo",
		test->directory);
	char *argv[] = {"/bin/sh", "-c", command, NULL};
	davit_autofd input = -1;
	DavitArchiveScan request = {.copy_fd = -1};

	test_archive_shell ("cd %s && seq 100000 > f && tar -cf x f && mkfifo fifo",
			    test->directory);
	g_assert_true (g_spawn_async (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL));
	input = open (path, O_RDONLY | O_CLOEXEC);
	request.input_fd = input;
	g_assert_true (davit_archive_scan (&test->worker, &request, &test->summary, &test->error));
	test_archive_shell ("cd %s && test \"sha256:$(sha256sum < x)\" = '%s  -'", test->directory,
			    test->summary.digest);
}

static const DavitArchiveFile *
file_at (const GPtrArray *files, guint index)
{
	return files->pdata[index];
}

static void
test_extract (TestArchive *test, gconstpointer data)
{
	g_autoptr (GPtrArray) files = NULL;
	davit_autofd input = -1;
	g_autofree char *of_hello = davit_digest_of ("hello", 5);

	test_archive_directory (test, "blobs");
	test_archive_file (test, "./blobs/a", "hello");
	test_archive_link (test, '2', "blobs/c", "../blobs/a");
	test_archive_link (test, '1', "d", "blobs/a");
	test_archive_file (test, "0", "");
	test_archive_end (test);
	input = test_archive_memory (test->tar->data, test->tar->len);
	g_assert_true (
		davit_archive_extract (&test->worker, input, test->target, &files, &test->error));
	g_assert_cmpuint (files->len, ==, 4);
	g_assert_cmpstr (file_at (files, 0)->name, ==, "blobs/a");
	g_assert_cmpstr (file_at (files, 0)->stored, ==, "0");
	g_assert_cmpstr (file_at (files, 0)->digest, ==, of_hello);
	g_assert_cmpuint (file_at (files, 0)->size, ==, 5);
	g_assert_cmpstr (file_at (files, 1)->link, ==, "blobs/a");
	g_assert_cmpstr (file_at (files, 2)->name, ==, "d");
	g_assert_cmpstr (file_at (files, 2)->link, ==, "blobs/a");
	g_assert_cmpstr (file_at (files, 3)->name, ==, "0");
	g_assert_null (file_at (files, 3)->link);
	test_archive_assert_listing (test->target, "0 - 0600 0:0 =hello\n3 - 0600 0:0 =\n");
}

static void
extract_refused (TestArchive *test, const char *pattern)
{
	GPtrArray *files = NULL;
	davit_autofd input = -1;

	test_archive_end (test);
	input = test_archive_memory (test->tar->data, test->tar->len);
	g_byte_array_set_size (test->tar, 0);
	test_archive_new_target (test);
	g_assert_false (
		davit_archive_extract (&test->worker, input, test->target, &files, &test->error));
	g_assert_null (files);
	test_archive_expect_error (test, DAVIT_ERROR_CORRUPT, pattern);
}

static void
test_extract_hostile (TestArchive *test, gconstpointer data)
{
	test_archive_file (test, "../canary/file", "evil");
	extract_refused (test, "entry \"../canary/file\": its name leads upwards*");
	test_archive_link (test, '2', "a/b", "../../../canary/file");
	extract_refused (test, "link \"a/b\" leads out of the archive");
	test_archive_entry (test, &(TestEntry){.name = "n", .type = '6'});
	extract_refused (test, "entry \"n\" is a device or a fifo*");
	test_archive_entry (test, &(TestEntry){.name = "pax",
					       .type = 'x',
					       .data = "22 GNU.sparse.map=4,1\n"
						       "22 GNU.sparse.size=10\n"});
	test_archive_file (test, "f", "x");
	extract_refused (test, "*");
}

static void
test_write (TestArchive *test, gconstpointer data)
{
	g_autoptr (GPtrArray) members = g_ptr_array_new ();
	davit_autofd layer = -1;
	davit_autofd first = open_in (test, "first", O_WRONLY | O_CREAT);
	davit_autofd second = open_in (test, "second", O_WRONLY | O_CREAT);
	DavitArchiveMember text = {.name = "manifest.json", .text = "[]", .fd = -1};
	DavitArchiveMember file = {.name = "blob"};
	DavitArchiveMember expanded = {.name = "layer.tar", .decompress = TRUE};
	DavitArchiveMember link = {.name = "l", .link = "layer.tar", .fd = -1};
	DavitArchiveMember more = {.name = "more", .text = "some text", .fd = -1};

	test_archive_shell ("cd %s && seq 10000 > plain && gzip -k plain", test->directory);
	layer = open_in (test, "plain.gz", O_RDONLY);
	file.fd = layer;
	expanded.fd = layer;
	g_ptr_array_add (members, &text);
	g_ptr_array_add (members, &file);
	g_ptr_array_add (members, &expanded);
	g_ptr_array_add (members, &link);
	g_ptr_array_add (members, &more);
	g_assert_true (davit_archive_write (&test->worker, members, first, &test->error));
	g_assert_no_error (test->error);
	test_archive_shell (
		"cd %s && tar -C target -xf first && cd target && cmp blob ../plain.gz "
		"&& cmp layer.tar ../plain && test \"$(readlink l)\" = layer.tar && test "
		"\"$(cat manifest.json more)\" = '[]some text'",
		test->directory);
	g_assert_true (davit_archive_write (&test->worker, members, second, &test->error));
	test_archive_shell ("cd %s && cmp first second", test->directory);
	file.fd = test->target;
	g_assert_false (davit_archive_write (&test->worker, members, second, &test->error));
	test_archive_expect_error (test, DAVIT_ERROR_UNSUPPORTED,
				   "\"blob\" is no regular file, its size is not known");
}

static void
test_no_worker (TestArchive *test, gconstpointer data)
{
	g_autofree char *script = g_strconcat (test->directory, "/worker", NULL);
	static const struct {
		const char *body;
		const char *pattern;
	} cases[] = {
		{"exit 0", "archive worker: ended with status 0 and no answer"},
		{"echo words >&2; exit 3",
		 "archive worker: ended with status 3 and no answer: words"},
		{"kill -SEGV $$", "archive worker: killed by signal 11 (*"},
		{"echo nonsense >&3", "archive worker: its answer makes no sense"},
		{"printf 'summary\\t-\\t-\\t1\\t1\\t1\\t9\\ndone\\n' >&3",
		 "archive worker: its answer makes no sense"},
		{"printf 'error\\t999\\ttext\\n' >&3", "archive worker: its answer makes no sense"},
		{"printf 'file\\t../x\\t-\\t1\\tname\\n' >&3",
		 "archive worker: its answer makes no sense"},
		{"printf 'notice\\tab\\\\\\n' >&3", "archive worker: its answer makes no sense"},
		{"printf 'done\\n' >&3", "archive worker: there is no summary in its answer"},
		{"printf 'done' >&3", "archive worker: its answer breaks off"},
		{"head -c 100000 /dev/zero | tr '\\0' a >&3",
		 "archive worker: its answer is too long"},
	};

	test_archive_shell ("echo x > %s/x", test->directory);
	test->worker.program = "/nowhere/davit-archive";
	g_assert_false (scan_file (test, "x", -1, 0));
	g_assert_nonnull (test->error);
	g_clear_error (&test->error);
	test->worker.program = script;
	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *text = g_strconcat ("#!/bin/sh\n", cases[i].body, "\n", NULL);

		g_assert_true (g_file_set_contents_full (script, text, -1,
							 G_FILE_SET_CONTENTS_CONSISTENT, 0755,
							 NULL));
		g_assert_false (scan_file (test, "x", -1, 0));
		test_archive_expect_error (test, DAVIT_ERROR_HELPER, cases[i].pattern);
	}
}

#define ADD(path, function)                                                                        \
	g_test_add ("/archive/" path, TestArchive, NULL, test_archive_set_up, function,            \
		    test_archive_tear_down)

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	ADD ("foreign", test_foreign);
	ADD ("round-trip", test_round_trip);
	ADD ("pack/compressed", test_pack_compressed);
	ADD ("pack/unsupported", test_pack_unsupported);
	ADD ("pack/whiteouts", test_pack_whiteouts);
	ADD ("pack/changes", test_pack_changes);
	ADD ("compressions", test_compressions);
	ADD ("concatenated", test_concatenated);
	ADD ("damaged", test_damaged);
	ADD ("lenient", test_lenient);
	ADD ("expectations", test_expectations);
	ADD ("copy", test_copy);
	ADD ("pipe", test_pipe);
	ADD ("extract", test_extract);
	ADD ("extract/hostile", test_extract_hostile);
	ADD ("write", test_write);
	ADD ("no-worker", test_no_worker);
	return g_test_run ();
}
