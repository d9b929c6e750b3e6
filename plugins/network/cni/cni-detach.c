/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DEL, CHECK and GC, all from the records alone. */

#include "cni-attachment.h"

#include "cni-chain.h"
#include "cni-exec.h"
#include "cni-json.h"
#include "cni-networks.h"

#include <davit/error.h>

#include <string.h>

/*
 * A record that is damaged must not keep a container from being removed for ever. Its name says
 * which network it was, and if that is still configured, DEL needs no more than that.
 */
static gboolean
detach_damaged (const DavitHost *host, const char *file_name, const char *netns,
		const GError *damage, GError **error)
{
	g_auto (GStrv) parts = cni_entry_split (file_name);
	g_autoptr (CniNetwork) network = cni_networks_find (host, parts[1], NULL);
	CniEntry entry = {
		.host = host,
		.id = parts[0],
		.interface = parts[2],
		.arguments = "IgnoreUnknown=1",
		.netns = netns,
		.network = network,
	};
	g_autofree char *text = g_strdup_printf (
		"%s; %s", damage->message,
		network != NULL
			? "what it stood for is undone by the network's present configuration"
			: "what it stood for is left behind");

	host->log (host, DAVIT_LOG_WARNING, text);
	return network == NULL || cni_chain_delete (&entry, netns, NULL, error);
}

/* Without a record nothing has ever been done: it is written first and removed last. */
static gboolean
detach_one (const DavitHost *host, const char *file_name, const char *netns, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autoptr (CniEntry) entry = cni_entry_load (host, file_name, &local);

	if (entry == NULL && g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	if (entry == NULL && !g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_CORRUPT)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (entry == NULL ? !detach_damaged (host, file_name, netns, local, error)
			  : !cni_chain_delete (entry, netns, NULL, error))
		return FALSE;
	return cni_entry_remove (host, file_name, error);
}

static gboolean
detach_all (const DavitHost *host, const GPtrArray *names, const char *netns, GError **error)
{
	GError *first = NULL;

	for (guint i = 0; i < names->len; i++) {
		GError *local = NULL;

		if (detach_one (host, (const char *) names->pdata[i], netns, &local))
			continue;
		if (first == NULL)
			first = local;
		else
			g_error_free (local);
	}
	if (first == NULL)
		return TRUE;
	g_propagate_error (error, first);
	return FALSE;
}

/* An id or a name that attach would have refused has no record. */
static GPtrArray *
request_entries (const DavitHost *host, const DavitNetworkRequest *request, GError **error)
{
	return cni_entries_list (host, request->id, request->network, request->interface, error);
}

gboolean
cni_detach (const DavitHost *host, const DavitNetworkRequest *request, GError **error)
{
	g_autoptr (GPtrArray) names = request_entries (host, request, error);
	g_autofree char *netns = cni_exec_netns_path (request->netns_fd);

	return names != NULL && detach_all (host, names, netns, error);
}

static gboolean
check_entry (const CniEntry *entry, const char *netns, GError **error)
{
	const CniNetwork *network = entry->network;

	if (!entry->complete) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
			     "network \"%s\": attaching \"%s\" did not come to its end",
			     network->name, entry->interface);
		return FALSE;
	}
	if (network->disable_check) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "network \"%s\" can't be checked: \"disableCheck\" is set in \"%s\"",
			     network->name, network->file);
		return FALSE;
	}
	if (network->version < CNI_VERSION_0_4_0) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "network \"%s\" can't be checked: that needs cniVersion 0.4.0, and it "
			     "is %s in \"%s\"",
			     network->name, cni_version_name (network->version), network->file);
		return FALSE;
	}
	return cni_chain_check (entry, netns, error);
}

gboolean
cni_check (const DavitHost *host, const DavitNetworkRequest *request, GError **error)
{
	g_autoptr (GPtrArray) names = request_entries (host, request, error);
	g_autofree char *netns = cni_exec_netns_path (request->netns_fd);

	if (names == NULL)
		return FALSE;
	if (names->len == 0) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
			     "network \"%s\": the container is not attached to it",
			     request->network != NULL ? request->network : "");
		return FALSE;
	}
	for (guint i = 0; i < names->len; i++) {
		g_autoptr (CniEntry) entry =
			cni_entry_load (host, (const char *) names->pdata[i], error);

		if (entry == NULL || !check_entry (entry, netns, error))
			return FALSE;
	}
	return TRUE;
}

/* "[{"containerID":...,"ifname":...}]": all of the network that are still there. */
static char *
attachments_write (const DavitHost *host, const char *network)
{
	g_autoptr (GPtrArray) names = cni_entries_list (host, NULL, network, NULL, NULL);
	GString *out = g_string_new (NULL);

	cni_json_open (out, NULL, '[');
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_auto (GStrv) parts = cni_entry_split ((const char *) names->pdata[i]);

		cni_json_open (out, NULL, '{');
		cni_json_string (out, "containerID", parts[0]);
		cni_json_string (out, "ifname", parts[2]);
		cni_json_close (out, '}');
	}
	cni_json_close (out, ']');
	return g_string_free (out, FALSE);
}

static gboolean
network_collect (const DavitHost *host, const CniNetwork *network, GError **error)
{
	g_autofree char *attachments = NULL;

	/* Older plugins don't know the command. */
	if (network->problem != NULL || network->disable_gc || network->version < CNI_VERSION_1_1_0)
		return TRUE;
	attachments = attachments_write (host, network->name);
	return cni_chain_collect (host, network, attachments, error);
}

static gboolean
networks_collect (const DavitHost *host, GError **error)
{
	g_autoptr (GPtrArray) networks = cni_networks_load (host, NULL);
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
	GError *first = NULL;

	for (guint i = 0; i < networks->len; i++) {
		const CniNetwork *network = (const CniNetwork *) networks->pdata[i];
		GError *local = NULL;

		if (network->name == NULL || !g_hash_table_add (seen, (gpointer) network->name) ||
		    network_collect (host, network, &local))
			continue;
		if (first == NULL)
			first = local;
		else
			g_error_free (local);
	}
	if (first == NULL)
		return TRUE;
	g_propagate_error (error, first);
	return FALSE;
}

gboolean
cni_collect (const DavitHost *host, const char *const *ids, DavitResult *result, GError **error)
{
	g_autoptr (GPtrArray) names = cni_entries_list (host, NULL, NULL, NULL, error);
	g_autoptr (GPtrArray) stale = g_ptr_array_new ();

	if (names == NULL)
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		g_auto (GStrv) parts = cni_entry_split ((const char *) names->pdata[i]);

		if (g_strv_contains (ids, parts[0]))
			continue;
		g_ptr_array_add (stale, names->pdata[i]);
		host->result_string (result, "removed", parts[0]);
	}
	return detach_all (host, stale, "", error) && networks_collect (host, error);
}
