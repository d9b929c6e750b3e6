/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Image files that are run where they are, without being taken into the store.
 *
 * Such a file is found by its path and known by its first bytes, whatever its name is. It is one
 * layer of a storage plugin that knows its format; its SHA-256 is the layer's chain id and the
 * image's id. To read all of it at each start would take longer than the start: the digest is
 * remembered, together with what tells that the file was touched.
 */

#pragma once

#include "image/store-private.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * DavitFileFormat: one that some storage plugin runs as it is.
 */
typedef struct {
	const char *what;    /* "a squashfs file" */
	const char *storage; /* name of the plugin */
} DavitFileFormat;

/* USAGE: it is of another one; says of which, and what to do with it. path is for texts. */
const DavitFileFormat *davit_file_format (int fd, const char *path, GError **error);

/*
 * "sha256:..." of the file, read only if it is not remembered. BUSY: it is written to meanwhile.
 * Free ret_digest with g_free.
 */
gboolean davit_file_digest (DavitImageStore *store, int fd, const char *path, char **ret_digest,
			    GError **error);

/*
 * Sees to it that the storage plugin has the layer of an image that is a file, and knows where it
 * is now. ret_hold as of davit_image_store_hold.
 */
gboolean davit_file_adopt (DavitImageStore *store, const DavitImage *image, DavitStorage *storage,
			   DavitImageHold **ret_hold, GError **error);

G_END_DECLS
