/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One image from its manifest and its configuration. */

#include "image/image.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/image-parse.h"

void
davit_image_free (DavitImage *image)
{
	if (image == NULL)
		return;
	g_free (image->id);
	g_free (image->manifest_digest);
	g_strfreev (image->names);
	g_free (image->architecture);
	g_free (image->os);
	g_free (image->variant);
	g_free (image->author);
	g_free (image->user);
	g_free (image->working_dir);
	g_free (image->stop_signal);
	g_strfreev (image->entrypoint);
	g_strfreev (image->cmd);
	g_strfreev (image->env);
	g_strfreev (image->volumes);
	g_strfreev (image->exposed_ports);
	g_strfreev (image->labels);
	g_strfreev (image->layer_digests);
	g_strfreev (image->layer_media_types);
	g_strfreev (image->diff_ids);
	g_strfreev (image->chain_ids);
	davit_json_free (image->manifest);
	davit_json_free (image->config);
	if (image->file != NULL) {
		davit_fd_close (&image->file->fd);
		g_free (image->file->path);
		g_free (image->file->real_path);
		g_free (image->file);
	}
	g_free (image);
}

static char **
strv_copy (const char *const *strings)
{
	return strings == NULL ? g_new0 (char *, 1) : g_strdupv ((char **) strings);
}

static void
layers_take (DavitImage *image, const DavitManifest *manifest)
{
	guint n = manifest->layers->len;

	image->layer_digests = g_new0 (char *, n + 1);
	image->layer_media_types = g_new0 (char *, n + 1);
	for (guint i = 0; i < n; i++) {
		const DavitDescriptor *layer =
			&g_array_index (manifest->layers, DavitDescriptor, i);

		image->layer_digests[i] = g_strdup (layer->digest);
		image->layer_media_types[i] = g_strdup (layer->media_type);
		image->size += layer->size;
	}
}

static gboolean
manifest_take (DavitImage *image, const DavitImageParse *request, GError **error)
{
	g_autoptr (DavitManifest) manifest =
		davit_manifest_parse (request->manifest, request->manifest_length,
				      request->media_type, error);

	if (manifest == NULL)
		return FALSE;
	if (manifest->is_index)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"is an index where a manifest is expected");
	if (manifest->config.size != request->config_length)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"config \"%s\" has %" G_GSIZE_FORMAT
					" bytes, and %" G_GUINT64_FORMAT " were promised",
					manifest->config.digest, request->config_length,
					manifest->config.size);
	image->id = g_strdup (manifest->config.digest);
	image->size = request->manifest_length + manifest->config.size;
	layers_take (image, manifest);
	image->manifest = g_steal_pointer (&manifest->json);
	return TRUE;
}

static gboolean
config_take (DavitImage *image, const DavitImageParse *request, GError **error)
{
	image->config = davit_json_parse (request->config, (gssize) request->config_length, error);
	return image->config != NULL && davit_image_parse_config (image, error);
}

static gboolean
layers_check (DavitImage *image, GError **error)
{
	guint n_diff_ids = g_strv_length (image->diff_ids);
	guint n_layers = g_strv_length (image->layer_digests);

	/* Otherwise a layer could come with no digest to be checked against. */
	if (n_diff_ids != n_layers)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"image \"%s\": has %u layers, and diff ids for %u",
					image->id, n_layers, n_diff_ids);
	image->chain_ids = davit_digest_chain_ids ((const char *const *) image->diff_ids);
	return TRUE;
}

DavitImage *
davit_image_parse (const DavitImageParse *request, GError **error)
{
	g_autoptr (DavitImage) image = g_new0 (DavitImage, 1);

	image->manifest_digest = g_strdup (request->manifest_digest);
	image->names = strv_copy (request->names);
	if (!manifest_take (image, request, error)) {
		davit_error_prefix (error, "manifest \"%s\"", request->manifest_digest);
		return NULL;
	}
	if (!config_take (image, request, error)) {
		davit_manifest_corrupt (error);
		davit_error_prefix (error, "config \"%s\"", image->id);
		return NULL;
	}
	return layers_check (image, error) ? g_steal_pointer (&image) : NULL;
}
