/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzes manifests, indexes and configurations. The input is a manifest, a line break, and a
 * configuration; what is accepted must keep what the rest of the engine relies on.
 */

#include "base/digest.h"
#include "image/image-parse.h"
#include "image/reference.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
descriptor_check (const DavitDescriptor *descriptor)
{
	g_assert_true (davit_digest_is_valid (descriptor->digest));
	g_assert_cmpuint (descriptor->size, <=, G_GUINT64_CONSTANT (1) << 40);
}

static void
manifest_check (const DavitManifest *manifest)
{
	g_assert_nonnull (manifest->media_type);
	g_assert_true (!manifest->is_index || manifest->layers->len == 0);
	g_assert_true (manifest->is_index || manifest->manifests->len == 0);
	if (!manifest->is_index)
		descriptor_check (&manifest->config);
	for (guint i = 0; i < manifest->layers->len; i++)
		descriptor_check (&g_array_index (manifest->layers, DavitDescriptor, i));
	for (guint i = 0; i < manifest->manifests->len; i++) {
		const DavitDescriptor *one =
			&g_array_index (manifest->manifests, DavitDescriptor, i);
		g_autofree char *name =
			one->name == NULL ? NULL
					  : davit_reference_give (one->name, "localhost", NULL);
		g_autofree char *again =
			name == NULL ? NULL : davit_reference_give (name, "docker.io", NULL);

		descriptor_check (one);
		g_assert_cmpstr (name, ==, again);
	}
}

static void
image_check (const DavitImage *image)
{
	guint n = g_strv_length (image->layer_digests);
	g_autoptr (GPtrArray) history = davit_image_history (image);

	g_assert_cmpuint (g_strv_length (image->diff_ids), ==, n);
	g_assert_cmpuint (g_strv_length (image->chain_ids), ==, n);
	g_assert_cmpuint (history->len, >=, MIN (n, 1));
	for (char **variable = image->env; *variable != NULL; variable++)
		g_assert_nonnull (strchr (*variable, '='));
	for (char **volume = image->volumes; *volume != NULL; volume++)
		g_assert_cmpint (**volume, ==, '/');
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) data, size);
	g_autoptr (DavitManifest) manifest = NULL;
	g_autoptr (DavitImage) image = NULL;
	DavitImageParse request = {.manifest = text, .manifest_digest = "sha256:fuzz"};
	char *line = strchr (text, '\n');

	if (line != NULL)
		*line = '\0';
	request.config = line == NULL ? "" : line + 1;
	request.config_length = strlen (request.config);
	request.manifest_length = strlen (text);
	manifest = davit_manifest_parse (text, request.manifest_length, NULL, NULL);
	if (manifest == NULL)
		return 0;
	manifest_check (manifest);
	image = davit_image_parse (&request, NULL);
	if (image != NULL)
		image_check (image);
	return 0;
}
