/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The mount of the type "cgroup": what the container sees of its control groups.
 *
 * It sees its own groups and nothing above them, bound to where the hierarchies stand by custom. A
 * bind mount of the own group shows the same as a new mount inside a cgroup namespace would, needs
 * no privilege over that namespace, and the files that act on a whole hierarchy (release_agent,
 * CVE-2022-0492) are not there. Only on a host with version 2 alone, and without a cgroup
 * namespace, all of it is shown: the paths in /proc/self/cgroup are the host's then.
 */

#include "native-mounts.h"
#include "native-resolve.h"
#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup/"

static int
group_open (const char *path, guint flags)
{
	return open_tree (AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

/*
 * Version 2 alone. In a user namespace that does not own the cgroup namespace nobody may mount it:
 * there it is bound from the host.
 */
static gboolean
mount_open_unified (NativeMount *mount, const char *path, const NativeNamespaces *namespaces,
		    GError **error)
{
	gboolean own = native_namespaces_have (namespaces, CLONE_NEWCGROUP) && path != NULL;
	gboolean bind = own || native_namespaces_have (namespaces, CLONE_NEWUSER);
	const char *source = own ? path : "/sys/fs/cgroup";
	int fd = bind ? group_open (source, own ? 0 : AT_RECURSIVE) : -1;

	if (fd >= 0) {
		mount->kind = NATIVE_MOUNT_BIND;
		mount->tree_fd = fd;
		mount->is_directory = TRUE;
		mount->options.recursive = !own;
		return TRUE;
	}
	if (bind && errno != EPERM)
		return runtime_error_set (error, errno, "mount \"%s\": group \"%s\"",
					  mount->destination, source);
	mount->kind = NATIVE_MOUNT_FILE_SYSTEM;
	mount->type = "cgroup2";
	return TRUE;
}

static gboolean
mount_add_group (NativeMount *mount, const char *path, GError **error)
{
	NativeMountGroup group;
	const char *name = path + strlen (CGROUP_ROOT);

	group.tree_fd = group_open (path, 0);
	if (group.tree_fd < 0 && errno == EPERM)
		return TRUE;
	if (group.tree_fd < 0)
		return runtime_error_set (error, errno, "mount \"%s\": group \"%s\"",
					  mount->destination, path);
	group.name = g_strndup (name, strcspn (name, "/"));
	g_array_append_val (mount->groups, group);
	return TRUE;
}

gboolean
native_mount_cgroup_open (const DavitHost *host, NativeMount *mount, char **paths,
			  const NativeNamespaces *namespaces, GError **error)
{
	/* Options of its own, such as names of controllers, can't be honoured with binds. */
	if (mount->options.data->len > 0)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "mount \"%s\": a mount of the type \"cgroup\" has no "
					  "option \"%s\"",
					  mount->destination,
					  (const char *) mount->options.data->pdata[0]);
	if (host->facts->cgroups == DAVIT_CGROUP_V2)
		return mount_open_unified (mount, paths[0], namespaces, error);
	mount->groups = g_array_new (FALSE, FALSE, sizeof (NativeMountGroup));
	for (guint i = 0; paths[i] != NULL; i++)
		if (g_str_has_prefix (paths[i], CGROUP_ROOT) &&
		    !mount_add_group (mount, paths[i], error))
			return FALSE;
	return TRUE;
}

/* "cpu,cpuacct": each controller is found under its own name too. */
static void
group_link (int directory, const char *name)
{
	char part[64];

	if (strchr (name, ',') == NULL)
		return;
	while (*name != '\0') {
		gsize length = strcspn (name, ",");

		if (length < sizeof part) {
			memcpy (part, name, length);
			part[length] = '\0';
			/* A convenience: a container without it has the directory still. */
			if (symlinkat (name, directory, part) < 0)
				return;
		}
		name += length + (name[length] == ',');
	}
}

static gboolean
group_attach (const NativeMount *mount, int directory, const NativeMountGroup *group,
	      NativeReport *report)
{
	struct mount_attr attributes = {.attr_set = mount->options.set, .propagation = MS_PRIVATE};
	gboolean attached;
	int target;

	if (mkdirat (directory, group->name, 0755) < 0)
		return native_report_fail (report, NATIVE_STEP_MOUNT_TARGET, errno,
					   mount->destination);
	group_link (directory, group->name);
	target = native_resolve_open (directory, group->name, O_PATH | O_DIRECTORY,
				      NATIVE_RESOLVE_NO_LINKS);
	if (target < 0)
		return native_report_fail (report, NATIVE_STEP_MOUNT_TARGET, target,
					   mount->destination);
	attached = mount_setattr (group->tree_fd, "", AT_EMPTY_PATH, &attributes,
				  sizeof attributes) == 0 &&
		   move_mount (group->tree_fd, "", target, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
	if (!attached)
		native_report_fail (report, NATIVE_STEP_MOUNT_MOVE, errno, mount->destination);
	close (target);
	return attached;
}

gboolean
native_mount_cgroup_attach (const NativeMount *mount, int root_fd, NativeReport *report)
{
	struct mount_attr attributes = {.attr_set = mount->options.set};
	NativeMount tmpfs = *mount;
	gboolean attached;
	int fd;

	tmpfs.type = "tmpfs";
	tmpfs.options.set = mount->options.set & ~(guint64) MOUNT_ATTR_RDONLY;
	fd = native_mount_make (&tmpfs, report);
	if (fd < 0)
		return FALSE;
	attached = native_mount_attach (mount, root_fd, fd, report);
	for (guint i = 0; attached && i < mount->groups->len; i++)
		attached =
			group_attach (mount, fd,
				      &g_array_index (mount->groups, NativeMountGroup, i), report);
	if (attached && mount_setattr (fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		attached = native_report_fail (report, NATIVE_STEP_MOUNT_ATTRIBUTES, errno,
					       mount->destination);
	close (fd);
	return attached;
}
