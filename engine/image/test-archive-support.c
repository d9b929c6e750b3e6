/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes archives byte by byte, and looks at directories closely. */

#include "test-archive-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BLOCK 512

static void
put (guint8 *header, gsize at, gsize size, const char *text)
{
	memcpy (header + at, text, MIN (strlen (text), size));
}

static void
put_number (guint8 *header, gsize at, gsize size, guint64 value)
{
	g_autofree char *digits =
		g_strdup_printf ("%0*" G_GINT64_MODIFIER "o", (int) size - 1, value);

	put (header, at, size, digits);
}

static void
put_data (TestArchive *test, const void *data, gsize length)
{
	static const guint8 zeros[BLOCK];

	g_byte_array_append (test->tar, data, (guint) length);
	if (length % BLOCK != 0)
		g_byte_array_append (test->tar, zeros, (guint) (BLOCK - length % BLOCK));
}

void
test_archive_entry (TestArchive *test, const TestEntry *entry)
{
	guint8 header[BLOCK] = {0};
	gsize length = entry->data != NULL ? strlen (entry->data) : 0;
	guint sum = 0;

	put (header, 0, 100, entry->name);
	put_number (header, 100, 8, entry->mode != 0 ? entry->mode : 0644);
	put_number (header, 108, 8, entry->uid);
	put_number (header, 116, 8, entry->gid);
	put_number (header, 124, 12, entry->size != 0 ? entry->size : length);
	put_number (header, 136, 12, (guint64) (entry->mtime != 0 ? entry->mtime : 1577880000));
	memset (header + 148, ' ', 8);
	header[156] = (guint8) (entry->type != 0 ? entry->type : '0');
	if (entry->link != NULL)
		put (header, 157, 100, entry->link);
	put (header, 257, 6, "ustar");
	put (header, 263, 2, "00");
	put_number (header, 329, 8, entry->major);
	put_number (header, 337, 8, entry->minor);
	for (gsize i = 0; i < BLOCK; i++)
		sum += header[i];
	put_number (header, 148, 7, sum);
	header[154] = '\0';
	g_byte_array_append (test->tar, header, BLOCK);
	if (length > 0)
		put_data (test, entry->data, length);
}

void
test_archive_pax (TestArchive *test, const char *key, const char *value, gssize length)
{
	gsize size = length < 0 ? strlen (value) : (gsize) length;
	gsize rest = strlen (key) + size + 3;
	gsize total = rest + 1;
	g_autoptr (GString) record = g_string_new (NULL);
	TestEntry entry = {.name = "pax", .type = 'x'};

	for (;;) {
		g_string_printf (record, "%" G_GSIZE_FORMAT, total);
		if (record->len + rest == total)
			break;
		total = record->len + rest;
	}
	g_string_append_printf (record, " %s=", key);
	g_string_append_len (record, value, (gssize) size);
	g_string_append_c (record, '\n');
	entry.size = record->len;
	test_archive_entry (test, &entry);
	put_data (test, record->str, record->len);
}

void
test_archive_end (TestArchive *test)
{
	static const guint8 zeros[2 * BLOCK];

	g_byte_array_append (test->tar, zeros, sizeof (zeros));
}

void
test_archive_file (TestArchive *test, const char *name, const char *data)
{
	test_archive_entry (test, &(TestEntry){.name = name, .data = data});
}

void
test_archive_directory (TestArchive *test, const char *name)
{
	test_archive_entry (test, &(TestEntry){.name = name, .type = '5', .mode = 0755});
}

void
test_archive_link (TestArchive *test, char type, const char *name, const char *target)
{
	test_archive_entry (test, &(TestEntry){.name = name, .type = type, .link = target});
}

int
test_archive_memory (const void *data, gsize length)
{
	int fd = memfd_create ("test", MFD_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	g_assert_true (davit_fd_write (fd, data, length, "test", NULL));
	g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
	return fd;
}

gboolean
test_archive_unpack_bytes (TestArchive *test, const void *data, gsize length,
			   DavitWhiteouts whiteouts)
{
	davit_autofd input = test_archive_memory (data, length);
	DavitArchiveUnpack request = {
		.input_fd = input,
		.target_dirfd = test->target,
		.whiteouts = whiteouts,
	};

	davit_archive_summary_clear (&test->summary);
	return davit_archive_unpack (&test->worker, &request, &test->summary, &test->error);
}

gboolean
test_archive_unpack (TestArchive *test, DavitWhiteouts whiteouts)
{
	gboolean done;

	test_archive_end (test);
	done = test_archive_unpack_bytes (test, test->tar->data, test->tar->len, whiteouts);
	g_byte_array_set_size (test->tar, 0);
	return done;
}

void
test_archive_expect_error (TestArchive *test, int code, const char *pattern)
{
	g_assert_error (test->error, DAVIT_ERROR, code);
	if (!g_pattern_match_simple (pattern, test->error->message))
		g_error ("\"%s\" does not match \"%s\"", test->error->message, pattern);
	g_clear_error (&test->error);
}

void
test_archive_new_target (TestArchive *test)
{
	davit_fd_close (&test->target);
	g_assert_true (davit_path_remove_tree (test->fd, "target", NULL));
	g_assert_cmpint (mkdirat (test->fd, "target", 0755), ==, 0);
	test->target = openat (test->fd, "target", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (test->target, >=, 0);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
list_content (GString *lines, int parent, const char *name, const struct stat *status)
{
	g_autofree char *text = NULL;
	davit_autofd fd = -1;
	char target[4096] = "";

	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		fd = openat (parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		g_assert_true (davit_fd_read (fd, 1 << 20, name, &text, NULL, NULL));
		g_string_append_printf (lines, " =%s", text);
		break;
	case S_IFLNK:
		g_assert_cmpint (readlinkat (parent, name, target, sizeof (target) - 1), >, 0);
		g_string_append_printf (lines, " -> %s", target);
		break;
	case S_IFCHR:
	case S_IFBLK:
		g_string_append_printf (lines, " %u:%u", major (status->st_rdev),
					minor (status->st_rdev));
		break;
	default:
		break;
	}
}

static void
list_attributes (GString *lines, int parent, const char *name)
{
	davit_autofd fd = openat (parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char names[1024];
	ssize_t length = fd >= 0 ? flistxattr (fd, names, sizeof (names)) : 0;

	for (const char *at = names; length > 0 && at < names + length; at += strlen (at) + 1) {
		char value[256] = "";

		g_assert_cmpint (fgetxattr (fd, at, value, sizeof (value) - 1), >=, 0);
		g_string_append_printf (lines, " x%s=%s", at, value);
	}
}

static void
list_directory (GString *lines, int dirfd, const char *path)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (dirfd, &names, NULL));
	g_ptr_array_sort (names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *child = g_strconcat (path, name, NULL);
		g_autofree char *below = g_strconcat (path, name, "/", NULL);
		davit_autofd fd = -1;
		struct stat status;

		g_assert_cmpint (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
		g_string_append_printf (lines, "%s %c %04o %u:%u", child,
					types[status.st_mode >> 12], status.st_mode & 07777,
					status.st_uid, status.st_gid);
		list_content (lines, dirfd, name, &status);
		if (!S_ISCHR (status.st_mode) && !S_ISBLK (status.st_mode))
			list_attributes (lines, dirfd, name);
		g_string_append_c (lines, '\n');
		if (!S_ISDIR (status.st_mode))
			continue;
		fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		list_directory (lines, fd, below);
	}
}

char *
test_archive_listing (int dirfd)
{
	GString *lines = g_string_new (NULL);

	list_directory (lines, dirfd, "");
	return g_string_free (lines, FALSE);
}

void
test_archive_assert_listing (int dirfd, const char *expected)
{
	g_autofree char *listing = test_archive_listing (dirfd);

	g_assert_cmpstr (listing, ==, expected);
}

/* Everything about the canary that anybody could change. */
static char *
canary_fingerprint (TestArchive *test)
{
	static const char *const names[] = {"canary", "canary/file", "canary/link", "canary/sub"};
	GString *text = g_string_new (NULL);
	davit_autofd fd = openat (test->fd, "canary", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *listing = test_archive_listing (fd);

	g_string_append (text, listing);
	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		struct stat status;

		g_assert_cmpint (fstatat (test->fd, names[i], &status, AT_SYMLINK_NOFOLLOW), ==, 0);
		g_string_append_printf (text, "%s %lu %o %u %ld.%09ld %ld.%09ld\n", names[i],
					(gulong) status.st_nlink, status.st_mode, status.st_uid,
					status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
					status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	}
	return g_string_free (text, FALSE);
}

void
test_archive_set_up (TestArchive *test, gconstpointer data)
{
	const char *programs = g_getenv ("DAVIT_LIBEXECDIR");

	g_assert_nonnull (programs);
	umask (022);
	*test = (TestArchive){.fd = -1, .target = -1};
	test->program = g_build_filename (programs, "davit-archive", NULL);
	test->worker.program = test->program;
	test->directory = g_dir_make_tmp ("davit-archive-XXXXXX", NULL);
	g_assert_nonnull (test->directory);
	test->fd = open (test->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test->tar = g_byte_array_new ();
	test_archive_new_target (test);
	test_archive_shell ("cd %s && mkdir canary canary/sub && echo bird > canary/file && "
			    "ln -s file canary/link",
			    test->directory);
	test->canary = canary_fingerprint (test);
}

void
test_archive_tear_down (TestArchive *test, gconstpointer data)
{
	g_autofree char *canary = canary_fingerprint (test);

	g_assert_cmpstr (canary, ==, test->canary);
	g_assert_no_error (test->error);
	davit_fd_close (&test->target);
	davit_fd_close (&test->fd);
	test_archive_shell ("rm -rf %s", test->directory);
	davit_archive_summary_clear (&test->summary);
	g_byte_array_unref (test->tar);
	g_free (test->canary);
	g_free (test->directory);
	g_free (test->program);
}

void
test_archive_shell (const char *format, ...)
{
	g_autofree char *command = NULL;
	g_autoptr (GError) error = NULL;
	va_list arguments;
	int status = -1;

	va_start (arguments, format);
	command = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	char *argv[] = {"/bin/sh", "-ec", command, NULL};
	g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
	g_assert_no_error (error);
	if (status != 0)
		g_error ("\"%s\" failed", command);
}
