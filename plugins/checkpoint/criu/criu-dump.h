/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <davit/checkpoint.h>

G_BEGIN_DECLS

/* As DavitCheckpointOps has them. */
gboolean criu_dump (const DavitHost *host, const DavitDumpRequest *request, DavitResult *result,
		    GError **error);
gboolean criu_restore (const DavitHost *host, const DavitRestoreRequest *request, int *ret_pidfd,
		       DavitResult *result, GError **error);

G_END_DECLS
