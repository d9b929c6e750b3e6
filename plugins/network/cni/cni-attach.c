/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * ADD. What is going to be done is recorded before the first plugin runs: whatever ends this
 * process, detach finds what to undo. The result is on disk before success is reported.
 */

#include "cni-attachment.h"

#include "cni-chain.h"
#include "cni-exec.h"
#include "cni-networks.h"
#include "cni-ports.h"
#include "cni-report.h"
#include "network-loopback.h"
#include "network-netlink.h"

#include <davit/error.h>

#include <unistd.h>

/* A program that is missing is found before anything has been done. */
static gboolean
programs_check (const DavitHost *host, const CniNetwork *network, GError **error)
{
	for (guint i = 0; i < network->plugins->len; i++) {
		const char *type = cni_network_plugin (network, i)->type;
		g_autofree char *path = NULL;

		if (!cni_exec_find (host, type, &path, error)) {
			g_prefix_error (error, "network \"%s\": plugin \"%s\": ", network->name,
					type);
			return FALSE;
		}
	}
	return TRUE;
}

/* No plugin of a network cares for lo. */
static gboolean
loopback_bring_up (const DavitNetworkRequest *request, GError **error)
{
	NetworkLoopback loopback;

	return request->netlink_fd >= 0
		       ? network_netlink_bring_up (request->netlink_fd, &loopback, error)
		       : network_loopback_visit (request->netns_fd, request->userns_fd,
						 NETWORK_LOOPBACK_BRING_UP, &loopback, error);
}

static CniEntry *
entry_plan (const DavitHost *host, const DavitNetworkRequest *request, const CniNetwork *network,
	    GArray *ports, GError **error)
{
	g_autofree char *netns = cni_exec_netns_path (request->netns_fd);
	g_auto (CniPlan) plan = {0};

	if (!cni_plan_make (host, network, request, ports, &plan, error))
		return NULL;
	return cni_entry_create (host, request, network, &plan, netns, error);
}

/* From the look at the ports to the record of them nobody else may look. */
static CniEntry *
entry_begin (const DavitHost *host, const DavitNetworkRequest *request, const CniNetwork *network,
	     GError **error)
{
	g_autoptr (GArray) ports = cni_ports_expand (request->ports, error);
	CniEntry *entry = NULL;
	int lock_fd = -1;

	if (ports == NULL)
		return NULL;
	if (ports->len == 0)
		return entry_plan (host, request, network, ports, error);
	if (!cni_ports_lock (host, &lock_fd, error))
		return NULL;
	if (cni_ports_claim (host, request->id, ports, error))
		entry = entry_plan (host, request, network, ports, error);
	close (lock_fd);
	return entry;
}

/* The error of attach stays what the user sees; that the undoing failed too is a warning. */
static void
undo (const CniEntry *entry, const char *last)
{
	const DavitHost *host = entry->host;
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;

	if (cni_chain_delete (entry, entry->netns, last, &local) &&
	    cni_entry_remove (host, entry->file_name, &local))
		return;
	text = g_strdup_printf ("undoing a failed start: %s", local->message);
	host->log (host, DAVIT_LOG_WARNING, text);
}

gboolean
cni_attach (const DavitHost *host, const DavitNetworkRequest *request, DavitResult *result,
	    GError **error)
{
	g_autoptr (CniNetwork) network = NULL;
	g_autoptr (CniEntry) entry = NULL;
	g_autofree char *last = NULL;

	if (!cni_plan_check (request, error))
		return FALSE;
	network = cni_networks_find (host, request->network, error);
	if (network == NULL || !programs_check (host, network, error) ||
	    !loopback_bring_up (request, error))
		return FALSE;
	entry = entry_begin (host, request, network, error);
	if (entry == NULL)
		return FALSE;
	if (!cni_chain_add (entry, &last, error) ||
	    !cni_entry_set_result (entry, last, TRUE, error) ||
	    !cni_report_fill (entry, request, last, result, error)) {
		undo (entry, last);
		return FALSE;
	}
	return TRUE;
}
