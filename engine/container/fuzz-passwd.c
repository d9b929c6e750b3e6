/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the reader of passwd and group (libFuzzer): whatever stands in the files, no user has
 * the id that the kernel takes for "leave as it is", and a name never becomes a number's.
 */

#include "container/spec-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	char *fields[6], *next = text;
	guint32 id;

	while (davit_spec_next_entry (&next, fields, 6)) {
		for (guint i = 0; i < 6; i++) {
			/* Each is a text of its own, without the separators. */
			if (strpbrk (fields[i], ":\n") != NULL && i < 5)
				__builtin_trap ();
		}
		if (fields[0][0] == '\0')
			__builtin_trap ();
		if (!davit_spec_parse_id (fields[2], &id))
			continue;
		if (id == G_MAXUINT32 || strspn (fields[2], "0123456789") != strlen (fields[2]))
			__builtin_trap ();
	}
	return 0;
}
