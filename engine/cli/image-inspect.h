/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* docker's inspect document of an image. */

#pragma once

#include "cli/cli.h"
#include "image/image.h"

G_BEGIN_DECLS

void davit_image_inspect_write (const DavitImage *image, DavitJsonWriter *writer);

/* "name" and "tag" of "name:tag"; both must be freed. A digest behind "@" stays with the name. */
void davit_image_inspect_split (const char *name, char **ret_repository, char **ret_tag);

/* "name@sha256:..." for each name, NULL-terminated. Free with g_strfreev. */
char **davit_image_inspect_digests (const DavitImage *image);

G_END_DECLS
