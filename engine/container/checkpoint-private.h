/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the two directions of a checkpoint. */

#pragma once

#include "container/checkpoint.h"
#include "container/container-private.h"
#include "container/snapshot.h"
#include "driver/checkpoint-driver.h"
#include "driver/runtime-driver.h"

G_BEGIN_DECLS

/*
 * What makes checkpoints of a container. ret_driver NULL: its runtime does so itself. UNSUPPORTED
 * if neither can.
 */
gboolean davit_checkpoint_means (DavitEngine *engine, const char *driver, DavitRuntime *runtime,
				 DavitCheckpoint **ret_driver, GError **error);

/*
 * After a failure: a need of the driver that is not met is the better reason. Not asked before:
 * that takes as long as all the rest of a checkpoint. driver may be NULL. Returns FALSE.
 */
gboolean davit_checkpoint_explain (DavitCheckpoint *driver, GError **error);

/**
 * DavitRestoring: what a start that is a restore needs beside all else. Borrowed.
 */
typedef struct {
	const DavitSnapshot *snapshot;
	const DavitSnapshotFiles *files;
	DavitCheckpoint *driver; /* NULL: the runtime does it */
	guint32 flags;
	const char *const *options;
	gboolean ignore_rootfs;
	DavitResult *statistics; /* or NULL */
	/* What its networks gave it, wanted again where the record asks for nothing else. */
	gboolean ignore_address;
	gboolean ignore_mac_address;
} DavitRestoring;

/* Under the lock. The container runs when this returns. */
gboolean davit_container_start_restored (DavitContainer *container, int lock_fd,
					 DavitRestoring *restoring, GError **error);

G_END_DECLS
