/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A network with one fault: spoilt.h. */

#include "spoilt.h"

#include <davit/network.h>

#define REAL(spoilt_) ((const DavitNetworkOps *) (spoilt_)->ops)

static gboolean
attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	DavitNetworkRequest changed = *request;

	if (spoilt_is (spoilt, "idle")) {
		spoilt->host->result_string (result, "interface", "lo");
		return TRUE;
	}
	if (spoilt_is (spoilt, "greedy")) {
		changed.options = NULL;
		changed.address = NULL;
		changed.network = NULL;
	}
	if (spoilt_is (spoilt, "quiet"))
		return REAL (spoilt)->attach (spoilt->instance, &changed, NULL, error);
	if (spoilt_is (spoilt, "socket") && request->netlink_fd < 0)
		return spoilt_refuse (error);
	if (!REAL (spoilt)->attach (spoilt->instance, &changed, result, error))
		return FALSE;
	if (spoilt_is (spoilt, "liar"))
		spoilt->host->result_string (result, "address", "eth9 10.0.0.1/8");
	if (spoilt_is (spoilt, "formless"))
		spoilt->host->result_string (result, "address", "10.0.0.1");
	return TRUE;
}

static gboolean
detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	char *unique = g_strdup_printf ("%p%d", (void *) error, (int) g_random_int ());

	if (spoilt_is (spoilt, "litter"))
		spoilt_litter (spoilt, unique);
	g_free (unique);
	if (spoilt_is (spoilt, "needs-namespace") && request->netns_fd < 0)
		return spoilt_refuse (error);
	if (spoilt_is (spoilt, "needs-status") && request->status == NULL)
		return spoilt_refuse (error);
	if (spoilt_is (spoilt, "leak") && fcntl (0, F_DUPFD_CLOEXEC, 0) < 0)
		return spoilt_refuse (error);
	return REAL (spoilt)->detach (spoilt->instance, request, error);
}

static const DavitNetworkOps ops = {
	.open = spoilt_open,
	.close = spoilt_close,
	.probe = spoilt_probe,
	.attach = attach,
	.detach = detach,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "spoilt-network", "1", "a network with one fault",
		     "LGPL-2.1-or-later", spoilt_options, ops);
