/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Manifests and indexes of images, checked before anything in them is used: a digest that is well
 * formed may become a file name, a size bounds what is read, and a document can't be both a
 * manifest and an index (CVE-2021-41190).
 */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

#define DAVIT_MANIFEST_LIMIT (4 * 1024 * 1024)
#define DAVIT_IMAGE_CONFIG_LIMIT (8 * 1024 * 1024)

#define DAVIT_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define DAVIT_MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define DAVIT_MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define DAVIT_MEDIA_LAYER "application/vnd.oci.image.layer.v1.tar"
#define DAVIT_MEDIA_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define DAVIT_MEDIA_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"

/**
 * DavitDescriptor: strings belong to the document.
 */
typedef struct {
	const char *media_type; /* NULL: not given */
	const char *digest;
	guint64 size;
	const char *architecture; /* of its platform; NULL: not given */
	const char *os;
	const char *variant;
	const char *name;  /* from its annotations; NULL: not given */
	gboolean attached; /* says something about an image, and is none */
} DavitDescriptor;

/* The descriptor that object is. CORRUPT names its path in the document; UNSUPPORTED: sha512. */
gboolean davit_descriptor_parse (const DavitJson *object, DavitDescriptor *ret, GError **error);

/**
 * DavitManifest: of an image (config and layers) or an index (manifests).
 */
typedef struct {
	gboolean is_index;
	const char *media_type; /* never NULL */
	DavitDescriptor config;
	GArray *layers;	   /* DavitDescriptor; lowest first */
	GArray *manifests; /* DavitDescriptor */
	DavitJson *json;
} DavitManifest;

/*
 * media_type: what the descriptor that led here says, or NULL. CORRUPT; UNSUPPORTED for what is
 * right but no image: other schemas, encrypted layers, artifacts.
 */
DavitManifest *davit_manifest_parse (const char *text, gsize length, const char *media_type,
				     GError **error);
void davit_manifest_free (DavitManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitManifest, davit_manifest_free)

/* CONFIG is what the JSON getters say; in a document of an image it means CORRUPT. FALSE. */
gboolean davit_manifest_corrupt (GError **error);

G_END_DECLS
