/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What containers were made from, and so must stay. */

#include "container/container-private.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static gboolean
strings_add (GHashTable *set, const DavitJson *json, const char *key, GError **error)
{
	g_autofree const char **strings = NULL;

	if (!davit_json_get_strings (json, key, &strings, error))
		return FALSE;
	for (guint i = 0; strings != NULL && strings[i] != NULL; i++)
		g_hash_table_add (set, g_strdup (strings[i]));
	return TRUE;
}

/* The strings of a set as a vector; the set is empty afterwards. */
static char **
set_steal (GHashTable *set)
{
	char **strings = (char **) g_hash_table_get_keys_as_array (set, NULL);

	g_hash_table_steal_all (set);
	return strings;
}

/* A list would make the directory, which on a full disk would keep images from being removed. */
static gboolean
containers_missing (const DavitPaths *paths)
{
	return faccessat (paths->root_fd, "containers", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

gboolean
davit_container_used_images (DavitEngine *engine, char ***ret_ids, char ***ret_chain_ids,
			     GError **error)
{
	g_autoptr (GPtrArray) containers = NULL;
	g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr (GHashTable) chain_ids =
		g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

	if (!davit_paths_open_root (engine->paths, error))
		return FALSE;
	containers = containers_missing (engine->paths) ? g_ptr_array_new ()
							: davit_container_list (engine, error);
	if (containers == NULL)
		return FALSE;
	for (guint i = 0; i < containers->len; i++) {
		DavitContainer *container = (DavitContainer *) containers->pdata[i];
		/* A damaged one can only be removed, and one that is gone needs nothing. */
		const DavitJson *record = davit_container_record (container, NULL);

		if (container->image_id != NULL)
			g_hash_table_add (ids, g_strdup (container->image_id));
		if (record != NULL && !strings_add (chain_ids, record, "layers", error))
			return FALSE;
		davit_fd_close (&container->dirfd);
		davit_fd_close (&container->run_dirfd);
	}
	*ret_ids = set_steal (ids);
	*ret_chain_ids = set_steal (chain_ids);
	return TRUE;
}
