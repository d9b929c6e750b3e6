/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the groups of a container stand. */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT 3000
#define NAME_LIMIT 255

void
runtime_cgroup_free (RuntimeCgroup *cgroup)
{
	if (cgroup == NULL)
		return;
	g_ptr_array_unref (cgroup->groups);
	g_free (cgroup->id);
	g_free (cgroup);
}

static gboolean
component_is_valid (const char *name)
{
	gsize length = strlen (name);

	if (length == 0 || length > NAME_LIMIT || strcmp (name, ".") == 0 ||
	    strcmp (name, "..") == 0)
		return FALSE;
	for (; *name != '\0'; name++) {
		if ((guchar) *name < ' ' || *name == 0x7f)
			return FALSE;
	}
	return TRUE;
}

gboolean
runtime_cgroup_path_is_valid (const char *path)
{
	g_auto (GStrv) names = NULL;

	if (path[0] != '/' || path[1] == '\0' || strlen (path) > PATH_LIMIT)
		return FALSE;
	names = g_strsplit (path + 1, "/", -1);
	for (gsize i = 0; names[i] != NULL; i++) {
		if (!component_is_valid (names[i]))
			return FALSE;
	}
	return TRUE;
}

gboolean
runtime_cgroup_path_is_above_caller (const RuntimeGroup *group, const char *path)
{
	gsize length = strlen (path);

	return strncmp (group->own, path, length) == 0 &&
	       (group->own[length] == '/' || group->own[length] == '\0');
}

static char *
path_join (const char *place, const char *below)
{
	return g_strconcat (strcmp (place, "/") == 0 ? "" : place, "/", below, NULL);
}

/* cgroups_path may be NULL. */
static char *
path_make (const DavitHost *host, const RuntimeGroup *group, const char *id,
	   const char *cgroups_path)
{
	const char *parent = host->facts->cgroup_parent;
	g_autofree char *place = NULL;
	g_autofree char *below = NULL;

	if (cgroups_path != NULL && cgroups_path[0] == '/')
		return g_strdup (cgroups_path);
	if (cgroups_path == NULL && parent != NULL && parent[0] == '/')
		return path_join (parent, id);
	place = runtime_cgroup_host_place (host, group);
	if (cgroups_path != NULL)
		return path_join (place, cgroups_path);
	below = g_strconcat (parent == NULL ? "davit" : parent, "/", id, NULL);
	return path_join (place, below);
}

/* "machine.slice:davit:ID" is for systemd to make, not for us. */
static gboolean
path_is_for_systemd (const char *path)
{
	const char *colon = strchr (path, ':');

	return colon != NULL && colon - path > 6 && strncmp (colon - 6, ".slice", 6) == 0;
}

static gboolean
group_plan (const DavitHost *host, RuntimeGroup *group, const char *id, const char *cgroups_path,
	    GError **error)
{
	struct stat status;

	group->path = path_make (host, group, id, cgroups_path);
	if (!runtime_cgroup_path_is_valid (group->path))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "linux.cgroupsPath: \"%s\" is not a path of a control "
					  "group; empty names, \".\" and \"..\" are refused",
					  group->path);
	if (runtime_cgroup_path_is_above_caller (group, group->path))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "linux.cgroupsPath: \"%s\" holds the caller, too",
					  group->path);
	group->kept = fstatat (group->root_fd, group->path + 1, &status, AT_SYMLINK_NOFOLLOW) == 0;
	return TRUE;
}

static gboolean
cgroup_plan (const DavitHost *host, const char *id, const char *cgroups_path, gboolean named,
	     RuntimeCgroup **ret_cgroup, GError **error)
{
	g_autoptr (RuntimeCgroup) cgroup = NULL;
	GPtrArray *groups;

	if (cgroups_path != NULL && cgroups_path[0] == '\0')
		cgroups_path = NULL;
	if (cgroups_path != NULL && path_is_for_systemd (cgroups_path))
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "linux.cgroupsPath: \"%s\" asks for a unit of systemd; "
					  "give the path of a control group",
					  cgroups_path);
	groups = runtime_cgroup_host_groups (host, named, error);
	if (groups == NULL)
		return FALSE;
	cgroup = g_new0 (RuntimeCgroup, 1);
	cgroup->host = host;
	cgroup->id = g_strdup (id);
	cgroup->groups = groups;
	for (guint i = 0; i < groups->len; i++) {
		if (!group_plan (host, groups->pdata[i], id, cgroups_path, error))
			return FALSE;
	}
	*ret_cgroup = g_steal_pointer (&cgroup);
	return TRUE;
}

gboolean
runtime_cgroup_plan (const DavitHost *host, const char *id, const char *cgroups_path,
		     RuntimeCgroup **ret_cgroup, GError **error)
{
	return cgroup_plan (host, id, cgroups_path, FALSE, ret_cgroup, error);
}

gboolean
runtime_cgroup_plan_all (const DavitHost *host, const char *id, const char *cgroups_path,
			 RuntimeCgroup **ret_cgroup, GError **error)
{
	return cgroup_plan (host, id, cgroups_path, TRUE, ret_cgroup, error);
}

gboolean
runtime_cgroup_guess (const DavitHost *host, const char *id, const char *cgroups_path,
		      RuntimeCgroup **ret_cgroup, GError **error)
{
	/* A path that does not end in the id may be that of others, too. */
	if (cgroups_path != NULL && !g_str_has_suffix (cgroups_path, id))
		cgroups_path = NULL;
	if (!runtime_cgroup_plan_all (host, id, cgroups_path, ret_cgroup, error))
		return FALSE;
	for (guint i = 0; i < (*ret_cgroup)->groups->len; i++)
		((RuntimeGroup *) (*ret_cgroup)->groups->pdata[i])->kept = FALSE;
	return TRUE;
}

RuntimeGroup *
runtime_cgroup_group_v2 (const RuntimeCgroup *cgroup)
{
	guint length = cgroup->groups->len;
	RuntimeGroup *last = length == 0 ? NULL : cgroup->groups->pdata[length - 1];

	return last != NULL && last->v2 ? last : NULL;
}

RuntimeGroup *
runtime_cgroup_group_of (const RuntimeCgroup *cgroup, const char *controller)
{
	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (g_strv_contains ((const char *const *) group->controllers, controller))
			return group;
	}
	return NULL;
}

gboolean
runtime_cgroup_group_open (RuntimeGroup *group)
{
	if (group->fd < 0)
		group->fd = openat (group->root_fd, group->path + 1,
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return group->fd >= 0;
}

RuntimeGroup *
runtime_cgroup_group_holder (const RuntimeCgroup *cgroup)
{
	/* From the end: v2 lists and kills at once, every v1 group holds the same processes. */
	for (guint i = cgroup->groups->len; i-- > 0;) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (runtime_cgroup_group_open (group))
			return group;
	}
	return NULL;
}

char **
runtime_cgroup_paths (const RuntimeCgroup *cgroup)
{
	GPtrArray *paths = g_ptr_array_new ();

	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (runtime_cgroup_group_open (group))
			g_ptr_array_add (paths, g_strconcat (group->mount, group->path, NULL));
	}
	g_ptr_array_add (paths, NULL);
	return (char **) g_ptr_array_free (paths, FALSE);
}

char *
runtime_cgroup_oom_path (const RuntimeCgroup *cgroup, gboolean *ret_is_v2)
{
	RuntimeGroup *group = runtime_cgroup_group_of (cgroup, "memory");

	if (group == NULL || !runtime_cgroup_group_open (group) ||
	    faccessat (group->fd, group->v2 ? "memory.events" : "memory.oom_control", F_OK, 0) < 0)
		return NULL;
	*ret_is_v2 = group->v2;
	return g_strconcat (group->mount, group->path, group->v2 ? "/memory.events" : NULL, NULL);
}
