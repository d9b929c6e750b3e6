/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One image, read from the content store: what its configuration says, checked and typed.
 *
 * Everything here came from outside. It is inert: no label or annotation steers the engine.
 */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

/**
 * DavitImageFile: a file that is an image and is run where it is.
 */
typedef struct {
	char *path;	     /* as it was named, made absolute */
	char *real_path;     /* without links */
	const char *storage; /* the storage plugin that knows its format */
	const char *what;    /* "a squashfs file" */
	int fd;
} DavitImageFile;

/**
 * DavitImage: vectors are NULL-terminated and never NULL; strings are NULL if the configuration
 * does not set them.
 */
typedef struct {
	char *id;	       /* digest of the configuration: "sha256:..." */
	char *manifest_digest; /* of the manifest that the name leads to */
	char **names;	       /* full names with tag that lead to it */
	gint64 created;	       /* nanoseconds since 1970; 0: unknown */
	guint64 size;	       /* sum of the blobs as they are stored, in bytes */
	char *architecture;
	char *os;
	char *variant;
	char *author;
	char *user;
	char *working_dir;
	char *stop_signal;
	gboolean has_entrypoint; /* an empty one is not an absent one */
	char **entrypoint;
	char **cmd;
	char **env;
	char **volumes;	      /* paths */
	char **exposed_ports; /* "80/tcp" */
	char **labels;	      /* "key=value" */
	char **layer_digests; /* of the blobs, lowest first */
	char **layer_media_types;
	char **diff_ids;  /* lowest first */
	char **chain_ids; /* hex digits, lowest first */
	DavitJson *manifest;
	DavitJson *config;    /* the whole configuration */
	DavitImageFile *file; /* or NULL: it is in the store */
} DavitImage;

void davit_image_free (DavitImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitImage, davit_image_free)

/**
 * DavitImageHistory: one step of how it was made, newest first.
 */
typedef struct {
	gint64 created;
	char *created_by;
	char *comment;
	gboolean empty_layer;
	guint64 size; /* of its blob; 0 if it made no layer */
} DavitImageHistory;

void davit_image_history_free (DavitImageHistory *history);
/* An array of DavitImageHistory. */
GPtrArray *davit_image_history (const DavitImage *image);

G_END_DECLS
