/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What one invocation works with. Everything is opened when it is first needed: "davit version"
 * must not fail because a plugin or a directory is missing.
 */

#include "container/engine.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/user.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static void
arguments_add (GPtrArray *arguments, const char *option, const char *value)
{
	g_ptr_array_add (arguments, g_strdup (option));
	g_ptr_array_add (arguments, g_strdup (value));
}

/* The directories are always named: the defaults depend on an environment that may be another. */
static char **
self_arguments_new (const DavitPaths *paths, const DavitEngineOptions *options)
{
	g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

	arguments_add (arguments, "--root", paths->root);
	arguments_add (arguments, "--runroot", paths->runroot);
	for (guint i = 0; options->plugin_path != NULL && options->plugin_path[i] != NULL; i++) {
		g_autofree char *path = g_canonicalize_filename (options->plugin_path[i], NULL);

		arguments_add (arguments, "--plugin-path", path);
	}
	for (guint i = 0; options->overrides != NULL && options->overrides[i] != NULL; i++)
		arguments_add (arguments, "--config", options->overrides[i]);
	g_ptr_array_add (arguments, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&arguments), FALSE);
}

/* A path goes into JSON for the runtime: what can't stand there is refused here. */
static gboolean
directory_set (char **member, const char *option, const char *path, GError **error)
{
	char here[PATH_MAX];

	if (path == NULL)
		return TRUE;
	if (*path == '\0')
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"%s\": must name a directory", option);
	if (!g_utf8_validate (path, -1, NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"%s\": directory \"%s\" is not UTF-8", option,
					path);
	/* GLib would take "/" for the place where we are. */
	if (!g_path_is_absolute (path) && getcwd (here, sizeof here) == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"%s\": directory \"%s\" is relative, and the "
					"current directory does not exist; give an absolute path",
					option, path);
	davit_paths_set (member, path);
	return TRUE;
}

DavitEngine *
davit_engine_open (const DavitEngineOptions *options, GError **error)
{
	g_autoptr (DavitEngine) engine = g_new0 (DavitEngine, 1);

	engine->paths = davit_paths_new ();
	if (!directory_set (&engine->paths->root, "--root", options->root, error) ||
	    !directory_set (&engine->paths->runroot, "--runroot", options->runroot, error))
		return NULL;
	engine->config = davit_config_load (engine->paths, options->overrides, error);
	if (engine->config == NULL || !davit_paths_boot_id (&engine->boot_id, error))
		return NULL;
	engine->drivers = davit_drivers_new (engine->paths, engine->config, options->plugin_path);
	engine->images = davit_image_store_new (engine->paths, engine->drivers);
	engine->self_arguments = self_arguments_new (engine->paths, options);
	return g_steal_pointer (&engine);
}

void
davit_engine_close (DavitEngine *engine)
{
	if (engine == NULL)
		return;
	if (engine->entered)
		davit_user_leave (engine->paths->runroot_fd);
	g_clear_pointer (&engine->images, davit_image_store_free);
	g_clear_pointer (&engine->drivers, davit_drivers_free);
	g_clear_pointer (&engine->config, davit_config_free);
	g_clear_pointer (&engine->paths, davit_paths_free);
	g_free (engine->boot_id);
	g_strfreev (engine->self_arguments);
	g_free (engine);
}

gboolean
davit_engine_enter (DavitEngine *engine, gboolean starts, GError **error)
{
	if (!davit_drivers_check_directories (engine->drivers, error))
		return FALSE;
	if (starts)
		davit_user_scope_enter ();
	if (!davit_paths_open_runroot (engine->paths, error) ||
	    !davit_user_enter (engine->paths->runroot_fd, error))
		return FALSE;
	engine->entered = TRUE;
	/* Opened through a mount of the other namespace, from which no file can be linked here. */
	davit_fd_close (&engine->paths->runroot_fd);
	return davit_paths_open_runroot (engine->paths, error);
}

DavitStorage *
davit_engine_storage (DavitEngine *engine, GError **error)
{
	const char *name = davit_config_string (engine->config, "storage");

	return davit_drivers_storage (engine->drivers, name, error);
}

/* Both have a directory "containers". */
static gboolean
roots_check (const DavitPaths *paths, GError **error)
{
	struct stat root, runroot;

	if (fstat (paths->root_fd, &root) < 0 || fstat (paths->runroot_fd, &runroot) < 0 ||
	    root.st_ino != runroot.st_ino || root.st_dev != runroot.st_dev)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"--root and --runroot are the same directory \"%s\"; give them one "
				"each",
				paths->root);
}

gboolean
davit_engine_open_state (DavitEngine *engine, int *ret_containers_fd, int *ret_names_fd,
			 int *ret_run_fd, GError **error)
{
	davit_autofd containers_fd = -1;
	davit_autofd names_fd = -1;
	davit_autofd run_fd = -1;

	if (!davit_paths_open_root (engine->paths, error) ||
	    !davit_paths_open_runroot (engine->paths, error) ||
	    !roots_check (engine->paths, error) ||
	    !davit_path_open_subdirectory (engine->paths->root_fd, "containers", 0700,
					   &containers_fd, error) ||
	    !davit_path_open_subdirectory (engine->paths->root_fd, "names", 0700, &names_fd,
					   error) ||
	    !davit_path_open_subdirectory (engine->paths->runroot_fd, "containers", 0700, &run_fd,
					   error))
		return FALSE;
	if (ret_containers_fd != NULL)
		*ret_containers_fd = davit_fd_steal (&containers_fd);
	if (ret_names_fd != NULL)
		*ret_names_fd = davit_fd_steal (&names_fd);
	if (ret_run_fd != NULL)
		*ret_run_fd = davit_fd_steal (&run_fd);
	return TRUE;
}
