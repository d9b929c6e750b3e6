/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-ports.h"

#include "cni-entry.h"
#include "cni-json.h"
#include "cni-result.h"

#include <davit/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define LAST_PORT 65535
/* How often another free port is tried, if a container has the one that the kernel names. */
#define CHOICES 100

static gboolean
port_is_valid (const DavitPort *port, GError **error)
{
	gboolean v6;
	guint last = MAX (port->container_port, port->host_port) + port->count - 1U;

	if (port->count == 0 || last > LAST_PORT) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "port %u: a range of %u ends above %d",
			     MAX (port->container_port, port->host_port), port->count, LAST_PORT);
		return FALSE;
	}
	if (port->host_address != NULL && port->host_address[0] != '\0' &&
	    !cni_address_is_valid (port->host_address, FALSE, &v6)) {
		g_autofree char *escaped = cni_text_escape (port->host_address);

		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "port %u: the host address \"%s\" is none", port->container_port,
			     escaped);
		return FALSE;
	}
	if (strcmp (port->protocol, "tcp") != 0 && strcmp (port->protocol, "udp") != 0 &&
	    strcmp (port->protocol, "sctp") != 0) {
		g_set_error (
			error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			"port %u: the protocol \"%s\" is not known; there are tcp, udp and sctp",
			port->container_port, port->protocol);
		return FALSE;
	}
	return TRUE;
}

GArray *
cni_ports_expand (const DavitPort *ports, GError **error)
{
	g_autoptr (GArray) list = g_array_new (FALSE, TRUE, sizeof (CniPort));

	for (; ports != NULL && ports->container_port != 0; ports++) {
		if (!port_is_valid (ports, error))
			return NULL;
		for (guint i = 0; i < ports->count; i++) {
			CniPort port = {
				.host_address = ports->host_address,
				.protocol = ports->protocol,
				.host_port = ports->host_port != 0 ? ports->host_port + i : 0,
				.container_port = ports->container_port + i,
			};

			if (port.host_address != NULL && port.host_address[0] == '\0')
				port.host_address = NULL;
			g_array_append_val (list, port);
		}
	}
	return g_steal_pointer (&list);
}

gboolean
cni_ports_lock (const DavitHost *host, int *ret_fd, GError **error)
{
	int fd =
		openat (host->state_dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = -1;

	if (fd >= 0) {
		do
			result = flock (fd, LOCK_EX);
		while (result < 0 && errno == EINTR);
	}
	if (result < 0) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_IO, "lock of published ports: %s",
			     g_strerror (errno));
		if (fd >= 0)
			close (fd);
		return FALSE;
	}
	*ret_fd = fd;
	return TRUE;
}

static gboolean
addresses_overlap (const char *a, const char *b)
{
	return a == NULL || b == NULL || strcmp (a, b) == 0 || strcmp (a, "0.0.0.0") == 0 ||
	       strcmp (b, "0.0.0.0") == 0 || strcmp (a, "::") == 0 || strcmp (b, "::") == 0;
}

static gboolean
mapping_has (const DavitJsonOps *json, const DavitJson *mapping, const CniPort *port)
{
	const char *protocol = json->string (json->member (mapping, "protocol"));

	return json->integer (json->member (mapping, "hostPort")) == port->host_port &&
	       g_strcmp0 (protocol, port->protocol) == 0 &&
	       addresses_overlap (json->string (json->member (mapping, "hostIP")),
				  port->host_address);
}

/* The name of a container that has the port, or NULL. */
static const char *
port_owner (const GPtrArray *entries, const CniPort *port)
{
	for (guint i = 0; i < entries->len; i++) {
		const CniEntry *entry = (const CniEntry *) entries->pdata[i];
		const DavitJsonOps *json = entry->host->json;
		const DavitJson *mappings = json->member (entry->capabilities, "portMappings");

		for (guint j = 0; j < json->length (mappings); j++) {
			if (mapping_has (json, json->element (mappings, j), port))
				return entry->container != NULL ? entry->container : entry->id;
		}
	}
	return NULL;
}

typedef union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} Address;

static socklen_t
address_fill (const CniPort *port, Address *address)
{
	const char *text = port->host_address != NULL ? port->host_address : "0.0.0.0";

	memset (address, 0, sizeof *address);
	if (strchr (text, ':') != NULL) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons ((guint16) port->host_port);
		inet_pton (AF_INET6, text, &address->v6.sin6_addr);
		return sizeof address->v6;
	}
	address->v4.sin_family = AF_INET;
	address->v4.sin_port = htons ((guint16) port->host_port);
	inet_pton (AF_INET, text, &address->v4.sin_addr);
	return sizeof address->v4;
}

/*
 * Binds to the port for a moment; with 0, the kernel names a free one. 0 or errno; a protocol that
 * the kernel has no sockets of can't be tried.
 */
static int
port_try (CniPort *port)
{
	Address address;
	socklen_t length = address_fill (port, &address);
	gboolean udp = strcmp (port->protocol, "udp") == 0;
	int protocol = strcmp (port->protocol, "sctp") == 0 ? IPPROTO_SCTP : 0;
	int fd = socket (address.any.sa_family,
			 (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	const int on = 1;
	int number = 0;

	if (fd < 0)
		return port->host_port != 0 ? 0 : errno;
	/* As servers do, so that what is in TIME_WAIT is no hindrance; with udp it would share. */
	if (!udp)
		setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind (fd, &address.any, length) < 0 ||
	    (!udp && port->host_port != 0 && listen (fd, 1) < 0) ||
	    getsockname (fd, &address.any, &length) < 0)
		number = errno;
	close (fd);
	if (number == 0)
		port->host_port = ntohs (address.any.sa_family == AF_INET6 ? address.v6.sin6_port
									   : address.v4.sin_port);
	return number;
}

static gboolean
port_fail (const CniPort *port, int number, GError **error)
{
	const char *address = port->host_address != NULL ? port->host_address : "all addresses";

	if (number == EADDRINUSE)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY,
			     "port \"%u/%s\" of the host (%s) is in use by a program of the host",
			     port->host_port, port->protocol, address);
	else if (number == EADDRNOTAVAIL)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "port \"%u/%s\": \"%s\" is no address of this host", port->host_port,
			     port->protocol, address);
	else
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED,
			     "port \"%u/%s\" of the host (%s): %s", port->host_port, port->protocol,
			     address, g_strerror (number));
	return FALSE;
}

static gboolean
port_claim (const GPtrArray *entries, CniPort *port, GError **error)
{
	gboolean choose = port->host_port == 0;
	const char *owner = NULL;

	for (guint i = 0; i < CHOICES; i++) {
		int number = 0;

		/* A container's port is no socket of the host: both have to be asked. */
		owner = choose ? NULL : port_owner (entries, port);
		if (owner == NULL)
			number = port_try (port);
		if (number != 0)
			return port_fail (port, number, error);
		if (choose)
			owner = port_owner (entries, port);
		if (owner == NULL)
			return TRUE;
		if (!choose)
			break;
		port->host_port = 0;
	}
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY,
		     "port \"%u/%s\" of the host is published by the container \"%s\"",
		     port->host_port, port->protocol, owner);
	return FALSE;
}

gboolean
cni_ports_claim (const DavitHost *host, const char *id, GArray *ports, GError **error)
{
	g_autoptr (GPtrArray) entries = cni_entries_with_ports (host, id);

	for (guint i = 0; i < ports->len; i++) {
		if (!port_claim (entries, &g_array_index (ports, CniPort, i), error))
			return FALSE;
	}
	return TRUE;
}

void
cni_ports_write (const GArray *ports, GString *out, const char *key)
{
	cni_json_open (out, key, '[');
	for (guint i = 0; i < ports->len; i++) {
		const CniPort *port = &g_array_index (ports, CniPort, i);

		cni_json_open (out, NULL, '{');
		cni_json_integer (out, "hostPort", port->host_port);
		cni_json_integer (out, "containerPort", port->container_port);
		cni_json_string (out, "protocol", port->protocol);
		cni_json_string (out, "hostIP", port->host_address);
		cni_json_close (out, '}');
	}
	cni_json_close (out, ']');
}
