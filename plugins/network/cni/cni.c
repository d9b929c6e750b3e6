/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network "cni": runs plugins of the Container Network Interface, as its specification 1.1
 * says, for the networks that are configured on the host.
 */

#include "cni-attachment.h"
#include "cni-exec.h"
#include "cni-networks.h"

#include <davit/network.h>

#include <unistd.h>

typedef struct {
	const DavitHost *host;
} Cni;

static const DavitHost *
host_of (gpointer instance)
{
	return ((const Cni *) instance)->host;
}

static gboolean
open_instance (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Cni *cni = g_new0 (Cni, 1);

	cni->host = host;
	*ret_instance = cni;
	return TRUE;
}

static void
close_instance (gpointer instance)
{
	g_free (instance);
}

static gboolean
program_exists (const char *name)
{
	g_autofree char *path = cni_exec_search_path ();
	g_auto (GStrv) directories = g_strsplit (path, ":", -1);

	for (guint i = 0; directories[i] != NULL; i++) {
		g_autofree char *file = g_build_filename (directories[i], name, NULL);

		if (file[0] == '/' && access (file, X_OK) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
probe_program (const DavitHost *host, DavitProbe *probe, const char *type)
{
	g_autofree char *what = g_strdup_printf ("CNI plugin \"%s\"", type);
	g_autofree char *path = NULL;
	g_autoptr (GError) local = NULL;
	gboolean met = cni_exec_find (host, type, &path, &local);

	host->probe_add (probe, what, met, met ? NULL : local->message);
}

/* The programs of the default network, and those that these run. */
static void
probe_network (const DavitHost *host, DavitProbe *probe, const CniNetwork *network)
{
	static const char *const filters[] = {"portmap", "firewall", NULL};
	gboolean wants_iptables = FALSE;

	for (guint i = 0; i < network->plugins->len; i++) {
		const CniPlugin *plugin = cni_network_plugin (network, i);
		const char *ipam = cni_network_ipam (network, plugin);

		probe_program (host, probe, plugin->type);
		if (ipam != NULL && ipam[0] != '\0')
			probe_program (host, probe, ipam);
		wants_iptables |=
			g_strv_contains (filters, plugin->type) ||
			host->json->boolean (host->json->member (plugin->config, "ipMasq"));
	}
	if (wants_iptables)
		host->probe_add (probe, "program \"iptables\"", program_exists ("iptables"),
				 "install iptables");
}

static gboolean
probe (gpointer instance, DavitProbe *needs, GError **error)
{
	const DavitHost *host = host_of (instance);
	g_autoptr (GError) local = NULL;
	g_autoptr (CniNetwork) network = cni_networks_find (host, NULL, &local);

	host->probe_add (needs, "privilege over the host's network", !host->facts->rootless,
			 "run as root, or choose another network driver");
	host->probe_add (needs, "a network configuration", network != NULL,
			 network != NULL ? NULL : local->message);
	if (network != NULL)
		probe_network (host, needs, network);
	return TRUE;
}

static gboolean
attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result, GError **error)
{
	return cni_attach (host_of (instance), request, result, error);
}

static gboolean
detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return cni_detach (host_of (instance), request, error);
}

static gboolean
check (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return cni_check (host_of (instance), request, error);
}

static gboolean
gc (gpointer instance, const char *const *ids, DavitResult *result, GError **error)
{
	return cni_collect (host_of (instance), ids, result, error);
}

static gboolean
network_list (gpointer instance, DavitResult *result, GError **error)
{
	const DavitHost *host = host_of (instance);
	g_autoptr (GPtrArray) networks = cni_networks_load (host, NULL);
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

	for (guint i = 0; i < networks->len; i++) {
		const CniNetwork *network = (const CniNetwork *) networks->pdata[i];
		g_autoptr (GString) types = g_string_new (NULL);

		if (network->problem != NULL) {
			host->log (host, DAVIT_LOG_WARNING, network->problem->message);
			continue;
		}
		/* Of two with one name the first is used. */
		if (!g_hash_table_add (seen, (gpointer) network->name))
			continue;
		for (guint j = 0; j < network->plugins->len; j++)
			g_string_append_printf (types, "%s%s", j > 0 ? "," : "",
						cni_network_plugin (network, j)->type);
		host->result_string (result, "network", network->name);
		host->result_string (result, "file", network->file);
		host->result_string (result, "plugins", types->str);
	}
	return TRUE;
}

static const DavitOption options[] = {
	{"conf-directories", DAVIT_OPTION_LIST, "/etc/cni/net.d", NULL,
	 "directories with network configurations"},
	{"plugin-directories", DAVIT_OPTION_LIST, "/usr/lib/cni;/opt/cni/bin;/usr/libexec/cni",
	 NULL, "directories with CNI plugins"},
	{"network", DAVIT_OPTION_STRING, NULL, NULL,
	 "network of containers that name none; not set: that of the first file"},
	{"timeout", DAVIT_OPTION_DURATION, "60s", NULL, "how long one plugin may run"},
	{"kubernetes-arguments", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "tell plugins the container's name in the arguments that Kubernetes has for it"},
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
	.network_list = network_list,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "cni", "0.1.0",
		     "networks of the Container Network Interface, by its plugins",
		     "LGPL-2.1-or-later", options, ops);
