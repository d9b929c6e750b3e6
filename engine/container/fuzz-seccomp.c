/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of seccomp profiles (libFuzzer): any document is refused as a configuration that is wrong,
 * with its name, or becomes an object that has a default action.
 */

#include "base/error.h"
#include "base/json.h"
#include "container/spec-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
result_check (DavitJsonWriter *writer)
{
	g_autofree char *text = davit_json_writer_finish (writer, NULL);
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
	const DavitJson *action = davit_json_member (root, "defaultAction");

	if (root == NULL || davit_json_string (action) == NULL)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	static const char *const capabilities[] = {"CAP_CHOWN", "CAP_SYS_ADMIN", NULL};
	static const DavitSeccompFacts facts = {
		.capabilities = capabilities,
		.architecture = "amd64",
		.kernel_major = 6,
		.kernel_minor = 1,
	};
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitJson) root = davit_json_parse ((const char *) bytes, (gssize) size, NULL);
	g_autoptr (DavitJsonWriter) writer = NULL;

	if (root == NULL)
		return 0;
	writer = davit_json_writer_new (FALSE);
	if (davit_spec_evaluate_seccomp (root, "file", &facts, writer, NULL, &error)) {
		result_check (writer);
		return 0;
	}
	if (!davit_error_matches (error, DAVIT_ERROR_CONFIG) ||
	    strstr (error->message, "\"file\"") == NULL)
		__builtin_trap ();
	return 0;
}
