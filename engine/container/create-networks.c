/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which network driver a new container has, and what it is to be connected to by it.
 *
 * A word of --network is the name of a network plugin, whose default network is meant then, or that
 * of a network. With --network-driver it is a network of that driver. Without, it is looked for in
 * the configured driver first; where that has none of that name, whichever other driver has one is
 * it: nobody has named a driver, so that none is replaced by another. All networks of a container
 * are of one driver, since whoever has one network of a machine under control (routes, rules) must
 * know of the others.
 */

#include "container/create-private.h"

#include "base/error.h"

#include <string.h>

/* What docker and podman call the network that is configured. */
#define BRIDGE "bridge"

/* Names of its networks; empty if it has none to choose from. Free with g_strfreev. */
static gboolean
networks_list (DavitNetwork *driver, char ***ret_names, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) local = NULL;
	g_autofree const char **names = NULL;

	if (!davit_network_network_list (driver, result, &local) &&
	    !davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	names = davit_result_strings (result, "network");
	*ret_names = g_strdupv ((char **) names);
	return TRUE;
}

/* "none, host, container:NAME; cni: yard, lan; slirp4netns". A driver that can't tell has none. */
static char *
choices_describe (DavitDrivers *drivers)
{
	g_autoptr (GPtrArray) plugins = davit_drivers_names (drivers, DAVIT_KIND_NETWORK);
	GString *text = g_string_new ("none, host, container:NAME");

	for (guint i = 0; i < plugins->len; i++) {
		const char *plugin = (const char *) plugins->pdata[i];
		DavitNetwork *driver = davit_drivers_network (drivers, plugin, NULL);
		g_auto (GStrv) names = NULL;
		g_autofree char *joined = NULL;

		if (driver == NULL || strcmp (plugin, "none") == 0)
			continue;
		if (networks_list (driver, &names, NULL) && names[0] != NULL)
			joined = g_strjoinv (", ", names);
		g_string_append_printf (text, "; %s%s%s", plugin, joined != NULL ? ": " : "",
					joined != NULL ? joined : "");
	}
	return g_string_free (text, FALSE);
}

static gboolean
unknown (const DavitCreation *creation, const char *driver, const char *name, GError **error)
{
	g_autofree char *choices = choices_describe (creation->engine->drivers);

	davit_error_set (error, DAVIT_ERROR_USAGE, "option \"--network\": no network%s%s%s \"%s\"",
			 driver != NULL ? " of the driver \"" : "", driver != NULL ? driver : "",
			 driver != NULL ? "\"" : "", name);
	return davit_error_hint (error, "there are: %s", choices);
}

static gboolean
driver_knows (DavitCreation *creation, const char *plugin, const char *name, gboolean *ret_knows,
	      GError **error)
{
	DavitNetwork *driver = davit_drivers_network (creation->engine->drivers, plugin, error);
	g_auto (GStrv) names = NULL;

	if (driver == NULL || !networks_list (driver, &names, error))
		return FALSE;
	*ret_knows = g_strv_contains ((const char *const *) names, name);
	return TRUE;
}

/* The one driver that has a network of that name; a broken plugin is nobody's. */
static gboolean
driver_search (DavitCreation *creation, const char *name, char **ret_plugin, GError **error)
{
	g_autoptr (GPtrArray) plugins =
		davit_drivers_names (creation->engine->drivers, DAVIT_KIND_NETWORK);
	const char *found = NULL;

	for (guint i = 0; i < plugins->len; i++) {
		const char *plugin = (const char *) plugins->pdata[i];
		gboolean knows = FALSE;

		if (!driver_knows (creation, plugin, name, &knows, NULL) || !knows)
			continue;
		if (found != NULL)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--network\": the drivers \"%s\" and "
						"\"%s\" both have a network \"%s\"; choose one "
						"with --network-driver",
						found, plugin, name);
		found = plugin;
	}
	if (found == NULL)
		return unknown (creation, NULL, name, error);
	*ret_plugin = g_strdup (found);
	return TRUE;
}

/* What the configuration says, where it names a driver that connects; or NULL. */
static const char *
driver_configured (const DavitCreation *creation)
{
	const char *configured = davit_config_string (creation->engine->config, "network");

	return strcmp (configured, "host") == 0 ? NULL : configured;
}

/* ret_network: whether name is a network of it; else its default one is meant. */
static gboolean
driver_of (DavitCreation *creation, const char *name, char **ret_plugin, gboolean *ret_network,
	   GError **error)
{
	DavitDrivers *drivers = creation->engine->drivers;
	const char *configured = driver_configured (creation);
	gboolean knows = FALSE;

	*ret_network = FALSE;
	if (davit_drivers_has (drivers, DAVIT_KIND_NETWORK, name)) {
		*ret_plugin = g_strdup (name);
		return davit_drivers_network (drivers, name, error) != NULL;
	}
	if (configured != NULL && !driver_knows (creation, configured, name, &knows, error))
		return FALSE;
	if (strcmp (name, BRIDGE) == 0 && !knows) {
		if (configured == NULL || strcmp (configured, "none") == 0)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--network\": \"" BRIDGE
						"\" is the configured network, and there is none; "
						"set network in [engine], or name one");
		*ret_plugin = g_strdup (configured);
		return TRUE;
	}
	*ret_network = TRUE;
	if (!knows)
		return driver_search (creation, name, ret_plugin, error);
	*ret_plugin = g_strdup (configured);
	return TRUE;
}

/* With --network-driver: its networks, and its own name or "bridge" for the default one. */
static gboolean
driver_fixed (DavitCreation *creation, const char *name, gboolean *ret_network, GError **error)
{
	const char *plugin = creation->request->network_driver;
	gboolean knows = FALSE;

	if (!driver_knows (creation, plugin, name, &knows, error))
		return FALSE;
	*ret_network = knows;
	return knows || strcmp (name, plugin) == 0 || strcmp (name, BRIDGE) == 0 ||
	       unknown (creation, plugin, name, error);
}

static gboolean
driver_take (DavitCreation *creation, const DavitRequestAttachment *attachment,
	     gboolean *ret_network, GError **error)
{
	g_autofree char *plugin = NULL;

	if (creation->request->network_driver != NULL)
		return driver_fixed (creation, attachment->name, ret_network, error);
	if (!driver_of (creation, attachment->name, &plugin, ret_network, error))
		return FALSE;
	if (creation->network != NULL && strcmp (creation->network, plugin) != 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--network\": \"%s\" is of the driver \"%s\", and "
					"the networks before it are of \"%s\"; those of one "
					"container must be of one driver",
					attachment->name, plugin, creation->network);
	g_free (creation->network);
	creation->network = g_steal_pointer (&plugin);
	return TRUE;
}

static char **
strings_copy (const GPtrArray *first, const GPtrArray *second)
{
	GPtrArray *copy = g_ptr_array_new ();

	for (guint i = 0; i < first->len; i++)
		g_ptr_array_add (copy, g_strdup ((const char *) first->pdata[i]));
	for (guint i = 0; second != NULL && i < second->len; i++)
		g_ptr_array_add (copy, g_strdup ((const char *) second->pdata[i]));
	g_ptr_array_add (copy, NULL);
	return (char **) g_ptr_array_free (copy, FALSE);
}

static gboolean
network_add (DavitCreation *creation, const DavitRequestAttachment *attachment, GError **error)
{
	DavitRecordNetwork *network;
	gboolean named = FALSE;

	if (!driver_take (creation, attachment, &named, error))
		return FALSE;
	for (guint i = 0; i < creation->networks->len; i++) {
		network = (DavitRecordNetwork *) creation->networks->pdata[i];
		if (g_strcmp0 (network->network, named ? attachment->name : NULL) == 0)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--network\": \"%s\" is given twice",
						attachment->name);
	}
	network = davit_record_network_new (named ? attachment->name : NULL, attachment->interface);
	network->address = g_strdup (attachment->ip);
	network->address6 = g_strdup (attachment->ip6);
	network->mac_address = g_strdup (attachment->mac_address);
	g_strfreev (network->aliases);
	g_strfreev (network->options);
	network->aliases = strings_copy (attachment->aliases, creation->request->network.aliases);
	network->options = strings_copy (attachment->options, NULL);
	g_ptr_array_add (creation->networks, network);
	return TRUE;
}

/* Nothing is named: the default network of the driver. */
static void
network_add_default (DavitCreation *creation)
{
	const DavitRequestNetwork *wanted = &creation->request->network;
	DavitRecordNetwork *network = davit_record_network_new (NULL, NULL);

	g_strfreev (network->aliases);
	network->aliases = strings_copy (wanted->aliases, NULL);
	g_ptr_array_add (creation->networks, network);
}

static gboolean
interface_is_taken (const GPtrArray *networks, const DavitRecordNetwork *self, const char *name)
{
	for (guint i = 0; i < networks->len; i++) {
		const DavitRecordNetwork *network = (DavitRecordNetwork *) networks->pdata[i];

		if (network != self && g_strcmp0 (network->interface, name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* eth0, eth1 and so on, without those that were asked for. */
static gboolean
interfaces_name (const GPtrArray *networks, GError **error)
{
	guint number = 0;

	for (guint i = 0; i < networks->len; i++) {
		DavitRecordNetwork *network = (DavitRecordNetwork *) networks->pdata[i];

		if (network->interface == NULL)
			continue;
		if (interface_is_taken (networks, network, network->interface))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--network\": two interfaces can't be "
						"called \"%s\"",
						network->interface);
	}
	for (guint i = 0; i < networks->len; i++) {
		DavitRecordNetwork *network = (DavitRecordNetwork *) networks->pdata[i];

		while (network->interface == NULL) {
			g_autofree char *name = g_strdup_printf ("eth%u", number++);

			if (!interface_is_taken (networks, network, name))
				network->interface = g_steal_pointer (&name);
		}
	}
	return TRUE;
}

/* --ip, --ip6 and --mac-address; request-check.c has seen to it that there is one network. */
static void
wishes_add (DavitCreation *creation)
{
	const DavitRequestNetwork *wanted = &creation->request->network;
	DavitRecordNetwork *network = (DavitRecordNetwork *) creation->networks->pdata[0];

	if (wanted->ip != NULL)
		network->address = g_strdup (wanted->ip);
	if (wanted->ip6 != NULL)
		network->address6 = g_strdup (wanted->ip6);
	if (wanted->mac_address != NULL)
		network->mac_address = g_strdup (wanted->mac_address);
}

gboolean
davit_creation_resolve_networks (DavitCreation *creation, GError **error)
{
	const DavitCreateRequest *request = creation->request;
	const GPtrArray *attachments = request->network.attachments;
	const char *configured = driver_configured (creation);

	creation->networks = g_ptr_array_new_with_free_func (davit_record_network_free);
	creation->network = g_strdup (request->network_driver);
	for (guint i = 0; i < attachments->len; i++) {
		if (!network_add (creation, (DavitRequestAttachment *) attachments->pdata[i],
				  error))
			return FALSE;
	}
	if (attachments->len == 0)
		network_add_default (creation);
	if (creation->network == NULL)
		creation->network = g_strdup (request->namespaces.network_none || configured == NULL
						      ? "none"
						      : configured);
	if (creation->networks->len > DAVIT_RECORD_NETWORKS)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--network\": a container can be in %d networks "
					"at most",
					DAVIT_RECORD_NETWORKS);
	wishes_add (creation);
	/* What was named must be there now, not only when the container is started. */
	return interfaces_name (creation->networks, error) &&
	       (request->network_driver == NULL ||
		davit_drivers_network (creation->engine->drivers, creation->network, error) !=
			NULL);
}
