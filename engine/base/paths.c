/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directories of the engine: compiled in for root, XDG directories for others. */

#include "base/paths.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/user.h"
#include "davit-config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LENGTH 36

/* An environment variable that holds an absolute path; others are ignored, as XDG wants it. */
static const char *
environment_path (const char *name)
{
	const char *value = secure_getenv (name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

static char *
path_or_default (const char *name, const char *fallback)
{
	const char *value = environment_path (name);

	return g_strdup (value != NULL ? value : fallback);
}

static char *
user_root (void)
{
	const char *data = environment_path ("XDG_DATA_HOME");

	if (data != NULL)
		return g_build_filename (data, "davit", NULL);
	return g_build_filename (g_get_home_dir (), ".local/share/davit", NULL);
}

static char *
user_runroot (void)
{
	const char *runtime = environment_path ("XDG_RUNTIME_DIR");
	g_autofree char *usual = g_strdup_printf ("/run/user/%u", (unsigned) davit_user_id ());

	if (runtime != NULL)
		return g_build_filename (runtime, "davit", NULL);
	if (access (usual, W_OK | X_OK) == 0)
		return g_build_filename (usual, "davit", NULL);
	/* Somebody else may have made it: davit_path_open_private looks whose it is. */
	return g_strdup_printf ("/tmp/davit-%u", (unsigned) davit_user_id ());
}

DavitPaths *
davit_paths_new (void)
{
	DavitPaths *paths = g_new0 (DavitPaths, 1);
	gboolean root = !davit_user_is_ordinary ();

	paths->root = root ? g_strdup (DAVIT_LOCALSTATEDIR) : user_root ();
	paths->runroot = root ? g_strdup ("/run/davit") : user_runroot ();
	paths->datadir = path_or_default ("DAVIT_DATADIR", DAVIT_DATADIR);
	paths->sysconfdir = g_strdup (DAVIT_SYSCONFDIR);
	paths->libexecdir = path_or_default ("DAVIT_LIBEXECDIR", DAVIT_LIBEXECDIR);
	paths->plugindir = g_strdup (DAVIT_PLUGINDIR);
	paths->root_fd = -1;
	paths->runroot_fd = -1;
	return paths;
}

void
davit_paths_free (DavitPaths *paths)
{
	if (paths == NULL)
		return;
	davit_fd_close (&paths->root_fd);
	davit_fd_close (&paths->runroot_fd);
	g_free (paths->root);
	g_free (paths->runroot);
	g_free (paths->datadir);
	g_free (paths->sysconfdir);
	g_free (paths->libexecdir);
	g_free (paths->plugindir);
	g_free (paths);
}

void
davit_paths_set (char **member, const char *path)
{
	char *absolute = g_canonicalize_filename (path, NULL);

	g_free (*member);
	*member = absolute;
}

gboolean
davit_paths_open_root (DavitPaths *paths, GError **error)
{
	return paths->root_fd >= 0 ||
	       davit_path_open_private (paths->root, 0700, &paths->root_fd, error);
}

gboolean
davit_paths_open_runroot (DavitPaths *paths, GError **error)
{
	return paths->runroot_fd >= 0 ||
	       davit_path_open_private (paths->runroot, 0700, &paths->runroot_fd, error);
}

gboolean
davit_paths_boot_id (char **ret_boot_id, GError **error)
{
	davit_autofd fd = open (BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	g_autofree char *text = NULL;

	if (fd < 0)
		return davit_error_errno (error, errno, "read \"%s\"", BOOT_ID_FILE);
	if (!davit_fd_read (fd, 2 * BOOT_ID_LENGTH, BOOT_ID_FILE, &text, NULL, error))
		return FALSE;
	g_strchomp (text);
	if (strlen (text) != BOOT_ID_LENGTH)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"read \"%s\": not a boot id in it", BOOT_ID_FILE);
	*ret_boot_id = g_steal_pointer (&text);
	return TRUE;
}
