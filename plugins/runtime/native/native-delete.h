/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operation delete. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean native_delete (const DavitHost *host, const DavitRuntimeContainer *container,
			gboolean force, GError **error);

G_END_DECLS
