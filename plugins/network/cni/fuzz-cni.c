/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of what comes from plugins and from configuration files (libFuzzer). A result that is read
 * can be written in every version that is not refused, and is read again as the same; so is a
 * network. What gets into resolv.conf has no space and no line break.
 */

#include "cni-json.h"
#include "cni-network.h"
#include "cni-result.h"

#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
words_check (const char **words)
{
	for (; words != NULL && *words != NULL; words++) {
		if ((*words)[0] == '\0' || strpbrk (*words, " \t\r\n;#") != NULL)
			__builtin_trap ();
	}
}

static void
result_again (const CniResult *result, CniVersion version)
{
	g_autoptr (GString) out = g_string_new (NULL);
	g_autoptr (DavitJson) root = NULL;
	g_auto (CniResult) again = {0};

	if (!cni_result_write (result, version, (CniSandbox){"/a", "/b"}, out, NULL))
		return;
	root = davit_json_ops.parse (out->str, -1, NULL);
	if (root == NULL ||
	    !cni_result_read (&davit_json_ops, root, CNI_VERSION_0_1_0, &again, NULL) ||
	    again.version != version || again.addresses->len != result->addresses->len ||
	    again.interfaces->len != result->interfaces->len)
		__builtin_trap ();
}

static void
result_try (const DavitJson *root)
{
	g_auto (CniResult) result = {0};
	g_autoptr (GError) error = NULL;

	if (!cni_result_read (&davit_json_ops, root, CNI_VERSION_1_0_0, &result, &error)) {
		if (error == NULL)
			__builtin_trap ();
		return;
	}
	words_check (result.nameservers);
	words_check (result.search);
	words_check (result.options);
	for (guint i = 0; i < result.addresses->len; i++)
		cni_result_interface_of (&result, &g_array_index (result.addresses, CniAddress, i),
					 "eth0");
	for (guint i = CNI_VERSION_0_1_0; i <= CNI_VERSION_1_1_0; i++)
		result_again (&result, (CniVersion) i);
}

static void
network_try (const char *text)
{
	g_autoptr (CniNetwork) network = cni_network_parse (&davit_json_ops, "file", text);
	g_autoptr (CniNetwork) again = NULL;
	g_autoptr (GString) out = g_string_new (NULL);

	if (network->problem != NULL)
		return;
	if (!cni_text_is_name (network->name))
		__builtin_trap ();
	cni_network_write (network, out, NULL);
	again = cni_network_parse (&davit_json_ops, "file", out->str);
	/* A single plugin at the limit of depth is one level deeper in a list. */
	if (again->problem != NULL ? strstr (again->problem->message, "nested") == NULL
				   : again->plugins->len != network->plugins->len ||
					     again->version != network->version)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_autofree char *line = cni_text_escape (text);
	g_autoptr (DavitJson) root = davit_json_ops.parse (text, -1, NULL);

	if (strpbrk (line, "\r\n\t\033") != NULL)
		__builtin_trap ();
	network_try (text);
	if (root != NULL)
		result_try (root);
	return 0;
}
