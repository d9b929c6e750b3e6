/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "NetworkSettings" of inspect: what the driver reported when the container was started. */

#include "container/inspect-private.h"

#include <string.h>

/* "eth0 10.0.0.2/24": the first of a family, without the loopback interface. */
static void
write_address (const DavitInspection *inspection, const char *key, const char *prefix_key,
	       gboolean v6)
{
	char **addresses = inspection->run != NULL ? inspection->run->addresses : NULL;

	for (; addresses != NULL && *addresses != NULL; addresses++) {
		const char *space = strchr (*addresses, ' ');
		const char *text = space != NULL ? space + 1 : *addresses;
		gsize length = strcspn (text, "/");
		g_autofree char *address = NULL;

		if (g_str_has_prefix (*addresses, "lo ") || (strchr (text, ':') != NULL) != v6)
			continue;
		address = g_strndup (text, length);
		davit_json_writer_string (inspection->writer, key, address);
		davit_json_writer_integer (inspection->writer, prefix_key,
					   text[length] == '/'
						   ? g_ascii_strtoll (text + length + 1, NULL, 10)
						   : 0);
		return;
	}
	davit_json_writer_string (inspection->writer, key, "");
	davit_json_writer_integer (inspection->writer, prefix_key, 0);
}

static void
write_endpoint (const DavitInspection *inspection)
{
	const DavitRun *run = inspection->run;
	DavitJsonWriter *writer = inspection->writer;

	write_address (inspection, "IPAddress", "IPPrefixLen", FALSE);
	write_address (inspection, "GlobalIPv6Address", "GlobalIPv6PrefixLen", TRUE);
	davit_json_writer_string (writer, "Gateway",
				  run != NULL && run->gateway != NULL ? run->gateway : "");
	davit_json_writer_string (writer, "MacAddress",
				  run != NULL && run->mac_address != NULL ? run->mac_address : "");
}

void
davit_inspect_write_network (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;
	const char *name =
		davit_json_string (davit_inspect_member (inspection, NULL, "networkName"));
	g_autofree char *sandbox = NULL;

	if (inspection->run != NULL)
		sandbox =
			g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/ns/net", inspection->run->pid);
	davit_json_writer_begin_object (writer, "NetworkSettings");
	davit_json_writer_string (writer, "Bridge", "");
	davit_json_writer_string (writer, "SandboxID", "");
	davit_json_writer_string (writer, "SandboxKey", sandbox != NULL ? sandbox : "");
	davit_inspect_write_ports (inspection, "Ports");
	write_endpoint (inspection);
	davit_json_writer_begin_object (writer, "Networks");
	if (record->network_namespace.mode == DAVIT_NAMESPACE_PRIVATE) {
		davit_json_writer_begin_object (writer, name != NULL ? name : record->network);
		write_endpoint (inspection);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}
