/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What "docker save" writes, and podman in docker's form: manifest.json names the configuration,
 * the layers and the tags of each image. There is no manifest with digests in it, so that we write
 * one; what the layers are checked against are the diff ids in the configuration.
 */

#include "base/digest.h"
#include "base/error.h"
#include "image/compose.h"
#include "image/load-private.h"
#include "image/reference.h"

#include <string.h>

#define IMAGES_LIMIT 10000

/**
 * Entry: strings belong to the document.
 */
typedef struct {
	const char *config;
	const char **tags;
	const char **layers;
} Entry;

static void
entry_clear (Entry *entry)
{
	g_clear_pointer (&entry->tags, g_free);
	g_clear_pointer (&entry->layers, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Entry, entry_clear)

static gboolean
entry_parse (const DavitJson *object, Entry *entry, GError **error)
{
	if (!davit_json_get_string (object, "Config", &entry->config, error) ||
	    !davit_json_get_strings (object, "RepoTags", &entry->tags, error) ||
	    !davit_json_get_strings (object, "Layers", &entry->layers, error))
		return davit_manifest_corrupt (error);
	return entry->config != NULL ||
	       davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"Config\" is missing");
}

/* The name of a configuration holds its digest in every form that docker has used. */
static gboolean
config_check (const char *name, const char *digest, GError **error)
{
	g_autofree char *base = g_path_get_basename (name);
	g_autofree char *named = NULL;

	if (g_str_has_suffix (base, ".json"))
		base[strlen (base) - strlen (".json")] = '\0';
	named = g_strconcat ("sha256:", base, NULL);
	if (!davit_digest_is_valid (named) || strcmp (named, digest) == 0)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_CORRUPT,
				"config \"%s\": does not fit its digest; it is \"%s\"", name,
				digest);
}

static void
layer_free (gpointer data)
{
	DavitComposeBlob *layer = data;

	g_free ((char *) layer->digest);
}

static gboolean
layer_stage (DavitLoad *load, const char *name, GArray *layers, GError **error)
{
	DavitCompression compression = DAVIT_COMPRESSION_NONE;
	DavitComposeBlob layer = {DAVIT_MEDIA_LAYER, NULL, 0};
	char *digest = NULL;

	if (!davit_source_stage_file (load->source, name, &digest, &layer.size, &compression,
				      error))
		return FALSE;
	layer.digest = digest;
	if (compression == DAVIT_COMPRESSION_GZIP)
		layer.media_type = DAVIT_MEDIA_LAYER_GZIP;
	else if (compression == DAVIT_COMPRESSION_ZSTD)
		layer.media_type = DAVIT_MEDIA_LAYER_ZSTD;
	g_array_append_val (layers, layer);
	return compression == DAVIT_COMPRESSION_NONE || compression == DAVIT_COMPRESSION_GZIP ||
	       compression == DAVIT_COMPRESSION_ZSTD ||
	       davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				"layer \"%s\": is compressed with neither gzip nor zstd", name);
}

/* What is not compressed must be its own diff id; the rest is checked when it is unpacked. */
static gboolean
plain_layers_check (const DavitImage *image, const Entry *entry, GError **error)
{
	for (guint i = 0; image->layer_digests[i] != NULL; i++) {
		if (strcmp (image->layer_media_types[i], DAVIT_MEDIA_LAYER) == 0 &&
		    strcmp (image->layer_digests[i], image->diff_ids[i]) != 0)
			return davit_error_set (
				error, DAVIT_ERROR_CORRUPT,
				"layer \"%s\": does not fit its digest \"%s\"; it is \"%s\"",
				entry->layers[i], image->diff_ids[i], image->layer_digests[i]);
	}
	return TRUE;
}

static gboolean
tags_give (const Entry *entry, char ***ret_names, GError **error)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

	for (guint i = 0; entry->tags != NULL && entry->tags[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;
		/* docker leaves its registry out; what davit and podman write is whole. */
		char *name = davit_reference_give (entry->tags[i], "docker.io", &local);

		if (name == NULL)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"RepoTags\": %s",
						local->message);
		g_ptr_array_add (names, name);
	}
	g_ptr_array_add (names, NULL);
	*ret_names = (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
	return TRUE;
}

/* Stages configuration, layers and a manifest of ours. */
static DavitImage *
image_stage (DavitLoad *load, const Entry *entry, GError **error)
{
	g_autoptr (GArray) layers = g_array_new (FALSE, FALSE, sizeof (DavitComposeBlob));
	DavitImageParse parse = {0};
	DavitComposeBlob config = {DAVIT_MEDIA_CONFIG, NULL, 0};
	g_autofree char *text = NULL;
	g_autofree char *digest = NULL;
	g_autofree char *manifest = NULL;
	g_autofree char *manifest_digest = NULL;

	g_array_set_clear_func (layers, layer_free);
	if (!davit_source_read (load->source, entry->config, DAVIT_IMAGE_CONFIG_LIMIT, &text,
				&parse.config_length, error) ||
	    !davit_stage_add_text (load->stage, text, parse.config_length, &digest, error) ||
	    !config_check (entry->config, digest, error))
		return NULL;
	for (guint i = 0; entry->layers != NULL && entry->layers[i] != NULL; i++) {
		if (!layer_stage (load, entry->layers[i], layers, error))
			return NULL;
	}
	config.digest = digest;
	config.size = parse.config_length;
	manifest = davit_compose_manifest (&config, layers, &parse.manifest_length);
	if (!davit_stage_add_text (load->stage, manifest, parse.manifest_length, &manifest_digest,
				   error))
		return NULL;
	parse.config = text;
	parse.manifest = manifest;
	parse.manifest_digest = manifest_digest;
	return davit_image_parse (&parse, error);
}

static gboolean
entry_load (DavitLoad *load, const DavitJson *object, GError **error)
{
	g_auto (Entry) entry = {0};
	g_auto (GStrv) names = NULL;
	g_autoptr (DavitImage) image = NULL;

	if (!entry_parse (object, &entry, error) || !tags_give (&entry, &names, error))
		return FALSE;
	image = image_stage (load, &entry, error);
	if (image == NULL || !plain_layers_check (image, &entry, error))
		return FALSE;
	davit_load_add (load, g_steal_pointer (&image), (const char *const *) names);
	return TRUE;
}

gboolean
davit_load_docker (DavitLoad *load, GError **error)
{
	g_autoptr (DavitJson) json = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!davit_source_read (load->source, "manifest.json", DAVIT_MANIFEST_LIMIT, &text, &length,
				error))
		return FALSE;
	json = davit_json_parse (text, (gssize) length, error);
	if (json == NULL)
		return davit_error_prefix (error, "\"manifest.json\"");
	/* "dir:" of skopeo, and docker-dir of podman save: the manifest of one image. */
	if (davit_json_member (json, "schemaVersion") != NULL)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"images in the form \"dir\" are not there yet; save it as "
					"docker-archive, oci-archive or oci-dir");
	if (davit_json_type (json) != DAVIT_JSON_ARRAY || davit_json_length (json) > IMAGES_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"manifest.json\": must be an array of at most %d images",
					IMAGES_LIMIT);
	for (guint i = 0; i < davit_json_length (json); i++) {
		if (!entry_load (load, davit_json_element (json, i), error))
			return davit_error_prefix (error, "\"manifest.json\": image %u", i);
	}
	return TRUE;
}
