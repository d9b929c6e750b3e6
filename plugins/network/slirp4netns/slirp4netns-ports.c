/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The helper says only that it could not listen. Why is found by trying the same here: this process
 * is in the helper's namespace of networks, and has its privileges or more.
 */

#include "slirp4netns-ports.h"

#include "slirp4netns-text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often a free port is looked for: somebody else may take it before the helper does. */
#define ATTEMPTS 16
#define ANY "0.0.0.0"

static gboolean
address_parse (const char *text, struct in_addr *ret)
{
	return inet_pton (AF_INET, text != NULL ? text : ANY, ret) == 1;
}

static gboolean
port_is_end (const DavitPort *port)
{
	return port->container_port == 0;
}

static gboolean
port_check (const DavitPort *port, GError **error)
{
	const char *protocol = port->protocol != NULL ? port->protocol : "";
	g_autofree char *text = NULL;
	struct in_addr address;

	if (!g_str_equal (protocol, "tcp") && !g_str_equal (protocol, "udp")) {
		text = slirp4netns_text_escape (protocol, G_MAXSSIZE);
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "can't publish a port of protocol \"%s\": slirp4netns does tcp and "
			     "udp",
			     text);
		return FALSE;
	}
	if (!address_parse (port->host_address, &address)) {
		text = slirp4netns_text_escape (port->host_address, G_MAXSSIZE);
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "can't publish a port at the address \"%s\": slirp4netns listens to "
			     "IPv4 addresses only",
			     text);
		return FALSE;
	}
	if (port->count >= 1 && port->container_port + port->count - 1 <= G_MAXUINT16 &&
	    port->host_port + port->count - 1 <= G_MAXUINT16)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
		     "can't publish %u ports from port %u of the container on: there are 65535",
		     port->count, port->container_port);
	return FALSE;
}

gboolean
slirp4netns_ports_check (const DavitPort *ports, GError **error)
{
	for (; ports != NULL && !port_is_end (ports); ports++) {
		if (!port_check (ports, error))
			return FALSE;
	}
	return TRUE;
}

/* 0, or why the port can't be listened to here, as errno. *port 0: any, and which one it was. */
static int
try_listen (const SlirpForward *forward, guint *port)
{
	gboolean tcp = g_str_equal (forward->protocol, "tcp");
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons ((guint16) *port)};
	socklen_t size = sizeof address;
	slirp_autofd fd = socket (AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	address_parse (forward->host_address, &address.sin_addr);
	/* As the helper does: otherwise a connection that has just ended would be in the way. */
	if (fd < 0 || (tcp && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof (int))) ||
	    bind (fd, (const struct sockaddr *) &address, sizeof address) < 0 ||
	    (tcp && listen (fd, 1) < 0) ||
	    getsockname (fd, (struct sockaddr *) &address, &size) < 0)
		return errno;
	*port = ntohs (address.sin_port);
	return 0;
}

/* The helper refused; error is what it said. */
static gboolean
refusal_explain (const SlirpForward *forward, GError **error)
{
	guint port = forward->host_port;
	int number = try_listen (forward, &port);
	DavitErrorCode code = DAVIT_ERROR_UNAVAILABLE;
	const char *reason = "the host has no such address";

	if (number == EADDRINUSE) {
		code = DAVIT_ERROR_BUSY;
		reason = "something listens there already; take another port, or stop what does";
	} else if (number == EACCES) {
		code = DAVIT_ERROR_PERMISSION;
		reason = "only root may; take a port of 1024 or above, or lower "
			 "/proc/sys/net/ipv4/ip_unprivileged_port_start";
	} else if (number != EADDRNOTAVAIL) {
		g_prefix_error (error, "publish port %u/%s at \"%s\": ", port, forward->protocol,
				forward->host_address);
		return FALSE;
	}
	g_clear_error (error);
	g_set_error (error, DAVIT_ERROR, code, "publish port %u/%s at \"%s\": %s", port,
		     forward->protocol, forward->host_address, reason);
	return FALSE;
}

static void
forwards_undo (const SlirpApi *api, const GArray *forwards)
{
	for (guint i = forwards->len; i > 0; i--)
		slirp4netns_api_remove (api, g_array_index (forwards, SlirpForward, i - 1).id,
					NULL);
}

/* All that belong to one port, from one host port on. */
static gboolean
forwards_add (const SlirpApi *api, const DavitPort *port, SlirpForward forward, GArray *forwards,
	      GError **error)
{
	g_array_set_size (forwards, 0);
	for (guint i = 0; i < port->count; i++) {
		g_autoptr (GError) local = NULL;
		gboolean refused = FALSE;

		if (!slirp4netns_api_add (api, &forward, &refused, &local)) {
			forwards_undo (api, forwards);
			if (refused)
				refusal_explain (&forward, &local);
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		g_array_append_val (forwards, forward);
		forward.host_port++;
		forward.container_port++;
	}
	return TRUE;
}

/* The first of count ports that are free together; the helper can't choose. */
static gboolean
choose_host_port (const DavitPort *port, SlirpForward *forward, GError **error)
{
	for (guint i = 0; i < ATTEMPTS; i++) {
		guint first = 0;
		int number = try_listen (forward, &first);
		gboolean free = number == 0 && first + port->count - 1 <= G_MAXUINT16;

		for (guint j = 1; free && j < port->count; j++)
			free = try_listen (forward, &(guint){first + j}) == 0;
		forward->host_port = first;
		if (free)
			return TRUE;
		/* Not for want of a port: another attempt ends in the same way. */
		if (number != 0 && number != EADDRINUSE) {
			g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER, "it can't listen");
			return refusal_explain (forward, error);
		}
	}
	g_set_error (
		error, DAVIT_ERROR, DAVIT_ERROR_BUSY,
		"publish %u ports at \"%s\": as many free ones in a row were not found; choose "
		"them yourself",
		port->count, forward->host_address);
	return FALSE;
}

static gboolean
forwards_choose (const SlirpApi *api, const DavitPort *port, SlirpForward forward, GArray *forwards,
		 GError **error)
{
	for (guint i = 0; i < ATTEMPTS; i++) {
		g_autoptr (GError) local = NULL;

		if (!choose_host_port (port, &forward, error))
			return FALSE;
		if (forwards_add (api, port, forward, forwards, &local))
			return TRUE;
		if (i + 1 == ATTEMPTS || !g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_BUSY)) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
	}
	return FALSE;
}

/* The address as the helper's list spells it. */
static char *
canonical_address (const char *text)
{
	struct in_addr address;
	char canonical[INET_ADDRSTRLEN] = ANY;

	if (address_parse (text, &address))
		inet_ntop (AF_INET, &address, canonical, sizeof canonical);
	return g_strdup (canonical);
}

gboolean
slirp4netns_ports_add (const SlirpApi *api, const char *container_address, const DavitPort *port,
		       DavitResult *result, GError **error)
{
	g_autoptr (GArray) forwards = g_array_new (FALSE, FALSE, sizeof (SlirpForward));
	g_autofree char *address = canonical_address (port->host_address);
	const SlirpForward first = {
		.protocol = port->protocol,
		.host_address = address,
		.host_port = port->host_port,
		.container_address = container_address,
		.container_port = port->container_port,
	};

	if (!port_check (port, error) ||
	    !(port->host_port != 0 ? forwards_add (api, port, first, forwards, error)
				   : forwards_choose (api, port, first, forwards, error)))
		return FALSE;
	for (guint i = 0; i < forwards->len; i++) {
		const SlirpForward *forward = &g_array_index (forwards, SlirpForward, i);
		g_autofree char *line =
			g_strdup_printf ("%s %u %s %u", address, forward->host_port,
					 forward->protocol, forward->container_port);

		api->host->result_string (result, "port", line);
	}
	return TRUE;
}

gboolean
slirp4netns_ports_remove (const SlirpApi *api, const DavitPort *port, GError **error)
{
	g_autofree char *address = canonical_address (port->host_address);
	SlirpForward forward = {
		.protocol = port->protocol,
		.host_address = address,
		.host_port = port->host_port,
	};

	if (!port_check (port, error))
		return FALSE;
	for (guint i = 0; i < port->count; i++, forward.host_port++) {
		gint64 id = 0;

		if (!slirp4netns_api_find (api, &forward, &id, error) ||
		    (id > 0 && !slirp4netns_api_remove (api, id, error)))
			return FALSE;
	}
	return TRUE;
}
