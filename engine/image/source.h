/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where images are loaded from: a directory, or an archive that is extracted flat into a stage. In
 * both, files have the names that documents give them, and a name never becomes a path of ours
 * without being looked up (archive) or resolved below the directory, without links (directory).
 */

#pragma once

#include "image/manifest.h"
#include "image/store-private.h"

G_BEGIN_DECLS

typedef struct _DavitSource DavitSource;

/* path NULL: fd, a file or a pipe. stage is borrowed, and gets what the archive holds. */
DavitSource *davit_source_open (DavitImageStore *store, DavitStage *stage, const char *path, int fd,
				GError **error);
void davit_source_free (DavitSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitSource, davit_source_free)

/* Its path, or "standard input". */
const char *davit_source_label (const DavitSource *source);
gboolean davit_source_has (DavitSource *source, const char *name);

/* A small file. CORRUPT if it is missing or too long. */
gboolean davit_source_read (DavitSource *source, const char *name, gsize limit, char **ret_text,
			    gsize *ret_length, GError **error);
/* The same for blobs/sha256/<hex>, which must be as the descriptor says. */
gboolean davit_source_read_blob (DavitSource *source, const DavitDescriptor *descriptor,
				 gsize limit, char **ret_text, GError **error);

/* Puts a large blob into the stage, verified. */
gboolean davit_source_stage_blob (DavitSource *source, const DavitDescriptor *descriptor,
				  GError **error);
/* The same for a file of which the digest is not known before. */
gboolean davit_source_stage_file (DavitSource *source, const char *name, char **ret_digest,
				  guint64 *ret_size, DavitCompression *ret_compression,
				  GError **error);

G_END_DECLS
