/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deletions in layers: entries with names that start with ".wh.". */

#pragma once

#include "image/archive-writer.h"

G_BEGIN_DECLS

#define ARCHIVE_WHITEOUT_PREFIX ".wh."
#define ARCHIVE_WHITEOUT_OPAQUE ".wh..wh..opq"

/* Whether any part of a path is such a name. */
gboolean archive_whiteout_is (const char *path);

/* Does what the entry says. CORRUPT for what it can't mean. */
gboolean archive_whiteout_apply (ArchiveWriter *writer, const ArchiveEntry *entry, GError **error);

/* Whether name is the node that stands for a deletion. */
gboolean archive_whiteout_is_node (int parent, const char *name);

/* Has a directory hide what the layers below hold in it. Only for overlayfs. */
gboolean archive_whiteout_set_opaque (DavitWhiteouts whiteouts, int fd, const char *path,
				      GError **error);

/* The attribute that says so: "trusted.overlay.opaque"; NULL if the directory is a whole tree. */
const char *archive_whiteout_attribute (DavitWhiteouts whiteouts);

G_END_DECLS
