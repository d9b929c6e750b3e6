/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* delete: what create made, by the runtime, and what it leaves, by ourselves. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean oci_delete (const DavitHost *host, const DavitRuntimeContainer *container, gboolean force,
		     GError **error);

G_END_DECLS
