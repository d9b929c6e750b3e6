/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a shared object says of itself, read as data: nothing of it is run. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitCheckElf: free with davit_check_elf_free.
 */
typedef struct {
	GPtrArray *exported; /* names, NULL-terminated */
	GPtrArray *wanted;   /* names, NULL-terminated */
	char *search_path;   /* RPATH or RUNPATH, or NULL */
	gboolean executable_stack;
} DavitCheckElf;

/* CORRUPT or UNSUPPORTED say what is wrong with the file. */
DavitCheckElf *davit_check_elf_read (const char *path, GError **error);
void davit_check_elf_free (DavitCheckElf *elf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitCheckElf, davit_check_elf_free)

G_END_DECLS
