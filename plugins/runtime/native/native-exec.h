/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operation exec: a further process in a running container. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean native_exec (const DavitHost *host, const DavitRuntimeExec *request, int *ret_pidfd,
		      DavitResult *result, GError **error);

G_END_DECLS
