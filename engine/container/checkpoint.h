/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checkpoints: the processes of a container on disk, and back. Where the container's runtime can do
 * that itself it does; elsewhere the checkpoint plugin that the container was made with.
 */

#pragma once

#include "container/container.h"
#include "driver/result.h"

G_BEGIN_DECLS

/**
 * DavitCheckpointOptions: strings are borrowed.
 */
typedef struct {
	gboolean leave_running;
	gboolean tcp_established;
	gboolean file_locks;
	gboolean keep;		    /* logs and figures of the driver */
	const char *const *options; /* for the driver: "KEY=VALUE"; or NULL */
} DavitCheckpointOptions;

/*
 * Writes a running container to its directory in root. Afterwards it has ended, unless
 * leave_running; after a failure it runs on. statistics: as davit/checkpoint.h has them; or NULL.
 * STATE if it does not run.
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
	const char *const *options;
} DavitRestoreOptions;

/*
 * Makes a container run again from its checkpoint, which is used up by that unless keep. After a
 * failure it is as before. STATE if it runs, or has no checkpoint.
 */
gboolean davit_container_restore (DavitContainer *container, const DavitRestoreOptions *options,
				  DavitResult *statistics, GError **error);

G_END_DECLS
