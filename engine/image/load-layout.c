/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * OCI layouts: index.json leads to manifests, perhaps through further indexes. Every blob is taken
 * by the digest and size that its descriptor promises.
 */

#include "base/error.h"
#include "image/load-private.h"
#include "image/reference.h"

#include <string.h>

/* docker nests one index in another; deeper ones serve nobody. */
#define INDEX_DEPTH 4
#define VERSION_LIMIT 4096

static gboolean
version_check (DavitLoad *load, GError **error)
{
	g_autoptr (DavitJson) json = NULL;
	g_autofree char *text = NULL;
	const char *version = NULL;
	gsize length = 0;

	if (!davit_source_read (load->source, "oci-layout", VERSION_LIMIT, &text, &length, error))
		return FALSE;
	json = davit_json_parse (text, (gssize) length, error);
	if (json == NULL || !davit_json_get_string (json, "imageLayoutVersion", &version, error)) {
		davit_manifest_corrupt (error);
		return davit_error_prefix (error, "\"oci-layout\"");
	}
	if (version == NULL || !g_str_has_prefix (version, "1."))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"\"oci-layout\": version \"%s\" is not 1.0.0",
					version == NULL ? "" : version);
	return TRUE;
}

static gboolean
name_give (const DavitDescriptor *entry, char **ret_name, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (entry->name == NULL)
		return TRUE;
	*ret_name = davit_reference_give (entry->name, "localhost", &local);
	if (*ret_name == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"index.json\": %s",
					local->message);
	return TRUE;
}

static gboolean
layers_stage (DavitLoad *load, const DavitImage *image, GError **error)
{
	const DavitJson *layers = davit_json_member (image->manifest, "layers");

	for (guint i = 0; i < davit_json_length (layers); i++) {
		DavitDescriptor layer;

		if (!davit_descriptor_parse (davit_json_element (layers, i), &layer, error) ||
		    !davit_source_stage_blob (load->source, &layer, error))
			return FALSE;
	}
	return TRUE;
}

/* manifest is that of an image, text and descriptor are its own. */
static gboolean
image_load (DavitLoad *load, const DavitManifest *manifest, const DavitDescriptor *descriptor,
	    const char *text, const char *name, GError **error)
{
	const char *names[] = {name, NULL};
	DavitImageParse parse = {
		.manifest = text,
		.manifest_length = (gsize) descriptor->size,
		.manifest_digest = descriptor->digest,
		.config_length = (gsize) manifest->config.size,
	};
	g_autoptr (DavitImage) image = NULL;
	g_autofree char *config = NULL;
	g_autofree char *config_digest = NULL;
	g_autofree char *manifest_digest = NULL;

	if (!davit_source_read_blob (load->source, &manifest->config, DAVIT_IMAGE_CONFIG_LIMIT,
				     &config, error))
		return FALSE;
	parse.config = config;
	image = davit_image_parse (&parse, error);
	if (image == NULL || !layers_stage (load, image, error) ||
	    !davit_stage_add_text (load->stage, config, parse.config_length, &config_digest,
				   error) ||
	    !davit_stage_add_text (load->stage, text, parse.manifest_length, &manifest_digest,
				   error))
		return FALSE;
	davit_load_add (load, g_steal_pointer (&image), names);
	return TRUE;
}

/* The manifest that a descriptor leads to on this host. The caller frees all three. */
static DavitManifest *
manifest_find (DavitLoad *load, const DavitDescriptor *start, char **ret_text, char **ret_digest,
	       GError **error)
{
	g_autoptr (DavitManifest) manifest = NULL;
	DavitDescriptor descriptor = *start;

	for (guint depth = 0; depth < INDEX_DEPTH; depth++) {
		g_autoptr (DavitManifest) next = NULL;
		g_autoptr (GArray) chosen = NULL;
		g_autofree char *text = NULL;

		if (!davit_source_read_blob (load->source, &descriptor, DAVIT_MANIFEST_LIMIT, &text,
					     error))
			return NULL;
		next = davit_manifest_parse (text, (gsize) descriptor.size, descriptor.media_type,
					     error);
		if (next == NULL) {
			davit_error_prefix (error, "manifest \"%s\"", descriptor.digest);
			return NULL;
		}
		if (!next->is_index) {
			*ret_digest = g_strdup (descriptor.digest);
			*ret_text = g_steal_pointer (&text);
			return g_steal_pointer (&next);
		}
		chosen = davit_load_choose (next->manifests);
		if (chosen->len == 0) {
			g_autofree char *platforms = davit_load_platforms (next->manifests);

			davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					 "index \"%s\" has no image for this host; it has %s",
					 descriptor.digest, platforms);
			return NULL;
		}
		descriptor = g_array_index (next->manifests, DavitDescriptor,
					    g_array_index (chosen, guint, 0));
		/* The descriptor's strings live in it. */
		davit_manifest_free (manifest);
		manifest = g_steal_pointer (&next);
	}
	davit_error_set (error, DAVIT_ERROR_CORRUPT, "index \"%s\": is nested deeper than %d",
			 start->digest, INDEX_DEPTH);
	return NULL;
}

static gboolean
entry_load (DavitLoad *load, const DavitDescriptor *entry, GError **error)
{
	g_autoptr (DavitManifest) manifest = NULL;
	g_autofree char *text = NULL;
	g_autofree char *digest = NULL;
	g_autofree char *name = NULL;
	DavitDescriptor descriptor = {0};

	if (!name_give (entry, &name, error))
		return FALSE;
	manifest = manifest_find (load, entry, &text, &digest, error);
	if (manifest == NULL)
		return FALSE;
	descriptor.digest = digest;
	descriptor.size = strlen (text);
	return image_load (load, manifest, &descriptor, text, name, error);
}

/*
 * Entries of one name are one image for several platforms. Those without a name are images of their
 * own, as far as they are for this host.
 */
static gboolean
group_load (DavitLoad *load, const GArray *group, GError **error)
{
	g_autoptr (GArray) chosen = davit_load_choose (group);
	gboolean named = g_array_index (group, DavitDescriptor, 0).name != NULL;

	if (chosen->len == 0) {
		g_autofree char *platforms = davit_load_platforms (group);

		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"there is no image for this host in it; it has %s",
					platforms);
	}
	for (guint i = 0; i < (named ? 1 : chosen->len); i++) {
		guint index = g_array_index (chosen, guint, i);

		if (!entry_load (load, &g_array_index (group, DavitDescriptor, index), error))
			return FALSE;
	}
	return TRUE;
}

/* Moves the first entry, and those with the same name, to a group. */
static GArray *
group_take (GArray *entries)
{
	GArray *group = g_array_new (FALSE, FALSE, sizeof (DavitDescriptor));
	GArray *rest = g_array_new (FALSE, FALSE, sizeof (DavitDescriptor));
	const char *name = g_array_index (entries, DavitDescriptor, 0).name;

	for (guint i = 0; i < entries->len; i++) {
		DavitDescriptor entry = g_array_index (entries, DavitDescriptor, i);
		GArray *target = g_strcmp0 (entry.name, name) == 0 ? group : rest;

		if (!entry.attached)
			g_array_append_val (target, entry);
	}
	g_array_set_size (entries, 0);
	if (rest->len > 0)
		g_array_append_vals (entries, rest->data, rest->len);
	g_array_unref (rest);
	return group;
}

gboolean
davit_load_layout (DavitLoad *load, GError **error)
{
	g_autoptr (DavitManifest) index = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!version_check (load, error) ||
	    !davit_source_read (load->source, "index.json", DAVIT_MANIFEST_LIMIT, &text, &length,
				error))
		return FALSE;
	index = davit_manifest_parse (text, length, NULL, error);
	if (index == NULL)
		return davit_error_prefix (error, "\"index.json\"");
	if (!index->is_index)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"index.json\": is no index");
	while (index->manifests->len > 0) {
		g_autoptr (GArray) group = group_take (index->manifests);

		if (group->len > 0 && !group_load (load, group, error))
			return FALSE;
	}
	return TRUE;
}
