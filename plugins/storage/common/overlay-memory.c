/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes the tmpfs that stands for the upper directory on disk. */

#include "overlay-memory.h"

#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* A symbolic link whose target is the number of bytes: made and read by one call each. */
#define NOTE "memory"
#define SIZE_LIMIT 32

gboolean
overlay_memory_note (int rootfs, guint64 size, GError **error)
{
	char text[SIZE_LIMIT];

	g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, size);
	if (symlinkat (text, rootfs, NOTE) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "note the size of what may be written");
	return TRUE;
}

gboolean
overlay_memory_find (int rootfs, guint64 *ret_size, GError **error)
{
	char text[SIZE_LIMIT] = "";
	gssize length = readlinkat (rootfs, NOTE, text, sizeof text - 1);
	guint64 size = 0;

	if (length < 0 && errno != ENOENT)
		return store_error_errno (error, errno, "read \"%s\"", NOTE);
	if (length >= 0 && !g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, &size, NULL))
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"the size of what may be written is \"%s\", which is no "
					"size; remove the container",
					text);
	*ret_size = size;
	return TRUE;
}

gboolean
overlay_memory_mount (guint64 size, int *ret_mount_fd, int *ret_dirfd, GError **error)
{
	store_autofd context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
	store_autofd mount = -1;
	char text[SIZE_LIMIT];

	g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, size);
	if (context < 0 || fsconfig (context, FSCONFIG_SET_STRING, "source", "davit", 0) < 0 ||
	    fsconfig (context, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
	    fsconfig (context, FSCONFIG_SET_STRING, "size", text, 0) < 0 ||
	    fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return store_error_errno (error, errno, "make a tmpfs of %s bytes", text);
	mount = fsmount (context, FSMOUNT_CLOEXEC, 0);
	/* That of fsmount is O_PATH. */
	*ret_dirfd = mount < 0 ? -1 : openat (mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dirfd < 0)
		return store_error_errno (error, errno, "mount a tmpfs");
	*ret_mount_fd = store_fd_steal (&mount);
	return TRUE;
}
