/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where plugin files are looked for. Opens none of them. */

#pragma once

#include "config/config.h"

G_BEGIN_DECLS

/**
 * DavitPluginFile: a file that may be a plugin.
 */
typedef struct {
	DavitKind kind; /* from the folder; 0: it stands in none, only the descriptor tells */
	char *name;	/* of the file, without ".so" */
	char *path;
} DavitPluginFile;

void davit_plugin_file_free (gpointer file);

/* The directories in their order, absolute, each once. NULL-terminated; free with g_strfreev. */
char **davit_search_directories (const DavitPaths *paths, const DavitConfig *config,
				 const char *const *plugin_path);

/* DIRECTORY/KIND/NAME.so or DIRECTORY/NAME.so, if there is something of that name; or NULL. */
DavitPluginFile *davit_search_find (const char *directory, DavitKind kind, const char *name,
				    gboolean in_folder);

/* Every file in all directories, in their order. */
GPtrArray *davit_search_all (const char *const *directories);

G_END_DECLS
