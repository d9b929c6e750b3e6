/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network "mine": a namespace whose loopback interface is up, by the program ip. */

#include <davit/network.h>

static gboolean
mine_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	*ret_instance = (gpointer) host;
	return TRUE;
}

static void
mine_close (gpointer instance)
{
}

static gboolean
mine_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const DavitHost *host = (const DavitHost *) instance;
	char *program = g_find_program_in_path ("ip");

	host->probe_add (probe, "program ip", program != NULL, "install iproute2");
	g_free (program);
	return TRUE;
}

/* What can't be given must be refused: see davit-plugin(7) for all that may be asked for. */
static gboolean
mine_refuse (const DavitNetworkRequest *request, GError **error)
{
	gboolean options = request->options != NULL && request->options[0] != NULL;
	gboolean ports = request->ports != NULL && request->ports[0].container_port != 0;

	if (!options && !ports && request->network == NULL && request->address == NULL &&
	    request->address6 == NULL && request->mac_address == NULL)
		return FALSE;
	g_set_error (error, DAVIT_ERROR, options ? DAVIT_ERROR_USAGE : DAVIT_ERROR_UNSUPPORTED,
		     "container \"%s\": there is a loopback interface only", request->id);
	return TRUE;
}

static gboolean
mine_attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result,
	     GError **error)
{
	const DavitHost *host = (const DavitHost *) instance;
	static const char *const argv[] = {"ip", "link", "set", "dev", "lo", "up", NULL};
	const DavitHelper helper = {.size = sizeof helper,
				    .argv = argv,
				    .netns_fd = request->netns_fd,
				    .userns_fd =
					    request->userns_fd >= 0 ? &request->userns_fd : NULL,
				    .cwd_dirfd = -1};

	if (mine_refuse (request, error) || !host->run_helper (host, &helper, NULL, error))
		return FALSE;
	host->result_string (result, "interface", "lo");
	host->result_string (result, "address", "lo 127.0.0.1/8");
	return TRUE;
}

/* Undoes attach, also half of it and a second time. Here the namespace takes all with it. */
static gboolean
mine_detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return TRUE;
}

static const DavitNetworkOps mine_ops = {
	.open = mine_open,
	.close = mine_close,
	.probe = mine_probe,
	.attach = mine_attach,
	.detach = mine_detach,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "mine", "0.1.0", "a loopback interface that is up",
		     "LGPL-2.1-or-later", NULL, mine_ops);
