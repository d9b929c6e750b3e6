/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From what a user types to a container: a whole id, a name, or the beginning of an id. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/path.h"
#include "container/names.h"

#include <string.h>

static gboolean
may_be_prefix (const char *text)
{
	gsize length = strlen (text);

	return length > 0 && length < 64 && strspn (text, "0123456789abcdef") == length;
}

/* ret_id stays NULL if no id begins so. */
static gboolean
find_by_prefix (const DavitContainerDirectories *directories, const char *prefix, char **ret_id,
		GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autofree char *found = NULL;

	if (!davit_path_list (directories->containers_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];

		if (!g_str_has_prefix (name, prefix) || !davit_name_is_id (name))
			continue;
		if (found != NULL)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"container \"%s\": the ids of several containers "
						"begin so; give more digits",
						prefix);
		found = g_strdup (name);
	}
	*ret_id = g_steal_pointer (&found);
	return TRUE;
}

/* ret_id stays NULL if there is none. */
static gboolean
find_id (const DavitContainerDirectories *directories, const char *text, char **ret_id,
	 GError **error)
{
	g_autoptr (GError) local = NULL;

	if (davit_name_is_id (text)) {
		*ret_id = g_strdup (text);
		return TRUE;
	}
	if (davit_name_lookup (directories->names_fd, text, ret_id, &local))
		return TRUE;
	if (!davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	return !may_be_prefix (text) || find_by_prefix (directories, text, ret_id, error);
}

static DavitContainer *
find_below (DavitEngine *engine, const DavitContainerDirectories *directories, const char *text,
	    GError **error)
{
	g_autofree char *id = NULL;
	g_autoptr (GError) local = NULL;
	DavitContainer *container = NULL;

	if (!find_id (directories, text, &id, error))
		return NULL;
	if (id != NULL)
		container = davit_container_load (engine, directories, id, &local);
	if (container != NULL)
		return container;
	if (local == NULL || davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
				 "no container with name or id \"%s\"", text);
	else
		g_propagate_error (error, g_steal_pointer (&local));
	return NULL;
}

DavitContainer *
davit_container_find (DavitEngine *engine, const char *name_or_id, GError **error)
{
	DavitContainerDirectories directories;
	DavitContainer *container;

	if (!davit_container_directories_open (engine, &directories, error))
		return NULL;
	container = find_below (engine, &directories, name_or_id, error);
	davit_container_directories_close (&directories);
	return container;
}
