/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network namespace of a start, and the others that are joined.
 *
 * The root file system has been mounted when this begins, although the two need nothing of each
 * other: that mount takes 0.5 ms, and a driver with a bridge 20 ms of which 1 ms is spent in this
 * process. To call the driver in a process of its own beside the mount would save less than that
 * process costs. What is worth it is done beside all else: the namespace, a millisecond of the
 * kernel's, is on its way from the first moment on.
 *
 * A container that is restored should have the addresses that its processes know: each network is
 * asked for those that it gave before, which are kept with the checkpoint (run-network.h). That
 * fails if somebody else has them by now.
 */

#include "container/prepare.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>
#include <sys/socket.h>

#define PORT_LIMIT 65535

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

/* Of DavitPort, with a zeroed one at its end. */
static GArray *
ports_read (const DavitJson *json, GError **error)
{
	g_autoptr (GArray) array = g_array_new (TRUE, TRUE, sizeof (DavitPort));
	const DavitJson *ports = NULL;

	if (!davit_json_get_array (json, "ports", &ports, error))
		return NULL;
	for (guint i = 0; i < davit_json_length (ports); i++) {
		DavitPort port = {0};

		if (!port_read (davit_json_element (ports, i), &port, error))
			return NULL;
		g_array_append_val (array, port);
	}
	return g_steal_pointer (&array);
}

/* What the same network gave the processes that are restored; or NULL. */
static const DavitRunNetwork *
earlier_find (const DavitRestoring *restoring, const DavitRecordNetwork *wanted)
{
	const GPtrArray *networks = restoring != NULL ? restoring->snapshot->networks : NULL;

	for (guint i = 0; networks != NULL && i < networks->len; i++) {
		const DavitRunNetwork *network = (const DavitRunNetwork *) networks->pdata[i];

		if (g_strcmp0 (network->network, wanted->network) == 0)
			return network;
	}
	return NULL;
}

/* A network that gives no certain address is no reason not to restore; connections are. */
static gboolean
again_attach (DavitNetwork *network, const DavitRestoring *restoring,
	      const DavitRunNetwork *earlier, const DavitNetworkRequest *plain, DavitResult *result,
	      GError **error)
{
	g_autofree char *address = davit_run_network_address (earlier, AF_INET);
	g_autofree char *address6 = davit_run_network_address (earlier, AF_INET6);
	DavitNetworkRequest request = *plain;
	g_autoptr (GError) local = NULL;

	/* What the processes know themselves by, unless the record knows better. */
	if (request.address == NULL && !restoring->ignore_address)
		request.address = address;
	if (request.address6 == NULL && !restoring->ignore_address)
		request.address6 = address6;
	if (request.mac_address == NULL && !restoring->ignore_mac_address)
		request.mac_address = earlier->mac_address;
	if (davit_network_attach (network, &request, result, &local))
		return TRUE;
	if ((restoring->flags & DAVIT_CHECKPOINT_TCP_ESTABLISHED) ||
	    !davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	return davit_network_attach (network, plain, result, error);
}

static void
run_note (DavitRunNetwork *network, const DavitResult *result)
{
	g_autofree const char **addresses = davit_result_strings (result, "address");
	g_autofree const char **gateways = davit_result_strings (result, "gateway");
	g_autofree const char **macs = davit_result_strings (result, "mac-address");
	g_autofree char *prefix = NULL;

	network->status = g_strdup (davit_result_string (result, "status"));
	g_strfreev (network->addresses);
	g_strfreev (network->gateways);
	network->addresses = g_strdupv ((char **) addresses);
	network->gateways = g_strdupv ((char **) gateways);
	/* The driver may call the interface otherwise; then the first one's counts. */
	prefix = g_strconcat (network->interface, " ", NULL);
	for (guint i = 0; macs[i] != NULL; i++) {
		const char *space = strchr (macs[i], ' ');

		if (network->mac_address != NULL && !g_str_has_prefix (macs[i], prefix))
			continue;
		g_free (network->mac_address);
		network->mac_address = g_strdup (space != NULL ? space + 1 : macs[i]);
	}
}

/* The number of a process stays known when its descriptor has gone to the monitor. */
static gboolean
helper_note (DavitRunNetwork *network, int helper_fd, GError **error)
{
	pid_t pid = 0;

	if (helper_fd < 0)
		return TRUE;
	if (!davit_fd_process_number (helper_fd, &pid, error))
		return FALSE;
	network->helper = pid;
	return davit_fd_process_start_time (pid, &network->helper_start, error);
}

static void
ports_note (DavitRun *run, const DavitResult *result)
{
	g_autofree const char **ports = davit_result_strings (result, "port");

	if (ports[0] != NULL)
		run->ports = g_strdupv ((char **) ports);
}

static gboolean
one_attach (DavitPrepared *prepared, guint index, DavitNetwork *network,
	    DavitNetworkRequest *request, GError **error)
{
	const DavitRecordNetwork *wanted = prepared->record->networks->pdata[index];
	DavitRunNetwork *noted = (DavitRunNetwork *) prepared->run->networks->pdata[index];
	const DavitRunNetwork *earlier = earlier_find (prepared->restoring, wanted);
	DavitResult *result = davit_result_new ();
	gboolean attached;

	g_ptr_array_add (prepared->attached, result);
	request->network = wanted->network;
	request->interface = wanted->interface;
	request->address = wanted->address;
	request->address6 = wanted->address6;
	request->mac_address = wanted->mac_address;
	request->aliases = (const char *const *) wanted->aliases;
	request->options = (const char *const *) wanted->options;
	attached = earlier != NULL ? again_attach (network, prepared->restoring, earlier, request,
						   result, error)
				   : davit_network_attach (network, request, result, error);
	if (!attached)
		return FALSE;
	prepared->helper_fds[index] = davit_result_steal_fd (result, "helper");
	prepared->hold_fds[index] = davit_result_steal_fd (result, "hold");
	run_note (noted, result);
	if (request->ports != NULL)
		ports_note (prepared->run, result);
	return helper_note (noted, prepared->helper_fds[index], error);
}

/*
 * One after the other: the order decides which default route counts, and drivers need not cope with
 * two calls at once for one container. Ports are published by the first network alone; the same
 * port of the host can't lead to two addresses.
 */
static gboolean
all_attach (DavitPrepared *prepared, DavitNetwork *network, int netlink_fd, GError **error)
{
	g_autoptr (GArray) ports = ports_read (prepared->record->json, error);

	if (ports == NULL)
		return FALSE;
	for (guint i = 0; i < prepared->record->networks->len; i++) {
		DavitNetworkRequest request = {
			.size = sizeof request,
			.id = prepared->record->id,
			.name = prepared->record->name,
			.netns_fd = prepared->network.fd,
			.userns_fd = -1,
			.pidfd = -1,
			.netlink_fd = i == 0 ? netlink_fd : -1,
			.ports = i == 0 ? (const DavitPort *) (gpointer) ports->data : NULL,
		};

		if (!one_attach (prepared, i, network, &request, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
network_attach (DavitPrepared *prepared, GError **error)
{
	DavitEngine *engine = prepared->container->engine;
	DavitNetwork *network =
		davit_drivers_network (engine->drivers, prepared->record->network, error);
	davit_autofd netlink_fd = -1;
	int fd = -1;

	if (network == NULL ||
	    !davit_netns_finish (g_steal_pointer (&prepared->netns), &fd, &netlink_fd, error))
		return FALSE;
	davit_joined_set_fd (&prepared->network, fd);
	return all_attach (prepared, network, netlink_fd, error);
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
