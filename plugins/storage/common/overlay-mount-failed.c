/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Says which rule of overlayfs was broken: the kernel answers with a bare number. */

#include "overlay-mount-private.h"
#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/magic.h */
#define OVERLAY_MAGIC 0x794c7630
#define NFS_MAGIC 0x6969

/* Why a file system can't hold the upper directory, or NULL. */
static const char *
upper_problem (const OverlayMount *mount)
{
	store_autofd fd = -1;
	struct statfs status;

	if (mount->upper == NULL)
		return NULL;
	fd = openat (overlay_mount_upper_dirfd (mount), mount->upper,
		     O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs (fd, &status) < 0)
		return NULL;
	if (status.f_type == OVERLAY_MAGIC)
		return "the store lies on an overlay file system, which can't hold another one's "
		       "upper directory; put it on a file system of its own, or use the storage "
		       "driver \"vfs\"";
	if (status.f_type == NFS_MAGIC)
		return "the store lies on NFS, which can't hold an upper directory; put it on a "
		       "local file system, or use the storage driver \"vfs\"";
	return NULL;
}

gboolean
overlay_mount_failed (const OverlayMount *mount, int number, const char *detail, GError **error)
{
	const char *problem =
		number == EINVAL || number == EOPNOTSUPP ? upper_problem (mount) : NULL;
	const char *between = detail != NULL ? ": " : "";

	if (detail == NULL)
		detail = "";
	if (problem != NULL)
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE, "mount: %s", problem);
	switch (number) {
	case ENODEV:
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"mount: the kernel has no overlay file system; load the "
					"module \"overlay\"");
	case ENOSYS:
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"mount: the kernel has no fsopen; Linux 5.2 or newer is "
					"needed");
	case EPERM:
		return store_error_set (error, DAVIT_ERROR_PERMISSION,
					"mount%s%s: %s; CAP_SYS_ADMIN is needed, and inside a user "
					"namespace Linux 5.11 or newer",
					between, detail, g_strerror (number));
	case ENOENT:
	case ENOTDIR:
		return store_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"mount%s%s: %s; a layer is damaged: remove the image and get "
			"it again",
			between, detail, g_strerror (number));
	case ELOOP:
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"mount%s%s: the same layer is given twice, or one lies in "
					"another",
					between, detail);
	default:
		return store_error_errno (error, number, "mount%s%s", between, detail);
	}
}
