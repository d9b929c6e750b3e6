/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of names of images (libFuzzer): what is accepted holds nothing that a path, a terminal or
 * a list could trip over, is the same when it is written and read again, and stays what it is once
 * it is complete.
 */

#include "base/digest.h"
#include "image/reference.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
text_check (const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (!g_ascii_isalnum (*at) && strchr ("._-/:@[]", *at) == NULL)
			__builtin_trap ();
	}
	if (strstr (text, "//") != NULL || strstr (text, "/../") != NULL)
		__builtin_trap ();
}

static void
parts_check (const DavitReference *reference)
{
	if (reference->path == NULL || reference->path[0] == '\0' || reference->path[0] == '/')
		__builtin_trap ();
	if (reference->digest != NULL && !davit_digest_is_valid (reference->digest))
		__builtin_trap ();
	if (reference->tag != NULL && (reference->tag[0] == '\0' || strlen (reference->tag) > 128))
		__builtin_trap ();
}

static void
again_check (const DavitReference *reference)
{
	g_autofree char *text = davit_reference_text (reference);
	g_autoptr (DavitReference) again = davit_reference_parse (text, NULL);
	g_autofree char *second = NULL;

	text_check (text);
	if (again == NULL)
		__builtin_trap ();
	second = davit_reference_text (again);
	if (strcmp (text, second) != 0 || g_strcmp0 (reference->domain, again->domain) != 0 ||
	    strcmp (reference->path, again->path) != 0)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitReference) reference = davit_reference_parse (text, &error);
	g_autofree char *given = davit_reference_give (text, "localhost", NULL);
	const char *digits = davit_reference_id_digits (text);

	if ((reference == NULL) != (error != NULL))
		__builtin_trap ();
	if (digits != NULL && strspn (digits, "0123456789abcdef") != strlen (digits))
		__builtin_trap ();
	if (given != NULL && (reference == NULL || strchr (given, '@') != NULL))
		__builtin_trap ();
	if (reference == NULL)
		return 0;
	parts_check (reference);
	again_check (reference);
	davit_reference_complete (reference, "docker.io");
	parts_check (reference);
	again_check (reference);
	return 0;
}
