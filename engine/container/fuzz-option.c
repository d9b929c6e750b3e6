/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of what options of create and run are given (libFuzzer): any text is taken, or refused
 * with a code of the caller's and the option's name. The first byte chooses the option; what is
 * behind it are values of it, with "\v" between them.
 */

#include "container/create-request.h"

#include "base/error.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

/* They read files whose names are no matter of chance. */
static gboolean
is_left_out (const char *option)
{
	static const char *const names[] = {"env-file", "label-file", "env-host", NULL};

	return g_strv_contains (names, option);
}

static void
error_check (const char *option, const GError *error)
{
	g_autofree char *name = g_strconcat ("--", option, NULL);

	if (error == NULL || strstr (error->message, name) == NULL)
		__builtin_trap ();
	if (!davit_error_matches (error, DAVIT_ERROR_USAGE) &&
	    !davit_error_matches (error, DAVIT_ERROR_UNSUPPORTED) &&
	    !davit_error_matches (error, DAVIT_ERROR_UNAVAILABLE) &&
	    !davit_error_matches (error, DAVIT_ERROR_NOT_FOUND))
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	const char *const *options = davit_create_request_options ();
	g_autoptr (DavitCreateRequest) request = NULL;
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;
	const char *option;

	if (size < 1)
		return 0;
	option = options[bytes[0] % g_strv_length ((char **) options)];
	if (is_left_out (option))
		return 0;
	request = davit_create_request_new ();
	text = g_strndup ((const char *) bytes + 1, size - 1);
	lines = g_strsplit (text, "\v", 10);
	for (char **line = lines; *line != NULL; line++) {
		g_autoptr (GError) error = NULL;

		if (!davit_create_request_set (request, option, *line, &error))
			error_check (option, error);
		else if (error != NULL)
			__builtin_trap ();
	}
	return 0;
}
