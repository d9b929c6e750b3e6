/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations: what davit/network.h says of them. */

#pragma once

#include <davit/network.h>

G_BEGIN_DECLS

gboolean cni_attach (const DavitHost *host, const DavitNetworkRequest *request, DavitResult *result,
		     GError **error);
gboolean cni_detach (const DavitHost *host, const DavitNetworkRequest *request, GError **error);
gboolean cni_check (const DavitHost *host, const DavitNetworkRequest *request, GError **error);
gboolean cni_collect (const DavitHost *host, const char *const *ids, DavitResult *result,
		      GError **error);

G_END_DECLS
