/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of ports: [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL], each a port or a range. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

void
davit_request_port_free (gpointer port)
{
	DavitRequestPort *entry = (DavitRequestPort *) port;

	g_free (entry->host_address);
	g_free (entry);
}

/* "80" or "8000-8010". */
static gboolean
range_parse (const char *text, guint *ret_first, guint *ret_count)
{
	g_auto (GStrv) ends = g_strsplit (text, "-", -1);
	guint length = g_strv_length (ends);
	guint64 first, last;

	if (length < 1 || length > 2 ||
	    !davit_text_parse_unsigned (ends[0], 65535, "port", &first, NULL) ||
	    !davit_text_parse_unsigned (ends[length - 1], 65535, "port", &last, NULL) ||
	    first < 1 || last < first)
		return FALSE;
	*ret_first = (guint) first;
	*ret_count = (guint) (last - first + 1);
	return TRUE;
}

/* Cuts "/tcp" off. */
static gboolean
protocol_cut (char *text, const char **ret)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	char *slash = strrchr (text, '/');

	*ret = protocols[0];
	if (slash == NULL)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS (protocols); i++) {
		if (strcmp (slash + 1, protocols[i]) == 0) {
			*slash = '\0';
			*ret = protocols[i];
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean
address_take (char *text, char **ret)
{
	struct in6_addr address;
	gsize length = strlen (text);

	if (length == 0)
		return TRUE;
	if (text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		if (inet_pton (AF_INET6, text + 1, &address) != 1)
			return FALSE;
		*ret = g_strdup (text + 1);
		return TRUE;
	}
	if (inet_pton (AF_INET, text, &address) != 1)
		return FALSE;
	*ret = g_strdup (text);
	return TRUE;
}

/* text is [ADDRESS:]HOST, or empty. */
static gboolean
host_parse (char *text, DavitRequestPort *port)
{
	char *colon = strrchr (text, ':');
	const char *host = text;
	guint count;

	if (colon != NULL) {
		*colon = '\0';
		host = colon + 1;
		if (!address_take (text, &port->host_address))
			return FALSE;
	}
	if (host[0] == '\0')
		return TRUE;
	return range_parse (host, &port->host_port, &count) && count == port->count;
}

static gboolean
port_parse (const char *value, DavitRequestPort *port)
{
	g_autofree char *text = g_strdup (value);
	char *container = text, *colon;

	if (!protocol_cut (text, &port->protocol))
		return FALSE;
	colon = strrchr (text, ':');
	if (colon != NULL) {
		*colon = '\0';
		container = colon + 1;
	}
	if (!range_parse (container, &port->container_port, &port->count))
		return FALSE;
	return colon == NULL || host_parse (text, port);
}

static gboolean
add_publish (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	DavitRequestPort *port = g_new0 (DavitRequestPort, 1);

	if (!port_parse (value, port)) {
		davit_request_port_free (port);
		return davit_request_refuse (error, option, value,
					     "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL], where PORT "
					     "may be a range and PROTOCOL is tcp, udp or sctp");
	}
	g_ptr_array_add (request->network.ports, port);
	return TRUE;
}

static gboolean
set_publish_all (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->network.publish_all, error);
}

static gboolean
add_expose (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autofree char *text = g_strdup (value);
	const char *protocol;
	guint first, count;

	if (!protocol_cut (text, &protocol) || !range_parse (text, &first, &count))
		return davit_request_refuse (error, option, value,
					     "must be PORT[/PROTOCOL], where PORT may be a range "
					     "and PROTOCOL is tcp, udp or sctp");
	g_ptr_array_add (request->network.expose, g_strconcat (text, "/", protocol, NULL));
	return TRUE;
}

gboolean
davit_request_ports_set (DavitCreateRequest *request, const char *option, const char *value,
			 GError **error)
{
	static const DavitRequestOption table[] = {
		{"expose", add_expose},
		{"publish", add_publish},
		{"publish-all", set_publish_all},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
