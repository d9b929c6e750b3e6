/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of checkpoint plugins. davit/checkpoint.h documents the operations. A wrapper adds:
 * a span in the trace, the check that the plugin kept the contract, the prefix "checkpoint/NAME: "
 * of its errors, and the answer of an optional operation that it lacks, which is UNSUPPORTED. The
 * engine calls plugins in no other way. result may be NULL: what is filled in is dropped then.
 */

#pragma once

#include "driver/drivers.h"
#include "driver/result.h"

#include <davit/checkpoint.h>

G_BEGIN_DECLS

const char *davit_checkpoint_name (const DavitCheckpoint *checkpoint);

/* An error UNAVAILABLE names the first need that is not met. */
gboolean davit_checkpoint_probe (DavitCheckpoint *checkpoint, GError **error);

gboolean davit_checkpoint_dump (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
				DavitResult *result, GError **error);
gboolean davit_checkpoint_restore (DavitCheckpoint *checkpoint, const DavitRestoreRequest *request,
				   int *ret_pidfd, DavitResult *result, GError **error);
gboolean davit_checkpoint_pre_dump (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
				    DavitResult *result, GError **error);
gboolean davit_checkpoint_lazy_serve (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
				      int socket_fd, GError **error);
gboolean davit_checkpoint_verify (DavitCheckpoint *checkpoint, int images_dirfd, GError **error);
gboolean davit_checkpoint_features (DavitCheckpoint *checkpoint, DavitResult *result,
				    GError **error);

G_END_DECLS
