/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The root file system is a detached tree until it is mounted over the root of the container's own
 * mount namespace: that needs no directory of the host, and what was never mounted there can't be
 * left behind there. pivot_root then takes the host's tree away altogether; a chroot or a mount
 * moved over "/" would leave it in the namespace, to be found again.
 */

#include "native-rootfs.h"

#include "runtime-error.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
	const char *word;
	guint64 flag;
	gboolean recursive;
} Propagation;

static const Propagation propagations[] = {
	{"private", MS_PRIVATE, FALSE},	      {"rprivate", MS_PRIVATE, TRUE},
	{"slave", MS_SLAVE, FALSE},	      {"rslave", MS_SLAVE, TRUE},
	{"shared", MS_SHARED, FALSE},	      {"rshared", MS_SHARED, TRUE},
	{"unbindable", MS_UNBINDABLE, FALSE}, {"runbindable", MS_UNBINDABLE, TRUE},
};

void
native_rootfs_init (NativeRootfs *rootfs)
{
	memset (rootfs, 0, sizeof *rootfs);
	rootfs->fd = -1;
}

void
native_rootfs_clear (NativeRootfs *rootfs)
{
	if (rootfs->own_fd && rootfs->fd >= 0)
		close (rootfs->fd);
	rootfs->fd = -1;
	g_clear_pointer (&rootfs->path, g_free);
}

static gboolean
rootfs_read_propagation (const DavitHost *host, const DavitJson *config, NativeRootfs *rootfs,
			 GError **error)
{
	const DavitJson *linux_object = host->json->member (config, "linux");
	const char *word = NULL;

	if (!host->json->get_string (linux_object, "rootfsPropagation", &word, error))
		return FALSE;
	rootfs->propagation = MS_PRIVATE;
	rootfs->propagation_recursive = TRUE;
	if (word == NULL || *word == '\0')
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS (propagations); i++) {
		if (!g_str_equal (word, propagations[i].word))
			continue;
		rootfs->propagation = propagations[i].flag;
		rootfs->propagation_recursive = propagations[i].recursive;
		return TRUE;
	}
	return runtime_json_fail (error, host,
				  host->json->member (linux_object, "rootfsPropagation"),
				  DAVIT_ERROR_CONFIG,
				  "\"%s\" is no propagation; there are: private, rprivate, slave, "
				  "rslave, shared, rshared, unbindable, runbindable",
				  word);
}

/* 0 or -errno. */
static int
rootfs_copy_tree (NativeRootfs *rootfs)
{
	struct stat status;

	rootfs->fd = open_tree (AT_FDCWD, rootfs->path,
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (rootfs->fd < 0)
		return -errno;
	rootfs->own_fd = TRUE;
	if (fstat (rootfs->fd, &status) < 0)
		return -errno;
	return S_ISDIR (status.st_mode) ? 0 : -ENOTDIR;
}

static gboolean
rootfs_read_path (const DavitHost *host, const DavitJson *root, int bundle_dirfd,
		  NativeRootfs *rootfs, GError **error)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", bundle_dirfd);
	g_autofree char *bundle = NULL;
	const char *path = NULL;
	int status;

	if (!runtime_json_require_string (host, root, "path", &path, error))
		return FALSE;
	if (*path == '\0')
		return runtime_json_fail (error, host, host->json->member (root, "path"),
					  DAVIT_ERROR_CONFIG, "is empty");
	bundle = path[0] != '/' ? g_file_read_link (link, error) : g_strdup ("/");
	if (bundle == NULL)
		return FALSE;
	rootfs->path = path[0] != '/' ? g_build_filename (bundle, path, NULL) : g_strdup (path);
	status = rootfs_copy_tree (rootfs);
	if (status < 0 && status != -EPERM)
		return runtime_json_fail (error, host, host->json->member (root, "path"),
					  runtime_error_code (-status), "\"%s\": %s", rootfs->path,
					  g_strerror (-status));
	return TRUE;
}

gboolean
native_rootfs_open (const DavitHost *host, const DavitJson *config, int bundle_dirfd, int mount_fd,
		    NativeRootfs *ret, GError **error)
{
	const DavitJson *root = NULL;

	if (!rootfs_read_propagation (host, config, ret, error) ||
	    !host->json->get_object (config, "root", &root, error) ||
	    !host->json->get_boolean (root, "readonly", &ret->read_only, error))
		return FALSE;
	if (mount_fd >= 0) {
		ret->fd = mount_fd;
		return TRUE;
	}
	if (root == NULL)
		return runtime_json_fail (error, host, config, DAVIT_ERROR_CONFIG,
					  "\"root\" is missing");
	return rootfs_read_path (host, root, bundle_dirfd, ret, error);
}

static gboolean
set_propagation (int fd, const char *path, guint64 propagation, gboolean recursive)
{
	struct mount_attr attributes = {.propagation = propagation};
	guint flags = (*path == '\0' ? AT_EMPTY_PATH : 0) | (recursive ? AT_RECURSIVE : 0);

	return mount_setattr (fd, path, flags, &attributes, sizeof attributes) == 0;
}

gboolean
native_rootfs_attach (NativeRootfs *rootfs, NativeReport *report)
{
	/* A root that is to get the host's new mounts must not be cut off before. */
	guint64 first = rootfs->propagation == MS_SLAVE || rootfs->propagation == MS_SHARED
				? MS_SLAVE
				: MS_PRIVATE;
	int status;

	/* Nothing that is mounted from here on may appear on the host. */
	if (!set_propagation (AT_FDCWD, "/", MS_PRIVATE, TRUE))
		return native_report_fail (report, NATIVE_STEP_PRIVATE, errno, NULL);
	if (rootfs->fd < 0) {
		status = rootfs_copy_tree (rootfs);
		if (status < 0)
			return native_report_fail (report, NATIVE_STEP_ROOT, status, NULL);
	}
	if (!set_propagation (rootfs->fd, "", first, TRUE) ||
	    move_mount (rootfs->fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return native_report_fail (report, NATIVE_STEP_ROOT, errno, NULL);
	return TRUE;
}

gboolean
native_rootfs_pivot (const NativeRootfs *rootfs, NativeReport *report)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

	if (rootfs->read_only &&
	    mount_setattr (rootfs->fd, "", AT_EMPTY_PATH, &read_only, sizeof read_only) < 0)
		return native_report_fail (report, NATIVE_STEP_ROOT, errno, NULL);
	/* The old root comes to lie over the new one, and is taken off it. */
	if (fchdir (rootfs->fd) < 0 || syscall (SYS_pivot_root, ".", ".") < 0 ||
	    umount2 (".", MNT_DETACH) < 0 || chdir ("/") < 0)
		return native_report_fail (report, NATIVE_STEP_PIVOT, errno, NULL);
	/* Now only: the kernel does not pivot to a shared mount. */
	if ((rootfs->propagation != MS_PRIVATE && rootfs->propagation != MS_SLAVE) &&
	    !set_propagation (AT_FDCWD, "/", rootfs->propagation, rootfs->propagation_recursive))
		return native_report_fail (report, NATIVE_STEP_ROOT, errno, NULL);
	return TRUE;
}
