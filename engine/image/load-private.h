/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the forms of archives share when images are loaded. */

#pragma once

#include "image/image-parse.h"
#include "image/source.h"

G_BEGIN_DECLS

typedef struct {
	DavitImageStore *store;
	const DavitImageLoad *request;
	DavitStage *stage;
	DavitSource *source;
	GPtrArray *images; /* DavitImage, each once, with all its names */
} DavitLoad;

/* Takes the image over. names, which are full, are added to those it has. */
void davit_load_add (DavitLoad *load, DavitImage *image, const char *const *names);

/* load-layout.c: an OCI layout. */
gboolean davit_load_layout (DavitLoad *load, GError **error);
/* load-docker.c: what "docker save" writes. */
gboolean davit_load_docker (DavitLoad *load, GError **error);

/* platform.c: the entries of an index for this host: indexes into descriptors, best first. */
GArray *davit_load_choose (const GArray *descriptors);
/* "linux/arm64, linux/s390x", for an error. */
char *davit_load_platforms (const GArray *descriptors);

G_END_DECLS
