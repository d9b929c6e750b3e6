/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A container's namespace, and what attach told of it: check-network.h. */

#include "check/check-network.h"

#include "base/error.h"
#include "base/fd.h"
#include "container/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>

#define INTERFACE "eth0"

DavitNetwork *
davit_check_network (const DavitCheck *check)
{
	/* A network is a driver and nothing else: driver.h. */
	return (DavitNetwork *) check->driver;
}

gboolean
davit_check_site_make (DavitCheckSite *site, const char *id, GError **error)
{
	DavitNetns *netns = davit_netns_begin (error);

	site->id = id;
	site->netns_fd = site->netlink_fd = -1;
	site->result = NULL;
	return netns != NULL &&
	       davit_netns_finish (netns, &site->netns_fd, &site->netlink_fd, error);
}

void
davit_check_site_clear (DavitCheckSite *site)
{
	davit_fd_close (&site->netns_fd);
	davit_fd_close (&site->netlink_fd);
	g_clear_pointer (&site->result, davit_result_free);
}

DavitNetworkRequest
davit_check_network_request (const DavitCheckSite *site)
{
	return (DavitNetworkRequest){
		.size = sizeof (DavitNetworkRequest),
		.id = site->id,
		.name = "checked",
		.network = site->network,
		.interface = INTERFACE,
		.netns_fd = site->netns_fd,
		.userns_fd = -1,
		.pidfd = -1,
		.address = site->address,
		.options = site->options,
		.ports = site->ports,
		.status =
			site->result != NULL ? davit_result_string (site->result, "status") : NULL,
		.netlink_fd = -1,
	};
}

gboolean
davit_check_attach (DavitCheck *check, DavitCheckSite *site, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitNetworkRequest request = davit_check_network_request (site);

	request.netlink_fd = site->netlink_fd;
	request.status = NULL;
	if (!davit_network_attach (davit_check_network (check), &request, result, error))
		return FALSE;
	/* It has been written to: it is not new any more. */
	davit_fd_close (&site->netlink_fd);
	g_clear_pointer (&site->result, davit_result_free);
	site->result = g_steal_pointer (&result);
	return TRUE;
}

gboolean
davit_check_detach (DavitCheck *check, const DavitCheckSite *site, gboolean gone, GError **error)
{
	const DavitNetworkRequest known = davit_check_network_request (site);
	const DavitNetworkRequest request = {
		.size = sizeof request,
		.id = known.id,
		.network = known.network,
		.interface = known.interface,
		.netns_fd = gone ? -1 : known.netns_fd,
		.userns_fd = -1,
		.pidfd = -1,
		.status = known.status,
		.netlink_fd = -1,
	};

	return davit_network_detach (davit_check_network (check), &request, error);
}

/* The child's half of davit_check_visit. */
typedef struct {
	DavitCheckSite *site;
	DavitCheckRun run;
} Visit;

static gboolean
visit_run (DavitCheck *check, GError **error)
{
	Visit *visit = (Visit *) check->data;

	if (setns (visit->site->netns_fd, CLONE_NEWNET) < 0)
		return davit_error_errno (error, errno, "enter the network namespace");
	check->data = visit->site;
	return visit->run (check, error);
}

gboolean
davit_check_visit (DavitCheck *check, DavitCheckSite *site, DavitCheckRun run, GError **error)
{
	Visit visit = {site, run};

	check->data = &visit;
	return davit_check_in_child (check, visit_run, error);
}

gboolean
davit_check_visit_alive (DavitCheck *check, DavitCheckSite *site, DavitCheckRun run, int *ret_alive,
			 GError **error)
{
	Visit visit = {site, run};
	pid_t pid;

	check->data = &visit;
	return davit_check_child_start (check, visit_run, &pid, ret_alive, error);
}

static gboolean
address_is_there (const char *interface, const char *wanted)
{
	struct ifaddrs *list = NULL;
	gboolean found = FALSE;

	if (getifaddrs (&list) < 0)
		return FALSE;
	for (const struct ifaddrs *entry = list; entry != NULL && !found; entry = entry->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";
		const void *address;

		if (entry->ifa_addr == NULL || strcmp (entry->ifa_name, interface) != 0 ||
		    (entry->ifa_addr->sa_family != AF_INET &&
		     entry->ifa_addr->sa_family != AF_INET6))
			continue;
		address = entry->ifa_addr->sa_family == AF_INET
				  ? (const void *) &((const struct sockaddr_in *) entry->ifa_addr)
					    ->sin_addr
				  : (const void *) &((const struct sockaddr_in6 *) entry->ifa_addr)
					    ->sin6_addr;
		inet_ntop (entry->ifa_addr->sa_family, address, text, sizeof text);
		found = strcmp (text, wanted) == 0 && (entry->ifa_flags & IFF_UP) != 0;
	}
	freeifaddrs (list);
	return found;
}

static gboolean
text_is_address (const char *text)
{
	guchar bytes[16];

	return inet_pton (AF_INET, text, bytes) == 1 || inet_pton (AF_INET6, text, bytes) == 1;
}

/* "INTERFACE ADDRESS/PREFIX", and it is there. */
static gboolean
address_check (const char *told, GError **error)
{
	g_auto (GStrv) words = g_strsplit (told, " ", -1);
	g_auto (GStrv) parts = NULL;

	if (g_strv_length (words) == 2)
		parts = g_strsplit (words[1], "/", -1);
	if (parts == NULL || g_strv_length (parts) != 2 || !text_is_address (parts[0]) ||
	    !g_ascii_isdigit (parts[1][0]))
		return davit_check_fail (
			error, "the address \"%s\" has not the form INTERFACE ADDRESS/PREFIX",
			told);
	return address_is_there (words[0], parts[0]) ||
	       davit_check_fail (error,
				 "there is no interface \"%s\" with the address %s that is up",
				 words[0], parts[0]);
}

static gboolean
addresses_check (const DavitResult *result, const char *key, GError **error)
{
	g_autofree const char **values = davit_result_strings (result, key);

	for (guint i = 0; values[i] != NULL; i++) {
		if (!text_is_address (values[i]))
			return davit_check_fail (error, "the %s \"%s\" is no address", key,
						 values[i]);
	}
	return TRUE;
}

/* In the namespace. */
static gboolean
told_run (DavitCheck *check, GError **error)
{
	const DavitCheckSite *site = (const DavitCheckSite *) check->data;
	g_autofree const char **addresses = davit_result_strings (site->result, "address");
	g_autofree const char **interfaces = davit_result_strings (site->result, "interface");

	if (interfaces[0] == NULL)
		return davit_check_fail (error, "attach told no \"interface\"");
	for (guint i = 0; interfaces[i] != NULL; i++) {
		if (if_nametoindex (interfaces[i]) == 0)
			return davit_check_fail (error,
						 "attach told of the interface \"%s\", which is "
						 "not in the namespace",
						 interfaces[i]);
	}
	for (guint i = 0; addresses[i] != NULL; i++) {
		if (!address_check (addresses[i], error))
			return FALSE;
	}
	return addresses_check (site->result, "gateway", error) &&
	       addresses_check (site->result, "nameserver", error);
}

gboolean
davit_check_told (DavitCheck *check, DavitCheckSite *site, GError **error)
{
	return davit_check_visit (check, site, told_run, error);
}
