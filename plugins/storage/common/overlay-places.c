/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directory of mount points: places/HASH, where HASH is that of their names. */

#include "overlay-places.h"

#include "overlay-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES "places"
/* Renamed when all is in it; who makes the same one helps to fill it. */
#define SUFFIX_NEW ".new"

/* "/a/b", "/a/b/": what comes in here becomes a path below the state directory. */
static gboolean
path_check (const char *path, GError **error)
{
	g_auto (GStrv) names = g_strsplit (path, "/", -1);
	guint length = g_strv_length (names);
	gboolean valid = path[0] == '/' && path[1] != '\0';

	for (guint i = 1; i < length; i++) {
		/* Only behind the last "/" there may be nothing. */
		valid = valid && (names[i][0] != '\0' || i + 1 == length) &&
			strcmp (names[i], ".") != 0 && strcmp (names[i], "..") != 0;
	}
	return valid || store_error_set (error, DAVIT_ERROR_FAILED,
					 "mount point \"%s\": not a plain absolute path", path);
}

/* Goes one directory deeper: *dirfd becomes that of name. */
static gboolean
directory_enter (int *dirfd, const char *name)
{
	int fd;

	if (mkdirat (*dirfd, name, 0755) < 0 && errno != EEXIST)
		return FALSE;
	fd = openat (*dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return FALSE;
	close (*dirfd);
	*dirfd = fd;
	/* Whatever the umask is. */
	return fchmod (fd, 0755) == 0;
}

static gboolean
file_make (int dirfd, const char *name)
{
	store_autofd fd = openat (dirfd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	return fd >= 0 && fchmod (fd, 0644) == 0;
}

static gboolean
place_make (int dirfd, const char *path, GError **error)
{
	g_auto (GStrv) names = NULL;
	store_autofd fd = fcntl (dirfd, F_DUPFD_CLOEXEC, 3);
	gboolean made = fd >= 0;
	guint i;

	if (!path_check (path, error))
		return FALSE;
	names = g_strsplit (path + 1, "/", -1);
	for (i = 0; made && names[i + 1] != NULL; i++)
		made = directory_enter (&fd, names[i]);
	if (made && names[i][0] != '\0')
		made = file_make (fd, names[i]);
	return made || store_error_errno (error, errno, "make mount point \"%s\"", path);
}

static gboolean
places_fill (int dirfd, const char *const *mount_points, GError **error)
{
	for (; *mount_points != NULL; mount_points++) {
		if (!place_make (dirfd, *mount_points, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
places_make (int state_dirfd, const char *name, const char *const *mount_points, GError **error)
{
	g_autofree char *name_new = g_strconcat (name, SUFFIX_NEW, NULL);
	store_autofd fd = -1;

	if ((mkdirat (state_dirfd, PLACES, 0700) < 0 && errno != EEXIST) ||
	    (mkdirat (state_dirfd, name_new, 0755) < 0 && errno != EEXIST))
		return store_error_errno (error, errno, "make directory \"%s\"", name_new);
	fd = openat (state_dirfd, name_new, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Somebody else was quicker with the last step. */
	if (fd < 0 && errno == ENOENT)
		return TRUE;
	if (fd < 0 || fchmod (fd, 0755) < 0)
		return store_error_errno (error, errno, "make directory \"%s\"", name_new);
	if (!places_fill (fd, mount_points, error))
		return FALSE;
	if (renameat (state_dirfd, name_new, state_dirfd, name) < 0 && errno != ENOENT &&
	    errno != EEXIST && errno != ENOTEMPTY)
		return store_error_errno (error, errno, "make directory \"%s\"", name);
	return TRUE;
}

gboolean
overlay_places_add (Store *store, const char *const *mount_points, OverlayLower *lower,
		    GError **error)
{
	int state_dirfd = store->host->state_dirfd;
	g_autofree char *names = g_strjoinv ("\n", (char **) mount_points);
	g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, names, -1);
	g_autofree char *name = g_build_filename (PLACES, hash, NULL);

	if (overlay_lower_count (lower) >= OVERLAY_LAYERS_LIMIT)
		return TRUE;
	if (faccessat (state_dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    !places_make (state_dirfd, name, mount_points, error))
		return FALSE;
	overlay_lower_prepend (lower, g_steal_pointer (&name));
	return TRUE;
}
