/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing documents of images: the configuration and the manifest of what we make. */

#pragma once

#include "image/changes.h"

G_BEGIN_DECLS

/**
 * DavitComposeConfig: of an image with one layer.
 */
typedef struct {
	const DavitChanges *changes;
	const char *architecture;
	const char *variant; /* or NULL */
	const char *os;
	const char *diff_id;
	const char *created_by;
	const char *comment; /* or NULL */
	gint64 created;
} DavitComposeConfig;

/* Free with g_free. */
char *davit_compose_config (const DavitComposeConfig *request, gsize *ret_length);

/**
 * DavitComposeBlob: what a manifest says of one.
 */
typedef struct {
	const char *media_type;
	const char *digest;
	guint64 size;
} DavitComposeBlob;

/* layers: of DavitComposeBlob, lowest first. Free with g_free. */
char *davit_compose_manifest (const DavitComposeBlob *config, const GArray *layers,
			      gsize *ret_length);

/* The names that images have for the host's processor: "amd64"; variant may be NULL. */
void davit_compose_host (const char **ret_architecture, const char **ret_variant);

G_END_DECLS
