/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether checkpoints can be made here and now, and of what kind. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

void criu_probe (const DavitHost *host, DavitProbe *probe);
gboolean criu_features (const DavitHost *host, DavitResult *result, GError **error);

G_END_DECLS
