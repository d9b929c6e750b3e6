/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Importing root file systems. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/test-support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
import_file (TestStore *test, const char *file, const char *name, DavitImage **ret, GError **error)
{
	g_autofree char *path = test_path (test, file);
	DavitImageImport request = {.path = path, .fd = -1, .name = name, .storage = test->storage};

	return davit_image_store_import (test->store, &request, ret, error);
}

static char *
layer_file (const DavitImage *image, const char *name)
{
	return g_strconcat ("root/storage/plain-storage/layers/", image->chain_ids[0], "/", name,
			    NULL);
}

static void
test_whole (TestStore *test, gconstpointer data)
{
	const char *changes[] = {"CMD [\"/bin/x\"]", "ENV A=b c", "LABEL one=1", NULL};
	g_autoptr (GByteArray) tar = test_tar ("etc/file", "content\n");
	g_autofree char *digest = test_digest (tar);
	g_autofree char *path = test_path (test, "a.tar");
	g_autofree char *file = NULL;
	g_autofree char *text = NULL;
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (DavitImage) found = NULL;
	g_autoptr (GPtrArray) history = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageImport request = {
		.path = path,
		.fd = -1,
		.name = "box:v1",
		.changes = changes,
		.message = "a test",
		.architecture = "arm/v7",
		.storage = test->storage,
	};

	test_write (test, "a.tar", tar->data, tar->len);
	davit_image_store_import (test->store, &request, &image, &error);
	g_assert_no_error (error);
	g_assert_true (davit_digest_is_valid (image->id));
	g_assert_cmpstr (image->names[0], ==, "localhost/box:v1");
	found = test_resolve (test, "box:v1");
	g_assert_cmpstr (found->id, ==, image->id);
	g_assert_cmpstr (found->names[0], ==, "localhost/box:v1");
	g_assert_null (found->names[1]);
	g_assert_cmpstr (found->cmd[0], ==, "/bin/x");
	g_assert_cmpstr (found->env[0], ==, "A=b c");
	g_assert_cmpstr (found->labels[0], ==, "one=1");
	g_assert_cmpstr (found->architecture, ==, "arm");
	g_assert_cmpstr (found->variant, ==, "v7");
	g_assert_cmpstr (found->os, ==, "linux");
	g_assert_cmpint (found->created, >, G_GINT64_CONSTANT (1600000000000000000));
	g_assert_cmpstr (found->layer_digests[0], ==, digest);
	g_assert_cmpstr (found->diff_ids[0], ==, digest);
	history = davit_image_history (found);
	g_assert_cmpstr (((DavitImageHistory *) g_ptr_array_index (history, 0))->comment, ==,
			 "a test");
	file = layer_file (image, "etc/file");
	text = test_read (test, file, NULL);
	g_assert_cmpstr (text, ==, "content\n");
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 3);
	test_assert_commits (test, 1);
	test_assert_clean (test);
}

static void
test_modes (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	g_autofree char *name = g_strconcat ("root/content/sha256/", davit_digest_hex (id), NULL);
	g_autofree char *path = test_path (test, name);
	g_autofree char *record = test_path (test, "root/images/localhost%2Fbox:latest");
	struct stat status;

	g_assert_cmpint (stat (path, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0444);
	g_assert_cmpint (stat (record, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0600);
}

/* What it is compressed with decides the media type; the diff id is the same. */
static void
test_compressed (TestStore *test, gconstpointer data)
{
	static const char *const table[][2] = {
		{"gzip", "application/vnd.oci.image.layer.v1.tar+gzip"},
		{"zstd", "application/vnd.oci.image.layer.v1.tar+zstd"},
		{"xz", "application/vnd.oci.image.layer.v1.tar"},
		{"bzip2", "application/vnd.oci.image.layer.v1.tar"},
	};
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autofree char *diff_id = test_digest (tar);

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GByteArray) packed = test_compress (table[i][0], tar);
		g_autofree char *digest = test_digest (packed);
		g_autofree char *file = NULL;
		g_autoptr (DavitImage) image = NULL;
		g_autoptr (GError) error = NULL;

		test_write (test, "packed", packed->data, packed->len);
		import_file (test, "packed", table[i][0], &image, &error);
		g_assert_no_error (error);
		g_assert_cmpstr (image->layer_media_types[0], ==, table[i][1]);
		g_assert_cmpstr (image->diff_ids[0], ==, diff_id);
		g_assert_cmpstr (image->layer_digests[0], ==, i < 2 ? digest : diff_id);
		file = layer_file (image, "file");
		g_assert_true (test_exists (test, file));
	}
	test_assert_clean (test);
}

static void
test_pipe (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageImport request = {.storage = test->storage};
	davit_autofd reading = -1;
	int fds[2];

	g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
	g_assert_true (davit_fd_write (fds[1], tar->data, tar->len, "pipe", NULL));
	close (fds[1]);
	reading = fds[0];
	request.fd = reading;
	davit_image_store_import (test->store, &request, &image, &error);
	g_assert_no_error (error);
	g_assert_null (image->names[0]);
	/* It has no name, and stays all the same. */
	test_collect (test);
	davit_image_free (test_resolve (test, image->id));
	test_assert_clean (test);
}

static void
test_directory (TestStore *test, gconstpointer data)
{
	g_autoptr (DavitImage) image = NULL;
	g_autofree char *file = NULL;
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;

	test_write (test, "tree/etc/file", "content\n", 8);
	import_file (test, "tree", "dir", &image, &error);
	g_assert_no_error (error);
	file = layer_file (image, "etc/file");
	text = test_read (test, file, NULL);
	g_assert_cmpstr (text, ==, "content\n");
	test_assert_clean (test);
}

static void
assert_nothing (TestStore *test)
{
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 0);
	g_assert_cmpuint (test_count (test, "root/images"), ==, 0);
	g_assert_cmpuint (test_count (test, "root/storage/plain-storage/layers"), ==, 0);
	test_assert_clean (test);
}

static void
test_bad_input (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;

	import_file (test, "none", "x", &image, &error);
	test_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND,
			   "open \"@/none\": No such file or directory");
	test_write (test, "text", "this is no archive at all, but it is long enough", 48);
	import_file (test, "text", "x", &image, &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, "\"@/text\": ");
	test_write (test, "empty", "", 0);
	import_file (test, "empty", "x", &image, &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, "\"@/empty\": ");
	test_write (test, "short", tar->data, 515);
	import_file (test, "short", "x", &image, &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, "\"@/short\": ");
	g_assert_null (image);
	assert_nothing (test);
}

/* An entry that the scan takes and the unpacking refuses. */
static void
test_bad_entry (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) tar = test_tar (".wh..", "");
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;

	test_write (test, "bad.tar", tar->data, tar->len);
	import_file (test, "bad.tar", "x", &image, &error);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, ".wh.."));
	assert_nothing (test);
}

static void
test_bad_request (TestStore *test, gconstpointer data)
{
	const char *changes[] = {"FROM x", NULL};
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageImport request = {.path = "/none", .fd = -1, .storage = test->storage};

	request.name = "../x";
	davit_image_store_import (test->store, &request, &image, &error);
	test_assert_error (test, &error, DAVIT_ERROR_USAGE,
			   "\"../x\" is no name of an image; what stands in front of the first "
			   "slash is no host");
	request.name = NULL;
	request.os = "Linux\n";
	davit_image_store_import (test->store, &request, &image, &error);
	test_assert_error (test, &error, DAVIT_ERROR_USAGE,
			   "os \"Linux\n\": must be a word like \"linux\"");
	request.os = NULL;
	request.architecture = "";
	davit_image_store_import (test->store, &request, &image, &error);
	test_assert_error (test, &error, DAVIT_ERROR_USAGE,
			   "architecture \"\": must be a word like \"amd64\"");
	request.architecture = NULL;
	request.message = "\xff";
	davit_image_store_import (test->store, &request, &image, &error);
	test_assert_error (test, &error, DAVIT_ERROR_USAGE, "the message is not UTF-8");
	request.message = NULL;
	request.changes = changes;
	davit_image_store_import (test->store, &request, &image, &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_USAGE, "change \"FROM x\": ");
	g_assert_false (test_exists (test, "root/images"));
}

/* The image that had the name stays, without one. */
static void
test_name_moves (TestStore *test, gconstpointer data)
{
	g_autofree char *first = test_import (test, "box", "one");
	g_autofree char *second = test_import (test, "box", "two");
	g_autoptr (DavitImage) old = NULL;
	g_autoptr (DavitImage) image = test_resolve (test, "box");

	g_assert_cmpstr (first, !=, second);
	g_assert_cmpstr (image->id, ==, second);
	test_collect (test);
	old = test_resolve (test, first);
	g_assert_null (old->names[0]);
	test_assert_clean (test);
	test_remove (test, first);
	test_collect (test);
	g_assert_cmpuint (test_count (test, "root/images"), ==, 1);
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 3);
	g_assert_cmpuint (test_count (test, "root/storage/plain-storage/layers"), ==, 1);
	test_assert_clean (test);
}

typedef struct {
	guint finished;
	gboolean too_much;
} Seen;

static void
progress (const char *what, guint64 done, guint64 total, gboolean finished, gpointer data)
{
	Seen *seen = data;

	seen->finished += finished;
	seen->too_much = seen->too_much || (total > 0 && done > total);
}

static void
test_progress (TestStore *test, gconstpointer data)
{
	g_autofree char *content = g_strnfill (8 * 1024 * 1024, 'x');
	g_autofree char *id = NULL;
	Seen seen = {0, FALSE};

	davit_image_store_set_progress (test->store, progress, &seen);
	id = test_import (test, "box", content);
	/* Reading, unpacking. */
	g_assert_cmpuint (seen.finished, ==, 2);
	g_assert_false (seen.too_much);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("/import/whole", test_whole);
	test_store_add ("/import/modes", test_modes);
	test_store_add ("/import/compressed", test_compressed);
	test_store_add ("/import/pipe", test_pipe);
	test_store_add ("/import/directory", test_directory);
	test_store_add ("/import/bad-input", test_bad_input);
	test_store_add ("/import/bad-entry", test_bad_entry);
	test_store_add ("/import/bad-request", test_bad_request);
	test_store_add ("/import/name-moves", test_name_moves);
	test_store_add ("/import/progress", test_progress);
	return g_test_run ();
}
