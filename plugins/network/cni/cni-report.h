/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A result of a chain, in the words of davit/network.h. */

#pragma once

#include "cni-entry.h"

G_BEGIN_DECLS

/* HELPER: an address or a MAC address that was asked for is not what came. */
gboolean cni_report_fill (const CniEntry *entry, const DavitNetworkRequest *request,
			  const char *text, DavitResult *result, GError **error);

G_END_DECLS
