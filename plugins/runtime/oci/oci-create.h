/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* create by an external runtime. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean oci_create (const DavitHost *host, const DavitRuntimeCreate *request, int *ret_pidfd,
		     DavitResult *result, GError **error);

G_END_DECLS
