/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network namespace of a start, and the others that are joined. */

#include "container/prepare.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>

#define PORT_LIMIT 65535

/**
 * Request: what the network driver is asked for. Strings belong to the record.
 */
typedef struct {
	DavitNetworkRequest driver;
	const char **aliases;
	GArray *ports; /* DavitPort */
} Request;

static void
request_clear (Request *request)
{
	g_clear_pointer (&request->aliases, g_free);
	g_clear_pointer (&request->ports, g_array_unref);
}

static gboolean
port_read (const DavitJson *json, DavitPort *port, GError **error)
{
	gint64 host_port = 0, container_port = 0, count = 1;

	if (!davit_json_get_string (json, "hostAddress", &port->host_address, error) ||
	    !davit_json_get_string (json, "protocol", &port->protocol, error) ||
	    !davit_json_get_integer (json, "hostPort", 0, PORT_LIMIT, &host_port, error) ||
	    !davit_json_get_integer (json, "containerPort", 1, PORT_LIMIT, &container_port,
				     error) ||
	    !davit_json_get_integer (json, "count", 1, PORT_LIMIT, &count, error))
		return FALSE;
	if (port->protocol == NULL)
		port->protocol = "tcp";
	port->host_port = (guint16) host_port;
	port->container_port = (guint16) container_port;
	port->count = (guint16) count;
	return TRUE;
}

static gboolean
ports_read (const DavitJson *json, Request *request, GError **error)
{
	const DavitJson *ports = NULL;

	if (!davit_json_get_array (json, "ports", &ports, error))
		return FALSE;
	request->ports = g_array_new (TRUE, TRUE, sizeof (DavitPort));
	for (guint i = 0; i < davit_json_length (ports); i++) {
		DavitPort port = {0};

		if (!port_read (davit_json_element (ports, i), &port, error))
			return FALSE;
		g_array_append_val (request->ports, port);
	}
	request->driver.ports = (const DavitPort *) (gpointer) request->ports->data;
	return TRUE;
}

/* What the processes know themselves by, unless the record knows better. */
static void
addresses_wish (DavitNetworkRequest *driver, const DavitRestoring *restoring)
{
	if (driver->address == NULL)
		driver->address = restoring->address;
	if (driver->address6 == NULL)
		driver->address6 = restoring->address6;
	if (driver->mac_address == NULL)
		driver->mac_address = restoring->mac_address;
}

static gboolean
request_fill (Request *request, const DavitPrepared *prepared, GError **error)
{
	const DavitRecord *record = prepared->record;
	const DavitJson *json = record->json;
	DavitNetworkRequest *driver = &request->driver;

	*driver = (DavitNetworkRequest){
		.size = sizeof *driver,
		.id = record->id,
		.name = record->name,
		.interface = DAVIT_CONTAINER_INTERFACE,
		.netns_fd = prepared->network.fd,
		.userns_fd = -1,
		.pidfd = -1,
		.netlink_fd = -1,
	};
	if (!davit_json_get_string (json, "networkName", &driver->network, error) ||
	    !davit_json_get_string (json, "ip", &driver->address, error) ||
	    !davit_json_get_string (json, "ip6", &driver->address6, error) ||
	    !davit_json_get_string (json, "macAddress", &driver->mac_address, error) ||
	    !davit_json_get_strings (json, "networkAliases", &request->aliases, error))
		return FALSE;
	driver->aliases = request->aliases;
	if (prepared->restoring != NULL)
		addresses_wish (driver, prepared->restoring);
	return ports_read (json, request, error);
}

/* The value behind "INTERFACE ", or the whole text. */
static const char *
value_of (const char *text)
{
	const char *space = text != NULL ? strchr (text, ' ') : NULL;

	return space != NULL ? space + 1 : text;
}

static void
run_note (DavitRun *run, const DavitNetworkRequest *request, const DavitResult *result)
{
	g_autofree const char **addresses = davit_result_strings (result, "address");
	g_autofree const char **ports = davit_result_strings (result, "port");

	run->network_status = g_strdup (davit_result_string (result, "status"));
	run->interface = g_strdup (davit_result_string (result, "interface"));
	run->addresses = g_strdupv ((char **) addresses);
	run->ports = ports[0] != NULL ? g_strdupv ((char **) ports) : NULL;
	run->gateway = g_strdup (davit_result_string (result, "gateway"));
	run->mac_address = g_strdup (value_of (davit_result_string (result, "mac-address")));
}

/* A network that gives no certain address is no reason not to restore; connections are. */
static gboolean
network_call (DavitPrepared *prepared, DavitNetwork *network, DavitNetworkRequest *driver,
	      GError **error)
{
	const DavitRestoring *restoring = prepared->restoring;
	g_autoptr (GError) local = NULL;

	if (davit_network_attach (network, driver, prepared->attached, &local))
		return TRUE;
	if (restoring == NULL || (restoring->flags & DAVIT_CHECKPOINT_TCP_ESTABLISHED) ||
	    !davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (driver->address == restoring->address)
		driver->address = NULL;
	if (driver->address6 == restoring->address6)
		driver->address6 = NULL;
	if (driver->mac_address == restoring->mac_address)
		driver->mac_address = NULL;
	return davit_network_attach (network, driver, prepared->attached, error);
}

static gboolean
network_attach (DavitPrepared *prepared, GError **error)
{
	DavitEngine *engine = prepared->container->engine;
	DavitNetwork *network =
		davit_drivers_network (engine->drivers, prepared->record->network, error);
	davit_autofd netlink_fd = -1;
	Request request = {0};
	gboolean attached;
	int fd = -1;

	if (network == NULL ||
	    !davit_netns_finish (g_steal_pointer (&prepared->netns), &fd, &netlink_fd, error))
		return FALSE;
	davit_joined_set_fd (&prepared->network, fd);
	prepared->attached = davit_result_new ();
	attached = request_fill (&request, prepared, error);
	request.driver.netlink_fd = netlink_fd;
	attached = attached && network_call (prepared, network, &request.driver, error);
	if (attached)
		run_note (prepared->run, &request.driver, prepared->attached);
	request_clear (&request);
	return attached;
}

static gboolean
others_join (DavitPrepared *prepared, GError **error)
{
	const DavitRecord *record = prepared->record;
	const struct {
		const DavitNamespace *wanted;
		const char *kind;
		DavitJoined *joined;
	} namespaces[] = {
		{&record->network_namespace, "net", &prepared->network},
		{&record->pid_namespace, "pid", &prepared->pid},
		{&record->ipc_namespace, "ipc", &prepared->ipc},
		{&record->uts_namespace, "uts", &prepared->uts},
		{&record->cgroup_namespace, "cgroup", &prepared->cgroup},
		{&record->time_namespace, "time", &prepared->time},
		{&record->user_namespace, "user", &prepared->user},
	};

	for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++) {
		if (!davit_join_open (prepared->container->engine, namespaces[i].wanted,
				      namespaces[i].kind, namespaces[i].joined, error))
			return davit_error_prefix (error, "%s namespace", namespaces[i].kind);
	}
	return TRUE;
}

gboolean
davit_prepare_network_begin (DavitPrepared *prepared, GError **error)
{
	prepared->netns = g_steal_pointer (&prepared->container->netns);
	if (prepared->record->network_namespace.mode == DAVIT_NAMESPACE_PRIVATE &&
	    prepared->netns == NULL)
		prepared->netns = davit_netns_begin (error);
	return prepared->netns != NULL ||
	       prepared->record->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE;
}

gboolean
davit_prepare_network (DavitPrepared *prepared, GError **error)
{
	if (!others_join (prepared, error))
		return FALSE;
	return prepared->record->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE ||
	       network_attach (prepared, error);
}
