/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names of interfaces are resolved here and not by the helper, although it can: version 1.2 looks
 * up the wrong one for IPv6, and an error should name the interface.
 */

#include "slirp4netns-address.h"

#include "slirp4netns-text.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* The container's address is number 100 of the network. */
#define PREFIX_MAXIMUM 25
#define PREFIX_MINIMUM 1

static gboolean
network_is_usable (guint32 network)
{
	guint first = network >> 24;

	return first != 0 && first != 127 && first < 224;
}

gboolean
slirp4netns_cidr_parse (const char *text, guint32 *ret_network, guint *ret_prefix,
			const char **ret_reason)
{
	g_auto (GStrv) parts = g_strsplit (text, "/", 2);
	struct in_addr address;
	guint64 prefix = 0;
	guint32 network;

	*ret_reason = "must be NETWORK/PREFIX, such as 10.0.2.0/24";
	if (g_strv_length (parts) != 2 || inet_pton (AF_INET, parts[0], &address) != 1 ||
	    !slirp4netns_text_to_number (parts[1], 32, &prefix))
		return FALSE;
	*ret_reason = "the prefix must be from 1 to 25, since the container's address is number "
		      "100 of the network";
	if (prefix < PREFIX_MINIMUM || prefix > PREFIX_MAXIMUM)
		return FALSE;
	network = ntohl (address.s_addr);
	*ret_reason = "must be the address of a network, with no bit set behind the prefix";
	if ((network & (G_MAXUINT32 >> prefix)) != 0)
		return FALSE;
	*ret_reason = "these addresses can't be given to an interface";
	if (!network_is_usable (network))
		return FALSE;
	*ret_network = network;
	*ret_prefix = (guint) prefix;
	return TRUE;
}

char *
slirp4netns_address_at (guint32 network, guint32 offset)
{
	struct in_addr address = {.s_addr = htonl (network + offset)};
	char text[INET_ADDRSTRLEN];

	inet_ntop (AF_INET, &address, text, sizeof text);
	return g_strdup (text);
}

static const void *
address_bytes (const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return &((const struct sockaddr_in *) (gconstpointer) address)->sin_addr;
	return &((const struct sockaddr_in6 *) (gconstpointer) address)->sin6_addr;
}

static gboolean
address_is_local (const struct sockaddr *address)
{
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL (
		       &((const struct sockaddr_in6 *) (gconstpointer) address)->sin6_addr);
}

static char *
interface_address (const char *name, int family)
{
	char best[INET6_ADDRSTRLEN] = "";
	struct ifaddrs *list = NULL;

	if (getifaddrs (&list) < 0)
		return NULL;
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		const struct sockaddr *address = entry->ifa_addr;

		if (address == NULL || address->sa_family != family ||
		    !g_str_equal (entry->ifa_name, name))
			continue;
		if (best[0] != '\0' && address_is_local (address))
			continue;
		inet_ntop (family, address_bytes (address), best, sizeof best);
		if (!address_is_local (address))
			break;
	}
	freeifaddrs (list);
	return best[0] != '\0' ? g_strdup (best) : NULL;
}

char *
slirp4netns_address_find (const char *text, int family)
{
	struct in6_addr address;
	char plain[INET6_ADDRSTRLEN];

	if (inet_pton (family, text, &address) == 1)
		return g_strdup (inet_ntop (family, &address, plain, sizeof plain));
	return interface_address (text, family);
}
