/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which files an archive of images has: in docker's form, and as an OCI layout. */

#include "base/digest.h"
#include "image/save-private.h"

#include <string.h>

static guint64
descriptor_size (const DavitJson *descriptor)
{
	return (guint64) davit_json_integer (davit_json_member (descriptor, "size"));
}

static guint64
layer_size (const DavitImage *image, guint index)
{
	return descriptor_size (
		davit_json_element (davit_json_member (image->manifest, "layers"), index));
}

static guint64
config_size (const DavitImage *image)
{
	return descriptor_size (davit_json_member (image->manifest, "config"));
}

static guint64
manifest_size (const DavitImage *image)
{
	guint64 size = image->size - config_size (image);

	/* size is the sum of all. */
	for (guint i = 0; image->layer_digests[i] != NULL; i++)
		size -= layer_size (image, i);
	return size;
}

static char *
docker_layer_name (const DavitImage *image, guint index)
{
	return g_strconcat (davit_digest_hex (image->diff_ids[index]), ".tar", NULL);
}

static char *
docker_config_name (const DavitImage *image)
{
	return g_strconcat (davit_digest_hex (image->id), ".json", NULL);
}

static gboolean
has_member (const GPtrArray *members, const char *name)
{
	for (guint i = 0; i < members->len; i++) {
		if (strcmp (((const DavitSaveMember *) g_ptr_array_index (members, i))->name,
			    name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Takes name over. Images share layers, and an image may have an empty one many times. */
static void
blob_add (GPtrArray *members, char *name, const char *digest, guint64 size, gboolean layer)
{
	DavitSaveMember *member;

	if (has_member (members, name)) {
		g_free (name);
		return;
	}
	member = g_new0 (DavitSaveMember, 1);
	member->name = name;
	member->digest = g_strdup (digest);
	member->size = size;
	member->layer = layer;
	g_ptr_array_add (members, member);
}

static void
text_add (GPtrArray *members, const char *name, char *text)
{
	DavitSaveMember *member = g_new0 (DavitSaveMember, 1);

	member->name = g_strdup (name);
	member->text = text;
	g_ptr_array_add (members, member);
}

/* Layers are written without compression, under their diff ids: that is what docker expects. */
static void
docker_layers_add (GPtrArray *members, const DavitImage *image)
{
	for (guint i = 0; image->layer_digests[i] != NULL; i++) {
		guint before = members->len;

		blob_add (members, docker_layer_name (image, i), image->layer_digests[i],
			  layer_size (image, i), TRUE);
		if (members->len > before)
			((DavitSaveMember *) g_ptr_array_index (members, before))->expand =
				strcmp (image->layer_digests[i], image->diff_ids[i]) != 0;
	}
}

static void
docker_image_write (DavitJsonWriter *writer, const DavitImage *image)
{
	g_autofree char *config = docker_config_name (image);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Config", config);
	davit_json_writer_strings (writer, "RepoTags", (const char *const *) image->names);
	davit_json_writer_begin_array (writer, "Layers");
	for (guint i = 0; image->diff_ids[i] != NULL; i++) {
		g_autofree char *name = docker_layer_name (image, i);

		davit_json_writer_string (writer, NULL, name);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
}

void
davit_save_docker_members (const GPtrArray *images, GPtrArray *members)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_array (writer, NULL);
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);

		docker_layers_add (members, image);
		blob_add (members, docker_config_name (image), image->id, config_size (image),
			  FALSE);
		docker_image_write (writer, image);
	}
	davit_json_writer_end_array (writer);
	text_add (members, "manifest.json", davit_json_writer_finish (writer, NULL));
}

/* name NULL: without one. Both annotations hold the whole name, as podman and containerd write. */
static void
index_entry_write (DavitJsonWriter *writer, const DavitImage *image, const char *name)
{
	const char *media_type = NULL;

	davit_json_get_string (image->manifest, "mediaType", &media_type, NULL);
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "mediaType",
				  media_type == NULL ? DAVIT_MEDIA_MANIFEST : media_type);
	davit_json_writer_string (writer, "digest", image->manifest_digest);
	davit_json_writer_unsigned (writer, "size", manifest_size (image));
	if (name != NULL) {
		davit_json_writer_begin_object (writer, "annotations");
		davit_json_writer_string (writer, "io.containerd.image.name", name);
		davit_json_writer_string (writer, "org.opencontainers.image.ref.name", name);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_object (writer);
}

static char *
index_make (const GPtrArray *images)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "schemaVersion", 2);
	davit_json_writer_string (writer, "mediaType", DAVIT_MEDIA_INDEX);
	davit_json_writer_begin_array (writer, "manifests");
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);

		for (char **name = image->names; *name != NULL; name++)
			index_entry_write (writer, image, *name);
		if (image->names[0] == NULL)
			index_entry_write (writer, image, NULL);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

static char *
oci_name (const char *digest)
{
	return g_strconcat ("blobs/sha256/", davit_digest_hex (digest), NULL);
}

void
davit_save_oci_members (const GPtrArray *images, GPtrArray *members)
{
	text_add (members, "oci-layout", g_strdup ("{\"imageLayoutVersion\":\"1.0.0\"}"));
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);

		for (guint k = 0; image->layer_digests[k] != NULL; k++)
			blob_add (members, oci_name (image->layer_digests[k]),
				  image->layer_digests[k], layer_size (image, k), TRUE);
		blob_add (members, oci_name (image->id), image->id, config_size (image), FALSE);
		blob_add (members, oci_name (image->manifest_digest), image->manifest_digest,
			  manifest_size (image), FALSE);
	}
	text_add (members, "index.json", index_make (images));
}
