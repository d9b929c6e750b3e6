/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where what comes from outside is today. The record that came with the images only names it:
 * a source is what config.json of today has under that name, or else the restore is refused.
 */

#include "criu-mounts.h"

#include "criu-fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup/"

static gboolean
refuse (GError **error, const CriuMount *mount, const char *what)
{
	return criu_error_set (error, DAVIT_ERROR_CONFIG,
			       "mount \"%s\": the container had it, and config.json has %s \"%s\" "
			       "no more",
			       mount->path, what, mount->name);
}

static gboolean
source_open (const CriuMount *mount, const char *path, int *ret_fd, GError **error)
{
	*ret_fd = open_tree (AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*ret_fd < 0)
		return criu_error_errno (error, errno, "mount \"%s\": source \"%s\"", mount->path,
					 path);
	return TRUE;
}

static gboolean
source_bind (const CriuConfig *config, const CriuMount *mount, int *ret_fd, GError **error)
{
	const CriuConfigMount *bind = criu_config_bind (config, mount->name);
	g_autofree char *path = NULL;

	if (bind == NULL)
		return refuse (error, mount, "the bind mount");
	if (bind->source[0] != '/')
		return criu_error_set (error, DAVIT_ERROR_CONFIG,
				       "mount \"%s\": source \"%s\": must be an absolute path",
				       mount->path, bind->source);
	if (mount->below[0] != '\0' && !bind->recursive)
		return refuse (error, mount, "the recursive bind mount");
	path = g_build_filename (bind->source, mount->below, NULL);
	return source_open (mount, path, ret_fd, error);
}

/* What is opened is looked at: it must be that device. */
static gboolean
source_null (const CriuConfig *config, const CriuMount *mount, int *ret_fd, GError **error)
{
	struct stat status;

	if (!criu_config_masks (config, mount->name))
		return refuse (error, mount, "the masked path");
	if (!source_open (mount, "/dev/null", ret_fd, error))
		return FALSE;
	if (fstat (*ret_fd, &status) == 0 && S_ISCHR (status.st_mode) &&
	    status.st_rdev == makedev (1, 3))
		return TRUE;
	return criu_error_set (error, DAVIT_ERROR_UNAVAILABLE,
			       "mount \"%s\": \"/dev/null\" of the host is another thing",
			       mount->path);
}

static gboolean
source_device (const CriuConfig *config, const CriuMount *mount, int *ret_fd, GError **error)
{
	if (!criu_config_has_device (config, mount->name))
		return refuse (error, mount, "the device");
	return source_open (mount, mount->name, ret_fd, error);
}

/* The group in the hierarchy that is mounted at /sys/fs/cgroup/NAME; "": that is version 2. */
static const char *
group_find (const char *const *cgroups, const char *name)
{
	for (guint i = 0; cgroups != NULL && cgroups[i] != NULL; i++) {
		const char *below = cgroups[i] + strlen (CGROUP_ROOT);

		if (!g_str_has_prefix (cgroups[i], CGROUP_ROOT))
			continue;
		if (name[0] == '\0' ||
		    (strncmp (below, name, strlen (name)) == 0 && below[strlen (name)] == '/'))
			return cgroups[i];
	}
	return NULL;
}

static gboolean
source_cgroup (const CriuConfig *config, const CriuMount *mount, const char *const *cgroups,
	       int *ret_fd, GError **error)
{
	const char *path = group_find (cgroups, mount->name);

	if (criu_config_cgroup (config) == NULL)
		return refuse (error, mount, "the mount of control groups");
	if (path == NULL)
		return criu_error_set (error, DAVIT_ERROR_UNAVAILABLE,
				       "mount \"%s\": the container has no group in the hierarchy "
				       "\"%s\" here; this host has other ones",
				       mount->path, mount->name);
	return source_open (mount, path, ret_fd, error);
}

static gboolean
name_is_plain (const char *name)
{
	return name[0] != '\0' && strchr (name, '/') == NULL && !g_str_equal (name, ".") &&
	       !g_str_equal (name, "..");
}

/* As runtimes have it: a directory for each hierarchy, and a link for each of its controllers. */
static gboolean
group_make (int dirfd, const char *name, GError **error)
{
	g_auto (GStrv) controllers = g_strsplit (name, ",", -1);
	gboolean several = g_strv_length (controllers) > 1;

	if (!name_is_plain (name))
		return criu_error_set (error, DAVIT_ERROR_CORRUPT,
				       "the name of a control group is wrong");
	if (mkdirat (dirfd, name, 0755) < 0 && errno != EEXIST)
		return criu_error_errno (error, errno, "directory of the control group \"%s\"",
					 name);
	for (guint i = 0; several && controllers[i] != NULL; i++) {
		if (name_is_plain (controllers[i]) && symlinkat (name, dirfd, controllers[i]) < 0 &&
		    errno != EEXIST)
			return criu_error_errno (error, errno, "link of the control group \"%s\"",
						 name);
	}
	return TRUE;
}

/* CRIU would save this tmpfs by tar and gzip, which takes longer than making it anew. */
static gboolean
source_groups (const CriuConfig *config, const CriuRecord *record, const CriuMount *mount,
	       int *ret_fd, GError **error)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

	if (criu_config_cgroup (config) == NULL)
		return refuse (error, mount, "the mount of control groups");
	*ret_fd = criu_place_tmpfs ("0", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (*ret_fd < 0)
		return criu_error_errno (error, errno, "make a tmpfs");
	for (guint i = 0; i < record->mounts->len; i++) {
		const CriuMount *group = (const CriuMount *) record->mounts->pdata[i];

		if (group->kind == CRIU_MOUNT_CGROUP && !group_make (*ret_fd, group->name, error))
			return FALSE;
	}
	return mount_setattr (*ret_fd, "", AT_EMPTY_PATH, &read_only, sizeof read_only) == 0 ||
	       criu_error_errno (error, errno, "make a tmpfs read-only");
}

gboolean
criu_mounts_place (const CriuConfig *config, const CriuRecord *record, const char *const *cgroups,
		   CriuPlace *place, GError **error)
{
	for (guint i = 0; i < record->mounts->len; i++) {
		const CriuMount *mount = (const CriuMount *) record->mounts->pdata[i];
		int fd = -1;
		gboolean opened;

		switch (mount->kind) {
		case CRIU_MOUNT_BIND:
			opened = source_bind (config, mount, &fd, error);
			break;
		case CRIU_MOUNT_NULL:
			opened = source_null (config, mount, &fd, error);
			break;
		case CRIU_MOUNT_DEVICE:
			opened = source_device (config, mount, &fd, error);
			break;
		case CRIU_MOUNT_CGROUP:
			opened = source_cgroup (config, mount, cgroups, &fd, error);
			break;
		case CRIU_MOUNT_GROUPS:
			opened = source_groups (config, record, mount, &fd, error);
			break;
		case CRIU_MOUNT_SYSFS:
			if (!criu_place_add_sysfs (place, error))
				return FALSE;
			continue;
		case CRIU_MOUNT_MASK:
		case CRIU_N_MOUNT_KINDS:
		default:
			opened = criu_config_masks (config, mount->name) ||
				 refuse (error, mount, "the masked path");
			break;
		}
		if (opened)
			opened = criu_place_add_source (place, i, fd, error);
		criu_fd_close (&fd);
		if (!opened)
			return FALSE;
	}
	return TRUE;
}
