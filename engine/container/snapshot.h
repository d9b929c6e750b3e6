/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * containers/<id>/checkpoint in root: a checkpoint of the container. It survives a reboot.
 *
 *     snapshot.json   what it is; a directory without it is none
 *     images/         the checkpoint driver's
 *     work/           its logs and statistics
 *     rootfs.tar      what the container had changed, where its storage does not keep that
 *
 * It is made as checkpoint.new. snapshot.json is written there while the processes stand still, so
 * that one which is broken off behind that can be told from one that was not finished. A driver
 * that failed leaves checkpoint.failed behind for who wants to read its log.
 */

#pragma once

#include "container/run-network.h"
#include "monitor/client.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitSnapshot: strings are NULL if absent.
 */
typedef struct {
	char *driver; /* checkpoint plugin; NULL: the runtime's own means */
	char *runtime;
	gint64 created; /* nanoseconds since 1970 */
	gboolean left_running;
	gboolean tcp_established;
	gboolean file_locks;
	GPtrArray *networks; /* DavitRunNetwork; or NULL */
	char *kernel;
} DavitSnapshot;

void davit_snapshot_clear (DavitSnapshot *snapshot);

/**
 * DavitSnapshotFiles: init with davit_snapshot_files_init.
 */
typedef struct {
	int dirfd;
	int images_dirfd;
	int work_dirfd;
} DavitSnapshotFiles;

void davit_snapshot_files_init (DavitSnapshotFiles *files);
void davit_snapshot_files_clear (DavitSnapshotFiles *files);

/* Makes checkpoint.new, empty; what an earlier one left is gone. */
gboolean davit_snapshot_begin (int container_dirfd, DavitSnapshotFiles *ret_files, GError **error);

/* Writes snapshot.json and has all of it on disk. */
gboolean davit_snapshot_write (const DavitSnapshotFiles *files, const DavitSnapshot *snapshot,
			       GError **error);

/* checkpoint.new becomes checkpoint, and the one before it is gone. */
gboolean davit_snapshot_commit (int container_dirfd, GError **error);

/* Takes checkpoint.new away; keep: as checkpoint.failed. Repeatable. */
gboolean davit_snapshot_abort (int container_dirfd, gboolean keep, GError **error);

/* NOT_FOUND: there is none. Clear both on success. */
gboolean davit_snapshot_open (int container_dirfd, DavitSnapshotFiles *ret_files,
			      DavitSnapshot *ret_snapshot, GError **error);

/* Takes checkpoint away. Repeatable. */
gboolean davit_snapshot_remove (int container_dirfd, GError **error);

/*
 * After the end of a run: whether it ended by a checkpoint, and when that was made. One that was
 * broken off when the processes were gone already is finished.
 */
gboolean davit_snapshot_settle (int container_dirfd, gint64 started, const DavitExit *ended,
				gint64 *ret_created);

/* What was broken off and can only be taken away; under the container's lock. */
gboolean davit_snapshot_is_broken_off (int container_dirfd);
gboolean davit_snapshot_mend (int container_dirfd, GError **error);

G_END_DECLS
