/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of network plugins. davit/network.h documents the operations. A wrapper adds:
 * a span in the trace, the check that the plugin kept the contract, the prefix "network/NAME: "
 * of its errors, and the answer of an optional operation that it lacks, which is UNSUPPORTED. The
 * engine calls plugins in no other way. result may be NULL: what is filled in is dropped then.
 */

#pragma once

#include "driver/drivers.h"
#include "driver/result.h"

#include <davit/network.h>

G_BEGIN_DECLS

const char *davit_network_name (const DavitNetwork *network);

/* An error UNAVAILABLE names the first need that is not met. */
gboolean davit_network_probe (DavitNetwork *network, GError **error);

gboolean davit_network_attach (DavitNetwork *network, const DavitNetworkRequest *request,
			       DavitResult *result, GError **error);
gboolean davit_network_detach (DavitNetwork *network, const DavitNetworkRequest *request,
			       GError **error);
gboolean davit_network_check (DavitNetwork *network, const DavitNetworkRequest *request,
			      GError **error);
gboolean davit_network_refresh (DavitNetwork *network, const DavitNetworkRequest *request,
				GError **error);
gboolean davit_network_gc (DavitNetwork *network, const char *const *ids, DavitResult *result,
			   GError **error);
gboolean davit_network_port_add (DavitNetwork *network, const DavitNetworkRequest *request,
				 const DavitPort *port, DavitResult *result, GError **error);
gboolean davit_network_port_remove (DavitNetwork *network, const DavitNetworkRequest *request,
				    const DavitPort *port, GError **error);
gboolean davit_network_network_create (DavitNetwork *network, const char *name,
				       const char *const *options, GError **error);
gboolean davit_network_network_list (DavitNetwork *network, DavitResult *result, GError **error);
gboolean davit_network_network_remove (DavitNetwork *network, const char *name, GError **error);

G_END_DECLS
