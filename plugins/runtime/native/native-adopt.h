/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations prepare and adopt. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean native_adopt_prepare (const DavitHost *host, const DavitRuntimeCreate *request,
			       DavitResult *result, GError **error);
gboolean native_adopt (const DavitHost *host, const DavitRuntimeContainer *container, int pidfd,
		       guint32 pid, GError **error);

G_END_DECLS
