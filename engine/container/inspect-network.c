/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "NetworkSettings" of inspect: what the driver reported when the container was started. */

#include "container/inspect-private.h"

#include <string.h>
#include <sys/socket.h>

static void
write_address (const DavitRunNetwork *network, DavitJsonWriter *writer, gboolean v6)
{
	const char *text =
		network != NULL ? davit_run_network_find (network, v6 ? AF_INET6 : AF_INET) : NULL;
	gsize length = text != NULL ? strcspn (text, "/") : 0;
	g_autofree char *address = g_strndup (text != NULL ? text : "", length);

	davit_json_writer_string (writer, v6 ? "GlobalIPv6Address" : "IPAddress", address);
	davit_json_writer_integer (writer, v6 ? "GlobalIPv6PrefixLen" : "IPPrefixLen",
				   text != NULL && text[length] == '/'
					   ? g_ascii_strtoll (text + length + 1, NULL, 10)
					   : 0);
}

static const char *
gateway_find (const DavitRunNetwork *network, gboolean v6)
{
	for (char **gateway = network != NULL ? network->gateways : NULL;
	     gateway != NULL && *gateway != NULL; gateway++) {
		if ((strchr (*gateway, ':') != NULL) == v6)
			return *gateway;
	}
	return "";
}

/* network is NULL while the container does not run. */
static void
write_endpoint (const DavitRunNetwork *network, DavitJsonWriter *writer)
{
	write_address (network, writer, FALSE);
	write_address (network, writer, TRUE);
	davit_json_writer_string (writer, "Gateway", gateway_find (network, FALSE));
	davit_json_writer_string (writer, "IPv6Gateway", gateway_find (network, TRUE));
	davit_json_writer_string (writer, "MacAddress",
				  network != NULL && network->mac_address != NULL
					  ? network->mac_address
					  : "");
}

static const DavitRunNetwork *
run_network (const DavitInspection *inspection, guint index)
{
	const GPtrArray *networks = inspection->run != NULL ? inspection->run->networks : NULL;

	return networks != NULL && index < networks->len
		       ? (const DavitRunNetwork *) networks->pdata[index]
		       : NULL;
}

/* Docker's members, and behind them what it has no words for. */
static void
write_network (const DavitInspection *inspection, guint index)
{
	const DavitRecord *record = inspection->record;
	const DavitRecordNetwork *wanted = (DavitRecordNetwork *) record->networks->pdata[index];
	const DavitRunNetwork *network = run_network (inspection, index);
	DavitJsonWriter *writer = inspection->writer;

	davit_json_writer_begin_object (writer, davit_record_network_title (record, index));
	write_endpoint (network, writer);
	davit_json_writer_strings (writer, "Aliases", (const char *const *) wanted->aliases);
	davit_json_writer_begin_object (writer, "DriverOpts");
	for (char **option = wanted->options; *option != NULL; option++) {
		gsize length = strcspn (*option, "=");
		g_autofree char *key = g_strndup (*option, length);

		davit_json_writer_string (writer, key,
					  (*option)[length] == '=' ? *option + length + 1 : "");
	}
	davit_json_writer_end_object (writer);
	davit_json_writer_string (writer, "Driver", record->network);
	davit_json_writer_string (writer, "InterfaceName", wanted->interface);
	davit_json_writer_integer (writer, "HelperPid", network != NULL ? network->helper : 0);
	davit_json_writer_boolean (writer, "Lost",
				   network != NULL && davit_run_network_is_lost (network));
	davit_json_writer_end_object (writer);
}

void
davit_inspect_write_network (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	g_autofree char *sandbox = NULL;

	if (inspection->run != NULL)
		sandbox =
			g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/ns/net", inspection->run->pid);
	davit_json_writer_begin_object (writer, "NetworkSettings");
	davit_json_writer_string (writer, "Bridge", "");
	davit_json_writer_string (writer, "SandboxID", "");
	davit_json_writer_string (writer, "SandboxKey", sandbox != NULL ? sandbox : "");
	davit_inspect_write_ports (inspection, "Ports");
	write_endpoint (run_network (inspection, 0), writer);
	davit_json_writer_begin_object (writer, "Networks");
	for (guint i = 0; i < inspection->record->networks->len; i++)
		write_network (inspection, i);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}
