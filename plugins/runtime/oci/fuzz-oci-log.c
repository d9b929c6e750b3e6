/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the log of a runtime that is none of ours (libFuzzer): whatever it holds, what is taken
 * out of it is one line of text in UTF-8 that a terminal can show.
 */

#include "oci-log.h"

#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	const DavitHost host = {.size = sizeof host, .json = &davit_json_ops};
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_autofree char *found = oci_log_find (&host, text);

	if (found == NULL)
		return 0;
	if (found[0] == '\0' || !g_utf8_validate (found, -1, NULL))
		__builtin_trap ();
	for (const char *at = found; *at != '\0'; at++) {
		if ((guchar) *at < ' ' || *at == 0x7f)
			__builtin_trap ();
	}
	return 0;
}
