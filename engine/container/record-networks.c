/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "networks" of record.json: what a container is to be connected to, in this order. */

#include "container/record.h"

#include "base/error.h"
#include "base/text.h"

#include <net/if.h>
#include <string.h>

gboolean
davit_record_is_interface_name (const char *text)
{
	gsize length = strlen (text);

	if (length == 0 || length >= IFNAMSIZ || strcmp (text, ".") == 0 ||
	    strcmp (text, "..") == 0 || strcmp (text, "lo") == 0)
		return FALSE;
	for (; *text != '\0'; text++) {
		/* "%d" would be a number that the kernel chooses. */
		if (!g_ascii_isgraph (*text) || strchr ("/:%@", *text) != NULL)
			return FALSE;
	}
	return TRUE;
}

DavitRecordNetwork *
davit_record_network_new (const char *network, const char *interface)
{
	DavitRecordNetwork *entry = g_new0 (DavitRecordNetwork, 1);

	entry->network = g_strdup (network);
	entry->interface = g_strdup (interface);
	entry->aliases = g_new0 (char *, 1);
	entry->options = g_new0 (char *, 1);
	return entry;
}

void
davit_record_network_free (gpointer network)
{
	DavitRecordNetwork *entry = (DavitRecordNetwork *) network;

	g_free (entry->network);
	g_free (entry->interface);
	g_free (entry->address);
	g_free (entry->address6);
	g_free (entry->mac_address);
	g_strfreev (entry->aliases);
	g_strfreev (entry->options);
	g_free (entry);
}

static gboolean
wishes_read (const DavitJson *json, DavitRecordNetwork *network, GError **error)
{
	return davit_json_dup_string (json, "ip", &network->address, error) &&
	       davit_json_dup_string (json, "ip6", &network->address6, error) &&
	       davit_json_dup_string (json, "macAddress", &network->mac_address, error);
}

static gboolean
network_read (const DavitJson *json, DavitRecordNetwork *network, GError **error)
{
	if (!davit_json_dup_string (json, "network", &network->network, error) ||
	    !davit_json_dup_string (json, "interface", &network->interface, error) ||
	    !wishes_read (json, network, error) ||
	    !davit_json_dup_strings (json, "aliases", &network->aliases, error) ||
	    !davit_json_dup_strings (json, "options", &network->options, error))
		return FALSE;
	if (network->interface == NULL || !davit_record_is_interface_name (network->interface))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"networks: interface must be the name of one");
	if (network->network != NULL && !davit_text_is_container_name (network->network))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"networks: network must be the name of one");
	return TRUE;
}

/* Version 1 knew one network, by members of the record itself. */
static gboolean
old_read (const DavitJson *json, GPtrArray *networks, GError **error)
{
	DavitRecordNetwork *network = davit_record_network_new (NULL, "eth0");

	g_ptr_array_add (networks, network);
	return davit_json_dup_string (json, "networkName", &network->network, error) &&
	       wishes_read (json, network, error) &&
	       davit_json_dup_strings (json, "networkAliases", &network->aliases, error);
}

gboolean
davit_record_read_networks (DavitRecord *record, GError **error)
{
	const DavitJson *list = NULL;

	record->networks = g_ptr_array_new_with_free_func (davit_record_network_free);
	if (!davit_json_get_array (record->json, "networks", &list, error))
		return FALSE;
	if (record->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE)
		return TRUE;
	if (davit_json_length (list) == 0)
		return old_read (record->json, record->networks, error);
	if (davit_json_length (list) > DAVIT_RECORD_NETWORKS)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "networks: are more than %d",
					DAVIT_RECORD_NETWORKS);
	for (guint i = 0; i < davit_json_length (list); i++) {
		DavitRecordNetwork *network = davit_record_network_new (NULL, NULL);

		g_ptr_array_add (record->networks, network);
		if (!network_read (davit_json_element (list, i), network, error))
			return FALSE;
	}
	return TRUE;
}

void
davit_record_write_networks (const GPtrArray *networks, DavitJsonWriter *writer)
{
	davit_json_writer_begin_array (writer, "networks");
	for (guint i = 0; i < networks->len; i++) {
		const DavitRecordNetwork *network = (DavitRecordNetwork *) networks->pdata[i];

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string_if (writer, "network", network->network);
		davit_json_writer_string (writer, "interface", network->interface);
		davit_json_writer_string_if (writer, "ip", network->address);
		davit_json_writer_string_if (writer, "ip6", network->address6);
		davit_json_writer_string_if (writer, "macAddress", network->mac_address);
		davit_json_writer_strings_if (writer, "aliases", network->aliases);
		davit_json_writer_strings_if (writer, "options", network->options);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

const char *
davit_record_network_title (const DavitRecord *record, guint index)
{
	const DavitRecordNetwork *network = (DavitRecordNetwork *) record->networks->pdata[index];

	return network->network != NULL ? network->network : record->network;
}
