/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The features document comes from the runtime's own command, which needs no container. It is only
 * looked at as far as to know that it is one.
 */

#include "oci-features.h"

#include "oci-program.h"
#include "runtime-error.h"

#define TIMEOUT_MSEC 5000

static gboolean
document_check (const DavitHost *host, const char *program, const char *text, GError **error)
{
	DavitJson *document = host->json->parse (text, -1, NULL);
	gboolean good = host->json->type (document) == DAVIT_JSON_OBJECT;

	if (document != NULL)
		host->json->document_free (document);
	return good || runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "\"%s features\" printed something else than a document",
					  program);
}

gboolean
oci_features (const DavitHost *host, DavitResult *result, GError **error)
{
	g_autofree char *variant = oci_program_choose (host, error);
	g_autofree char *program = variant != NULL ? oci_program_find (host, variant, error) : NULL;
	const char *const argv[] = {program, "features", NULL};
	g_autofree char *output = NULL;
	g_autofree char *complaint = NULL;
	int status = 0;
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.timeout_msec = TIMEOUT_MSEC,
		.ret_status = &status,
		.ret_complaint = &complaint,
	};

	if (program == NULL || !host->run_helper (host, &helper, &output, error))
		return FALSE;
	if (status != 0)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "the runtime \"%s\" has no features document%s%s",
					  program, complaint != NULL ? ": " : "",
					  complaint != NULL ? complaint : "");
	if (!document_check (host, program, output, error))
		return FALSE;
	host->result_string (result, "features", output);
	return TRUE;
}
