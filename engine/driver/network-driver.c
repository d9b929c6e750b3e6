/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checked calls of network plugins. */

#include "driver/network-driver.h"

#include "driver/call.h"

const char *
davit_network_name (const DavitNetwork *network)
{
	return network->driver.module->plugin.name;
}

gboolean
davit_network_probe (DavitNetwork *network, GError **error)
{
	return davit_driver_probe (&network->driver, error);
}

gboolean
davit_network_attach (DavitNetwork *network, const DavitNetworkRequest *request,
		      DavitResult *result, GError **error)
{
	return davit_call (&network->driver, network.attach, result, error, request, result);
}

gboolean
davit_network_detach (DavitNetwork *network, const DavitNetworkRequest *request, GError **error)
{
	return davit_call (&network->driver, network.detach, NULL, error, request);
}

gboolean
davit_network_check (DavitNetwork *network, const DavitNetworkRequest *request, GError **error)
{
	return davit_call (&network->driver, network.check, NULL, error, request);
}

gboolean
davit_network_refresh (DavitNetwork *network, const DavitNetworkRequest *request, GError **error)
{
	return davit_call (&network->driver, network.refresh, NULL, error, request);
}

gboolean
davit_network_gc (DavitNetwork *network, const char *const *ids, DavitResult *result,
		  GError **error)
{
	return davit_call (&network->driver, network.gc, result, error, ids, result);
}

gboolean
davit_network_port_add (DavitNetwork *network, const DavitNetworkRequest *request,
			const DavitPort *port, DavitResult *result, GError **error)
{
	return davit_call (&network->driver, network.port_add, result, error, request, port,
			   result);
}

gboolean
davit_network_port_remove (DavitNetwork *network, const DavitNetworkRequest *request,
			   const DavitPort *port, GError **error)
{
	return davit_call (&network->driver, network.port_remove, NULL, error, request, port);
}

gboolean
davit_network_network_create (DavitNetwork *network, const char *name, const char *const *options,
			      GError **error)
{
	return davit_call (&network->driver, network.network_create, NULL, error, name, options);
}

gboolean
davit_network_network_list (DavitNetwork *network, DavitResult *result, GError **error)
{
	return davit_call (&network->driver, network.network_list, result, error, result);
}

gboolean
davit_network_network_remove (DavitNetwork *network, const char *name, GError **error)
{
	return davit_call (&network->driver, network.network_remove, NULL, error, name);
}
