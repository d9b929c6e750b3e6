/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From documents to a DavitImage. Inside this layer only. */

#pragma once

#include "image/image.h"
#include "image/manifest.h"

G_BEGIN_DECLS

/**
 * DavitImageParse: what an image is made of. Strings are borrowed.
 */
typedef struct {
	const char *manifest;
	gsize manifest_length;
	const char *manifest_digest;
	const char *media_type; /* what the manifest should be; NULL: not known */
	const char *config;
	gsize config_length;
	const char *const *names; /* or NULL */
} DavitImageParse;

/*
 * CORRUPT or UNSUPPORTED; the text begins with the blob. That the texts fit their digests is for
 * the caller to see to.
 */
DavitImage *davit_image_parse (const DavitImageParse *request, GError **error);

/* Fills in what comes from the configuration, image->config. */
gboolean davit_image_parse_config (DavitImage *image, GError **error);

G_END_DECLS
