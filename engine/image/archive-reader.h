/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The entries of a tar archive, one after the other, by libarchive, checked and in one form:
 * whatever was written into the archive, paths that come out of here are relative, without ".",
 * "..", empty components or a slash at the end.
 */

#pragma once

#include "image/archive-input.h"

#include <archive_entry.h>
#include <sys/types.h>
#include <time.h>

G_BEGIN_DECLS

typedef enum {
	ARCHIVE_ENTRY_FILE = 1,
	ARCHIVE_ENTRY_DIRECTORY,
	ARCHIVE_ENTRY_SYMLINK,
	ARCHIVE_ENTRY_HARDLINK,
	ARCHIVE_ENTRY_NODE, /* a device or a fifo: mode has its type */
} ArchiveEntryType;

/**
 * ArchiveEntry: valid until the next one is read.
 */
typedef struct {
	ArchiveEntryType type;
	const char *path; /* "": the top */
	const char *link; /* of a hard link: a path as above; of a symbolic link: as it is */
	mode_t mode;	  /* permissions; of a node also its type */
	uid_t uid;
	gid_t gid;
	dev_t device;
	struct timespec mtime;
	guint64 size;
	gboolean sparse;
	struct archive_entry *raw; /* for the attributes */
} ArchiveEntry;

typedef struct _ArchiveReader ArchiveReader;

/* Borrows input, which is open. */
ArchiveReader *archive_reader_new (ArchiveInput *input, GError **error);
void archive_reader_free (ArchiveReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_reader_free)

/* All entries belong to user and group 0, whatever they say: there are no others. */
void archive_reader_set_alone (ArchiveReader *reader, gboolean alone);

/*
 * TRUE and ret_entry; NULL in it at the end of the archive, which is that of the input too. Skips
 * what was not read of the entry before. Errors are CORRUPT or those of the input.
 */
gboolean archive_reader_next (ArchiveReader *reader, const ArchiveEntry **ret_entry,
			      GError **error);

/*
 * Checks what was read so far of the form only, not of the names: for who counts entries.
 */
gboolean archive_reader_skim (ArchiveReader *reader, gboolean *ret_end, GError **error);

/* The next bytes of the entry and where they belong. ret_length 0: the end. */
gboolean archive_reader_data (ArchiveReader *reader, const void **ret_data, gsize *ret_length,
			      guint64 *ret_offset, GError **error);

guint64 archive_reader_entries (const ArchiveReader *reader);

/*
 * Brings a path into the form described above. CORRUPT if it is empty, leads upwards, or is too
 * long or too deep. buffer is overwritten.
 */
gboolean archive_path_normalize (const char *name, GString *buffer, GError **error);

G_END_DECLS
