/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-failure.h"

#include "cni-json.h"

#include <davit/error.h>

#include <string.h>

/* Of the specification. */
#define CODE_VERSION 1
#define CODE_FIELD 2
#define CODE_DECODE 6
#define CODE_CONFIG 7
#define CODE_LATER 11

/* A part of the message, and what helps then. */
static const char *const hints[][2] = {
	{"incompatible CNI versions", "lower \"cniVersion\" in its file, or install newer plugins"},
	{"no IP addresses available in range set", "every address of its range is leased"},
	{"failed to allocate all requested IPs", "it lies outside of the network's ranges"},
	{"has been allocated to",
	 "a container holds it: two with the same address, or one that is not removed yet"},
	{"is not available in range set",
	 "it is leased already, or outside of the range in the network's file"},
	{"but got the gateway", "that address is the gateway's own"},
	{"already has an IP address different from",
	 "the bridge has another network's address; \"ip link delete\" it, or take another subnet"},
	{"failed to find plugin",
	 "install it, or name its directory in the option plugin-directories"},
	{"executable file not found", "install that program"},
	{"/run/cni/dhcp.sock", "start the daemon of the dhcp plugin"},
	{"failed to locate iptables", "install iptables"},
	{"operation not permitted", "CAP_NET_ADMIN and CAP_SYS_ADMIN over the host are needed"},
	{"permission denied", "CAP_NET_ADMIN and CAP_SYS_ADMIN over the host are needed"},
	{"operation not supported", "the kernel may lack this kind of device or rule"},
	{"Another app is currently holding the xtables lock", "try again"},
};

static const char *
hint_for (const char *message)
{
	for (guint i = 0; i < G_N_ELEMENTS (hints); i++) {
		if (strstr (message, hints[i][0]) != NULL)
			return hints[i][1];
	}
	return NULL;
}

static int
code_for (gint64 code)
{
	switch (code) {
	case CODE_VERSION:
	case CODE_FIELD:
	case CODE_DECODE:
	case CODE_CONFIG:
		return DAVIT_ERROR_CONFIG;
	case CODE_LATER:
		return DAVIT_ERROR_BUSY;
	default:
		return DAVIT_ERROR_HELPER;
	}
}

/* FALSE: it printed no error as the specification wants one. */
static gboolean
say_document (const CniFailure *failure, const DavitJson *root, GError **error)
{
	const DavitJsonOps *json = failure->json;
	const char *message = json->string (json->member (root, "msg"));
	const char *details = json->string (json->member (root, "details"));
	const DavitJson *code = json->member (root, "code");
	g_autofree char *said = NULL;
	g_autofree char *more = NULL;
	g_autofree char *whole = NULL;
	const char *hint;

	if (message == NULL || json->type (code) != DAVIT_JSON_INTEGER)
		return FALSE;
	said = cni_text_escape (message);
	more = cni_text_escape (details != NULL ? details : "");
	whole = g_strconcat (said, more[0] != '\0' ? ": " : "", more, NULL);
	hint = hint_for (whole);
	g_set_error (error, DAVIT_ERROR, code_for (json->integer (code)),
		     "%s (code %" G_GINT64_FORMAT ")%s%s%s%s", whole, json->integer (code),
		     failure->complaint != NULL ? ", standard error: " : "",
		     failure->complaint != NULL ? failure->complaint : "", hint != NULL ? "; " : "",
		     hint != NULL ? hint : "");
	return TRUE;
}

gboolean
cni_failure_set (const CniFailure *failure, GError **error)
{
	DavitJson *root = failure->json->parse (failure->output, -1, NULL);
	g_autofree char *output = NULL;
	gboolean said = root != NULL && say_document (failure, root, error);

	failure->json->document_free (root);
	if (said)
		return FALSE;
	output = cni_text_escape (failure->output);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "program \"%s\" ended with status %d%s%s%s%s", failure->program,
		     failure->status, output[0] != '\0' ? ", output: " : "", output,
		     failure->complaint != NULL ? ", standard error: " : "",
		     failure->complaint != NULL ? failure->complaint : "");
	return FALSE;
}
