/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an external runtime says that it can do. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

/* UNSUPPORTED: it is too old to say so. */
gboolean oci_features (const DavitHost *host, DavitResult *result, GError **error);

G_END_DECLS
