/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One key file, checked for its form, with the line of every key. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitKeyFileEntry: one key of one file.
 */
typedef struct {
	char *group;
	char *key;
	char *value; /* raw: escapes are still in it */
	guint line;
} DavitKeyFileEntry;

/**
 * DavitKeyFile: what one file holds, in its order.
 */
typedef struct {
	GPtrArray *entries; /* DavitKeyFileEntry */
	GPtrArray *groups;  /* char *: also those without keys */
} DavitKeyFile;

/* CONFIG names file and line. NOT_FOUND if there is no such file. */
DavitKeyFile *davit_key_file_read (const char *path, GError **error);
void davit_key_file_free (DavitKeyFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitKeyFile, davit_key_file_free)

/* "engine", or KIND.NAME. */
gboolean davit_key_file_is_group (const char *group);
/* [a-z0-9-]+ */
gboolean davit_key_file_is_key (const char *key);

G_END_DECLS
