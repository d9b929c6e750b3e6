/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An installation has a folder for each kind, as DIRECTORY/storage/overlay.so. An author's build
 * directory has none: DIRECTORY/overlay.so is found as well.
 */

#include "driver/search.h"

#include "driver/drivers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const DavitKind kinds[] = {DAVIT_KIND_STORAGE, DAVIT_KIND_NETWORK, DAVIT_KIND_RUNTIME,
				  DAVIT_KIND_CHECKPOINT};

void
davit_plugin_file_free (gpointer data)
{
	DavitPluginFile *file = (DavitPluginFile *) data;

	if (file == NULL)
		return;
	g_free (file->name);
	g_free (file->path);
	g_free (file);
}

static void
directories_add (GPtrArray *directories, const char *path)
{
	char *absolute;

	if (path == NULL || *path == '\0')
		return;
	/* libltdl searches on its own for a name without a slash: none ever gets there. */
	absolute = g_canonicalize_filename (path, NULL);
	if (g_ptr_array_find_with_equal_func (directories, absolute, g_str_equal, NULL))
		g_free (absolute);
	else
		g_ptr_array_add (directories, absolute);
}

char **
davit_search_directories (const DavitPaths *paths, const DavitConfig *config,
			  const char *const *plugin_path)
{
	GPtrArray *directories = g_ptr_array_new ();
	const char *const *configured = davit_config_list (config, "plugin-path");
	const char *environment = secure_getenv ("DAVIT_PLUGIN_PATH");
	g_auto (GStrv) words = g_strsplit (environment != NULL ? environment : "", ":", -1);

	for (guint i = 0; plugin_path != NULL && plugin_path[i] != NULL; i++)
		directories_add (directories, plugin_path[i]);
	for (guint i = 0; words[i] != NULL; i++)
		directories_add (directories, words[i]);
	for (guint i = 0; configured[i] != NULL; i++)
		directories_add (directories, configured[i]);
	directories_add (directories, paths->plugindir);
	g_ptr_array_add (directories, NULL);
	return (char **) g_ptr_array_free (directories, FALSE);
}

static DavitPluginFile *
file_new (DavitKind kind, const char *name, const char *path)
{
	DavitPluginFile *file = g_new0 (DavitPluginFile, 1);

	file->kind = kind;
	file->name = g_strdup (name);
	file->path = g_strdup (path);
	return file;
}

DavitPluginFile *
davit_search_find (const char *directory, DavitKind kind, const char *name, gboolean in_folder)
{
	g_autofree char *base = g_strconcat (name, ".so", NULL);
	g_autofree char *path = NULL;
	struct stat status;

	if (in_folder)
		path = g_build_filename (directory, davit_drivers_kind_name (kind), base, NULL);
	else
		path = g_build_filename (directory, base, NULL);
	/*
	 * Whatever has the name counts, also what can't be loaded: passing over it in silence would
	 * let another directory's plugin answer to the name.
	 */
	if (lstat (path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	return file_new (in_folder ? kind : (DavitKind) 0, name, path);
}

static void
files_add_directory (GPtrArray *files, DavitKind kind, const char *directory)
{
	g_autoptr (GDir) handle = g_dir_open (directory, 0, NULL);
	const char *base;

	/* A directory that is not there is no error: the compiled-in one may be absent. */
	while (handle != NULL && (base = g_dir_read_name (handle)) != NULL) {
		g_autofree char *path = g_build_filename (directory, base, NULL);
		g_autofree char *name = NULL;

		if (base[0] == '.' || !g_str_has_suffix (base, ".so") ||
		    g_file_test (path, G_FILE_TEST_IS_DIR))
			continue;
		name = g_strndup (base, strlen (base) - strlen (".so"));
		g_ptr_array_add (files, file_new (kind, name, path));
	}
}

GPtrArray *
davit_search_all (const char *const *directories)
{
	GPtrArray *files = g_ptr_array_new_with_free_func (davit_plugin_file_free);

	for (guint i = 0; directories[i] != NULL; i++) {
		for (guint j = 0; j < G_N_ELEMENTS (kinds); j++) {
			g_autofree char *folder =
				g_build_filename (directories[i],
						  davit_drivers_kind_name (kinds[j]), NULL);

			files_add_directory (files, kinds[j], folder);
		}
		files_add_directory (files, (DavitKind) 0, directories[i]);
	}
	return files;
}
