/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* checkpoint and restore by an external runtime. As davit/runtime.h says. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean oci_checkpoint (const DavitHost *host, const DavitRuntimeContainer *container,
			 const DavitDumpRequest *dump, DavitResult *result, GError **error);
gboolean oci_restore (const DavitHost *host, const DavitRuntimeCreate *request,
		      const DavitRestoreRequest *restore, int *ret_pidfd, DavitResult *result,
		      GError **error);

G_END_DECLS
