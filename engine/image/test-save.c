/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saving images, and loading what was saved into a fresh store. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/test-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
save (TestStore *test, const char *const *references, DavitImageFormat format, const char *name,
      GError **error)
{
	g_autofree char *path = test_path (test, name);
	DavitImageSave request = {.references = references, .format = format, .fd = -1};
	davit_autofd fd = -1;

	if (format == DAVIT_IMAGE_FORMAT_OCI_DIRECTORY) {
		request.path = path;
		return davit_image_store_save (test->store, &request, error);
	}
	fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	g_assert_cmpint (fd, >=, 0);
	request.fd = fd;
	return davit_image_store_save (test->store, &request, error);
}

/* Loads an archive into the store of another test directory; gives "NAME,NAME=ID|..." */
static char *
load_elsewhere (TestStore *test, const char *name)
{
	TestStore other = {0};
	g_autofree char *path = test_path (test, name);
	DavitImageLoad request = {.path = path, .fd = -1};
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GString) text = g_string_new (NULL);
	g_autoptr (GError) error = NULL;

	test_store_set_up (&other, NULL);
	request.storage = other.storage;
	davit_image_store_load (other.store, &request, &images, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);
		g_autofree char *names = g_strjoinv (",", image->names);

		g_string_append_printf (text, "%s%s=%s", i == 0 ? "" : "|", names, image->id);
	}
	test_assert_clean (&other);
	test_store_tear_down (&other, NULL);
	return g_strdup (text->str);
}

static const struct {
	DavitImageFormat format;
	const char *name;
} formats[] = {
	{DAVIT_IMAGE_FORMAT_DOCKER_ARCHIVE, "docker.tar"},
	{DAVIT_IMAGE_FORMAT_OCI_ARCHIVE, "oci.tar"},
	{DAVIT_IMAGE_FORMAT_OCI_DIRECTORY, "oci-dir"},
};

/* An image with a compressed layer, which a docker archive has without compression. */
static char *
import_compressed (TestStore *test, const char *name)
{
	g_autoptr (GByteArray) tar = test_tar ("file", "compressed\n");
	g_autoptr (GByteArray) packed = test_compress ("gzip", tar);
	g_autofree char *path = test_path (test, "import.tar.gz");
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageImport request = {.path = path, .fd = -1, .name = name, .storage = test->storage};

	test_write (test, "import.tar.gz", packed->data, packed->len);
	davit_image_store_import (test->store, &request, &image, &error);
	g_assert_no_error (error);
	return g_strdup (image->id);
}

/* An image that loses all its names at once to another is still there, without one. */
static void
test_names_lost (TestStore *test, gconstpointer data)
{
	const char *references[] = {"box:v1", "box:v2", NULL};
	g_autofree char *path = test_path (test, "oci.tar");
	DavitImageLoad request = {.path = path, .fd = -1, .storage = test->storage};
	g_autofree char *old = NULL;
	g_autofree char *new = test_import (test, "box:v1", "new");
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (DavitImage) left = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_image_store_tag (test->store, "box:v1", "box:v2", NULL));
	save (test, references, DAVIT_IMAGE_FORMAT_OCI_ARCHIVE, "oci.tar", &error);
	g_assert_no_error (error);
	test_remove (test, "box:v1");
	test_remove (test, "box:v2");
	test_collect (test);
	old = test_import (test, "box:v1", "old");
	g_assert_true (davit_image_store_tag (test->store, "box:v1", "box:v2", NULL));
	davit_image_store_load (test->store, &request, &images, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (((DavitImage *) g_ptr_array_index (images, 0))->id, ==, new);
	test_collect (test);
	left = test_resolve (test, old);
	g_assert_null (left->names[0]);
	test_assert_clean (test);
}

static void
test_round_trip (TestStore *test, gconstpointer data)
{
	g_autofree char *plain = test_import (test, "box:v1", "x");
	g_autofree char *packed = import_compressed (test, "quay.io/a/packed");
	const char *references[] = {"box:v1", "a/packed", "box:v2", "box:v1", plain, NULL};
	g_autofree char *expected =
		g_strdup_printf ("localhost/box:v1,localhost/box:v2=%s|quay.io/a/packed:latest=%s",
				 plain, packed);

	g_assert_true (davit_image_store_tag (test->store, "box:v1", "box:v2", NULL));
	/* It has this name too, and was not asked for under it. */
	g_assert_true (davit_image_store_tag (test->store, "box:v1", "box:v3", NULL));
	for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *loaded = NULL;

		save (test, references, formats[i].format, formats[i].name, &error);
		g_assert_no_error (error);
		loaded = load_elsewhere (test, formats[i].name);
		g_assert_cmpstr (loaded, ==, expected);
	}
}

static void
test_by_id (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	const char *references[] = {id, NULL};
	g_autofree char *expected = g_strconcat ("=", id, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *loaded = NULL;

		save (test, references, formats[i].format, formats[i].name, &error);
		g_assert_no_error (error);
		loaded = load_elsewhere (test, formats[i].name);
		g_assert_cmpstr (loaded, ==, expected);
	}
}

static void
test_same_bytes (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	const char *references[] = {"box", NULL};
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	gsize first_length = 0, second_length = 0;

	g_assert_true (save (test, references, DAVIT_IMAGE_FORMAT_OCI_ARCHIVE, "a", NULL));
	g_assert_true (save (test, references, DAVIT_IMAGE_FORMAT_OCI_ARCHIVE, "b", NULL));
	first = test_read (test, "a", &first_length);
	second = test_read (test, "b", &second_length);
	g_assert_cmpmem (first, first_length, second, second_length);
}

static void
test_none (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	const char *references[] = {"box", "none", NULL};
	g_autoptr (GError) error = NULL;

	g_assert_false (save (test, references, DAVIT_IMAGE_FORMAT_OCI_DIRECTORY, "out", &error));
	test_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND, "image \"none\" not found");
	g_assert_false (test_exists (test, "out"));
}

static void
test_directory_taken (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	const char *references[] = {"box", NULL};
	g_autoptr (GError) error = NULL;

	test_write (test, "full/file", "x", 1);
	g_assert_false (save (test, references, DAVIT_IMAGE_FORMAT_OCI_DIRECTORY, "full", &error));
	test_assert_error (test, &error, DAVIT_ERROR_EXISTS,
			   "\"@/full\" is not empty; give a directory that is, or a new one");
	g_assert_cmpuint (test_count (test, "full"), ==, 1);
	test_write (test, "file", "x", 1);
	g_assert_false (save (test, references, DAVIT_IMAGE_FORMAT_OCI_DIRECTORY, "file", &error));
	test_assert_error_begins (test, &error, DAVIT_ERROR_FAILED, "open \"@/file\": Not a");
}

/* What is damaged is not given to others, and a directory that can't be finished is not left. */
static void
test_damaged (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	const char *references[] = {"box", NULL};
	g_autoptr (GByteArray) other = test_tar ("file", "y");
	g_autofree char *name = g_strconcat ("root/content/sha256/",
					     davit_digest_hex (image->layer_digests[0]), NULL);
	g_autofree char *path = test_path (test, name);

	g_assert_cmpint (g_unlink (path), ==, 0);
	test_write (test, name, other->data, other->len);
	for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
		g_autoptr (GError) error = NULL;

		g_assert_false (
			save (test, references, formats[i].format, formats[i].name, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_nonnull (strstr (error->message, "does not fit its digest; load or import "
							  "the image again"));
	}
	g_assert_false (test_exists (test, "oci-dir"));
	g_assert_cmpuint (test_count (test, "root/content/stage"), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("/save/round-trip", test_round_trip);
	test_store_add ("/save/names-lost", test_names_lost);
	test_store_add ("/save/by-id", test_by_id);
	test_store_add ("/save/same-bytes", test_same_bytes);
	test_store_add ("/save/none", test_none);
	test_store_add ("/save/directory-taken", test_directory_taken);
	test_store_add ("/save/damaged", test_damaged);
	return g_test_run ();
}
