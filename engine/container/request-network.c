/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Options of names and addresses. Each value ends up as a word of a line in resolv.conf or hosts:
 * one with a line break in it would write a line of its own.
 */

#include "container/create-request-private.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/stat.h>

gboolean
davit_request_is_address (const char *text, int family)
{
	struct in6_addr address;

	return inet_pton (family, text, &address) == 1;
}

static gboolean
is_any_address (const char *text)
{
	return davit_request_is_address (text, AF_INET) ||
	       davit_request_is_address (text, AF_INET6);
}

/* Underscores are in use. */
gboolean
davit_request_is_domain (const char *text)
{
	if (text[0] == '\0' || text[0] == '-' || text[0] == '.' || strlen (text) > 253)
		return FALSE;
	for (; *text != '\0'; text++) {
		if (!g_ascii_isalnum (*text) && strchr ("-._", *text) == NULL)
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_dns (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "none") == 0) {
		request->network.dns_none = TRUE;
		return TRUE;
	}
	if (!is_any_address (value))
		return davit_request_refuse (error, option, value,
					     "must be the address of a name server, or none");
	g_ptr_array_add (request->network.dns, g_strdup (value));
	return TRUE;
}

static gboolean
add_dns_search (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, ".") != 0 && !davit_request_is_domain (value))
		return davit_request_refuse (error, option, value, "must be a domain, or \".\"");
	g_ptr_array_add (request->network.dns_search, g_strdup (value));
	return TRUE;
}

static gboolean
add_dns_option (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_word (value))
		return davit_request_refuse (error, option, value,
					     "must be one word, such as ndots:2");
	g_ptr_array_add (request->network.dns_option, g_strdup (value));
	return TRUE;
}

void
davit_request_host_free (gpointer host)
{
	DavitRequestHost *entry = (DavitRequestHost *) host;

	g_free (entry->name);
	g_free (entry->address);
	g_free (entry);
}

static gboolean
host_add (DavitCreateRequest *request, const char *option, const char *value, const char *name,
	  const char *address, GError **error)
{
	DavitRequestHost *host;

	if (!davit_request_is_domain (name))
		return davit_request_refuse (error, option, value, "must be NAME:ADDRESS");
	host = g_new0 (DavitRequestHost, 1);
	host->name = g_strdup (name);
	host->address = g_strdup (address);
	g_ptr_array_add (request->network.add_host, host);
	return TRUE;
}

/* NAME:ADDRESS, NAME=ADDRESS, NAME;NAME:ADDRESS; docker writes IPv6 addresses in brackets too. */
static gboolean
add_add_host (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, ":=");
	g_autofree char *name = g_strndup (value, length);
	g_autofree char *address = NULL;
	g_auto (GStrv) names = NULL;

	if (value[length] == '\0')
		return davit_request_refuse (error, option, value, "must be NAME:ADDRESS");
	address = g_strdup (value + length + 1);
	if (strcmp (address, "host-gateway") == 0)
		return davit_request_unsupported (error, option,
						  "\"host-gateway\" needs a network that leads to "
						  "the host, which is not there yet");
	if (address[0] == '[' && g_str_has_suffix (address, "]")) {
		address[strlen (address) - 1] = '\0';
		memmove (address, address + 1, strlen (address));
	}
	if (!is_any_address (address))
		return davit_request_refuse (error, option, value,
					     "must be NAME:ADDRESS with an IPv4 or IPv6 address");
	names = g_strsplit (name, ";", -1);
	for (guint i = 0; names[i] != NULL; i++) {
		if (!host_add (request, option, value, names[i], address, error))
			return FALSE;
	}
	return names[0] != NULL ||
	       davit_request_refuse (error, option, value, "must be NAME:ADDRESS");
}

static gboolean
set_no_hosts (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->network.no_hosts, error);
}

static gboolean
set_no_hostname (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->network.no_hostname, error);
}

static gboolean
set_hosts_file (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	struct stat status;

	if (strcmp (value, "none") == 0 || strcmp (value, "image") == 0) {
		davit_request_text (&request->network.hosts_file, value);
		return TRUE;
	}
	if (!davit_request_path (option, value, &request->network.hosts_file, error))
		return FALSE;
	if (stat (request->network.hosts_file, &status) < 0 || !S_ISREG (status.st_mode))
		return davit_request_refuse (error, option, value, "must be none, image or a file");
	return TRUE;
}

static gboolean
set_ip (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_address (value, AF_INET))
		return davit_request_refuse (error, option, value, "must be an IPv4 address");
	davit_request_text (&request->network.ip, value);
	return TRUE;
}

static gboolean
set_ip6 (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_address (value, AF_INET6))
		return davit_request_refuse (error, option, value, "must be an IPv6 address");
	davit_request_text (&request->network.ip6, value);
	return TRUE;
}

gboolean
davit_request_is_mac_address (const char *text)
{
	if (strlen (text) != 17)
		return FALSE;
	for (guint i = 0; i < 17; i++) {
		if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !g_ascii_isxdigit (text[i]))
			return FALSE;
	}
	/* A group address is nobody's own. */
	return (g_ascii_xdigit_value (text[1]) & 1) == 0;
}

void
davit_request_set_mac_address (char **target, const char *value)
{
	davit_request_text (target, value);
	g_strdelimit (*target, "-", ':');
}

static gboolean
set_mac_address (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_mac_address (value))
		return davit_request_refuse (error, option, value,
					     "must be a MAC address such as 92:d0:c6:0a:29:33");
	davit_request_set_mac_address (&request->network.mac_address, value);
	return TRUE;
}

static gboolean
add_alias (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_domain (value))
		return davit_request_refuse (error, option, value, "must be a host name");
	g_ptr_array_add (request->network.aliases, g_strdup (value));
	return TRUE;
}

gboolean
davit_request_network_set (DavitCreateRequest *request, const char *option, const char *value,
			   GError **error)
{
	static const DavitRequestOption table[] = {
		{"add-host", add_add_host},
		{"dns", add_dns},
		{"dns-option", add_dns_option},
		{"dns-search", add_dns_search},
		{"hosts-file", set_hosts_file},
		{"ip", set_ip},
		{"ip6", set_ip6},
		{"mac-address", set_mac_address},
		{"network-alias", add_alias},
		{"no-hostname", set_no_hostname},
		{"no-hosts", set_no_hosts},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
