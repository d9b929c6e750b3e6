/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What davit images needs beside its main function. */

#pragma once

#include "cli/cli.h"
#include "cli/image-inspect.h"

G_BEGIN_DECLS

/**
 * DavitImageMatch: one line: an image under one of its names. Both are borrowed.
 */
typedef struct {
	const DavitImage *image;
	const char *name; /* NULL: it has none */
} DavitImageMatch;

/*
 * The images that the flags and the operand choose, in their order; ret_images owns what
 * ret_matches (DavitImageMatch) shows. A damaged image is reported, and the others are given.
 */
gboolean davit_images_select (DavitCli *cli, DavitArguments *arguments, GPtrArray **ret_images,
			      GPtrArray **ret_matches, GError **error);

/* podman's document for them: one object an image. */
gboolean davit_images_json (GPtrArray *matches, GError **error);

/*
 * Says which layers could not be looked at, out of the lines of davit_image_store_collect: on
 * standard error, since scripts read what is deleted.
 */
void davit_images_tell_kept (const DavitCli *cli, const GPtrArray *lines);

G_END_DECLS
