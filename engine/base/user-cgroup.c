/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The part of the tree of control groups that is the user's own: whoever rules the tree gave it to
 * him, as a systemd user manager does, or an administrator without one.
 */

#include "base/user.h"

#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT 65536

static char *
file_read (const char *path)
{
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0 || !davit_fd_read (fd, LIMIT, path, &text, NULL, NULL))
		return NULL;
	return text;
}

/* Where the caller's group of v2 is mounted, or NULL. */
static char *
own_directory (void)
{
	g_autofree char *text = file_read ("/proc/self/cgroup");
	const char *line = text != NULL ? strstr (text, "0::/") : NULL;

	/* The line of v2 is the last one; the mount is where everybody mounts it. */
	if (line == NULL || (line != text && line[-1] != '\n'))
		return NULL;
	return g_strdup_printf ("/sys/fs/cgroup/%.*s", (int) strcspn (line + 4, "\n"), line + 4);
}

static gboolean
directory_is_own (const char *directory)
{
	struct stat status;

	return directory != NULL && stat (directory, &status) == 0 && status.st_uid == geteuid ();
}

gboolean
davit_user_cgroup_is_own (void)
{
	g_autofree char *directory = own_directory ();

	return directory_is_own (directory);
}

gboolean
davit_user_cgroup_has (const char *controller)
{
	g_autofree char *directory = own_directory ();
	g_autofree char *file = NULL;
	g_autofree char *text = NULL;
	g_auto (GStrv) words = NULL;

	if (!directory_is_own (directory))
		return FALSE;
	file = g_build_filename (directory, "cgroup.controllers", NULL);
	text = file_read (file);
	words = g_strsplit (text != NULL ? g_strchomp (text) : "", " ", -1);
	return g_strv_contains ((const char *const *) words, controller);
}
