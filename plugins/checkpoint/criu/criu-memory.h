/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory that is written ahead of a dump, while the processes run, and only once. */

#pragma once

#include "criu-protobuf.h"

#include <davit/checkpoint.h>

G_BEGIN_DECLS

/* As DavitCheckpointOps has it. */
gboolean criu_pre_dump (const DavitHost *host, const DavitDumpRequest *request, DavitResult *result,
			GError **error);

/* UNAVAILABLE if the kernel can't tell what memory has changed. */
gboolean criu_memory_check (const DavitHost *host, const char *program, GError **error);

/* Tells CRIU to leave out what the images in parent_dirfd have already; -1: there are none. */
gboolean criu_memory_put_parent (int images_dirfd, int parent_dirfd, GByteArray *options,
				 GError **error);

G_END_DECLS
