/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-report.h"

#include "cni-result.h"

#include <davit/error.h>

#include <arpa/inet.h>
#include <string.h>

typedef struct {
	const CniEntry *entry;
	const DavitNetworkRequest *request;
	const CniResult *result;
	DavitResult *report;
} Report;

/* Compares addresses and not texts: "::1" is "0:0::1". A prefix does not count. */
static gboolean
same_address (const char *a, const char *b)
{
	g_autofree char *first = g_strndup (a, strcspn (a, "/"));
	g_autofree char *second = g_strndup (b, strcspn (b, "/"));
	guint8 left[16] = {0};
	guint8 right[16] = {0};
	int family = strchr (a, ':') != NULL ? AF_INET6 : AF_INET;

	return inet_pton (family, first, left) == 1 && inet_pton (family, second, right) == 1 &&
	       memcmp (left, right, sizeof left) == 0;
}

static gboolean
unheeded (const Report *report, const char *what, const char *wanted, const char *given,
	  GError **error)
{
	g_set_error (
		error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		"network \"%s\": its plugins gave the %s \"%s\" and not \"%s\", which was asked "
		"for",
		report->entry->network->name, what, given, wanted);
	return FALSE;
}

static gboolean
check_address (const Report *report, const char *wanted, GError **error)
{
	const GArray *addresses = report->result->addresses;

	if (wanted == NULL)
		return TRUE;
	for (guint i = 0; i < addresses->len; i++) {
		if (same_address (g_array_index (addresses, CniAddress, i).address, wanted))
			return TRUE;
	}
	return unheeded (report, "address", wanted,
			 addresses->len > 0 ? g_array_index (addresses, CniAddress, 0).address : "",
			 error);
}

static gboolean
check_mac (const Report *report, GError **error)
{
	const GArray *interfaces = report->result->interfaces;
	const char *wanted = report->request->mac_address;

	for (guint i = 0; wanted != NULL && i < interfaces->len; i++) {
		const CniInterface *interface = &g_array_index (interfaces, CniInterface, i);

		if (interface->sandbox != NULL && interface->mac != NULL &&
		    strcmp (interface->name, report->entry->interface) == 0 &&
		    g_ascii_strcasecmp (interface->mac, wanted) != 0)
			return unheeded (report, "MAC address", wanted, interface->mac, error);
	}
	return TRUE;
}

static void
put (const Report *report, const char *key, const char *value)
{
	report->entry->host->result_string (report->report, key, value);
}

static void
fill_interfaces (const Report *report)
{
	const GArray *interfaces = report->result->interfaces;
	gboolean any = FALSE;

	for (guint i = 0; i < interfaces->len; i++) {
		const CniInterface *interface = &g_array_index (interfaces, CniInterface, i);
		g_autofree char *lower = NULL;
		g_autofree char *mac = NULL;

		if (interface->sandbox == NULL)
			continue;
		any = TRUE;
		put (report, "interface", interface->name);
		if (interface->mac == NULL)
			continue;
		lower = g_ascii_strdown (interface->mac, -1);
		mac = g_strdup_printf ("%s %s", interface->name, lower);
		put (report, "mac-address", mac);
	}
	/* Results before 0.3.0 have none. */
	if (!any)
		put (report, "interface", report->entry->interface);
}

static void
fill_addresses (const Report *report)
{
	const GArray *addresses = report->result->addresses;
	g_autoptr (GHashTable) gateways = g_hash_table_new (g_str_hash, g_str_equal);

	for (guint i = 0; i < addresses->len; i++) {
		const CniAddress *address = &g_array_index (addresses, CniAddress, i);
		const char *interface =
			cni_result_interface_of (report->result, address, report->entry->interface);
		g_autofree char *text = NULL;

		if (interface == NULL)
			continue;
		text = g_strdup_printf ("%s %s", interface, address->address);
		put (report, "address", text);
		if (address->gateway != NULL &&
		    g_hash_table_add (gateways, (gpointer) address->gateway))
			put (report, "gateway", address->gateway);
	}
}

static void
fill_all (const Report *report, const char *key, const char *const *values)
{
	for (; values != NULL && *values != NULL; values++)
		put (report, key, *values);
}

static void
fill_dns (const Report *report)
{
	const CniResult *result = report->result;

	fill_all (report, "nameserver", result->nameservers);
	/* A resolver knows "domain" as a search list of one. */
	if ((result->search == NULL || result->search[0] == NULL) && result->domain != NULL)
		put (report, "search", result->domain);
	fill_all (report, "search", result->search);
	fill_all (report, "dns-option", result->options);
}

static void
fill_ports (const Report *report)
{
	const DavitJsonOps *json = report->entry->host->json;
	const DavitJson *ports = json->member (report->entry->capabilities, "portMappings");

	for (guint i = 0; i < json->length (ports); i++) {
		const DavitJson *port = json->element (ports, i);
		const char *address = json->string (json->member (port, "hostIP"));
		g_autofree char *text =
			g_strdup_printf ("%s %d %s %d", address != NULL ? address : "0.0.0.0",
					 (int) json->integer (json->member (port, "hostPort")),
					 json->string (json->member (port, "protocol")),
					 (int) json->integer (
						 json->member (port, "containerPort")));

		put (report, "port", text);
	}
}

gboolean
cni_report_fill (const CniEntry *entry, const DavitNetworkRequest *request, const char *text,
		 DavitResult *result, GError **error)
{
	const DavitJsonOps *json = entry->host->json;
	DavitJson *root = json->parse (text, -1, error);
	g_auto (CniResult) parsed = {0};
	Report report = {entry, request, &parsed, result};
	gboolean good = root != NULL &&
			cni_result_read (json, root, entry->network->version, &parsed, error) &&
			check_address (&report, request->address, error) &&
			check_address (&report, request->address6, error) &&
			check_mac (&report, error);

	if (good) {
		fill_interfaces (&report);
		fill_addresses (&report);
		fill_dns (&report);
		fill_ports (&report);
		put (&report, "status", text);
	}
	json->document_free (root);
	return good;
}
