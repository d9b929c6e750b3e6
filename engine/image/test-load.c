/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loading OCI layouts and docker's archives, good and bad. */

#include "base/digest.h"
#include "base/error.h"
#include "image/test-support.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYERS "root/storage/plain-storage/layers/"
#define MANIFEST_TYPE "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\""
#define INDEX_TYPE "\"mediaType\":\"application/vnd.oci.image.index.v1+json\""

static gboolean
load (TestStore *test, const char *name, const char *give, GPtrArray **ret, GError **error)
{
	g_autofree char *path = test_path (test, name);
	DavitImageLoad request = {.path = path, .fd = -1, .name = give, .storage = test->storage};

	return davit_image_store_load (test->store, &request, ret, error);
}

/* One image with one name, or "" for none. */
static char *
assert_loads (TestStore *test, const char *name, const char *expected)
{
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;
	const DavitImage *image;
	g_autofree char *names = NULL;

	load (test, name, NULL, &images, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (images->len, ==, 1);
	image = g_ptr_array_index (images, 0);
	names = g_strjoinv ("|", image->names);
	g_assert_cmpstr (names, ==, expected);
	return g_strdup (image->id);
}

static void
assert_nothing (TestStore *test)
{
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 0);
	g_assert_cmpuint (test_count (test, "root/images"), ==, 0);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
	test_assert_clean (test);
}

static void
assert_fails (TestStore *test, const char *name, gint code, const char *begins)
{
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_false (load (test, name, NULL, &images, &error));
	test_assert_error_begins (test, &error, code, begins);
	g_assert_null (images);
	assert_nothing (test);
}

static void
write_text (TestStore *test, const char *name, const char *text)
{
	test_write (test, name, text, strlen (text));
}

/* index.json with these manifests. */
static void
write_index (TestStore *test, const char *folder, const char *manifests)
{
	g_autofree char *name = g_build_filename (folder, "index.json", NULL);
	g_autofree char *text =
		g_strdup_printf ("{\"schemaVersion\":2,\"manifests\":[%s]}", manifests);

	write_text (test, name, text);
}

static char *
blob_path (TestStore *test, const char *folder, const char *digest)
{
	g_autofree char *name =
		g_build_filename (folder, "blobs", "sha256", davit_digest_hex (digest), NULL);

	return test_path (test, name);
}

static void
tar_folder (TestStore *test, const char *folder, const char *archive)
{
	const char *argv[] = {"tar", "-C", folder, "-cf", archive, ".", NULL};

	test_run (test, argv);
}

static void
test_layout_directory (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	TestLayout layout = {.folder = "layout", .name = "hello", .layer = layer};
	g_autofree char *digest = test_layout (test, &layout);
	g_autofree char *id = assert_loads (test, "layout", "localhost/hello:latest");
	g_autoptr (DavitImage) image = test_resolve (test, "hello");
	g_autofree char *file = g_strconcat (LAYERS, image->chain_ids[0], "/file", NULL);

	g_assert_cmpstr (image->id, ==, id);
	g_assert_cmpstr (image->manifest_digest, ==, digest);
	g_assert_true (test_exists (test, file));
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 3);
	test_assert_commits (test, 1);
	test_assert_clean (test);
	/* A second time nothing changes, and nothing is unpacked. */
	g_free (assert_loads (test, "layout", "localhost/hello:latest"));
	test_assert_commits (test, 1);
	test_assert_clean (test);
}

static void
test_layout_archive (TestStore *test, gconstpointer data)
{
	static const char *const programs[] = {"gzip", "xz", "zstd"};
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autoptr (GByteArray) layer = test_compress ("gzip", tar);
	g_autofree char *diff_id = test_digest (tar);
	TestLayout layout = {
		.folder = "layout",
		.name = "quay.io/a/b:1",
		.layer = layer,
		.layer_type = "application/vnd.docker.image.rootfs.diff.tar.gzip",
		.diff_id = diff_id,
	};
	g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
	g_autofree char *id = NULL;
	gsize length = 0;

	tar_folder (test, "layout", "layout.tar");
	id = assert_loads (test, "layout.tar", "quay.io/a/b:1");
	for (gsize i = 0; i < G_N_ELEMENTS (programs); i++) {
		g_autofree char *plain = test_read (test, "layout.tar", &length);
		g_autoptr (GByteArray) all = g_byte_array_new ();
		g_autoptr (GByteArray) packed = NULL;
		g_autofree char *again = NULL;

		g_byte_array_append (all, (guint8 *) plain, (guint) length);
		packed = test_compress (programs[i], all);
		test_write (test, "packed", packed->data, packed->len);
		again = assert_loads (test, "packed", "quay.io/a/b:1");
		g_assert_cmpstr (again, ==, id);
	}
	test_assert_clean (test);
}

/* The caller's name is for an image that has none. */
static void
test_name_given (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	TestLayout layout = {.folder = "layout", .layer = layer};
	g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;
	const DavitImage *image;

	g_free (assert_loads (test, "layout", ""));
	load (test, "layout", "mine", &images, &error);
	g_assert_no_error (error);
	image = g_ptr_array_index (images, 0);
	g_assert_cmpstr (image->names[0], ==, "localhost/mine:latest");
	/* The record without a name is gone. */
	g_assert_cmpuint (test_count (test, "root/images"), ==, 1);
}

static void
test_without_storage (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	TestLayout layout = {.folder = "layout", .name = "x", .layer = layer};
	g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
	g_autofree char *path = test_path (test, "layout");
	DavitImageLoad request = {.path = path, .fd = -1};
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_load (test->store, &request, &images, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
	test_assert_clean (test);
	davit_image_store_unpack (test->store, g_ptr_array_index (images, 0), test->storage,
				  &error);
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
}

static char *
descriptor (const char *type, const char *digest, gsize size, const char *more)
{
	return g_strdup_printf ("{%s,\"digest\":\"%s\",\"size\":%zu%s}", type, digest, size, more);
}

static char *
manifest_text (TestStore *test, const char *digest, gsize *ret_length)
{
	g_autofree char *name =
		g_build_filename ("layout", "blobs", "sha256", davit_digest_hex (digest), NULL);

	return test_read (test, name, ret_length);
}

/* In an index: another platform, this one by architecture of the import, and an attestation. */
static void
test_nested (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *here = test_import (test, "here", "x");
	g_autoptr (DavitImage) own = test_resolve (test, "here");
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	TestLayout layout = {.folder = "layout", .layer = layer};
	g_autofree char *digest = test_layout (test, &layout);
	gsize length = 0;
	g_autofree G_GNUC_UNUSED char *text = manifest_text (test, digest, &length);
	g_autofree char *platform =
		g_strdup_printf (",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}",
				 own->architecture);
	g_autofree char *other =
		descriptor (MANIFEST_TYPE, "sha256:" HEX, 7,
			    ",\"platform\":{\"os\":\"linux\",\"architecture\":\"pdp11\"}");
	g_autofree char *attested = descriptor (
		MANIFEST_TYPE, "sha256:" HEX, 7,
		",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"},"
		"\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}");
	g_autofree char *right = descriptor (MANIFEST_TYPE, digest, length, platform);
	g_autofree char *index =
		g_strdup_printf ("{\"schemaVersion\":2," INDEX_TYPE ",\"manifests\":[%s,%s,%s]}",
				 other, attested, right);
	g_autofree char *index_digest = test_blob (test, "layout", index, strlen (index));
	g_autofree char *entry = descriptor (
		INDEX_TYPE, index_digest, strlen (index),
		",\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/x:1\","
		"\"org.opencontainers.image.ref.name\":\"1\"}");

	write_index (test, "layout", entry);
	g_free (assert_loads (test, "layout", "docker.io/library/x:1"));
	test_assert_clean (test);
}

static void
test_other_platforms (TestStore *test, gconstpointer data)
{
	g_autofree char *one =
		descriptor (MANIFEST_TYPE, "sha256:" HEX, 7,
			    ",\"platform\":{\"os\":\"linux\",\"architecture\":\"pdp11\"}");
	g_autofree char *two =
		descriptor (MANIFEST_TYPE, "sha256:" HEX, 7,
			    ",\"platform\":{\"os\":\"plan9\",\"architecture\":\"vax\","
			    "\"variant\":\"v1\"}");
	g_autofree char *both = g_strconcat (one, ",", two, NULL);

	write_text (test, "layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	write_index (test, "layout", both);
	assert_fails (test, "layout", DAVIT_ERROR_UNSUPPORTED,
		      "\"@/layout\": there is no image for this host in it; it has linux/pdp11, "
		      "plan9/vax/v1");
}

static void
test_recursion (TestStore *test, gconstpointer data)
{
	g_autofree char *inner = g_strdup ("{\"schemaVersion\":2," INDEX_TYPE ",\"manifests\":[]}");
	g_autofree char *entry = NULL;

	write_text (test, "layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	for (guint i = 0; i < 6; i++) {
		g_autofree char *digest = test_blob (test, "layout", inner, strlen (inner));

		g_free (entry);
		entry = descriptor (INDEX_TYPE, digest, strlen (inner), "");
		g_free (inner);
		inner = g_strdup_printf ("{\"schemaVersion\":2," INDEX_TYPE ",\"manifests\":[%s]}",
					 entry);
	}
	write_index (test, "layout", entry);
	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, "\"@/layout\": index \"sha256:");
}

static void
test_no_layout (TestStore *test, gconstpointer data)
{
	g_autofree char *path = test_path (test, "empty");

	assert_fails (test, "none", DAVIT_ERROR_NOT_FOUND,
		      "open \"@/none\": No such file or directory");
	g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
	assert_fails (test, "empty", DAVIT_ERROR_CORRUPT,
		      "\"@/empty\": there is no image in it: neither \"oci-layout\" nor "
		      "\"manifest.json\"; for a root file system use davit import");
	write_index (test, "half", "");
	assert_fails (test, "half", DAVIT_ERROR_CORRUPT,
		      "\"@/half\": is no OCI layout: \"oci-layout\" is missing");
	write_text (test, "half/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
	assert_fails (test, "half", DAVIT_ERROR_UNSUPPORTED,
		      "\"@/half\": \"oci-layout\": version \"2.0.0\" is not 1.0.0");
	write_text (test, "half/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	assert_fails (test, "half", DAVIT_ERROR_CORRUPT, "\"@/half\": there is no image in it");
	write_text (test, "old/repositories", "{}");
	assert_fails (test, "old", DAVIT_ERROR_UNSUPPORTED,
		      "\"@/old\": was saved by docker before 1.10; load and save it with a newer "
		      "one");
	write_text (test, "text", "this is no archive at all, but it is long enough");
	assert_fails (test, "text", DAVIT_ERROR_CORRUPT, "\"@/text\": ");
}

/* Damages one blob of a fresh layout and says what is expected. */
static void
assert_damage (TestStore *test, const char *digest, const char *content, const char *begins)
{
	g_autofree char *path = blob_path (test, "layout", digest);
	g_autofree char *good = NULL;
	gsize length = 0;

	g_assert_true (g_file_get_contents (path, &good, &length, NULL));
	g_assert_cmpint (g_unlink (path), ==, 0);
	if (content != NULL)
		g_assert_true (g_file_set_contents (path, content, -1, NULL));
	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, begins);
	tar_folder (test, "layout", "damaged.tar");
	{
		g_autofree char *archive = g_strdup (begins);
		g_auto (GStrv) parts = g_strsplit (archive, "@/layout", 2);
		g_autofree char *text = g_strjoinv ("@/damaged.tar", parts);

		assert_fails (test, "damaged.tar", DAVIT_ERROR_CORRUPT, text);
	}
	g_assert_true (g_file_set_contents (path, good, (gssize) length, NULL));
}

static void
test_damaged_layout (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	g_autofree char *layer_digest = test_digest (layer);
	g_autofree char *same_size = g_strnfill (layer->len, 'x');
	TestLayout layout = {.folder = "layout", .name = "x", .layer = layer};
	g_autofree char *digest = test_layout (test, &layout);
	g_autofree char *missing =
		g_strdup_printf ("\"@/layout\": \"blobs/sha256/%s\" is missing in it",
				 davit_digest_hex (layer_digest));
	g_autofree char *wrong_size =
		g_strdup_printf ("\"@/layout\": blob \"%s\": has 5 bytes and not %u", layer_digest,
				 layer->len);
	g_autofree char *manifest_digest = g_strdup_printf ("\"@/layout\": blob \"%s\": ", digest);
	g_autofree char *wrong = g_strdup_printf ("\"@/layout\": blob \"%s\": ", layer_digest);

	assert_damage (test, layer_digest, NULL, missing);
	assert_damage (test, layer_digest, "short", wrong_size);
	assert_damage (test, layer_digest, same_size, wrong);
	assert_damage (test, digest, "{}", manifest_digest);
	g_free (assert_loads (test, "layout", "localhost/x:latest"));
}

/* A configuration that promises another layer: found when it is unpacked, or checked. */
static void
test_wrong_diff_id (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autoptr (GByteArray) layer = test_compress ("gzip", tar);
	g_autofree char *layer_digest = test_digest (layer);
	TestLayout layout = {
		.folder = "layout",
		.layer = layer,
		.layer_type = "application/vnd.oci.image.layer.v1.tar+gzip",
		.diff_id = "sha256:" HEX,
	};
	g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
	g_autofree char *text = g_strdup_printf ("layer \"%s\": ", layer_digest);
	g_autofree char *path = test_path (test, "layout");
	DavitImageLoad request = {.path = path, .fd = -1};
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;

	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, text);
	g_assert_false (davit_image_store_load (test->store, &request, &images, &error));
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, text);
	assert_nothing (test);
}

/* None of these is opened, waited for or followed. */
static void
test_strange_files (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	g_autofree char *layer_digest = test_digest (layer);
	TestLayout layout = {.folder = "layout", .name = "x", .layer = layer};
	g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
	g_autofree char *path = blob_path (test, "layout", layer_digest);
	g_autofree char *outside = test_path (test, "outside");
	g_autofree char *text =
		g_strdup_printf ("\"@/layout\": \"blobs/sha256/%s\" is no regular file",
				 davit_digest_hex (layer_digest));

	g_assert_cmpint (g_rename (path, outside), ==, 0);
	g_assert_cmpint (symlink (outside, path), ==, 0);
	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, text);
	g_assert_cmpint (g_unlink (path), ==, 0);
	g_assert_cmpint (mkfifo (path, 0600), ==, 0);
	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, text);
	g_assert_cmpint (g_unlink (path), ==, 0);
	g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
	assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, text);
}

static void
test_bad_names (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	static const char *const names[] = {"../../etc/x", "a/../b", "A B", ".", ""};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		TestLayout layout = {.folder = "layout", .name = names[i], .layer = layer};
		g_autofree G_GNUC_UNUSED char *digest = test_layout (test, &layout);
		g_autofree char *text = g_strdup_printf (
			"\"@/layout\": \"index.json\": \"%s\" is no name of an image; ", names[i]);

		assert_fails (test, "layout", DAVIT_ERROR_CORRUPT, text);
	}
}

/* "docker save" of old: a folder a layer, links to layers that come twice. */
static char *
docker_archive (TestStore *test, const char *tags, const char *layers, const GByteArray *layer)
{
	g_autofree char *diff_id = test_digest (layer);
	g_autofree char *config = g_strdup_printf (
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"x\"]},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\",\"%s\"]}}",
		diff_id, diff_id);
	char *id = davit_digest_of (config, strlen (config));
	g_autofree char *config_name =
		g_strconcat ("docker/", davit_digest_hex (id), ".json", NULL);
	g_autofree char *manifest =
		g_strdup_printf ("[{\"Config\":\"%s.json\",\"RepoTags\":%s,\"Layers\":%s}]",
				 davit_digest_hex (id), tags, layers);
	const char *links[] = {"ln", "-sf", "../a/layer.tar", "docker/b/layer.tar", NULL};

	write_text (test, config_name, config);
	write_text (test, "docker/manifest.json", manifest);
	test_write (test, "docker/a/layer.tar", layer->data, layer->len);
	write_text (test, "docker/b/VERSION", "1.0");
	test_run (test, links);
	tar_folder (test, "docker", "docker.tar");
	return id;
}

#define TWO_LAYERS "[\"a/layer.tar\",\"b/layer.tar\"]"

static void
test_docker (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	g_autofree char *id = docker_archive (test, "[\"web\",\"user/web:1\",\"localhost/z:2\"]",
					      TWO_LAYERS, layer);
	g_autofree char *loaded =
		assert_loads (test, "docker.tar",
			      "docker.io/library/web:latest|docker.io/user/web:1|localhost/z:2");
	g_autoptr (DavitImage) image = test_resolve (test, "web");

	g_assert_cmpstr (loaded, ==, id);
	g_assert_cmpstr (image->id, ==, id);
	g_assert_cmpstr (image->cmd[0], ==, "x");
	g_assert_cmpuint (g_strv_length (image->layer_digests), ==, 2);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 2);
	/* Both layers with one commit. */
	test_assert_commits (test, 1);
	test_assert_clean (test);
}

static void
test_docker_compressed (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) tar = test_tar ("file", "content\n");
	g_autoptr (GByteArray) layer = test_compress ("gzip", tar);
	g_autofree char *id = docker_archive (test, "null", TWO_LAYERS, tar);
	g_autofree char *loaded = NULL;
	g_autoptr (DavitImage) image = NULL;

	test_write (test, "docker/a/layer.tar", layer->data, layer->len);
	tar_folder (test, "docker", "docker.tar");
	loaded = assert_loads (test, "docker.tar", "");
	image = test_resolve (test, id);
	g_assert_cmpstr (image->layer_media_types[0], ==,
			 "application/vnd.oci.image.layer.v1.tar+gzip");
	test_assert_clean (test);
}

static void
test_docker_bad (TestStore *test, gconstpointer data)
{
	g_autoptr (GByteArray) layer = test_tar ("file", "content\n");
	g_autoptr (GByteArray) other = test_tar ("file", "other\n");
	g_autofree char *id = NULL;
	g_autofree char *one = NULL;
	g_autofree char *config_name = NULL;

	g_free (docker_archive (test, "[\"../x\"]", TWO_LAYERS, layer));
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": image 0: \"RepoTags\": \"../x\" is no "
		      "name of an image; ");
	g_free (docker_archive (test, "null", "[\"a/layer.tar\",\"../../etc/passwd\"]", layer));
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": image 0: "
		      "\"../../etc/passwd\" is missing in it");
	one = docker_archive (test, "null", "[\"a/layer.tar\"]", layer);
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": image 0: image \"sha256:");
	id = docker_archive (test, "null", TWO_LAYERS, layer);
	test_write (test, "docker/a/layer.tar", other->data, other->len);
	tar_folder (test, "docker", "docker.tar");
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": image 0: layer \"a/layer.tar\": does "
		      "not fit its digest \"sha256:");
	config_name = g_strconcat ("docker/", davit_digest_hex (id), ".json", NULL);
	write_text (test, config_name, "{}");
	tar_folder (test, "docker", "docker.tar");
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": image 0: config \"");
	write_text (test, "docker/manifest.json", "[]");
	tar_folder (test, "docker", "docker.tar");
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": there is no image in it");
	write_text (test, "docker/manifest.json", "{\"schemaVersion\":2}");
	tar_folder (test, "docker", "docker.tar");
	assert_fails (test, "docker.tar", DAVIT_ERROR_UNSUPPORTED,
		      "\"@/docker.tar\": images in the form \"dir\" are not there yet; save it as "
		      "docker-archive");
	write_text (test, "docker/manifest.json", "{}");
	tar_folder (test, "docker", "docker.tar");
	assert_fails (test, "docker.tar", DAVIT_ERROR_CORRUPT,
		      "\"@/docker.tar\": \"manifest.json\": must be an array of at most 10000 "
		      "images");
	assert_fails (test, "docker", DAVIT_ERROR_CORRUPT,
		      "\"@/docker\": \"manifest.json\": must be an array");
}

static void
test_truncated (TestStore *test, gconstpointer data)
{
	g_autofree char *content = g_strnfill (100000, 'x');
	g_autoptr (GByteArray) layer = test_tar ("file", content);
	g_autofree G_GNUC_UNUSED char *id = docker_archive (test, "[\"web\"]", TWO_LAYERS, layer);
	gsize length = 0;
	g_autofree char *archive = test_read (test, "docker.tar", &length);

	for (gsize cut = 100; cut < 60000; cut += 10007) {
		test_write (test, "cut.tar", archive, cut);
		assert_fails (test, "cut.tar", DAVIT_ERROR_CORRUPT, "\"@/cut.tar\": ");
	}
	g_free (assert_loads (test, "docker.tar", "docker.io/library/web:latest"));
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("/load/layout-directory", test_layout_directory);
	test_store_add ("/load/layout-archive", test_layout_archive);
	test_store_add ("/load/name-given", test_name_given);
	test_store_add ("/load/without-storage", test_without_storage);
	test_store_add ("/load/nested", test_nested);
	test_store_add ("/load/other-platforms", test_other_platforms);
	test_store_add ("/load/recursion", test_recursion);
	test_store_add ("/load/no-layout", test_no_layout);
	test_store_add ("/load/damaged-layout", test_damaged_layout);
	test_store_add ("/load/wrong-diff-id", test_wrong_diff_id);
	test_store_add ("/load/strange-files", test_strange_files);
	test_store_add ("/load/bad-names", test_bad_names);
	test_store_add ("/load/docker", test_docker);
	test_store_add ("/load/docker-compressed", test_docker_compressed);
	test_store_add ("/load/docker-bad", test_docker_bad);
	test_store_add ("/load/truncated", test_truncated);
	return g_test_run ();
}
