/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The groups of a container on disk, for the process that takes them away.
 *
 * What is read back decides what is killed. So the mount points are those of this host, found
 * again, a path must be one that could have been planned, and no group that holds the caller is
 * taken.
 */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"

#include <string.h>

/* Paths may hold anything but control characters and NUL; quotes and backslashes are escaped. */
static void
string_append (GString *text, const char *value)
{
	g_autofree char *valid = g_utf8_make_valid (value, -1);

	g_string_append_c (text, '"');
	for (const char *at = valid; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			g_string_append_c (text, '\\');
		if ((guchar) *at >= ' ')
			g_string_append_c (text, *at);
		else
			g_string_append_printf (text, "\\u%04x", (guint) *at);
	}
	g_string_append_c (text, '"');
}

char *
runtime_cgroup_to_text (const RuntimeCgroup *cgroup)
{
	GString *text = g_string_new ("{\"id\":");

	string_append (text, cgroup->id);
	g_string_append (text, ",\"groups\":[");
	for (guint i = 0; i < cgroup->groups->len; i++) {
		const RuntimeGroup *group = cgroup->groups->pdata[i];

		g_string_append (text, i > 0 ? ",{\"hierarchy\":" : "{\"hierarchy\":");
		string_append (text, group->name);
		g_string_append (text, ",\"path\":");
		string_append (text, group->path);
		g_string_append_printf (text, ",\"kept\":%s}", group->kept ? "true" : "false");
	}
	g_string_append (text, "]}");
	return g_string_free (text, FALSE);
}

/* The hierarchy of a name; one that the host has no more is no error: its groups are gone. */
static RuntimeGroup *
hierarchy_find (const GPtrArray *groups, const char *name)
{
	for (guint i = 0; i < groups->len; i++) {
		RuntimeGroup *group = groups->pdata[i];

		if (strcmp (group->name, name) == 0)
			return group;
	}
	return NULL;
}

static gboolean
group_read (const DavitHost *host, const DavitJson *object, const GPtrArray *groups, GError **error)
{
	const char *name = NULL;
	const char *path = NULL;
	gboolean kept = TRUE;
	RuntimeGroup *group;

	if (!host->json->get_string (object, "hierarchy", &name, error) ||
	    !host->json->get_string (object, "path", &path, error) ||
	    !host->json->get_boolean (object, "kept", &kept, error))
		return FALSE;
	if (name == NULL || path == NULL || !runtime_cgroup_path_is_valid (path))
		return runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					  "control groups: \"%s\" is not a path of a group",
					  path == NULL ? "" : path);
	group = hierarchy_find (groups, name);
	if (group == NULL || group->path != NULL)
		return TRUE;
	if (runtime_cgroup_path_is_above_caller (group, path))
		return runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					  "control groups: \"%s\" holds the caller, too", path);
	group->path = g_strdup (path);
	group->kept = kept;
	return TRUE;
}

gboolean
runtime_cgroup_from_json (const DavitHost *host, const DavitJson *object,
			  RuntimeCgroup **ret_cgroup, GError **error)
{
	g_autoptr (RuntimeCgroup) cgroup = NULL;
	g_autoptr (GPtrArray) groups = runtime_cgroup_host_groups (host, TRUE, error);
	const DavitJson *array = NULL;
	const char *id = NULL;

	if (groups == NULL || !host->json->get_string (object, "id", &id, error) ||
	    !host->json->get_array (object, "groups", &array, error))
		return FALSE;
	if (id == NULL || array == NULL)
		return runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					  "control groups: \"id\" or \"groups\" is missing");
	for (guint i = 0; i < host->json->length (array); i++) {
		if (!group_read (host, host->json->element (array, i), groups, error))
			return FALSE;
	}
	for (guint i = groups->len; i-- > 0;) {
		if (((RuntimeGroup *) groups->pdata[i])->path == NULL)
			g_ptr_array_remove_index (groups, i);
	}
	cgroup = g_new0 (RuntimeCgroup, 1);
	cgroup->host = host;
	cgroup->id = g_strdup (id);
	cgroup->groups = g_steal_pointer (&groups);
	*ret_cgroup = g_steal_pointer (&cgroup);
	return TRUE;
}

gboolean
runtime_cgroup_from_text (const DavitHost *host, const char *text, RuntimeCgroup **ret_cgroup,
			  GError **error)
{
	DavitJson *root = host->json->parse (text, -1, error);
	gboolean good;

	if (root == NULL)
		return FALSE;
	good = runtime_cgroup_from_json (host, root, ret_cgroup, error);
	host->json->document_free (root);
	return good;
}
