/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The bytes of an input as they are stored: read once, in large blocks, and on the way counted,
 * hashed and copied.
 */

#pragma once

#include "image/archive-hash.h"
#include "image/archive-reply.h"

G_BEGIN_DECLS

/* Stays in the second level cache from reading to writing: 256 KiB take three times as long. */
#define ARCHIVE_BLOCK_SIZE (64 * 1024)

/**
 * ArchiveRaw: reply is borrowed.
 */
typedef struct {
	int fd;
	int copy_fd;	     /* what is read is written here too; or -1 */
	int clone_fd;	     /* reads the copy that the file system made; or -1 */
	guint64 limit;	     /* 0: none */
	guint64 size;	     /* bytes given so far */
	ArchiveHash *hash;   /* of them; or NULL */
	ArchiveReply *reply; /* or NULL */
	guint8 *buffer;
	gsize held; /* bytes in the buffer that were looked at and not given yet */
} ArchiveRaw;

/* Borrows fd and reply. */
void archive_raw_init (ArchiveRaw *raw, int fd, ArchiveReply *reply);
void archive_raw_clear (ArchiveRaw *raw);

/* Before the first read: by reflink if both are files of one file system that can do it. */
void archive_raw_copy_to (ArchiveRaw *raw, int copy_fd);

/* The next block; it is full unless the end is near. Returns 0 at the end, -1 with an error. */
gssize archive_raw_read (ArchiveRaw *raw, const guint8 **ret_data, GError **error);

/* The first block, before the first read, which gives it again. */
gssize archive_raw_peek (ArchiveRaw *raw, const guint8 **ret_data, GError **error);

G_END_DECLS
