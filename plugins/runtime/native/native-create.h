/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operation create. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean native_create (const DavitHost *host, const DavitRuntimeCreate *request, int *ret_pidfd,
			DavitResult *result, GError **error);

G_END_DECLS
