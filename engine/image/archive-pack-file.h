/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files and attributes for archive-pack.c. */

#pragma once

#include "image/archive-tar.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * ArchivePackInode: a file that has several names.
 */
typedef struct {
	dev_t device;
	ino_t number;
} ArchivePackInode;

/**
 * ArchivePacker: output and reply are borrowed.
 */
typedef struct {
	DavitWhiteouts whiteouts;
	ArchiveOutput *output;
	ArchiveReply *reply;
	GHashTable *inodes; /* ArchivePackInode → the first path */
	guint64 entries;
} ArchivePacker;

/* Header and data of a regular file. Fills the rest of entry; status is what was seen of it. */
gboolean archive_pack_file (ArchivePacker *packer, int parent, ArchiveTarEntry *entry,
			    const struct stat *status, GError **error);

/* The attributes that a layer keeps, sorted. ret_attributes is NULL if there are none. */
gboolean archive_pack_attributes (int fd, const char *path, gboolean is_file,
				  GPtrArray **ret_attributes, GError **error);

G_END_DECLS
