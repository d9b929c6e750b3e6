/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network "slirp4netns": a TCP/IP stack in a process of the user's connects the container, so
 * that no privilege over the host's network is needed. That process, the helper, is the program
 * slirp4netns; there is one for each container.
 */

#include "slirp4netns-attach.h"
#include "slirp4netns-program.h"

typedef struct {
	const DavitHost *host;
} Slirp;

static const DavitHost *
host_of (gpointer instance)
{
	return ((const Slirp *) instance)->host;
}

static gboolean
open_instance (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Slirp *slirp = g_new0 (Slirp, 1);

	slirp->host = host;
	*ret_instance = slirp;
	return TRUE;
}

static void
close_instance (gpointer instance)
{
	g_free (instance);
}

static gboolean
probe (gpointer instance, DavitProbe *needs, GError **error)
{
	slirp4netns_program_probe (host_of (instance), needs);
	return TRUE;
}

static gboolean
attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result, GError **error)
{
	return slirp4netns_attach (host_of (instance), request, result, error);
}

static gboolean
detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return slirp4netns_detach (host_of (instance), request->id, error);
}

static gboolean
check (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return slirp4netns_check (host_of (instance), request, error);
}

static gboolean
gc (gpointer instance, const char *const *ids, DavitResult *result, GError **error)
{
	return slirp4netns_collect (host_of (instance), ids, error);
}

static gboolean
port_add (gpointer instance, const DavitNetworkRequest *request, const DavitPort *port,
	  DavitResult *result, GError **error)
{
	return slirp4netns_port_add (host_of (instance), request, port, result, error);
}

static gboolean
port_remove (gpointer instance, const DavitNetworkRequest *request, const DavitPort *port,
	     GError **error)
{
	return slirp4netns_port_remove (host_of (instance), request, port, error);
}

/* Those that podman has are called as there, so that what people know goes on working. */
static const DavitOption options[] = {
	{"program", DAVIT_OPTION_PATH, NULL, NULL,
	 "the program; not set: slirp4netns, searched in PATH"},
	{"timeout", DAVIT_OPTION_DURATION, "30s", NULL,
	 "how long the program may take to be ready, and to answer"},
	{"mtu", DAVIT_OPTION_INTEGER, "65520", NULL, "largest packet, from 68 to 65521 bytes"},
	{"cidr", DAVIT_OPTION_STRING, "10.0.2.0/24", NULL,
	 "the network: gateway is number 2, nameserver 3, container 100"},
	{"enable-ipv6", DAVIT_OPTION_BOOLEAN, "true", NULL, "IPv6 too"},
	{"outbound-addr", DAVIT_OPTION_STRING, NULL, NULL,
	 "IPv4 address or interface of the host that connections go out from"},
	{"outbound-addr6", DAVIT_OPTION_STRING, NULL, NULL, "the same for IPv6"},
	{"allow-host-loopback", DAVIT_OPTION_BOOLEAN, "false", NULL,
	 "let containers reach 127.0.0.1 of the host by the gateway's address"},
	{"port-handler", DAVIT_OPTION_CHOICE, "slirp4netns", "slirp4netns", "what publishes ports"},
	{"sandbox", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "the program gives up its view of the file system and its capabilities"},
	{"seccomp", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "the program gives up system calls that it does not need"},
	{0},
};

static const DavitNetworkOps ops = {
	.open = open_instance,
	.close = close_instance,
	.probe = probe,
	.attach = attach,
	.detach = detach,
	.check = check,
	.gc = gc,
	.port_add = port_add,
	.port_remove = port_remove,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "slirp4netns", "0.1.0",
		     "a connection by a user's process, without privilege on the host",
		     "LGPL-2.1-or-later", options, ops);
