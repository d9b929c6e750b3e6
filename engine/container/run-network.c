/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "container/run-network.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>
#include <sys/socket.h>

DavitRunNetwork *
davit_run_network_new (const char *network, const char *interface)
{
	DavitRunNetwork *entry = g_new0 (DavitRunNetwork, 1);

	entry->network = g_strdup (network);
	entry->interface = g_strdup (interface);
	entry->addresses = g_new0 (char *, 1);
	entry->gateways = g_new0 (char *, 1);
	return entry;
}

void
davit_run_network_free (gpointer network)
{
	DavitRunNetwork *entry = (DavitRunNetwork *) network;

	g_free (entry->network);
	g_free (entry->interface);
	g_free (entry->status);
	g_strfreev (entry->addresses);
	g_strfreev (entry->gateways);
	g_free (entry->mac_address);
	g_free (entry);
}

void
davit_run_networks_write (const GPtrArray *networks, DavitJsonWriter *writer)
{
	davit_json_writer_begin_array (writer, "networks");
	for (guint i = 0; i < networks->len; i++) {
		const DavitRunNetwork *network = (const DavitRunNetwork *) networks->pdata[i];

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string_if (writer, "network", network->network);
		davit_json_writer_string (writer, "interface", network->interface);
		davit_json_writer_string_if (writer, "status", network->status);
		davit_json_writer_strings_if (writer, "addresses", network->addresses);
		davit_json_writer_strings_if (writer, "gateways", network->gateways);
		davit_json_writer_string_if (writer, "macAddress", network->mac_address);
		if (network->helper != 0) {
			davit_json_writer_integer (writer, "helper", network->helper);
			davit_json_writer_unsigned (writer, "helperStart", network->helper_start);
		}
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static gboolean
network_read (const DavitJson *json, DavitRunNetwork *network, GError **error)
{
	gint64 start = 0;

	if (!davit_json_dup_string (json, "network", &network->network, error) ||
	    !davit_json_dup_string (json, "interface", &network->interface, error) ||
	    !davit_json_dup_string (json, "status", &network->status, error) ||
	    !davit_json_dup_strings (json, "addresses", &network->addresses, error) ||
	    !davit_json_dup_strings (json, "gateways", &network->gateways, error) ||
	    !davit_json_dup_string (json, "macAddress", &network->mac_address, error) ||
	    !davit_json_get_integer (json, "helper", 0, G_MAXINT32, &network->helper, error) ||
	    !davit_json_get_integer (json, "helperStart", 0, G_MAXINT64, &start, error))
		return FALSE;
	network->helper_start = (guint64) start;
	return network->interface != NULL ||
	       davit_error_set (error, DAVIT_ERROR_CORRUPT, "networks: interface is missing");
}

/* Version 1 knew one, by members of the run itself. */
static gboolean
old_read (const DavitJson *json, GPtrArray *networks, GError **error)
{
	DavitRunNetwork *network;
	g_autofree char *gateway = NULL;
	const char *driver = NULL;

	if (!davit_json_get_string (json, "network", &driver, error))
		return FALSE;
	if (driver == NULL)
		return TRUE;
	network = davit_run_network_new (NULL, "eth0");
	g_ptr_array_add (networks, network);
	if (!davit_json_dup_string (json, "networkName", &network->network, error) ||
	    !davit_json_dup_string (json, "networkStatus", &network->status, error) ||
	    !davit_json_dup_strings (json, "addresses", &network->addresses, error) ||
	    !davit_json_dup_string (json, "gateway", &gateway, error) ||
	    !davit_json_dup_string (json, "macAddress", &network->mac_address, error))
		return FALSE;
	if (gateway != NULL) {
		g_strfreev (network->gateways);
		network->gateways = g_new0 (char *, 2);
		network->gateways[0] = g_steal_pointer (&gateway);
	}
	return TRUE;
}

gboolean
davit_run_networks_read (const DavitJson *json, GPtrArray **ret_networks, GError **error)
{
	g_autoptr (GPtrArray) networks = g_ptr_array_new_with_free_func (davit_run_network_free);
	const DavitJson *list = NULL;

	if (!davit_json_get_array (json, "networks", &list, error) ||
	    (list == NULL && !old_read (json, networks, error)))
		return FALSE;
	for (guint i = 0; i < davit_json_length (list); i++) {
		DavitRunNetwork *network = davit_run_network_new (NULL, NULL);

		g_ptr_array_add (networks, network);
		if (!network_read (davit_json_element (list, i), network, error))
			return FALSE;
	}
	*ret_networks = g_steal_pointer (&networks);
	return TRUE;
}

const char *
davit_run_network_find (const DavitRunNetwork *network, int family)
{
	for (char **line = network->addresses; *line != NULL; line++) {
		const char *space = strchr (*line, ' ');
		const char *text = space != NULL ? space + 1 : *line;

		if (!g_str_has_prefix (*line, "lo ") &&
		    (strchr (text, ':') != NULL) == (family == AF_INET6))
			return text;
	}
	return NULL;
}

char *
davit_run_network_address (const DavitRunNetwork *network, int family)
{
	const char *text = davit_run_network_find (network, family);

	return text != NULL ? g_strndup (text, strcspn (text, "/")) : NULL;
}

gboolean
davit_run_network_is_lost (const DavitRunNetwork *network)
{
	davit_autofd pidfd = -1;
	g_autoptr (GError) local = NULL;

	if (network->helper == 0)
		return FALSE;
	if (!davit_fd_open_process ((pid_t) network->helper, network->helper_start, &pidfd, &local))
		return davit_error_matches (local, DAVIT_ERROR_NOT_FOUND);
	/* Whoever is its parent now may take its time to ask how it ended. */
	return davit_fd_wait (pidfd, 0, NULL);
}
