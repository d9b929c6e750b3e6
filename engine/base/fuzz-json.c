/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the JSON reader (libFuzzer): any bytes are refused with a place or read; what was read
 * and written again is read as the same, and every value can be reached and named.
 */

#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
value_visit (const DavitJson *value)
{
	g_autofree char *path = davit_json_path (value);
	guint length = davit_json_length (value);

	for (guint i = 0; i < length; i++) {
		const DavitJson *element = davit_json_element (value, i);
		const char *key = davit_json_element_key (value, i);

		if (key != NULL && davit_json_member (value, key) != element)
			__builtin_trap ();
		if (i < 8 || i + 1 == length)
			value_visit (element);
	}
	davit_json_number (value);
}

static void
again_check (const char *text)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
	g_autofree char *again = NULL;

	if (root == NULL)
		__builtin_trap ();
	again = davit_json_to_text (root);
	if (strcmp (again, text) != 0)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitJson) root = davit_json_parse ((const char *) bytes, (gssize) size, &error);
	g_autofree char *text = NULL;

	if ((root == NULL) != (error != NULL))
		__builtin_trap ();
	if (root == NULL) {
		if (!g_str_has_prefix (error->message, "line "))
			__builtin_trap ();
		return 0;
	}
	value_visit (root);
	text = davit_json_to_text (root);
	again_check (text);
	return 0;
}
