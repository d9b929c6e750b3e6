/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A checkpoint as one file, to be restored elsewhere: a tar archive of
 *
 *     manifest.json    format and version, where it was made, and name, digest and size of each
 *                      other member
 *     record.json      the container's record (record.h)
 *     snapshot.json    what the checkpoint is (snapshot.h)
 *     rootfs.tar       what the container had changed, as a layer; not with ignore_rootfs
 *     log              what it had written
 *     checkpoint/...   the checkpoint driver's images
 *
 * Who reads one believes nothing of it before every member is found to be what the manifest says.
 * What the record asks for is then done as if it stood on the command line: whoever can write the
 * archive decides what the container may do.
 */

#pragma once

#include "container/checkpoint-private.h"
#include "image/archive.h"

G_BEGIN_DECLS

#define DAVIT_CHECKPOINT_MANIFEST "manifest.json"
#define DAVIT_CHECKPOINT_FORMAT "davit-checkpoint"
#define DAVIT_CHECKPOINT_VERSION 1

/**
 * DavitExport: a file on its way. It has no name until it is whole and goes with davit; only where
 * the file system can't do that it has another one.
 */
typedef struct {
	char *path;
	char *temporary; /* the other name; or NULL */
	int dirfd;
	int fd; /* -1: there is none */
} DavitExport;

/* Makes the file, 0600. */
gboolean davit_export_begin (DavitExport *export, const char *path, GError **error);
/* Takes what is in files and dirfd of a container. */
gboolean davit_export_write (DavitExport *export, DavitContainer *container,
			     const DavitSnapshotFiles *files, DavitCompression compression,
			     GError **error);
/* Takes away what is not whole. */
void davit_export_clear (DavitExport *export);

/* The program of the worker for archives. Free with g_free. */
char *davit_checkpoint_worker (const DavitEngine *engine);

/* While nobody writes to it: what the container of a process has changed, as a layer. */
gboolean davit_checkpoint_rootfs_pack (DavitContainer *container, const DavitRecord *record,
				       int pidfd, int output_fd, GError **error);
gboolean davit_checkpoint_rootfs_apply (const DavitEngine *engine, int input_fd, int rootfs_fd,
					GError **error);

/**
 * DavitImported: an archive that was found to be whole, unpacked. dirfd holds "record.json",
 * "rootfs.tar", "log" and, as "checkpoint", what is to be the container's.
 */
typedef struct {
	DavitContainerDirectories directories;
	char *stage; /* its name in containers/ */
	int dirfd;
	DavitRecord *record;
} DavitImported;

gboolean davit_import_open (DavitImported *imported, DavitEngine *engine, const char *path,
			    GError **error);
void davit_import_clear (DavitImported *imported);

G_END_DECLS
