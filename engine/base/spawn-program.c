/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds external programs, and makes the environment that they get. */

#include "base/spawn-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Also looked at when they are not in PATH: that of a user often lacks where mkfs and nft are. */
#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *
search_path (void)
{
	const char *path = secure_getenv ("PATH");

	if (path == NULL || path[0] == '\0')
		return g_strdup (SYSTEM_PATH);
	return g_strconcat (path, ":", SYSTEM_PATH, NULL);
}

static gboolean
file_is_program (const char *path)
{
	struct stat status;

	return stat (path, &status) == 0 && S_ISREG (status.st_mode) && access (path, X_OK) == 0;
}

gboolean
davit_spawn_find_program (const char *name, char **ret_path, GError **error)
{
	g_autofree char *path = search_path ();
	g_auto (GStrv) directories = g_strsplit (path, ":", -1);

	if (name[0] == '/') {
		/* Whether it can be run is what exec says, with the reason. */
		*ret_path = g_strdup (name);
		return TRUE;
	}
	if (name[0] == '\0' || strchr (name, '/') != NULL)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"program \"%s\": neither a plain name nor an absolute path",
					name);
	for (guint i = 0; directories[i] != NULL; i++) {
		g_autofree char *candidate = g_build_filename (directories[i], name, NULL);

		/* An empty entry means the working directory, and a relative one is no better. */
		if (candidate[0] != '/' || !file_is_program (candidate))
			continue;
		*ret_path = g_steal_pointer (&candidate);
		return TRUE;
	}
	return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
				"program \"%s\" is not installed; it was searched in PATH", name);
}

int
davit_spawn_view_program (const char *path)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	davit_autofd fd = open_tree (AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_setattr (fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return -1;
	return davit_fd_steal (&fd);
}

char **
davit_spawn_environment (void)
{
	/* Nothing else of the engine's environment (LD_*, G_*, secrets) is a program's business. */
	static const char *const names[] = {"HOME", "TERM"};
	g_autofree char *path = search_path ();
	GStrv environment = NULL;

	environment = g_environ_setenv (environment, "PATH", path, TRUE);
	environment = g_environ_setenv (environment, "LANG", "C.UTF-8", TRUE);
	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		const char *value = secure_getenv (names[i]);

		if (value != NULL)
			environment = g_environ_setenv (environment, names[i], value, TRUE);
	}
	return environment;
}
