/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations of the worker, one file each. */

#pragma once

#include "image/archive-input.h"

G_BEGIN_DECLS

/* input: with its copy and limit set, not yet open. */
gboolean archive_work_scan (ArchiveInput *input, DavitArchiveSummary *ret_summary, GError **error);

/* Only the digest and the size are found out. */
gboolean archive_work_digest (int input_fd, ArchiveReply *reply, DavitArchiveSummary *ret_summary,
			      GError **error);

gboolean archive_work_unpack (const DavitArchiveUnpack *request, ArchiveReply *reply,
			      DavitArchiveSummary *ret_summary, GError **error);

gboolean archive_work_pack (const DavitArchivePack *request, ArchiveReply *reply,
			    DavitArchiveSummary *ret_summary, GError **error);

/* paths: as the protocol has them, length bytes. */
gboolean archive_work_pack_changes (const DavitArchivePack *request, const char *paths,
				    gsize length, ArchiveReply *reply,
				    DavitArchiveSummary *ret_summary, GError **error);

/* Files are reported one by one. */
gboolean archive_work_extract (int input_fd, int target_dirfd, ArchiveReply *reply, GError **error);

/**
 * ArchiveWorkMember: a member as it crossed: its bytes are the next length of the texts, or those
 * of fd, or it is a link.
 */
typedef struct {
	const char *name;
	guint64 length; /* of text */
	int fd;		/* -1: text or link */
	gboolean expand;
	const char *link; /* or NULL */
} ArchiveWorkMember;

/**
 * ArchiveWorkWrite: where to, and in which form.
 */
typedef struct {
	int output_fd;
	int texts_fd;
	DavitCompression compression;
} ArchiveWorkWrite;

gboolean archive_work_write (const ArchiveWorkWrite *request, const GArray *members,
			     ArchiveReply *reply, GError **error);

G_END_DECLS
