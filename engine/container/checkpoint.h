/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checkpoints: the processes of a container on disk, and back. Where the container's runtime can do
 * that itself it does; elsewhere the checkpoint plugin that the container was made with.
 */

#pragma once

#include "container/container.h"
#include "driver/result.h"
#include "image/archive.h"

G_BEGIN_DECLS

/**
 * DavitCheckpointOptions: strings are borrowed.
 */
typedef struct {
	gboolean leave_running;
	gboolean tcp_established;
	gboolean file_locks;
	gboolean keep;		      /* logs and figures of the driver */
	const char *const *options;   /* for the driver: "KEY=VALUE"; or NULL */
	const char *export_path;      /* also as one file; or NULL */
	DavitCompression compression; /* of that */
	gboolean ignore_rootfs;	      /* that is without the root file system's changes */
} DavitCheckpointOptions;

/*
 * Writes a running container to its directory in root. Afterwards it has ended, unless
 * leave_running; after a failure it runs on. If only the export fails, the checkpoint is there and
 * can be restored. statistics: as davit/checkpoint.h has them; or NULL. STATE if it does not run.
 */
gboolean davit_container_checkpoint (DavitContainer *container,
				     const DavitCheckpointOptions *options, DavitResult *statistics,
				     GError **error);

/**
 * DavitRestoreOptions: strings are borrowed.
 */
typedef struct {
	gboolean tcp_established;
	gboolean tcp_close;
	gboolean file_locks;
	gboolean keep; /* the checkpoint, logs and figures */
	gboolean ignore_address;
	gboolean ignore_mac_address;
	gboolean ignore_rootfs; /* of an archive: leave the root file system as the image has it */
	const char *name;	/* of an archive: another than it had; or NULL */
	const char *const *options;
} DavitRestoreOptions;

/*
 * Makes a container run again from its checkpoint, which is used up by that unless keep. After a
 * failure it is as before. STATE if it runs, or has no checkpoint.
 */
gboolean davit_container_restore (DavitContainer *container, const DavitRestoreOptions *options,
				  DavitResult *statistics, GError **error);

/*
 * Makes a container from an archive, and lets it go on from there. With another name it is a new
 * container, with an id and addresses of its own. Everything is verified before anything is made;
 * after a failure nothing is left. CORRUPT; NOT_FOUND: its image is not here; EXISTS: its name or
 * id is taken.
 */
gboolean davit_container_import (DavitEngine *engine, const char *path,
				 const DavitRestoreOptions *options, DavitResult *statistics,
				 DavitContainer **ret_container, GError **error);

G_END_DECLS
