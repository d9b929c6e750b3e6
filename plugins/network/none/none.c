/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network "none": a namespace of its own with nothing in it but the loopback interface.
 *
 * It keeps no state and makes nothing outside the namespace. What can't be had without a
 * connection is refused, except for published ports: docker and podman drop them with a warning,
 * and scripts rely on it.
 */

#include "network-loopback.h"
#include "network-netlink.h"

#include <davit/network.h>

#include <fcntl.h>
#include <unistd.h>

typedef struct {
	const DavitHost *host;
} None;

static gboolean
none_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	None *none = g_new0 (None, 1);

	none->host = host;
	*ret_instance = none;
	return TRUE;
}

static void
none_close (gpointer instance)
{
	g_free (instance);
}

/* FALSE if the file says 0; TRUE also if there is no such file: then there is no such limit. */
static gboolean
limit_allows (const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents (path, &text, NULL, NULL))
		return TRUE;
	return g_ascii_strtoull (text, NULL, 10) > 0;
}

static gboolean
none_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	None *none = (None *) instance;

	none->host->probe_add (probe, "kernel support for network namespaces",
			       access ("/proc/self/ns/net", F_OK) == 0,
			       "the kernel needs CONFIG_NET_NS");
	none->host->probe_add (probe, "permission for new network namespaces",
			       limit_allows ("/proc/sys/user/max_net_namespaces"),
			       "write a number above 0 to /proc/sys/user/max_net_namespaces");
	return TRUE;
}

static gboolean
refuse (GError **error, const char *what, const char *value)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
		     "can't give the %s \"%s\": there is a loopback interface only; choose another "
		     "network driver",
		     what, value);
	return FALSE;
}

/* Each option and address that was asked for and can't be given is an error. */
static gboolean
request_check (const DavitNetworkRequest *request, GError **error)
{
	if (request->network != NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND,
			     "network \"%s\": this driver has no networks to choose from",
			     request->network);
		return FALSE;
	}
	if (request->options != NULL && request->options[0] != NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "option \"%s\": this driver has no options", request->options[0]);
		return FALSE;
	}
	if (request->address != NULL)
		return refuse (error, "address", request->address);
	if (request->address6 != NULL)
		return refuse (error, "address", request->address6);
	if (request->mac_address != NULL)
		return refuse (error, "MAC address", request->mac_address);
	return TRUE;
}

static gboolean
request_bring_up (const DavitNetworkRequest *request, NetworkLoopback *ret_loopback, GError **error)
{
	return network_loopback_visit (request->netns_fd, request->userns_fd,
				       NETWORK_LOOPBACK_BRING_UP, ret_loopback, error);
}

static gboolean
none_attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result,
	     GError **error)
{
	None *none = (None *) instance;
	NetworkLoopback loopback;

	if (!request_check (request, error))
		return FALSE;
	if (request->netlink_fd >= 0
		    ? !network_netlink_bring_up (request->netlink_fd, &loopback, error)
		    : !request_bring_up (request, &loopback, error))
		return FALSE;
	if (request->ports != NULL && request->ports[0].container_port != 0)
		none->host->log (
			none->host, DAVIT_LOG_WARNING,
			"published ports are dropped: nothing reaches a container that has "
			"a loopback interface only");
	none->host->result_string (result, "interface", "lo");
	none->host->result_string (result, "address", "lo 127.0.0.1/8");
	if (loopback.has_ipv6)
		none->host->result_string (result, "address", "lo ::1/128");
	return TRUE;
}

/* The interface goes with its namespace; nothing was made anywhere else. */
static gboolean
none_detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return TRUE;
}

static gboolean
none_check (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	NetworkLoopback loopback;

	if (!network_loopback_visit (request->netns_fd, request->userns_fd, NETWORK_LOOPBACK_LOOK,
				     &loopback, error))
		return FALSE;
	if (loopback.up)
		return TRUE;
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
			     "interface \"lo\" is down; it was up when the container was started");
	return FALSE;
}

static gboolean
none_refresh (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	NetworkLoopback loopback;

	return request_bring_up (request, &loopback, error);
}

/* There are no leases or rules that could outlive a container. */
static gboolean
none_gc (gpointer instance, const char *const *ids, DavitResult *result, GError **error)
{
	return TRUE;
}

static const DavitNetworkOps none_ops = {
	.open = none_open,
	.close = none_close,
	.probe = none_probe,
	.attach = none_attach,
	.detach = none_detach,
	.check = none_check,
	.refresh = none_refresh,
	.gc = none_gc,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "none", "0.1.0",
		     "a network namespace with a loopback interface only", "LGPL-2.1-or-later",
		     NULL, none_ops);
