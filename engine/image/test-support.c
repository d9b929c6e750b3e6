/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "image/test-support.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/spawn.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

void
test_store_set_up (TestStore *test, gconstpointer data)
{
	g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, "image", "fixtures", NULL);
	const char *plugin_path[] = {plugins, NULL};
	g_autoptr (GError) error = NULL;

	test->directory = g_dir_make_tmp ("davit-test-image-XXXXXX", NULL);
	g_assert_nonnull (test->directory);
	test->paths = davit_paths_new ();
	for (guint i = 0; i < 4; i++) {
		static const char *const names[] = {"root", "run", "absent", "absent"};
		char **members[] = {&test->paths->root, &test->paths->runroot,
				    &test->paths->sysconfdir, &test->paths->datadir};
		g_autofree char *path = test_path (test, names[i]);

		davit_paths_set (members[i], path);
	}
	test->config = davit_config_load (test->paths, NULL, &error);
	g_assert_no_error (error);
	test->drivers = davit_drivers_new (test->paths, test->config, plugin_path);
	test->store = davit_image_store_new (test->paths, test->drivers);
	test->storage = davit_drivers_storage (test->drivers, "plain-storage", &error);
	g_assert_no_error (error);
}

void
test_store_tear_down (TestStore *test, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname (test->directory);
	g_autofree char *name = g_path_get_basename (test->directory);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	davit_image_store_free (test->store);
	davit_drivers_free (test->drivers);
	davit_config_free (test->config);
	davit_paths_free (test->paths);
	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
	g_free (test->directory);
}

void
test_store_add (const char *path, void (*function) (TestStore *, gconstpointer))
{
	g_test_add (path, TestStore, NULL, test_store_set_up, function, test_store_tear_down);
}

char *
test_path (TestStore *test, const char *name)
{
	return g_build_filename (test->directory, name, NULL);
}

void
test_write (TestStore *test, const char *name, const void *data, gsize length)
{
	g_autofree char *path = test_path (test, name);
	g_autofree char *parent = g_path_get_dirname (path);
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
	g_assert_true (g_file_set_contents (path, data, (gssize) length, &error));
	g_assert_no_error (error);
}

gboolean
test_exists (TestStore *test, const char *name)
{
	g_autofree char *path = test_path (test, name);
	struct stat status;

	return lstat (path, &status) == 0;
}

char *
test_read (TestStore *test, const char *name, gsize *ret_length)
{
	g_autofree char *path = test_path (test, name);
	g_autoptr (GError) error = NULL;
	char *text = NULL;

	g_assert_true (g_file_get_contents (path, &text, ret_length, &error));
	g_assert_no_error (error);
	return text;
}

guint
test_count (TestStore *test, const char *name)
{
	g_autofree char *path = test_path (test, name);
	g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
	guint count = 0;

	while (directory != NULL && g_dir_read_name (directory) != NULL)
		count++;
	return count;
}

void
test_assert_commits (TestStore *test, gsize count)
{
	gsize length = 0;

	g_free (test_read (test, "root/storage/plain-storage/commits", &length));
	g_assert_cmpuint (length, ==, count);
}

void
test_assert_clean (TestStore *test)
{
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_cmpuint (test_count (test, "root/content/stage"), ==, 0);
	g_assert_cmpuint (test_count (test, "root/storage/plain-storage/begun"), ==, 0);
	g_assert_true (davit_image_store_check (test->store, FALSE, &findings, &error));
	g_assert_no_error (error);
	if (findings->len > 0)
		g_assert_cmpstr (g_ptr_array_index (findings, 0), ==, NULL);
}

void
test_run (TestStore *test, const char *const *argv)
{
	DavitSpawn spawn;
	g_autoptr (GError) error = NULL;
	davit_autofd cwd = open (test->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	davit_spawn_init (&spawn, argv);
	spawn.cwd_dirfd = cwd;
	davit_spawn_run (&spawn, NULL, NULL, &error);
	g_assert_no_error (error);
}

GByteArray *
test_tar (const char *name, const char *content)
{
	static const guint8 zeros[2 * BLOCK] = {0};
	GByteArray *tar = g_byte_array_new ();
	gsize length = strlen (content);
	char header[BLOCK] = {0};
	guint sum = 0;

	g_snprintf (header, 100, "%s", name);
	g_snprintf (header + 100, 8, "%07o", 0644u);
	g_snprintf (header + 108, 8, "%07o", 0u);
	g_snprintf (header + 116, 8, "%07o", 0u);
	g_snprintf (header + 124, 12, "%011" G_GINT64_MODIFIER "o", (guint64) length);
	g_snprintf (header + 136, 12, "%011o", 1735689600u);
	memset (header + 148, ' ', 8);
	header[156] = '0';
	memcpy (header + 257, "ustar\00000", 8);
	for (gsize i = 0; i < BLOCK; i++)
		sum += (guchar) header[i];
	g_snprintf (header + 148, 8, "%06o", sum);
	g_byte_array_append (tar, (const guint8 *) header, BLOCK);
	g_byte_array_append (tar, (const guint8 *) content, (guint) length);
	g_byte_array_append (tar, zeros, (guint) ((BLOCK - length % BLOCK) % BLOCK));
	g_byte_array_append (tar, zeros, sizeof zeros);
	return tar;
}

GByteArray *
test_compress (const char *program, const GByteArray *data)
{
	const char *argv[] = {program, "-c", NULL};
	davit_autofd input = memfd_create ("data", MFD_CLOEXEC);
	g_autoptr (GError) error = NULL;
	DavitSpawn spawn;
	char *output = NULL;
	gsize length = 0;

	g_assert_true (davit_fd_write (input, data->data, data->len, "data", &error));
	g_assert_cmpint (lseek (input, 0, SEEK_SET), ==, 0);
	davit_spawn_init (&spawn, argv);
	spawn.stdin_fd = input;
	davit_spawn_run (&spawn, &output, &length, &error);
	g_assert_no_error (error);
	return g_byte_array_new_take ((guint8 *) output, length);
}

char *
test_digest (const GByteArray *data)
{
	return davit_digest_of (data->data, data->len);
}

char *
test_import (TestStore *test, const char *name, const char *content)
{
	g_autoptr (GByteArray) tar = test_tar ("file", content);
	g_autofree char *path = test_path (test, "import.tar");
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageImport request = {.path = path, .fd = -1, .name = name, .storage = test->storage};

	test_write (test, "import.tar", tar->data, tar->len);
	davit_image_store_import (test->store, &request, &image, &error);
	g_assert_no_error (error);
	return g_strdup (image->id);
}

DavitImage *
test_resolve (TestStore *test, const char *reference)
{
	g_autoptr (GError) error = NULL;
	DavitImage *image = davit_image_store_resolve (test->store, reference, &error);

	g_assert_no_error (error);
	g_assert_nonnull (image);
	return image;
}

void
test_remove (TestStore *test, const char *reference)
{
	DavitImageRemove request = {.reference = reference, .force = TRUE};
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_remove (test->store, &request, &lines, &error);
	g_assert_no_error (error);
}

void
test_collect (TestStore *test)
{
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_collect (test->store, NULL, NULL, &lines, &error);
	g_assert_no_error (error);
}

static char *
error_text (TestStore *test, const GError *error)
{
	g_auto (GStrv) parts = NULL;

	g_assert_nonnull (error);
	parts = g_strsplit (error->message, test->directory, -1);
	return g_strjoinv ("@", parts);
}

void
test_assert_error (TestStore *test, GError **error, gint code, const char *expected)
{
	g_autofree char *text = error_text (test, *error);

	g_assert_cmpstr (text, ==, expected);
	g_assert_true (g_error_matches (*error, DAVIT_ERROR, code));
	g_clear_error (error);
}

void
test_assert_error_begins (TestStore *test, GError **error, gint code, const char *expected)
{
	g_autofree char *text = error_text (test, *error);

	text[MIN (strlen (text), strlen (expected))] = '\0';
	g_assert_cmpstr (text, ==, expected);
	g_assert_true (g_error_matches (*error, DAVIT_ERROR, code));
	g_clear_error (error);
}

char *
test_blob (TestStore *test, const char *folder, const void *data, gsize length)
{
	char *digest = davit_digest_of (data, length);
	g_autofree char *name =
		g_build_filename (folder, "blobs", "sha256", davit_digest_hex (digest), NULL);

	test_write (test, name, data, length);
	return digest;
}

static char *
layout_manifest (TestStore *test, const TestLayout *layout, gsize *ret_length)
{
	g_autofree char *layer =
		test_blob (test, layout->folder, layout->layer->data, layout->layer->len);
	g_autofree char *config =
		g_strdup_printf ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{%s},"
				 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
				 layout->config == NULL ? "" : layout->config,
				 layout->diff_id == NULL ? layer : layout->diff_id);
	g_autofree char *config_digest = test_blob (test, layout->folder, config, strlen (config));
	char *manifest = g_strdup_printf (
		"{\"schemaVersion\":2,\"config\":{\"mediaType\":"
		"\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
		"\"layers\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%u}]}",
		config_digest, strlen (config),
		layout->layer_type == NULL ? "application/vnd.oci.image.layer.v1.tar"
					   : layout->layer_type,
		layer, layout->layer->len);

	*ret_length = strlen (manifest);
	return manifest;
}

char *
test_layout (TestStore *test, const TestLayout *layout)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	g_autoptr (GString) index = g_string_new (NULL);
	g_autofree char *version_name = g_build_filename (layout->folder, "oci-layout", NULL);
	g_autofree char *index_name = g_build_filename (layout->folder, "index.json", NULL);
	gsize length = 0;
	g_autofree char *manifest = layout_manifest (test, layout, &length);
	char *digest = test_blob (test, layout->folder, manifest, length);

	g_string_printf (index,
			 "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
			 "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"%s\","
			 "\"size\":%zu",
			 digest, length);
	if (layout->architecture != NULL)
		g_string_append_printf (index,
					",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}",
					layout->architecture);
	if (layout->name != NULL)
		g_string_append_printf (
			index, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}",
			layout->name);
	g_string_append (index, "}]}");
	test_write (test, version_name, version, strlen (version));
	test_write (test, index_name, index->str, index->len);
	return digest;
}
