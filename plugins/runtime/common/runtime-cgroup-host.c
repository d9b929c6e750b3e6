/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The hierarchies of the host: /proc/self/cgroup names them, and they are mounted where everybody
 * mounts them. The table of mounts is not read: on a host with a thousand containers that alone
 * would take a millisecond.
 */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"
#define NAMED "name=" /* of a hierarchy without controllers, as in /proc/self/cgroup */

void
runtime_cgroup_group_free (RuntimeGroup *group)
{
	int *fds[] = {&group->root_fd, &group->fd, &group->tasks_fd};

	for (gsize i = 0; i < G_N_ELEMENTS (fds); i++) {
		if (*fds[i] >= 0)
			close (*fds[i]);
	}
	g_free (group->name);
	g_free (group->mount);
	g_free (group->own);
	g_free (group->path);
	g_strfreev (group->controllers);
	g_free (group);
}

/*
 * ret_fd is a descriptor of the mount point if a hierarchy of this version is there, and stays -1
 * otherwise. One that can't be opened may well be there, with a group in it that is to be removed.
 */
static gboolean
mount_open (const char *path, gboolean v2, int *ret_fd, GError **error)
{
	int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs status;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
		       runtime_error_set (error, errno, "open \"%s\"", path);
	if (fstatfs (fd, &status) < 0) {
		runtime_error_set (error, errno, "look at \"%s\"", path);
		close (fd);
		return FALSE;
	}
	if ((guint32) status.f_type == (v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		*ret_fd = fd;
	else
		close (fd);
	return TRUE;
}

/* One that has no controllers, and only sorts processes. */
static gboolean
group_is_named (const RuntimeGroup *group)
{
	return g_str_has_prefix (group->name, NAMED);
}

/* root_fd stays -1 if it is not mounted. */
static gboolean
mount_find (RuntimeGroup *group, GError **error)
{
	static const char *const v2_mounts[] = {CGROUPS, CGROUPS "/unified", NULL};
	const char *folder = group->name + (group_is_named (group) ? strlen (NAMED) : 0);
	g_autofree char *v1_mount = g_strconcat (CGROUPS "/", folder, NULL);
	const char *v1_mounts[] = {v1_mount, NULL};
	const char *const *mounts = group->v2 ? v2_mounts : v1_mounts;

	for (; group->root_fd < 0 && *mounts != NULL; mounts++) {
		if (!mount_open (*mounts, group->v2, &group->root_fd, error))
			return FALSE;
		if (group->root_fd >= 0)
			group->mount = g_strdup (*mounts);
	}
	return TRUE;
}

/*
 * Below a container that has no cgroup namespace of its own, /proc/self/cgroup tells a path of the
 * outside, and only the container's part is mounted.
 */
static void
own_check (RuntimeGroup *group)
{
	struct stat status;

	if (group->own[1] == '\0' ||
	    fstatat (group->root_fd, group->own + 1, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	g_free (group->own);
	group->own = g_strdup ("/");
}

static void
controllers_find (RuntimeGroup *group)
{
	char buffer[512] = "";

	if (!group->v2) {
		group->controllers =
			g_strsplit (group_is_named (group) ? "" : group->name, ",", -1);
		return;
	}
	runtime_cgroup_get (group->root_fd, "cgroup.controllers", buffer, sizeof buffer);
	group->controllers = g_strsplit (buffer, " ", -1);
}

/*
 * line: "4:memory:/a/b", "1:name=systemd:/", "0::/a/b". One that is not mounted or not wanted is
 * not added.
 */
static gboolean
line_read (const char *line, gboolean named, GPtrArray *groups, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (line, ":", 3);
	RuntimeGroup *group;
	gboolean found;

	if (g_strv_length (parts) != 3 || parts[2][0] != '/' ||
	    (!named && g_str_has_prefix (parts[1], NAMED)))
		return TRUE;
	group = g_new0 (RuntimeGroup, 1);
	group->name = g_strdup (parts[1]);
	group->own = g_strdup (parts[2]);
	group->v2 = parts[1][0] == '\0';
	group->root_fd = group->fd = group->tasks_fd = -1;
	found = mount_find (group, error);
	if (!found || group->root_fd < 0) {
		runtime_cgroup_group_free (group);
		return found;
	}
	own_check (group);
	controllers_find (group);
	g_ptr_array_add (groups, group);
	return TRUE;
}

GPtrArray *
runtime_cgroup_host_groups (const DavitHost *host, gboolean named, GError **error)
{
	g_autoptr (GPtrArray) groups =
		g_ptr_array_new_with_free_func ((GDestroyNotify) runtime_cgroup_group_free);
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;

	if (host->facts->cgroups == DAVIT_CGROUP_NONE)
		return g_steal_pointer (&groups);
	text = runtime_cgroup_get_all (AT_FDCWD, "/proc/self/cgroup");
	if (text == NULL) {
		runtime_error_set (error, errno, "read \"/proc/self/cgroup\"");
		return NULL;
	}
	/* The line of v2 is the last one. */
	lines = g_strsplit (text, "\n", -1);
	for (gsize i = 0; lines[i] != NULL; i++) {
		if (!line_read (lines[i], named, groups, error))
			return NULL;
	}
	return g_steal_pointer (&groups);
}

/* Whether whoever rules the tree gave this part of it away. Root owns all, which says nothing. */
static gboolean
path_is_delegated (const DavitHost *host, const RuntimeGroup *group, const char *own)
{
	g_autofree char *path = g_strconcat (group->mount, own, NULL);
	struct stat status;
	char value[2];

	if (own[0] == '\0' || own[1] == '\0')
		return FALSE;
	if (getxattr (path, "user.delegate", value, sizeof value) == 1 && value[0] == '1')
		return TRUE;
	if (getxattr (path, "trusted.delegate", value, sizeof value) == 1 && value[0] == '1')
		return TRUE;
	return host->facts->rootless && stat (path, &status) == 0 && status.st_uid == geteuid ();
}

char *
runtime_cgroup_host_place (const DavitHost *host, const RuntimeGroup *group)
{
	g_autofree char *own = g_strdup (group->own);

	if (!group->v2)
		return g_steal_pointer (&own);
	/* The caller was moved there to make room: the place is the one above. */
	if (g_str_has_suffix (own, "/" RUNTIME_CGROUP_CALLER))
		own[strlen (own) - strlen ("/" RUNTIME_CGROUP_CALLER)] = '\0';
	return path_is_delegated (host, group, own) ? g_steal_pointer (&own) : g_strdup ("/");
}
