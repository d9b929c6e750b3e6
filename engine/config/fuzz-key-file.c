/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of key files (libFuzzer): a file of any bytes is refused with its name, or every key of it
 * has a group, a line of the file, and a value that is text.
 */

#include "config/key-file.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static gboolean
text_is_clean (const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if ((guchar) *at < ' ' && *at != '\t')
			return FALSE;
	}
	return g_utf8_validate (text, -1, NULL);
}

static void
entries_check (const DavitKeyFile *file, guint lines)
{
	for (guint i = 0; i < file->entries->len; i++) {
		const DavitKeyFileEntry *entry = g_ptr_array_index (file->entries, i);

		if (!davit_key_file_is_group (entry->group) || !text_is_clean (entry->value) ||
		    entry->key[0] == '\0' || entry->line == 0 || entry->line > lines)
			__builtin_trap ();
		/* A key that stands there twice would hide one of the two. */
		for (guint j = 0; j < i && i < 100; j++) {
			const DavitKeyFileEntry *other = g_ptr_array_index (file->entries, j);

			if (strcmp (entry->group, other->group) == 0 &&
			    strcmp (entry->key, other->key) == 0)
				__builtin_trap ();
		}
	}
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitKeyFile) file = NULL;
	davit_autofd fd = memfd_create ("fuzz", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
	guint lines = 1;

	if (fd < 0 || fchmod (fd, 0600) < 0 || !davit_fd_write (fd, bytes, size, "fuzz", NULL))
		__builtin_trap ();
	for (gsize i = 0; i < size; i++)
		lines += bytes[i] == '\n' ? 1 : 0;
	file = davit_key_file_read (path, &error);
	if ((file == NULL) != (error != NULL))
		__builtin_trap ();
	if (file != NULL)
		entries_check (file, lines);
	else if (!davit_error_matches (error, DAVIT_ERROR_CONFIG) ||
		 strstr (error->message, path) == NULL)
		__builtin_trap ();
	return 0;
}
