/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of a connection, and everything that may come in between. */

#include "check/check-network.h"

#include "base/error.h"
#include "base/fd.h"
#include "check/check-stress.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VANISH_USEC (10 * G_USEC_PER_SEC)
#define POLL_MSEC 10
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define BENCH_ROUNDS 20
#define CONTAINER_PORT 8000
#define HOST_PORT 18000
#define REACH_MSEC 10000

static gboolean
network_attach (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	return davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error) && davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

/* There is not always a socket for it. */
static gboolean
network_attach_plain (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	if (!davit_check_site_make (&site, ID, error))
		return FALSE;
	davit_fd_close (&site.netlink_fd);
	return davit_check_attach (check, &site, error) && davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

static gboolean
detach_twice (DavitCheck *check, const DavitCheckSite *site, gboolean gone, const char *when,
	      GError **error)
{
	for (guint i = 0; i < 2; i++) {
		if (!davit_check_detach (check, site, gone, error))
			return davit_error_prefix (error, "detach %s, call %u", when, i + 1);
	}
	return TRUE;
}

static gboolean
network_detach (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	if (!davit_check_site_make (&site, ID, error) ||
	    !detach_twice (check, &site, FALSE, "of nothing", error) ||
	    !davit_check_attach (check, &site, error) ||
	    !detach_twice (check, &site, FALSE, "of what was attached", error))
		return FALSE;
	davit_check_site_clear (&site);
	/* And the same container again. */
	return davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error) && davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

static gboolean
network_gone (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	if (!davit_check_site_make (&site, ID, error) || !davit_check_attach (check, &site, error))
		return FALSE;
	davit_fd_close (&site.netns_fd);
	davit_fd_close (&site.netlink_fd);
	return detach_twice (check, &site, TRUE, "when the namespace is gone", error);
}

/* In a child, which is killed then: nothing but the ids is left of it. */
static gboolean
attached (DavitCheck *check, GError **error)
{
	DavitCheckSite site = {.netns_fd = -1, .netlink_fd = -1};

	return davit_check_reopen (check, error) && davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error);
}

/* The interfaces of what is the host here. Free with g_free. */
static char *
interfaces_list (void)
{
	g_autoptr (GString) text = g_string_new (NULL);
	struct if_nameindex *list = if_nameindex ();

	for (guint i = 0; list != NULL && list[i].if_index != 0; i++)
		g_string_append_printf (text, "%s\n", list[i].if_name);
	if_freenameindex (list);
	return g_string_free (g_steal_pointer (&text), FALSE);
}

/*
 * What is on the host is there for all or for nobody. The other end of what was in a namespace goes
 * with that, which the kernel takes apart when it comes to it.
 */
static gboolean
host_as_before (const char *before, const char *when, GError **error)
{
	gint64 deadline = g_get_monotonic_time () + VANISH_USEC;

	for (;;) {
		g_autofree char *after = interfaces_list ();
		g_autofree char *more = davit_check_state_more (before, after);

		if (more == NULL)
			return TRUE;
		if (g_get_monotonic_time () > deadline)
			return davit_check_fail (error,
						 "%s leaves the interface \"%s\" on the host", when,
						 more);
		poll (NULL, 0, POLL_MSEC);
	}
}

/* The first connection may make what stays: a bridge. */
static gboolean
life (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	return davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

static gboolean
network_killed (DavitCheck *check, GError **error)
{
	const DavitCheckSite site = {.id = ID, .netns_fd = -1, .netlink_fd = -1};
	g_autofree char *before = NULL;

	if (!life (check, error))
		return FALSE;
	before = interfaces_list ();
	return davit_check_in_child (check, attached, error) && davit_check_reopen (check, error) &&
	       detach_twice (check, &site, TRUE, "by another process, from the ids alone", error) &&
	       host_as_before (before, "a killed engine", error) && life (check, error);
}

static gboolean
network_two (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) one = {.netns_fd = -1, .netlink_fd = -1};
	g_auto (DavitCheckSite) other = {.netns_fd = -1, .netlink_fd = -1};

	if (!davit_check_site_make (&one, ID, error) ||
	    !davit_check_site_make (&other, OTHER, error) ||
	    !davit_check_attach (check, &one, error) ||
	    !davit_check_attach (check, &other, error) ||
	    !davit_check_detach (check, &one, FALSE, error))
		return FALSE;
	if (!davit_check_told (check, &other, error))
		return davit_error_prefix (error, "when another container was detached");
	return davit_check_detach (check, &other, FALSE, error);
}

/**
 * Wrong: what can't be given, and must not be taken without a word.
 */
static gboolean
refused (DavitCheck *check, DavitCheckSite *site, const char *what, GError **error)
{
	g_autoptr (GError) inner = NULL;
	gboolean given = davit_check_attach (check, site, &inner);

	return davit_check_refused (given, &inner, DAVIT_CHECK_ANY_ERROR, what, error);
}

static gboolean
network_refusals (DavitCheck *check, GError **error)
{
	static const char *const options[] = {"no-such-option-of-any=1", NULL};
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	if (!davit_check_site_make (&site, ID, error))
		return FALSE;
	site.options = options;
	if (!refused (check, &site, "an option that it does not have", error))
		return FALSE;
	site.options = NULL;
	site.address = "999.1.2.3";
	if (!refused (check, &site, "an address that is none", error))
		return FALSE;
	site.address = NULL;
	site.network = "no-such-network-of-any";
	if (!refused (check, &site, "a network that is not there", error))
		return FALSE;
	site.network = NULL;
	/* A failed attach has undone itself: there is no detach before the next. */
	if (!davit_check_attach (check, &site, error))
		return davit_error_prefix (error, "after an attach that failed");
	return davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

/* A listener; the caller closes it. */
static gboolean
listen_at (in_addr_t address, guint16 port, int *ret_fd, GError **error)
{
	const struct sockaddr_in place = {.sin_family = AF_INET,
					  .sin_port = htons (port),
					  .sin_addr = {htonl (address)}};

	*ret_fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return (*ret_fd >= 0 &&
		bind (*ret_fd, (const struct sockaddr *) &place, sizeof place) == 0 &&
		listen (*ret_fd, 8) == 0) ||
	       davit_error_errno (error, errno, "listen in the container");
}

/* Whether somebody is there; what is refused now may be there in a moment. */
static gboolean
connect_to (const char *address, guint16 port, GError **error)
{
	gint64 end = g_get_monotonic_time () + (gint64) REACH_MSEC * 1000;
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons (port)};
	int number = 0;

	inet_pton (AF_INET, address, &place.sin_addr);
	do {
		davit_autofd fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const struct timeval limit = {.tv_sec = 1};

		setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		if (connect (fd, (const struct sockaddr *) &place, sizeof place) == 0)
			return TRUE;
		number = errno;
		poll (NULL, 0, 20);
	} while (g_get_monotonic_time () < end);
	return davit_error_errno (error, number, "connect to %s port %u", address, port);
}

/* In the namespace. */
static gboolean
loopback_run (DavitCheck *check, GError **error)
{
	davit_autofd fd = -1;

	return listen_at (INADDR_LOOPBACK, CONTAINER_PORT, &fd, error) &&
	       connect_to ("127.0.0.1", CONTAINER_PORT, error);
}

static gboolean
network_loopback (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	return davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error) &&
	       davit_check_visit (check, &site, loopback_run, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

/* In the namespace; the check's own process connects to it from outside meanwhile. */
static gboolean
server_run (DavitCheck *check, GError **error)
{
	int fd = -1;

	return listen_at (INADDR_ANY, CONTAINER_PORT, &fd, error);
}

/* "HOST-ADDRESS HOST-PORT PROTOCOL CONTAINER-PORT" */
static gboolean
port_read (const char *told, char **ret_address, guint16 *ret_port, GError **error)
{
	g_auto (GStrv) words = g_strsplit (told, " ", -1);
	guint64 port = 0;

	if (g_strv_length (words) != 4 || !g_str_equal (words[2], "tcp") ||
	    !g_ascii_string_to_unsigned (words[1], 10, 1, 65535, &port, NULL) ||
	    g_ascii_strtoull (words[3], NULL, 10) != CONTAINER_PORT)
		return davit_check_fail (error,
					 "the port \"%s\" has not the form HOST-ADDRESS HOST-PORT "
					 "PROTOCOL CONTAINER-PORT, or is another one",
					 told);
	*ret_port = (guint16) port;
	*ret_address = g_strdup (words[0][0] == '\0' || g_str_equal (words[0], "0.0.0.0") ||
						 strchr (words[0], ':') != NULL
					 ? "127.0.0.1"
					 : words[0]);
	return TRUE;
}

static gboolean
network_port (DavitCheck *check, GError **error)
{
	static const DavitPort ports[] = {{NULL, "tcp", HOST_PORT, CONTAINER_PORT, 1}, {0}};
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};
	g_autoptr (GError) inner = NULL;
	g_autofree char *address = NULL;
	const char *told;
	davit_autofd alive = -1;
	guint16 port = 0;

	if (!davit_check_site_make (&site, ID, error))
		return FALSE;
	site.ports = ports;
	if (!davit_check_attach (check, &site, &inner)) {
		if (davit_error_matches (inner, DAVIT_ERROR_UNSUPPORTED))
			return davit_check_skip (check, "it publishes no ports: %s",
						 inner->message);
		g_propagate_error (error, g_steal_pointer (&inner));
		return FALSE;
	}
	told = davit_result_string (site.result, "port");
	if (told == NULL)
		return davit_check_detach (check, &site, FALSE, error) &&
		       davit_check_skip (check, "it publishes no ports, and drops them");
	return port_read (told, &address, &port, error) &&
	       davit_check_visit_alive (check, &site, server_run, &alive, error) &&
	       connect_to (address, port, error) && davit_check_detach (check, &site, FALSE, error);
}

static gboolean
lacks (DavitCheck *check, gboolean present, const char *operation)
{
	return !present && davit_check_skip (check, "it has no operation \"%s\"", operation);
}

#define LACKS(check_, operation_)                                                                  \
	lacks ((check_), (check_)->driver->module->ops.network.operation_ != NULL, #operation_)

static gboolean
network_check (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};
	DavitNetworkRequest request;

	if (LACKS (check, check))
		return TRUE;
	if (!davit_check_site_make (&site, ID, error) || !davit_check_attach (check, &site, error))
		return FALSE;
	request = davit_check_network_request (&site);
	return davit_network_check (davit_check_network (check), &request, error) &&
	       davit_network_check (davit_check_network (check), &request, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

static gboolean
network_refresh (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};
	DavitNetworkRequest request;

	if (LACKS (check, refresh))
		return TRUE;
	if (!davit_check_site_make (&site, ID, error) || !davit_check_attach (check, &site, error))
		return FALSE;
	request = davit_check_network_request (&site);
	return davit_network_refresh (davit_check_network (check), &request, error) &&
	       davit_network_refresh (davit_check_network (check), &request, error) &&
	       davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

/* Of containers that are there it takes nothing, and of others nothing is left to detach. */
static gboolean
network_gc (DavitCheck *check, GError **error)
{
	static const char *const keep[] = {ID, NULL};
	const DavitCheckSite lost = {.id = OTHER, .netns_fd = -1, .netlink_fd = -1};
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};
	DavitNetwork *network = davit_check_network (check);

	if (LACKS (check, gc))
		return TRUE;
	return davit_check_site_make (&site, ID, error) &&
	       davit_check_attach (check, &site, error) &&
	       davit_network_gc (network, keep, NULL, error) &&
	       davit_network_gc (network, keep, NULL, error) &&
	       davit_check_told (check, &site, error) &&
	       davit_check_detach (check, &lost, TRUE, error) &&
	       davit_check_detach (check, &site, FALSE, error);
}

static gboolean
network_leaves_nothing (DavitCheck *check, GError **error)
{
	g_autofree char *interfaces = NULL;

	if (!life (check, error))
		return FALSE;
	interfaces = interfaces_list ();
	return davit_check_lives (check, life, error) &&
	       host_as_before (interfaces, "a connection", error);
}

/* Both halves of a life, for the checks that let something go wrong in it. */
static gboolean
life_begin (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckSite) site = {.netns_fd = -1, .netlink_fd = -1};

	return davit_check_site_make (&site, ID, error) && davit_check_attach (check, &site, error);
}

static gboolean
life_end (DavitCheck *check, GError **error)
{
	const DavitCheckSite site = {.id = ID, .netns_fd = -1, .netlink_fd = -1};

	return davit_check_detach (check, &site, TRUE, error);
}

static gboolean
network_helpers (DavitCheck *check, GError **error)
{
	return davit_check_helpers_fail (check, life_begin, life_end, error);
}

static gboolean
network_signals (DavitCheck *check, GError **error)
{
	return davit_check_signals (check, life, error);
}

const DavitCheckCase davit_check_network_cases[] = {
	{"network: attach tells what is there", DAVIT_CHECK_NEEDS_USABLE, network_attach, 0},
	{"network: attach without a socket in the namespace", DAVIT_CHECK_NEEDS_USABLE,
	 network_attach_plain, 0},
	{"network: detach of nothing, twice, and again", DAVIT_CHECK_NEEDS_USABLE, network_detach,
	 0},
	{"network: detach when the namespace is gone", DAVIT_CHECK_NEEDS_USABLE, network_gone, 0},
	{"network: killed after attach", DAVIT_CHECK_NEEDS_USABLE, network_killed, 0},
	{"network: two containers", DAVIT_CHECK_NEEDS_USABLE, network_two, 0},
	{"network: what can't be given is refused", DAVIT_CHECK_NEEDS_USABLE, network_refusals, 0},
	{"network: the loopback interface is reached", DAVIT_CHECK_NEEDS_USABLE, network_loopback,
	 0},
	{"network: a published port is reached", DAVIT_CHECK_NEEDS_USABLE, network_port, 0},
	{"network: check", DAVIT_CHECK_NEEDS_USABLE, network_check, 0},
	{"network: refresh", DAVIT_CHECK_NEEDS_USABLE, network_refresh, 0},
	{"network: gc", DAVIT_CHECK_NEEDS_USABLE, network_gc, 0},
	{"network: leaves nothing", DAVIT_CHECK_NEEDS_USABLE, network_leaves_nothing, 0},
	{"network: each program that fails", DAVIT_CHECK_NEEDS_USABLE, network_helpers, 0},
	{"network: signals", DAVIT_CHECK_NEEDS_USABLE, network_signals, 0},
	{0},
};

static gboolean
network_bench (DavitCheck *check, GError **error)
{
	return davit_check_bench (check, life, BENCH_ROUNDS, error);
}

const DavitCheckCase davit_check_network_bench[] = {
	{"network: times", DAVIT_CHECK_NEEDS_USABLE, network_bench, 0},
	{0},
};
