/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A network driver that was written for ABI 1.0 and never again touched: old.c builds it as it was,
 * future.c as if later headers had been there. It brings the loopback interface up.
 */

#include <davit/network.h>

typedef struct {
	const DavitHost *host;
	char *colour;
} Frozen;

static gboolean
frozen_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	Frozen *frozen;

	if (host->facts->size < sizeof (DavitFacts)) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "too few facts");
		return FALSE;
	}
	frozen = g_new0 (Frozen, 1);
	frozen->host = host;
	frozen->colour = g_strdup (host->option_string (host, "colour"));
	*ret_instance = frozen;
	return TRUE;
}

static void
frozen_close (gpointer instance)
{
	Frozen *frozen = (Frozen *) instance;

	g_free (frozen->colour);
	g_free (frozen);
}

static gboolean
frozen_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const DavitHost *host = ((const Frozen *) instance)->host;
	char *program = g_find_program_in_path ("ip");

	host->probe_add (probe, "program ip", program != NULL, "install iproute2");
	g_free (program);
	return TRUE;
}

static gboolean
frozen_attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result,
	       GError **error)
{
	const DavitHost *host = ((const Frozen *) instance)->host;
	static const char *const argv[] = {"ip", "link", "set", "dev", "lo", "up", NULL};
	const DavitHelper helper = {.size = sizeof helper,
				    .argv = argv,
				    .netns_fd = request->netns_fd,
				    .cwd_dirfd = -1};
	gboolean options = request->options != NULL && request->options[0] != NULL;

	if (options || request->network != NULL || request->address != NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "container \"%s\": there is a loopback interface only", request->id);
		return FALSE;
	}
	if (!host->run_helper (host, &helper, NULL, error))
		return FALSE;
	host->result_string (result, "interface", "lo");
	host->result_string (result, "address", "lo 127.0.0.1/8");
	host->result_string (result, "status", ((const Frozen *) instance)->colour);
	return TRUE;
}

static gboolean
frozen_detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return TRUE;
}

#define FROZEN_OPS                                                                                 \
	{                                                                                          \
		.open = frozen_open, .close = frozen_close, .probe = frozen_probe,                 \
		.attach = frozen_attach, .detach = frozen_detach                                   \
	}

static const DavitOption frozen_options[] = {
	{"colour", DAVIT_OPTION_CHOICE, "blue", "blue|green", "which colour it has"},
	{0},
};
