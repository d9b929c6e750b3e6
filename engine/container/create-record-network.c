/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The part of record.json that names and connects: host name, hosts, resolv.conf, ports. */

#include "container/create-private.h"

#include "base/log.h"

#include <string.h>

/* What a shell shows of an id. */
#define SHORT_ID_LENGTH 12

/*
 * One that shares the network of the host keeps the host's name, as docker does: programs look it
 * up to find their own address.
 */
static void
write_hostname (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const char *hostname = creation->request->hostname;
	char beginning[SHORT_ID_LENGTH + 1];

	if (creation->uts.mode != DAVIT_NAMESPACE_PRIVATE)
		return;
	if (hostname == NULL && creation->network_namespace.mode == DAVIT_NAMESPACE_HOST)
		hostname = g_get_host_name ();
	g_strlcpy (beginning, creation->id, sizeof beginning);
	davit_json_writer_string (writer, "hostname", hostname != NULL ? hostname : beginning);
}

/* A list of the command line replaces that of the configuration. */
static void
write_list (const DavitCreation *creation, DavitJsonWriter *writer, const char *key,
	    const GPtrArray *wanted, const char *configured)
{
	const char *const *list = davit_config_list (creation->engine->config, configured);

	if (wanted->len > 0)
		davit_creation_write_strings (writer, key, wanted);
	else if (list != NULL && list[0] != NULL)
		davit_json_writer_strings (writer, key, list);
}

static void
write_resolver (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestNetwork *network = &creation->request->network;

	if (network->dns_none) {
		davit_json_writer_boolean (writer, "keepResolvConf", TRUE);
		return;
	}
	davit_json_writer_begin_object (writer, "dns");
	write_list (creation, writer, "servers", network->dns, "dns");
	write_list (creation, writer, "search", network->dns_search, "dns-search");
	write_list (creation, writer, "options", network->dns_option, "dns-option");
	davit_json_writer_end_object (writer);
}

static void
write_hosts (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestNetwork *network = &creation->request->network;
	const char *file = network->hosts_file != NULL
				   ? network->hosts_file
				   : davit_config_string (creation->engine->config, "hosts-file");

	davit_json_writer_begin_object (writer, "hosts");
	if (network->no_hosts)
		davit_json_writer_boolean (writer, "keep", TRUE);
	if (file != NULL && file[0] != '\0')
		davit_json_writer_string (writer, "file", file);
	if (network->add_host->len > 0) {
		davit_json_writer_begin_array (writer, "add");
		for (guint i = 0; i < network->add_host->len; i++) {
			const DavitRequestHost *host =
				(const DavitRequestHost *) network->add_host->pdata[i];

			davit_json_writer_begin_object (writer, NULL);
			davit_json_writer_string (writer, "name", host->name);
			davit_json_writer_string (writer, "address", host->address);
			davit_json_writer_end_object (writer);
		}
		davit_json_writer_end_array (writer);
	}
	davit_json_writer_end_object (writer);
	if (network->no_hostname)
		davit_json_writer_boolean (writer, "keepHostname", TRUE);
}

static void
write_port (const DavitRequestPort *port, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string_if (writer, "hostAddress", port->host_address);
	davit_json_writer_integer (writer, "hostPort", port->host_port);
	davit_json_writer_integer (writer, "containerPort", port->container_port);
	davit_json_writer_integer (writer, "count", port->count);
	davit_json_writer_string (writer, "protocol", port->protocol);
	davit_json_writer_end_object (writer);
}

/* "80/tcp" or "8000-8010/udp", from an image or checked already: what is no port is left out. */
static void
write_exposed_port (const char *text, DavitJsonWriter *writer)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	DavitRequestPort port = {.protocol = protocols[0], .count = 1};
	char *end = NULL;
	guint64 first = g_ascii_strtoull (text, &end, 10);
	guint64 last = first;

	if (*end == '-')
		last = g_ascii_strtoull (end + 1, &end, 10);
	for (guint i = 0; *end == '/' && i < G_N_ELEMENTS (protocols); i++) {
		if (strcmp (end + 1, protocols[i]) == 0)
			port.protocol = protocols[i];
	}
	if (first < 1 || last < first || last > 65535) {
		davit_warning ("the image exposes the port \"%s\", which is none", text);
		return;
	}
	port.container_port = (guint) first;
	port.count = (guint) (last - first + 1);
	write_port (&port, writer);
}

static void
write_ports (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestNetwork *network = &creation->request->network;
	char **image = creation->image != NULL ? creation->image->exposed_ports : NULL;

	if (network->ports->len == 0 && !network->publish_all)
		return;
	davit_json_writer_begin_array (writer, "ports");
	for (guint i = 0; i < network->ports->len; i++)
		write_port ((const DavitRequestPort *) network->ports->pdata[i], writer);
	for (guint i = 0; network->publish_all && i < network->expose->len; i++)
		write_exposed_port ((const char *) network->expose->pdata[i], writer);
	for (; network->publish_all && image != NULL && *image != NULL; image++)
		write_exposed_port (*image, writer);
	davit_json_writer_end_array (writer);
}

static void
write_exposed (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const GPtrArray *wanted = creation->request->network.expose;
	char **image = creation->image != NULL ? creation->image->exposed_ports : NULL;

	if (wanted->len == 0 && (image == NULL || *image == NULL))
		return;
	davit_json_writer_begin_array (writer, "exposedPorts");
	for (; image != NULL && *image != NULL; image++)
		davit_json_writer_string (writer, NULL, *image);
	for (guint i = 0; i < wanted->len; i++)
		davit_json_writer_string (writer, NULL, (const char *) wanted->pdata[i]);
	davit_json_writer_end_array (writer);
}

void
davit_creation_record_network (const DavitCreation *creation, DavitJsonWriter *writer)
{
	write_hostname (creation, writer);
	write_resolver (creation, writer);
	write_hosts (creation, writer);
	write_exposed (creation, writer);
	/* The driver of a network that is shared has nothing to publish or to name. */
	if (creation->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE)
		return;
	davit_record_write_networks (creation->networks, writer);
	write_ports (creation, writer);
}
