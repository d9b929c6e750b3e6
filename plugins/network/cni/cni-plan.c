/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-plan.h"

#include "cni-json.h"
#include "cni-ports.h"
#include "cni-result.h"

#include <davit/error.h>

#include <string.h>

static gboolean
usage (GError **error, const char *what, const char *value, const char *why)
{
	g_autofree char *escaped = cni_text_escape (value != NULL ? value : "");

	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE, "%s \"%s\" %s", what, escaped, why);
	return FALSE;
}

/* With a prefix or without: the plugin "static" wants one, "host-local" knows it by itself. */
static gboolean
address_check (const char *address, gboolean want_v6, GError **error)
{
	gboolean v6 = FALSE;

	if (address == NULL ||
	    (cni_address_is_valid (address, strchr (address, '/') != NULL, &v6) && v6 == want_v6))
		return TRUE;
	return usage (error, "address", address,
		      want_v6 ? "is no IPv6 address" : "is no IPv4 address");
}

static gboolean
mac_check (const char *mac, GError **error)
{
	if (mac == NULL)
		return TRUE;
	for (guint i = 0; i < 17; i++) {
		if (i % 3 == 2 ? mac[i] != ':' : !g_ascii_isxdigit (mac[i]))
			return usage (error, "MAC address", mac, "is none");
	}
	return mac[17] == '\0' || usage (error, "MAC address", mac, "is none");
}

gboolean
cni_plan_check (const DavitNetworkRequest *request, GError **error)
{
	if (request->id == NULL || !cni_text_is_name (request->id))
		return usage (error, "container id", request->id, "is none that plugins take");
	if (request->interface == NULL || !cni_text_is_interface (request->interface))
		return usage (error, "interface", request->interface,
			      "is no name of a network interface");
	if (request->options != NULL && request->options[0] != NULL)
		return usage (error, "option", request->options[0],
			      "is not known: a network of this driver has what its file says");
	return address_check (request->address, FALSE, error) &&
	       address_check (request->address6, TRUE, error) &&
	       mac_check (request->mac_address, error);
}

static gboolean
refuse (const CniNetwork *network, const char *what, const char *how, GError **error)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
		     "network \"%s\": no plugin of its chain can %s; %s in \"%s\"", network->name,
		     what, how, network->file);
	return FALSE;
}

/* The first plugin gives addresses; DHCP servers don't take wishes. */
static gboolean
has_ipam (const CniNetwork *network)
{
	for (guint i = 0; i < network->plugins->len; i++) {
		const char *ipam = cni_network_ipam (network, cni_network_plugin (network, i));

		if (ipam != NULL && ipam[0] != '\0' && strcmp (ipam, "dhcp") != 0)
			return TRUE;
	}
	return FALSE;
}

static void
argument_add (GString *arguments, const char *key, const char *value)
{
	/* These separate arguments; there is no way to quote them. */
	if (value != NULL && strpbrk (value, ";=") == NULL)
		g_string_append_printf (arguments, "%s%s=%s", arguments->len > 0 ? ";" : "", key,
					value);
}

typedef struct {
	const CniNetwork *network;
	const DavitNetworkRequest *request;
	GString *arguments;
	GString *capabilities;
} Plan;

static gboolean
plan_addresses (Plan *plan, GError **error)
{
	const char *v4 = plan->request->address;
	const char *v6 = plan->request->address6;

	if (v4 == NULL && v6 == NULL)
		return TRUE;
	if (cni_network_capable (plan->network, "ips") != NULL) {
		cni_json_open (plan->capabilities, "ips", '[');
		cni_json_string (plan->capabilities, NULL, v4);
		cni_json_string (plan->capabilities, NULL, v6);
		cni_json_close (plan->capabilities, ']');
		return TRUE;
	}
	if (!has_ipam (plan->network))
		return refuse (plan->network, "give a wanted address",
			       "leave the address out, or set an \"ipam\" of type \"host-local\"",
			       error);
	if (v4 != NULL && v6 != NULL)
		return refuse (plan->network, "give an IPv4 and an IPv6 address at once",
			       "set \"capabilities\": {\"ips\": true}", error);
	argument_add (plan->arguments, "IP", v4 != NULL ? v4 : v6);
	return TRUE;
}

/* Of the plugins that everybody has; another one may know the argument, and it is looked after. */
static gboolean
takes_mac (const CniNetwork *network)
{
	static const char *const cannot[] = {"bandwidth",  "dhcp",   "firewall", "host-device",
					     "host-local", "ipvlan", "loopback", "portmap",
					     "ptp",	   "sbr",    "static",	 "vlan",
					     "vrf",	   NULL};

	for (guint i = 0; i < network->plugins->len; i++) {
		if (!g_strv_contains (cannot, cni_network_plugin (network, i)->type))
			return TRUE;
	}
	return FALSE;
}

static gboolean
plan_mac (Plan *plan, GError **error)
{
	const char *mac = plan->request->mac_address;

	if (mac == NULL)
		return TRUE;
	if (cni_network_capable (plan->network, "mac") != NULL) {
		cni_json_string (plan->capabilities, "mac", mac);
		return TRUE;
	}
	if (!takes_mac (plan->network))
		return refuse (plan->network, "give a wanted MAC address",
			       "leave it out, or add the plugin \"tuning\"", error);
	argument_add (plan->arguments, "MAC", mac);
	return TRUE;
}

static gboolean
plan_ports (Plan *plan, const GArray *ports, GError **error)
{
	if (ports->len == 0)
		return TRUE;
	if (cni_network_capable (plan->network, "portMappings") == NULL)
		return refuse (plan->network, "publish ports",
			       "add the plugin \"portmap\" with \"capabilities\": "
			       "{\"portMappings\": true}",
			       error);
	cni_ports_write (ports, plan->capabilities, "portMappings");
	return TRUE;
}

static gboolean
plan_aliases (Plan *plan, GError **error)
{
	const char *const *aliases = plan->request->aliases;

	if (aliases == NULL || aliases[0] == NULL)
		return TRUE;
	if (cni_network_capable (plan->network, "aliases") == NULL)
		return refuse (plan->network, "give aliases",
			       "add a plugin with \"capabilities\": {\"aliases\": true}", error);
	cni_json_open (plan->capabilities, "aliases", '{');
	cni_json_open (plan->capabilities, plan->network->name, '[');
	for (; *aliases != NULL; aliases++)
		cni_json_string (plan->capabilities, NULL, *aliases);
	cni_json_close (plan->capabilities, ']');
	cni_json_close (plan->capabilities, '}');
	return TRUE;
}

gboolean
cni_plan_make (const DavitHost *host, const CniNetwork *network, const DavitNetworkRequest *request,
	       const GArray *ports, CniPlan *ret_plan, GError **error)
{
	g_autoptr (GString) arguments = g_string_new ("IgnoreUnknown=1");
	g_autoptr (GString) capabilities = g_string_new (NULL);
	Plan plan = {network, request, arguments, capabilities};

	if (host->option_boolean (host, "kubernetes-arguments")) {
		argument_add (arguments, "K8S_POD_NAMESPACE", request->name);
		argument_add (arguments, "K8S_POD_NAME", request->name);
		argument_add (arguments, "K8S_POD_INFRA_CONTAINER_ID", request->id);
	}
	cni_json_open (capabilities, NULL, '{');
	if (!plan_addresses (&plan, error) || !plan_mac (&plan, error) ||
	    !plan_ports (&plan, ports, error) || !plan_aliases (&plan, error))
		return FALSE;
	cni_json_close (capabilities, '}');
	ret_plan->arguments = g_strdup (arguments->str);
	ret_plan->capabilities = g_strdup (capabilities->str);
	return TRUE;
}

void
cni_plan_clear (CniPlan *plan)
{
	g_free (plan->arguments);
	g_free (plan->capabilities);
}
