/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All containers, for ps and for whatever must look at each. No lock is taken: files are replaced
 * by rename, so that each that is read is whole; one that vanishes meanwhile is left out.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/names.h"

static void
container_free (gpointer container)
{
	davit_container_free ((DavitContainer *) container);
}

static int
newest_first (gconstpointer left, gconstpointer right)
{
	gint64 a = (*(DavitContainer *const *) left)->created;
	gint64 b = (*(DavitContainer *const *) right)->created;

	return (a < b) - (a > b);
}

static gboolean
list_below (DavitEngine *engine, const DavitContainerDirectories *directories,
	    GPtrArray *containers, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (directories->containers_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		g_autoptr (GError) local = NULL;
		DavitContainer *container;

		if (!davit_name_is_id (name))
			continue;
		container = davit_container_load (engine, directories, name, &local);
		if (container == NULL) {
			if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
				continue;
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		davit_fd_close (&container->dirfd);
		davit_fd_close (&container->run_dirfd);
		g_ptr_array_add (containers, container);
	}
	return TRUE;
}

GPtrArray *
davit_container_list (DavitEngine *engine, GError **error)
{
	g_autoptr (GPtrArray) containers = g_ptr_array_new_with_free_func (container_free);
	DavitContainerDirectories directories;
	gboolean listed;

	if (!davit_container_directories_open (engine, &directories, error))
		return NULL;
	listed = list_below (engine, &directories, containers, error);
	davit_container_directories_close (&directories);
	if (!listed)
		return NULL;
	g_ptr_array_sort (containers, newest_first);
	return g_steal_pointer (&containers);
}

gboolean
davit_container_used_images (DavitEngine *engine, char ***ret_ids, char ***ret_chain_ids,
			     GError **error)
{
	g_autoptr (GPtrArray) containers = davit_container_list (engine, error);
	g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr (GHashTable) chain_ids =
		g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

	if (containers == NULL)
		return FALSE;
	for (guint i = 0; i < containers->len; i++) {
		const DavitContainer *container = (const DavitContainer *) containers->pdata[i];
		g_autofree const char **layers = NULL;

		if (container->image_id != NULL)
			g_hash_table_add (ids, g_strdup (container->image_id));
		/* A damaged one can only be removed: nothing is kept for it. */
		if (container->record == NULL ||
		    !davit_json_get_strings (container->record, "layers", &layers, NULL))
			continue;
		for (guint j = 0; layers != NULL && layers[j] != NULL; j++)
			g_hash_table_add (chain_ids, g_strdup (layers[j]));
	}
	*ret_ids = (char **) g_hash_table_get_keys_as_array (ids, NULL);
	*ret_chain_ids = (char **) g_hash_table_get_keys_as_array (chain_ids, NULL);
	g_hash_table_steal_all (ids);
	g_hash_table_steal_all (chain_ids);
	return TRUE;
}
