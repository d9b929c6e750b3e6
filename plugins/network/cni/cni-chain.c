/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-chain.h"

#include "cni-exec.h"
#include "cni-standin.h"

#include <davit/error.h>

#include <string.h>
#include <unistd.h>

static CniCall
call_of (const CniEntry *entry, guint index, const char *command, const char *netns)
{
	return (CniCall){
		.host = entry->host,
		.network = entry->network,
		.plugin = cni_network_plugin (entry->network, index),
		.command = command,
		.id = entry->id,
		.interface = entry->interface,
		.netns = netns,
		.arguments = entry->arguments,
		.capabilities = entry->capabilities,
	};
}

/* What a plugin printed becomes the next one's prevResult, in the network's version. */
static char *
result_take (const CniEntry *entry, const char *output, GError **error)
{
	const CniNetwork *network = entry->network;
	DavitJson *root = network->json->parse (output, -1, error);
	g_auto (CniResult) result = {0};
	GString *out = g_string_new (NULL);
	gboolean taken = root != NULL &&
			 cni_result_read (network->json, root, network->version, &result, error) &&
			 cni_result_write (&result, network->version, (CniSandbox){0}, out, error);

	network->json->document_free (root);
	return g_string_free (out, !taken);
}

static char *
add_one (const CniEntry *entry, guint index, const char *previous, GError **error)
{
	CniCall call = call_of (entry, index, "ADD", entry->netns);
	g_autoptr (GError) local = NULL;
	g_autofree char *output = NULL;
	char *result;

	call.previous = previous;
	if (!cni_exec (&call, &output, error))
		return NULL;
	if (output[strspn (output, " \t\r\n")] == '\0') {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
			     "network \"%s\": plugin \"%s\" (ADD): it printed no result",
			     entry->network->name, call.plugin->type);
		return NULL;
	}
	result = result_take (entry, output, &local);
	if (result == NULL)
		g_set_error (error, DAVIT_ERROR,
			     g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED)
				     ? DAVIT_ERROR_UNSUPPORTED
				     : DAVIT_ERROR_HELPER,
			     "network \"%s\": plugin \"%s\" (ADD): its result: %s",
			     entry->network->name, call.plugin->type, local->message);
	return result;
}

gboolean
cni_chain_add (const CniEntry *entry, char **ret_last, GError **error)
{
	*ret_last = NULL;
	for (guint i = 0; i < entry->network->plugins->len; i++) {
		char *result = add_one (entry, i, *ret_last, error);

		if (result == NULL)
			return FALSE;
		g_free (*ret_last);
		*ret_last = result;
		if (i + 1 < entry->network->plugins->len &&
		    !cni_entry_set_result (entry, result, FALSE, error))
			return FALSE;
	}
	return TRUE;
}

/* The result of the entry, with the path of the namespace as it is now. NULL: there is none. */
static char *
entry_result (const CniEntry *entry, const char *netns, GError **error)
{
	const CniNetwork *network = entry->network;
	g_auto (CniResult) result = {0};
	GString *out;
	gboolean written;

	if (!cni_result_read (network->json, entry->result, network->version, &result, error))
		return NULL;
	out = g_string_new (NULL);
	written = cni_result_write (&result, network->version,
				    (CniSandbox){netns[0] != '\0' ? entry->netns : NULL, netns},
				    out, error);
	return g_string_free (out, !written);
}

static void
keep_first (GError **first, GError *error)
{
	if (*first == NULL)
		*first = error;
	else
		g_error_free (error);
}

static gboolean
first_propagate (GError *first, GError **error)
{
	if (first == NULL)
		return TRUE;
	g_propagate_error (error, first);
	return FALSE;
}

/* iptables removes no rule that leads to a chain which is not there, and plugins pass that on. */
static gboolean
rule_is_gone (const GError *error)
{
	return g_error_matches (error, DAVIT_ERROR, DAVIT_ERROR_HELPER) &&
	       strstr (error->message, "does not exist") != NULL;
}

/*
 * An ADD that was interrupted may have given the address and not made the rules yet. By the time
 * that DEL trips over that it has removed the interface, and looks for no rules when it is run
 * again.
 */
static gboolean
delete_plainly (const CniCall *call, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (cni_exec (call, NULL, &local))
		return TRUE;
	if (rule_is_gone (local))
		return cni_exec (call, NULL, error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/*
 * That the rules are not there any more is an error to the plugin, and none to us: a DEL that was
 * interrupted, or one with the real namespace, may have removed them.
 */
static gboolean
delete_with_standin (CniCall *call, const CniEntry *entry, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *path = NULL;
	int fd = -1;
	gboolean deleted;

	if (!cni_standin_make (entry, &fd, error))
		return FALSE;
	call->netns = path = cni_exec_netns_path (fd);
	deleted = cni_exec (call, NULL, &local);
	close (fd);
	if (deleted || rule_is_gone (local))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/*
 * A namespace that is still there need not be as it was: who has CAP_NET_ADMIN in the container can
 * take the addresses away by which the rules on the host are found. So the stand-in comes then too.
 */
static gboolean
delete_one (const CniEntry *entry, guint index, const char *netns, const char *previous,
	    GError **error)
{
	CniCall call = call_of (entry, index, "DEL", netns);
	gboolean with_standin = cni_standin_is_wanted (entry, call.plugin);

	/* Older ones don't know it, and may refuse what they don't know. */
	if (entry->network->version >= CNI_VERSION_0_4_0)
		call.previous = previous;
	return ((with_standin && netns[0] == '\0') || delete_plainly (&call, error)) &&
	       (!with_standin || delete_with_standin (&call, entry, error));
}

gboolean
cni_chain_delete (const CniEntry *entry, const char *netns, const char *previous, GError **error)
{
	g_autofree char *own = NULL;
	GError *first = NULL;

	/* A result that can't be read again must not keep DEL from being run. */
	if (previous == NULL && entry->result != NULL)
		previous = own = entry_result (entry, netns, NULL);
	for (guint i = entry->network->plugins->len; i > 0; i--) {
		GError *local = NULL;

		if (!delete_one (entry, i - 1, netns, previous, &local))
			keep_first (&first, local);
	}
	return first_propagate (first, error);
}

gboolean
cni_chain_check (const CniEntry *entry, const char *netns, GError **error)
{
	g_autofree char *previous = entry_result (entry, netns, error);

	if (previous == NULL)
		return FALSE;
	for (guint i = 0; i < entry->network->plugins->len; i++) {
		CniCall call = call_of (entry, i, "CHECK", netns);

		call.previous = previous;
		if (!cni_exec (&call, NULL, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
cni_chain_collect (const DavitHost *host, const CniNetwork *network, const char *attachments,
		   GError **error)
{
	GError *first = NULL;

	for (guint i = 0; i < network->plugins->len; i++) {
		const CniCall call = {
			.host = host,
			.network = network,
			.plugin = cni_network_plugin (network, i),
			.command = "GC",
			.attachments = attachments,
		};
		GError *local = NULL;

		if (!cni_exec (&call, NULL, &local))
			keep_first (&first, local);
	}
	return first_propagate (first, error);
}
