/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes the entries of a layer into a directory, by the rules of the OCI image specification.
 *
 * The directory comes out the same whatever holds it: a whole tree (whiteouts delete) or one
 * layer of overlayfs (whiteouts are nodes). That decides the cases that the specification leaves
 * open: a whiteout never touches what its own layer brings; a directory in the place of a file or
 * of a deleted directory does not show what was in that; a hard link leads to a file of its layer.
 */

#pragma once

#include "image/archive-reader.h"
#include "image/archive-touched.h"
#include "image/archive-tree.h"

G_BEGIN_DECLS

#define ARCHIVE_ACL_ACCESS "system.posix_acl_access"
#define ARCHIVE_ACL_DEFAULT "system.posix_acl_default"

/**
 * ArchiveWriter: reply is borrowed.
 */
typedef struct {
	int target; /* opened anew, to read */
	DavitWhiteouts whiteouts;
	gboolean no_devices; /* they are left out */
	gboolean inherits;   /* directories of layers below may hand on access lists to new files */
	ArchiveReply *reply;
	ArchiveTree tree;  /* for what is made */
	ArchiveTree links; /* for what is linked to */
	ArchiveTouched *touched;
	GPtrArray *late;       /* directories whose mode and times are set at the end */
	GHashTable *late_path; /* the same by path */
} ArchiveWriter;

gboolean archive_writer_init (ArchiveWriter *writer, int target, DavitWhiteouts whiteouts,
			      ArchiveReply *reply, GError **error);
void archive_writer_clear (ArchiveWriter *writer);

/* Writes one entry; reads its data from the reader. */
gboolean archive_writer_apply (ArchiveWriter *writer, ArchiveReader *reader,
			       const ArchiveEntry *entry, GError **error);

/* What has to come after everything else: modes and times of directories. */
gboolean archive_writer_finish (ArchiveWriter *writer, GError **error);

/*
 * For the parts of the writer.
 */

/* The directory of a path of an entry; makes what is missing. */
gboolean archive_writer_parent (ArchiveWriter *writer, const char *path, int *ret_parent,
				GError **error);

/* Removes what is in the way of an entry that is no directory. */
gboolean archive_writer_clear_way (ArchiveWriter *writer, int parent, const char *path,
				   GError **error);

gboolean archive_writer_file (ArchiveWriter *writer, ArchiveReader *reader,
			      const ArchiveEntry *entry, int parent, GError **error);
gboolean archive_writer_directory (ArchiveWriter *writer, const ArchiveEntry *entry, int parent,
				   GError **error);

/* An ArchiveTreeMaker; data is the writer. */
gboolean archive_writer_make_missing (int parent, const char *path, const char *name, gpointer data,
				      GError **error);

/* Sets an error about an entry: "entry \"PATH\": WHAT: reason". */
gboolean archive_writer_errno (const char *path, const char *what, GError **error);

/* Owner, mode, attributes and time of an open file. */
gboolean archive_attributes_set (ArchiveWriter *writer, const ArchiveEntry *entry, int fd,
				 GError **error);
/* Owner and time of what can't be opened. */
gboolean archive_attributes_set_named (const ArchiveEntry *entry, int parent, const char *name,
				       GError **error);
gboolean archive_attributes_owner (const ArchiveEntry *entry, int fd, GError **error);
gboolean archive_attributes_extended (ArchiveWriter *writer, const ArchiveEntry *entry, int fd,
				      GError **error);
/*
 * Takes away the attributes of a directory of a layer below, which this layer describes anew, or
 * those that a new file was born with.
 */
gboolean archive_attributes_reset (const char *path, int fd, GError **error);

gboolean archive_attributes_one (const ArchiveEntry *entry, int fd, const char *name,
				 const void *value, gsize size, GError **error);
gboolean archive_attributes_is_acl (const char *name);

void archive_late_free (gpointer late);
/*
 * Mode, access lists and time of a directory, to be set at the end. The last word about a path
 * counts.
 */
void archive_late_add (ArchiveWriter *writer, const ArchiveEntry *entry);
void archive_late_forget (ArchiveWriter *writer, const char *path);
gboolean archive_late_apply (ArchiveWriter *writer, GError **error);

G_END_DECLS
