/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who may write a map: root any, directly. Another user only one line for his own id, with
 * setgroups forbidden; for more, the set-uid programs newuidmap and newgidmap check his ranges of
 * /etc/subuid and /etc/subgid.
 */

#include "native-userns.h"

#include "native-proc.h"
#include "native-syscall.h"
#include "runtime-error.h"
#include "runtime-json.h"

#include <grp.h>
#include <string.h>

static gboolean
mapping_read (const DavitHost *host, const DavitJson *entry, NativeMapping *mapping, GError **error)
{
	gint64 container = 0;
	gint64 outside = 0;
	gint64 size = 0;

	if (host->json->type (entry) != DAVIT_JSON_OBJECT)
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "must be an object");
	if (!host->json->get_integer (entry, "containerID", 0, RUNTIME_ID_MAX, &container, error) ||
	    !host->json->get_integer (entry, "hostID", 0, RUNTIME_ID_MAX, &outside, error) ||
	    !host->json->get_integer (entry, "size", 0, RUNTIME_ID_MAX + 1, &size, error))
		return FALSE;
	if (size == 0 || container + size > RUNTIME_ID_MAX + 1 ||
	    outside + size > RUNTIME_ID_MAX + 1)
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "size must be above 0, and the range end at 4294967294");
	mapping->container = (guint32) container;
	mapping->host = (guint32) outside;
	mapping->size = (guint32) size;
	return TRUE;
}

static gboolean
map_read (const DavitHost *host, const DavitJson *linux_object, const char *key, NativeMap *map,
	  GError **error)
{
	const DavitJson *array = NULL;

	if (!host->json->get_array (linux_object, key, &array, error))
		return FALSE;
	if (array == NULL)
		return TRUE;
	map->entries = g_new0 (NativeMapping, host->json->length (array) + 1);
	for (guint i = 0; i < host->json->length (array); i++) {
		if (!mapping_read (host, host->json->element (array, i), &map->entries[i], error))
			return FALSE;
		map->n_entries++;
	}
	return TRUE;
}

static gboolean
map_contains (const NativeMap *map, guint32 id)
{
	for (guint i = 0; i < map->n_entries; i++)
		if (id >= map->entries[i].container &&
		    id - map->entries[i].container < map->entries[i].size)
			return TRUE;
	return FALSE;
}

gboolean
native_userns_parse (const DavitHost *host, const DavitJson *linux_object,
		     const NativeNamespaces *namespaces, NativeUserns *ret, GError **error)
{
	gboolean have = native_namespaces_have (namespaces, CLONE_NEWUSER);

	memset (ret, 0, sizeof *ret);
	if (!map_read (host, linux_object, "uidMappings", &ret->uids, error) ||
	    !map_read (host, linux_object, "gidMappings", &ret->gids, error))
		return FALSE;
	if (!have && (ret->uids.n_entries > 0 || ret->gids.n_entries > 0))
		return runtime_json_fail (error, host, linux_object, DAVIT_ERROR_CONFIG,
					  "uidMappings and gidMappings need a user namespace in "
					  "namespaces");
	if ((namespaces->new_flags & CLONE_NEWUSER) &&
	    (!map_contains (&ret->uids, 0) || !map_contains (&ret->gids, 0)))
		return runtime_json_fail (error, host, linux_object, DAVIT_ERROR_CONFIG,
					  "a new user namespace needs uidMappings and gidMappings "
					  "that map 0");
	return TRUE;
}

void
native_userns_clear (NativeUserns *userns)
{
	g_clear_pointer (&userns->uids.entries, g_free);
	g_clear_pointer (&userns->gids.entries, g_free);
}

static gboolean
not_mapped (GError **error, const char *what, guint32 id)
{
	return runtime_error_say (
		error, DAVIT_ERROR_CONFIG,
		"config.json: process.user: the %s %u is not mapped into the user "
		"namespace; give it a mapping or choose another",
		what, id);
}

gboolean
native_userns_check_process (const NativeUserns *userns, const NativeProcess *process,
			     GError **error)
{
	if (!map_contains (&userns->uids, process->uid))
		return not_mapped (error, "uid", process->uid);
	if (!map_contains (&userns->gids, process->gid))
		return not_mapped (error, "gid", process->gid);
	for (gsize i = 0; i < process->n_groups; i++)
		if (!map_contains (&userns->gids, process->groups[i]))
			return not_mapped (error, "gid", process->groups[i]);
	return TRUE;
}

static gboolean
map_write (const NativeMap *map, int proc_fd, pid_t pid, const char *file, GError **error)
{
	g_autoptr (GString) text = g_string_new (NULL);
	g_autofree char *path = g_strdup_printf ("%d/%s", (int) pid, file);
	int status;

	for (guint i = 0; i < map->n_entries; i++)
		g_string_append_printf (text, "%u %u %u\n", map->entries[i].container,
					map->entries[i].host, map->entries[i].size);
	status = native_proc_write (proc_fd, path, text->str, text->len);
	if (status == -EINVAL)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "write the %s of the user namespace: Invalid argument; "
					  "ranges must not overlap, and there may be 340",
					  file);
	if (status < 0)
		return runtime_error_set (error, -status, "write the %s of the user namespace",
					  file);
	return TRUE;
}

static gboolean
map_is_own (const NativeMap *map, guint32 id)
{
	return map->n_entries == 1 && map->entries[0].size == 1 && map->entries[0].host == id;
}

/* newuidmap PID container host size ... */
static gboolean
map_write_helped (const DavitHost *host, const NativeMap *map, const char *program, pid_t pid,
		  GError **error)
{
	g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
	DavitHelper helper = {.size = sizeof helper, .netns_fd = -1, .cwd_dirfd = -1};

	g_ptr_array_add (argv, g_strdup (program));
	g_ptr_array_add (argv, g_strdup_printf ("%d", (int) pid));
	for (guint i = 0; i < map->n_entries; i++) {
		g_ptr_array_add (argv, g_strdup_printf ("%u", map->entries[i].container));
		g_ptr_array_add (argv, g_strdup_printf ("%u", map->entries[i].host));
		g_ptr_array_add (argv, g_strdup_printf ("%u", map->entries[i].size));
	}
	g_ptr_array_add (argv, NULL);
	helper.argv = (const char *const *) argv->pdata;
	return host->run_helper (host, &helper, NULL, error);
}

static gboolean
map_write_rootless (const DavitHost *host, const NativeUserns *userns, int proc_fd, pid_t pid,
		    GError **error)
{
	g_autofree char *path = g_strdup_printf ("%d/setgroups", (int) pid);
	int status;

	if (!map_is_own (&userns->uids, host->facts->uid) ||
	    !map_is_own (&userns->gids, host->facts->gid))
		return map_write_helped (host, &userns->uids, "newuidmap", pid, error) &&
		       map_write_helped (host, &userns->gids, "newgidmap", pid, error);
	status = native_proc_write (proc_fd, path, "deny", strlen ("deny"));
	if (status < 0)
		return runtime_error_set (error, -status, "forbid setgroups in the user namespace");
	return map_write (&userns->uids, proc_fd, pid, "uid_map", error) &&
	       map_write (&userns->gids, proc_fd, pid, "gid_map", error);
}

gboolean
native_userns_write (const DavitHost *host, const NativeUserns *userns, int proc_fd, pid_t pid,
		     GError **error)
{
	if (host->facts->uid != 0)
		return map_write_rootless (host, userns, proc_fd, pid, error);
	return map_write (&userns->uids, proc_fd, pid, "uid_map", error) &&
	       map_write (&userns->gids, proc_fd, pid, "gid_map", error);
}

gboolean
native_userns_become_root (NativeReport *report)
{
	/* Not the C library's functions: those tell threads, under a lock. */
	if (syscall (SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return native_report_fail (report, NATIVE_STEP_USER_NAMESPACE, errno, NULL);
	if (syscall (SYS_setresgid, 0, 0, 0) < 0 || syscall (SYS_setresuid, 0, 0, 0) < 0)
		return native_report_fail (report, NATIVE_STEP_USER_NAMESPACE, errno, NULL);
	return TRUE;
}
