/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finding, naming, removing and collecting images, and looking after the store. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "image/test-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BLOBS "root/content/sha256/"
#define LAYERS "root/storage/plain-storage/layers/"

static void
assert_no_image (TestStore *test, const char *reference, gint code, const char *text)
{
	g_autoptr (GError) error = NULL;

	g_assert_null (davit_image_store_resolve (test->store, reference, &error));
	test_assert_error (test, &error, code, text);
}

static void
tag (TestStore *test, const char *reference, const char *name)
{
	g_autoptr (GError) error = NULL;

	davit_image_store_tag (test->store, reference, name, &error);
	g_assert_no_error (error);
}

static void
assert_means (TestStore *test, const char *reference, const char *id)
{
	g_autoptr (DavitImage) image = test_resolve (test, reference);

	g_assert_cmpstr (image->id, ==, id);
}

static void
test_empty (TestStore *test, gconstpointer data)
{
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_list (test->store, &images, &damaged, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (images->len, ==, 0);
	g_assert_cmpuint (damaged->len, ==, 0);
	assert_no_image (test, "nonsense", DAVIT_ERROR_NOT_FOUND, "image \"nonsense\" not found");
	assert_no_image (test, "sha256:" HEX, DAVIT_ERROR_NOT_FOUND,
			 "image \"sha256:" HEX "\" not found");
	assert_no_image (test, "A B", DAVIT_ERROR_USAGE,
			 "\"A B\" is no name of an image; a name is made of a-z and 0-9, with "
			 "\".\", \"_\" or \"-\" between them");
	test_collect (test);
	test_assert_clean (test);
}

static void
test_references (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box:v1", "one");
	g_autofree char *digits = g_strndup (davit_digest_hex (id), 12);
	g_autofree char *with_prefix = g_strconcat ("sha256:", digits, NULL);
	g_autoptr (DavitImage) image = test_resolve (test, "box:v1");
	g_autofree char *by_digest = g_strconcat ("localhost/box@", image->manifest_digest, NULL);
	g_autofree char *both = g_strconcat ("box:other@", image->manifest_digest, NULL);
	g_autofree char *wrong = g_strconcat ("other@", image->manifest_digest, NULL);
	g_autofree char *text = g_strdup_printf ("image \"%s\" not found", wrong);

	assert_means (test, "localhost/box:v1", id);
	assert_means (test, id, id);
	assert_means (test, davit_digest_hex (id), id);
	assert_means (test, digits, id);
	assert_means (test, with_prefix, id);
	assert_means (test, by_digest, id);
	/* docker: the digest counts, not the tag. */
	assert_means (test, both, id);
	assert_no_image (test, wrong, DAVIT_ERROR_NOT_FOUND, text);
	assert_no_image (test, "box", DAVIT_ERROR_NOT_FOUND, "image \"box\" not found");
	assert_no_image (test, "box:v1@sha256:" HEX, DAVIT_ERROR_NOT_FOUND,
			 "image \"box:v1@sha256:" HEX "\" not found");
}

static void
test_short_names (TestStore *test, gconstpointer data)
{
	g_autofree char *docker = test_import (test, "docker.io/library/web", "docker");
	g_autofree char *quay = test_import (test, "quay.io/a/tool:1", "quay");
	g_autofree char *local = NULL;

	assert_means (test, "web", docker);
	assert_means (test, "docker.io/web", docker);
	assert_means (test, "a/tool:1", quay);
	assert_means (test, "tool:1", quay);
	assert_no_image (test, "ool:1", DAVIT_ERROR_NOT_FOUND, "image \"ool:1\" not found");
	local = test_import (test, "web", "local");
	assert_means (test, "web", local);
	tag (test, "web", "example.com/b/tool:1");
	assert_no_image (
		test, "tool:1", DAVIT_ERROR_USAGE,
		"image \"tool:1\" may be \"example.com/b/tool:1\" or \"quay.io/a/tool:1\"; "
		"give the whole name");
	assert_means (test, "a/tool:1", quay);
}

/* A name wins over the beginning of an id. */
static void
test_name_like_id (TestStore *test, gconstpointer data)
{
	g_autofree char *first = test_import (test, "box", "one");
	g_autofree char *second = NULL;
	g_autofree char *digits = g_strndup (davit_digest_hex (first), 6);

	assert_means (test, digits, first);
	second = test_import (test, digits, "two");
	assert_means (test, digits, second);
}

static void
test_list (TestStore *test, gconstpointer data)
{
	g_autofree char *first = test_import (test, "one", "1");
	g_autofree char *second = test_import (test, "two", "2");
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;
	const DavitImage *image;

	tag (test, "one", "three");
	davit_image_store_list (test->store, &images, NULL, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (images->len, ==, 2);
	image = g_ptr_array_index (images, 0);
	g_assert_cmpstr (image->id, ==, second);
	image = g_ptr_array_index (images, 1);
	g_assert_cmpstr (image->id, ==, first);
	g_assert_cmpstr (image->names[0], ==, "localhost/one:latest");
	g_assert_cmpstr (image->names[1], ==, "localhost/three:latest");
	g_assert_null (image->names[2]);
}

static void
test_tag_bad (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autoptr (GError) error = NULL;

	davit_image_store_tag (test->store, "box", "x/..", &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_USAGE, "\"x/..\" is no name");
	davit_image_store_tag (test->store, "box", "x@sha256:" HEX, &error);
	test_assert_error_begins (test, &error, DAVIT_ERROR_USAGE, "\"x@sha256:");
	davit_image_store_tag (test->store, "other", "x", &error);
	test_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND, "image \"other\" not found");
	g_assert_cmpuint (test_count (test, "root/images"), ==, 1);
}

static char *
remove_lines (TestStore *test, const DavitImageRemove *request)
{
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_remove (test->store, request, &lines, &error);
	g_assert_no_error (error);
	g_ptr_array_add (lines, NULL);
	return g_strjoinv ("|", (char **) lines->pdata);
}

static void
assert_busy (TestStore *test, const DavitImageRemove *request, const char *text)
{
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_image_store_remove (test->store, request, &lines, &error));
	test_assert_error (test, &error, DAVIT_ERROR_BUSY, text);
	g_assert_null (lines);
}

static void
test_remove_names (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box:v1", "x");
	const char *used[] = {id, NULL};
	DavitImageRemove by_name = {.reference = "box:v1", .used_ids = used};
	DavitImageRemove by_id = {.reference = id, .force = FALSE};
	g_autofree char *has_names = g_strdup_printf (
		"image \"%s\" has 3 names; remove them one by one, or all with --force", id);
	g_autofree char *in_use = g_strdup_printf (
		"image \"%s\": a container was made from it; remove the container first", id);
	g_autofree char *all = g_strdup_printf ("Untagged: localhost/box:v2|Untagged: "
						"localhost/other/name:x|Deleted: %s",
						id);
	g_autofree char *one = NULL;
	g_autofree char *rest = NULL;

	assert_busy (test, &by_name,
		     "image \"box:v1\": a container was made from it; remove the container first");
	tag (test, "box:v1", "box:v2");
	tag (test, "box:v1", "other/name:x");
	assert_busy (test, &by_id, has_names);
	one = remove_lines (test, &by_name);
	g_assert_cmpstr (one, ==, "Untagged: localhost/box:v1");
	by_id.force = TRUE;
	by_id.used_ids = used;
	assert_busy (test, &by_id, in_use);
	by_id.used_ids = NULL;
	rest = remove_lines (test, &by_id);
	g_assert_cmpstr (rest, ==, all);
	test_collect (test);
	g_assert_cmpuint (test_count (test, "root/images"), ==, 0);
	g_assert_cmpuint (test_count (test, "root/content/sha256"), ==, 0);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
	test_assert_clean (test);
}

static void
test_remove_none (TestStore *test, gconstpointer data)
{
	DavitImageRemove request = {.reference = "none"};
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_image_store_remove (test->store, &request, &lines, &error));
	test_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND, "image \"none\" not found");
}

static gboolean
layers_used (char ***ret_chain_ids, gpointer data, GError **error)
{
	*ret_chain_ids = g_strdupv (((DavitImage *) data)->chain_ids);
	return TRUE;
}

/* Two images with one layer: it goes with the second. */
static void
test_collect_shared (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *first = test_import (test, "one", "same");
	g_autofree G_GNUC_UNUSED char *second = test_import (test, "two", "same");
	g_autoptr (DavitImage) image = test_resolve (test, "two");
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	test_remove (test, "one");
	test_collect (test);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	g_assert_cmpuint (test_count (test, BLOBS), ==, 3);
	test_remove (test, "two");
	/* A container still stands on it. */
	davit_image_store_collect (test->store, layers_used, image, &lines, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	g_assert_cmpuint (test_count (test, BLOBS), ==, 0);
	test_collect (test);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
}

static gboolean
used_fails (char ***ret_chain_ids, gpointer data, GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_IO, "who uses it can't be read");
}

/* A layer that is held stays, although no name leads to it and no container uses it yet. */
static void
test_collect_held (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autofree G_GNUC_UNUSED char *other_id = test_import (test, "other", "y");
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	g_autoptr (DavitImageHold) hold = NULL;
	g_autoptr (DavitImageHold) second = NULL;
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;

	davit_image_store_hold (test->store, image, test->storage, &hold, &error);
	g_assert_no_error (error);
	/* Any number may hold it. */
	davit_image_store_hold (test->store, image, test->storage, &second, &error);
	g_assert_no_error (error);
	test_remove (test, "box");
	test_remove (test, "other");
	g_clear_pointer (&second, davit_image_hold_free);
	davit_image_store_collect (test->store, NULL, NULL, &lines, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 2);
	g_assert_cmpuint (test_count (test, BLOBS), ==, 0);
	g_assert_cmpstr (g_ptr_array_index (lines, lines->len - 1), ==,
			 "Kept: layers of storage \"plain-storage\": one is in use just now");
	/* The container has been made. */
	g_clear_pointer (&hold, davit_image_hold_free);
	g_clear_pointer (&lines, g_ptr_array_unref);
	davit_image_store_collect (test->store, layers_used, image, &lines, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	g_assert_false (davit_image_store_collect (test->store, used_fails, NULL, &lines, &error));
	test_assert_error (test, &error, DAVIT_ERROR_IO, "who uses it can't be read");
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	test_collect (test);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
	test_assert_clean (test);
}

/* Whoever checks waits for who removes: what is on its way out is not reported as lost. */
static void
test_check_beside_remove (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	pid_t child;
	int status = -1;

	test_remove (test, "box");
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		g_autoptr (DavitImageStore) store =
			davit_image_store_new (test->paths, test->drivers);
		g_autoptr (GPtrArray) findings = NULL;

		_exit (!davit_image_store_check (store, FALSE, &findings, NULL) ||
		       findings->len > 0);
	}
	/* Long enough for the child to look, if it did not wait. */
	g_usleep (100 * 1000);
	g_assert_cmpint (waitpid (child, &status, WNOHANG), ==, 0);
	test_collect (test);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

/* Blobs and stages of a process that died, and those of one that lives. */
static void
test_collect_crash (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autofree char *alive = test_path (test, "root/content/stage/alive");
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	test_write (test, "root/content/stage/0123/0", "half", 4);
	test_write (test, "root/content/stage/alive/0", "half", 4);
	test_write (test, BLOBS HEX, "lost", 4);
	fd = open (alive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_true (davit_lock_take (fd, 0, "alive", NULL));
	davit_image_store_check (test->store, FALSE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 2);
	g_assert_cmpstr (g_ptr_array_index (findings, 0), ==,
			 "\"content/stage/0123\": left by a process that died");
	g_assert_cmpstr (g_ptr_array_index (findings, 1), ==,
			 "blob \"sha256:" HEX "\": no image leads to it");
	test_collect (test);
	g_assert_false (test_exists (test, "root/content/stage/0123"));
	g_assert_true (test_exists (test, "root/content/stage/alive/0"));
	g_assert_false (test_exists (test, BLOBS HEX));
	g_assert_cmpuint (test_count (test, BLOBS), ==, 3);
	davit_lock_release (fd);
	test_collect (test);
	test_assert_clean (test);
}

static char *
blob_path (const char *digest)
{
	return g_strconcat (BLOBS, davit_digest_hex (digest), NULL);
}

static void
blob_spoil (TestStore *test, const char *digest, const char *content)
{
	g_autofree char *name = blob_path (digest);
	g_autofree char *path = test_path (test, name);

	g_assert_cmpint (g_unlink (path), ==, 0);
	if (content != NULL)
		test_write (test, name, content, strlen (content));
}

/* A damaged image is reported, and does not hide the other. */
static void
test_damaged (TestStore *test, gconstpointer data)
{
	g_autofree char *good = test_import (test, "good", "good");
	g_autofree char *bad = test_import (test, "bad", "bad");
	g_autoptr (DavitImage) image = test_resolve (test, "bad");
	g_autofree char *missing =
		g_strdup_printf ("image \"bad\": manifest \"%s\": is missing; load or import the "
				 "image again",
				 image->manifest_digest);
	g_autofree char *listed = g_strdup_printf (
		"image \"localhost/bad:latest\": manifest \"%s\": is missing; load "
		"or import the image again",
		image->manifest_digest);
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GError) error = NULL;

	blob_spoil (test, image->manifest_digest, NULL);
	assert_no_image (test, "bad", DAVIT_ERROR_CORRUPT, missing);
	assert_means (test, "good", good);
	davit_image_store_list (test->store, &images, &damaged, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (images->len, ==, 1);
	g_assert_cmpuint (damaged->len, ==, 1);
	g_assert_cmpstr (g_ptr_array_index (damaged, 0), ==, listed);
	/* The record is enough to remove it. */
	test_remove (test, bad);
	test_collect (test);
	g_assert_cmpuint (test_count (test, BLOBS), ==, 3);
	test_assert_clean (test);
}

static void
assert_damage (TestStore *test, const char *digest, const char *content, const char *what)
{
	g_autofree char *name = blob_path (digest);
	g_autofree char *path = test_path (test, name);
	gsize length = 0;
	g_autofree char *good = test_read (test, name, &length);
	g_autofree char *text = g_strdup_printf ("image \"box\": %s", what);
	g_autoptr (GError) error = NULL;

	blob_spoil (test, digest, content);
	g_assert_null (davit_image_store_resolve (test->store, "box", &error));
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, text);
	g_assert_cmpint (g_remove (path) == 0 || content == NULL, ==, TRUE);
	test_write (test, name, good, length);
	davit_image_free (test_resolve (test, "box"));
}

static void
test_damaged_blobs (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	g_autoptr (DavitImage) image = test_resolve (test, "box");

	assert_damage (test, image->manifest_digest, "", "manifest \"sha256:");
	assert_damage (test, image->manifest_digest, "{}", "manifest \"sha256:");
	assert_damage (test, id, NULL, "config \"sha256:");
	assert_damage (test, id, "{}", "config \"sha256:");
}

/* None of them blocks, or is followed. */
static void
test_strange_blobs (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	g_autofree char *name = blob_path (id);
	g_autofree char *path = test_path (test, name);
	g_autofree char *text = g_strdup_printf (
		"image \"box\": config \"%s\": is no regular file; load or import the image again",
		id);

	g_assert_cmpint (g_unlink (path), ==, 0);
	g_assert_cmpint (mkfifo (path, 0600), ==, 0);
	assert_no_image (test, "box", DAVIT_ERROR_CORRUPT, text);
	g_assert_cmpint (g_unlink (path), ==, 0);
	g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
	assert_no_image (test, "box", DAVIT_ERROR_CORRUPT, text);
	g_assert_cmpint (g_unlink (path), ==, 0);
	g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
	assert_no_image (test, "box", DAVIT_ERROR_CORRUPT, text);
	test_remove (test, "box");
	test_collect (test);
	test_assert_clean (test);
}

/* An import of the same heals what a disk has lost. */
static void
test_heal (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	g_autofree char *again = NULL;
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	blob_spoil (test, image->layer_digests[0], "zeros");
	davit_image_store_check (test->store, TRUE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_true (g_str_has_prefix (g_ptr_array_index (findings, 0),
					 "image \"localhost/box:latest\": layer \"sha256:"));
	again = test_import (test, "box", "x");
	test_remove (test, id);
	test_collect (test);
	test_assert_clean (test);
}

static void
record_write (TestStore *test, const char *file, const char *text)
{
	g_autofree char *name = g_strconcat ("root/images/", file, NULL);

	test_write (test, name, text, strlen (text));
}

static void
test_damaged_records (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "good", "x");
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageRemove request = {.reference = "empty"};
	g_autofree char *line = NULL;

	record_write (test, "localhost%2Fempty:latest", "");
	record_write (
		test, "localhost%2Fname:latest",
		"{\"version\":1,\"name\":\"localhost/other:latest\",\"manifest\":\"sha256:" HEX
		"\",\"id\":\"sha256:" HEX "\"}");
	record_write (test, "localhost%2Fdigest:latest",
		      "{\"version\":1,\"name\":\"localhost/digest:latest\",\"manifest\":"
		      "\"sha256:../../x\",\"id\":\"sha256:" HEX "\"}");
	davit_image_store_list (test->store, &images, &damaged, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (images->len, ==, 1);
	g_assert_cmpuint (damaged->len, ==, 3);
	g_assert_cmpstr (
		g_ptr_array_index (damaged, 0), ==,
		"image name \"images/localhost%2Fdigest:latest\": \"manifest\" or \"id\" is no "
		"digest");
	g_assert_cmpstr (g_ptr_array_index (damaged, 2), ==,
			 "image name \"images/localhost%2Fname:latest\": it belongs into the file "
			 "\"localhost%2Fother:latest\"");
	g_assert_null (davit_image_store_resolve (test->store, "empty", &error));
	test_assert_error_begins (
		test, &error, DAVIT_ERROR_CORRUPT,
		"image \"empty\": its record \"images/localhost%2Fempty:latest\" is damaged: ");
	line = remove_lines (test, &request);
	g_assert_cmpstr (line, ==, "Untagged: localhost/empty:latest");
	davit_image_store_check (test->store, TRUE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 2);
	assert_means (test, "good", id);
	test_assert_clean (test);
}

/* What a newer davit wrote is not ours to remove, nor what it leads to. */
static void
test_newer_record (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autofree char *text = NULL;
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	test_remove (test, "box");
	text = g_strdup_printf ("{\"version\":2,\"leads\":{\"to\":\"%s\"}}",
				image->manifest_digest);
	record_write (test, "localhost%2Fbox:latest", text);
	test_collect (test);
	g_assert_cmpuint (test_count (test, BLOBS), ==, 3);
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	davit_image_store_check (test->store, TRUE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_cmpstr (g_ptr_array_index (findings, 0), ==,
			 "image name \"images/localhost%2Fbox:latest\": it has version 2, and this "
			 "davit reads 1; a newer one wrote it");
	g_assert_true (test_exists (test, "root/images/localhost%2Fbox:latest"));
}

static void
test_check_names (TestStore *test, gconstpointer data)
{
	g_autofree char *id = test_import (test, "box", "x");
	g_autofree char *good = test_import (test, "good", "y");
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	blob_spoil (test, id, NULL);
	davit_image_store_check (test->store, TRUE, &findings, &error);
	g_assert_no_error (error);
	g_assert_true (g_str_has_prefix (g_ptr_array_index (findings, 0),
					 "image \"localhost/box:latest\": config \"sha256:"));
	/* Its name is gone, and what was left of it. */
	assert_no_image (test, "box", DAVIT_ERROR_NOT_FOUND, "image \"box\" not found");
	test_assert_clean (test);
	assert_means (test, "good", good);
}

static void
test_check_layers (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	g_autofree char *mark = g_strconcat (LAYERS, image->chain_ids[0], "/damaged", NULL);
	g_autofree char *file = g_strconcat (LAYERS, image->chain_ids[0], "/file", NULL);
	g_autofree char *text = g_strdup_printf ("image \"localhost/box:latest\": "
						 "storage/plain-storage: damaged layer \"%s\"",
						 image->chain_ids[0]);
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	test_write (test, mark, "", 0);
	davit_image_store_check (test->store, FALSE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_cmpstr (g_ptr_array_index (findings, 0), ==, text);
	g_clear_pointer (&findings, g_ptr_array_unref);
	davit_image_store_check (test->store, TRUE, &findings, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_true (test_exists (test, file));
	g_assert_false (test_exists (test, mark));
	test_assert_clean (test);
}

/* A layer that a storage has not got is unpacked when it is needed, from a blob that fits. */
static void
test_unpack (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	g_autofree char *file = g_strconcat (LAYERS, image->chain_ids[0], "/file", NULL);
	g_autofree char *blob = blob_path (image->layer_digests[0]);
	g_autoptr (GByteArray) other = test_tar ("file", "y");
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_storage_layer_remove (test->storage, image->chain_ids[0], NULL));
	davit_image_store_unpack (test->store, image, test->storage, &error);
	g_assert_no_error (error);
	g_assert_true (test_exists (test, file));
	g_assert_true (davit_storage_layer_remove (test->storage, image->chain_ids[0], NULL));
	/* Of the same size. */
	test_write (test, blob, other->data, other->len);
	g_assert_false (davit_image_store_unpack (test->store, image, test->storage, &error));
	test_assert_error_begins (test, &error, DAVIT_ERROR_CORRUPT, "layer \"sha256:");
	g_assert_cmpuint (test_count (test, LAYERS), ==, 0);
	g_assert_cmpuint (test_count (test, "root/storage/plain-storage/begun"), ==, 0);
}

/* Several commands that need one layer: it is unpacked once, and none of them fails. */
static void
test_unpack_together (TestStore *test, gconstpointer data)
{
	g_autofree G_GNUC_UNUSED char *id = test_import (test, "box", "x");
	g_autoptr (DavitImage) image = test_resolve (test, "box");
	pid_t children[4];

	g_assert_true (davit_storage_layer_remove (test->storage, image->chain_ids[0], NULL));
	for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
		children[i] = fork ();
		g_assert_cmpint (children[i], >=, 0);
		if (children[i] == 0)
			_exit (!davit_image_store_unpack (test->store, image, test->storage, NULL));
	}
	for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
		int status = -1;

		g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
		g_assert_cmpint (status, ==, 0);
	}
	g_assert_cmpuint (test_count (test, LAYERS), ==, 1);
	/* The import and one of them. */
	test_assert_commits (test, 2);
	test_assert_clean (test);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("/store/empty", test_empty);
	test_store_add ("/store/references", test_references);
	test_store_add ("/store/short-names", test_short_names);
	test_store_add ("/store/name-like-id", test_name_like_id);
	test_store_add ("/store/list", test_list);
	test_store_add ("/store/tag-bad", test_tag_bad);
	test_store_add ("/store/remove-names", test_remove_names);
	test_store_add ("/store/remove-none", test_remove_none);
	test_store_add ("/store/collect-shared", test_collect_shared);
	test_store_add ("/store/collect-held", test_collect_held);
	test_store_add ("/store/collect-crash", test_collect_crash);
	test_store_add ("/store/check-beside-remove", test_check_beside_remove);
	test_store_add ("/store/damaged", test_damaged);
	test_store_add ("/store/damaged-blobs", test_damaged_blobs);
	test_store_add ("/store/strange-blobs", test_strange_blobs);
	test_store_add ("/store/heal", test_heal);
	test_store_add ("/store/damaged-records", test_damaged_records);
	test_store_add ("/store/newer-record", test_newer_record);
	test_store_add ("/store/check-names", test_check_names);
	test_store_add ("/store/check-layers", test_check_layers);
	test_store_add ("/store/unpack", test_unpack);
	test_store_add ("/store/unpack-together", test_unpack_together);
	return g_test_run ();
}
