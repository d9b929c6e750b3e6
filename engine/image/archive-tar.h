/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes tar: ustar headers, and pax records only for what does not fit into them. Every byte
 * follows from what is asked for.
 */

#pragma once

#include "image/archive-output.h"

#include <sys/types.h>
#include <time.h>

G_BEGIN_DECLS

/**
 * ArchiveTarAttribute: an extended attribute.
 */
typedef struct {
	char *name;
	guint8 *value;
	gsize length;
} ArchiveTarAttribute;

/**
 * ArchiveTarSegment: data of a sparse file; holes are what is between them.
 */
typedef struct {
	guint64 offset;
	guint64 length;
} ArchiveTarSegment;

/**
 * ArchiveTarEntry: what a header says.
 */
typedef struct {
	const char *name; /* of a directory too without a slash at the end */
	const char *link; /* or NULL */
	char type;	  /* '0' file, '1' hard link, '2', '3', '4', '5', '6' as in ustar */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	guint64 size;
	dev_t device;
	const GPtrArray *attributes; /* ArchiveTarAttribute, sorted; or NULL */
	const GArray *segments;	     /* ArchiveTarSegment; NULL: all is data */
} ArchiveTarEntry;

/* Writes the header. The data follow, of a sparse file those of its segments, then the padding. */
gboolean archive_tar_header (ArchiveOutput *output, const ArchiveTarEntry *entry, GError **error);

/* Fills the last block of length bytes of data. */
gboolean archive_tar_pad (ArchiveOutput *output, guint64 length, GError **error);

/* The end of the archive. */
gboolean archive_tar_end (ArchiveOutput *output, GError **error);

/* Bytes of data that the segments make. */
guint64 archive_tar_segments_length (const GArray *segments);

G_END_DECLS
