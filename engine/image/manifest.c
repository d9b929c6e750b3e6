/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parsing manifests and indexes. */

#include "image/manifest.h"

#include "base/digest.h"
#include "base/error.h"

#include <string.h>

#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_INDEX "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"

/* 1 TiB: no blob of an image is larger, and the sum of all can't overflow. */
#define BLOB_SIZE_LIMIT (G_GINT64_CONSTANT (1) << 40)
#define LAYERS_LIMIT 4096
#define MANIFESTS_LIMIT 4096

static const char *const index_types[] = {DAVIT_MEDIA_INDEX, MEDIA_DOCKER_INDEX, NULL};
static const char *const manifest_types[] = {DAVIT_MEDIA_MANIFEST, MEDIA_DOCKER_MANIFEST, NULL};
static const char *const config_types[] = {DAVIT_MEDIA_CONFIG, MEDIA_DOCKER_CONFIG, NULL};

/* Those that must not be distributed are layers like the others; their urls are not followed. */
static const char *const layer_types[] = {
	DAVIT_MEDIA_LAYER,
	DAVIT_MEDIA_LAYER_GZIP,
	DAVIT_MEDIA_LAYER_ZSTD,
	"application/vnd.oci.image.layer.nondistributable.v1.tar",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
	"application/vnd.docker.image.rootfs.diff.tar",
	"application/vnd.docker.image.rootfs.diff.tar.gzip",
	"application/vnd.docker.image.rootfs.diff.tar.zstd",
	"application/vnd.docker.image.rootfs.foreign.diff.tar",
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
	NULL,
};

gboolean
davit_manifest_corrupt (GError **error)
{
	if (error != NULL && *error != NULL && davit_error_matches (*error, DAVIT_ERROR_CONFIG))
		(*error)->code = DAVIT_ERROR_CORRUPT;
	return FALSE;
}

static gboolean
platform_parse (const DavitJson *object, DavitDescriptor *descriptor, GError **error)
{
	const DavitJson *platform = NULL;

	return davit_json_get_object (object, "platform", &platform, error) &&
	       davit_json_get_string (platform, "architecture", &descriptor->architecture, error) &&
	       davit_json_get_string (platform, "os", &descriptor->os, error) &&
	       davit_json_get_string (platform, "variant", &descriptor->variant, error);
}

static gboolean
annotations_parse (const DavitJson *object, DavitDescriptor *descriptor, GError **error)
{
	const DavitJson *annotations = NULL;
	const char *type = NULL;

	if (!davit_json_get_object (object, "annotations", &annotations, error) ||
	    !davit_json_get_string (annotations, "org.opencontainers.image.ref.name",
				    &descriptor->name, error) ||
	    /* containerd's is a whole name where the other may be a mere tag. */
	    !davit_json_get_string (annotations, "io.containerd.image.name", &descriptor->name,
				    error) ||
	    !davit_json_get_string (annotations, "vnd.docker.reference.type", &type, error))
		return FALSE;
	descriptor->attached = type != NULL;
	return TRUE;
}

gboolean
davit_descriptor_parse (const DavitJson *object, DavitDescriptor *ret, GError **error)
{
	DavitDescriptor descriptor = {0};
	g_autofree char *path = davit_json_path (object);
	gint64 size = -1;

	if (davit_json_type (object) != DAVIT_JSON_OBJECT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\": must be an object",
					path);
	if (!davit_json_get_string (object, "mediaType", &descriptor.media_type, error) ||
	    !davit_json_get_string (object, "digest", &descriptor.digest, error) ||
	    !davit_json_get_integer (object, "size", 0, BLOB_SIZE_LIMIT, &size, error) ||
	    !platform_parse (object, &descriptor, error) ||
	    !annotations_parse (object, &descriptor, error))
		return davit_manifest_corrupt (error);
	if (descriptor.digest == NULL || size < 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\": digest or size is missing", path);
	if (g_str_has_prefix (descriptor.digest, "sha512:"))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"\"%s\": digest \"%s\" is not of sha256", path,
					descriptor.digest);
	if (!davit_digest_is_valid (descriptor.digest))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\": \"%s\" is no digest",
					path, descriptor.digest);
	descriptor.size = (guint64) size;
	*ret = descriptor;
	return TRUE;
}

static gboolean
descriptors_parse (const DavitJson *json, const char *key, guint limit, GArray *descriptors,
		   GError **error)
{
	const DavitJson *array = NULL;

	if (!davit_json_get_array (json, key, &array, error))
		return davit_manifest_corrupt (error);
	if (davit_json_length (array) > limit)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\": has %u entries, more than %u", key,
					davit_json_length (array), limit);
	for (guint i = 0; i < davit_json_length (array); i++) {
		DavitDescriptor descriptor;

		if (!davit_descriptor_parse (davit_json_element (array, i), &descriptor, error))
			return FALSE;
		g_array_append_val (descriptors, descriptor);
	}
	return TRUE;
}

static gboolean
layers_check (const GArray *layers, GError **error)
{
	for (guint i = 0; i < layers->len; i++) {
		const char *type = g_array_index (layers, DavitDescriptor, i).media_type;

		if (type == NULL)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"\"layers[%u]\": mediaType is missing", i);
		if (!g_strv_contains (layer_types, type))
			return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
						"\"layers[%u]\": media type \"%s\" is no layer "
						"that can be unpacked",
						i, type);
	}
	return TRUE;
}

static gboolean
image_parse (DavitManifest *manifest, GError **error)
{
	const DavitJson *config = davit_json_member (manifest->json, "config");

	if (config == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"config\": is missing");
	if (!davit_descriptor_parse (config, &manifest->config, error))
		return FALSE;
	/* Artifacts have manifests of the same form. */
	if (manifest->config.media_type == NULL ||
	    !g_strv_contains (config_types, manifest->config.media_type))
		return davit_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"\"config\": media type \"%s\" is not that of a container image",
			manifest->config.media_type == NULL ? "" : manifest->config.media_type);
	if (manifest->config.size > DAVIT_IMAGE_CONFIG_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"config\": %" G_GUINT64_FORMAT
					" bytes are more than the %d that are read",
					manifest->config.size, DAVIT_IMAGE_CONFIG_LIMIT);
	return descriptors_parse (manifest->json, "layers", LAYERS_LIMIT, manifest->layers,
				  error) &&
	       layers_check (manifest->layers, error);
}

/* The table's own string for a type, which lives for ever, or NULL. */
static const char *
type_known (const char *const *types, const char *type)
{
	for (; *types != NULL; types++) {
		if (strcmp (*types, type) == 0)
			return *types;
	}
	return NULL;
}

/* The type that the document has by its own word, by the descriptor's, or by what is in it. */
static gboolean
type_find (DavitManifest *manifest, const char *expected, GError **error)
{
	gboolean has_manifests = davit_json_member (manifest->json, "manifests") != NULL;
	const char *own = NULL;

	if (!davit_json_get_string (manifest->json, "mediaType", &own, error))
		return davit_manifest_corrupt (error);
	if (own != NULL && expected != NULL && strcmp (own, expected) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"mediaType\": is \"%s\", and \"%s\" was promised", own,
					expected);
	if (own == NULL)
		own = expected;
	if (own == NULL)
		own = has_manifests ? DAVIT_MEDIA_INDEX : DAVIT_MEDIA_MANIFEST;
	manifest->media_type = type_known (index_types, own);
	manifest->is_index = manifest->media_type != NULL;
	if (!manifest->is_index)
		manifest->media_type = type_known (manifest_types, own);
	if (manifest->media_type == NULL)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"media type \"%s\" is no image", own);
	if (manifest->is_index ? davit_json_member (manifest->json, "layers") != NULL ||
					 davit_json_member (manifest->json, "config") != NULL
			       : has_manifests)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"is a manifest and an index at the same time");
	return TRUE;
}

DavitManifest *
davit_manifest_parse (const char *text, gsize length, const char *media_type, GError **error)
{
	g_autoptr (DavitManifest) manifest = g_new0 (DavitManifest, 1);
	gint64 version = 0;

	manifest->layers = g_array_new (FALSE, TRUE, sizeof (DavitDescriptor));
	manifest->manifests = g_array_new (FALSE, TRUE, sizeof (DavitDescriptor));
	manifest->json = davit_json_parse (text, (gssize) length, error);
	if (manifest->json == NULL)
		return NULL;
	if (davit_json_type (manifest->json) != DAVIT_JSON_OBJECT) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT, "must be an object");
		return NULL;
	}
	if (!davit_json_get_integer (manifest->json, "schemaVersion", 0, G_MAXINT, &version,
				     error)) {
		davit_manifest_corrupt (error);
		return NULL;
	}
	if (version != 2) {
		davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				 "\"schemaVersion\": must be 2, and is %" G_GINT64_FORMAT, version);
		return NULL;
	}
	if (!type_find (manifest, media_type, error))
		return NULL;
	if (manifest->is_index ? !descriptors_parse (manifest->json, "manifests", MANIFESTS_LIMIT,
						     manifest->manifests, error)
			       : !image_parse (manifest, error))
		return NULL;
	return g_steal_pointer (&manifest);
}

void
davit_manifest_free (DavitManifest *manifest)
{
	if (manifest == NULL)
		return;
	g_array_unref (manifest->layers);
	g_array_unref (manifest->manifests);
	davit_json_free (manifest->json);
	g_free (manifest);
}
