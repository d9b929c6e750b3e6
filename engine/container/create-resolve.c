/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a new container is made of: image, program, plugins, namespaces. */

#include "container/create-private.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "container/container.h"
#include "driver/runtime-driver.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

void
davit_creation_init (DavitCreation *creation, DavitEngine *engine,
		     const DavitCreateRequest *request)
{
	memset (creation, 0, sizeof *creation);
	creation->engine = engine;
	creation->request = request;
	creation->created = davit_text_now ();
	davit_digest_random_hex (creation->id, sizeof creation->id - 1);
}

void
davit_creation_clear (DavitCreation *creation)
{
	g_free (creation->name);
	davit_image_free (creation->image);
	g_free (creation->rootfs);
	g_free (creation->runtime);
	g_free (creation->network);
	g_clear_pointer (&creation->networks, g_ptr_array_unref);
	g_free (creation->pid.target);
	g_free (creation->ipc.target);
	g_free (creation->uts.target);
	g_free (creation->network_namespace.target);
	g_free (creation->cgroup.target);
	g_free (creation->time.target);
	g_strfreev (creation->entrypoint);
	g_strfreev (creation->command);
	g_strfreev (creation->env);
	g_free (creation->init);
	g_clear_pointer (&creation->capabilities, g_ptr_array_unref);
	davit_json_free (creation->seccomp);
	g_clear_pointer (&creation->rlimits, g_array_unref);
}

static gboolean
platform_check (const DavitCreation *creation, GError **error)
{
	const DavitCreateRequest *request = creation->request;
	const DavitImage *image = creation->image;

	/* Old images say nothing; what says something else has no program that could run. */
	if (image->os != NULL && image->os[0] != '\0' && strcmp (image->os, "linux") != 0)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"image \"%s\" is one for \"%s\"; containers are of linux",
					request->image, image->os);
	if ((request->os == NULL || g_strcmp0 (request->os, image->os) == 0) &&
	    (request->architecture == NULL ||
	     g_strcmp0 (request->architecture, image->architecture) == 0) &&
	    (request->variant == NULL || g_strcmp0 (request->variant, image->variant) == 0))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"option \"--platform\": image \"%s\" is one for %s/%s",
				request->image, image->os != NULL ? image->os : "unknown",
				image->architecture != NULL ? image->architecture : "unknown");
}

static gboolean
resolve_rootfs (DavitCreation *creation, GError **error)
{
	const char *path = creation->request->image;
	struct stat status, host;

	creation->rootfs = g_canonicalize_filename (path, NULL);
	if (stat (creation->rootfs, &status) < 0 || !S_ISDIR (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--rootfs\": \"%s\" is no directory", path);
	if (stat ("/", &host) == 0 && host.st_dev == status.st_dev && host.st_ino == status.st_ino)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--rootfs\": \"%s\" is the root directory of the "
					"host",
					path);
	return TRUE;
}

gboolean
davit_creation_resolve_image (DavitCreation *creation, GError **error)
{
	const DavitCreateRequest *request = creation->request;

	if (request->image == NULL || request->image[0] == '\0')
		return davit_error_set (error, DAVIT_ERROR_USAGE, "no image is named");
	if (request->rootfs)
		return resolve_rootfs (creation, error);
	creation->image = davit_image_is_path (request->image)
				  ? davit_image_store_open_file (creation->engine->images,
								 request->image, error)
				  : davit_image_store_resolve (creation->engine->images,
							       request->image, error);
	return creation->image != NULL && platform_check (creation, error);
}

static char **
words_copy (char **words)
{
	return words != NULL ? g_strdupv (words) : g_new0 (char *, 1);
}

/* An entry point of the command line takes the image's default arguments away, too. */
static gboolean
resolve_program (DavitCreation *creation, GError **error)
{
	const DavitCreateRequest *request = creation->request;
	const DavitImage *image = creation->image;
	gboolean given = request->command != NULL && request->command[0] != NULL;

	if (request->entrypoint != NULL)
		creation->entrypoint = words_copy (request->entrypoint);
	else
		creation->entrypoint = words_copy (image != NULL ? image->entrypoint : NULL);
	if (given)
		creation->command = words_copy (request->command);
	else if (request->entrypoint != NULL || image == NULL)
		creation->command = words_copy (NULL);
	else
		creation->command = words_copy (image->cmd);
	if (creation->entrypoint[0] == NULL && creation->command[0] == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"image \"%s\" does not say which program to run; give a "
					"command behind it",
					request->image);
	if ((creation->entrypoint[0] != NULL ? creation->entrypoint : creation->command)[0][0] ==
	    '\0')
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"the program to run in \"%s\" has an empty name",
					request->image);
	return TRUE;
}

static gboolean
resolve_init (DavitCreation *creation, GError **error)
{
	g_autofree char *bundled = NULL;
	const char *path = creation->request->init_path;
	struct stat status;

	if (!creation->request->init)
		return TRUE;
	if (path == NULL)
		path = davit_config_string (creation->engine->config, "init-path");
	if (path == NULL || path[0] == '\0')
		path = bundled =
			g_build_filename (creation->engine->paths->libexecdir, "davit-init", NULL);
	if (stat (path, &status) < 0 || !S_ISREG (status.st_mode) || (status.st_mode & 0111) == 0)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"init program \"%s\" is no executable file", path);
	creation->init = g_strdup (path);
	return TRUE;
}

/* By the name that leads to this one and no other, also when another is the default one day. */
static gboolean
resolve_runtime (DavitCreation *creation, GError **error)
{
	const char *name = creation->request->runtime;
	DavitRuntime *runtime;

	if (name == NULL)
		name = davit_config_string (creation->engine->config, "runtime");
	runtime = davit_drivers_runtime (creation->engine->drivers, name, error);
	/* docker and podman take the name of a program there. */
	if (runtime == NULL && strchr (name, ':') == NULL &&
	    davit_drivers_has (creation->engine->drivers, DAVIT_KIND_RUNTIME, "oci"))
		return davit_error_hint (error, "a program is asked for as \"oci:%s\"", name);
	if (runtime == NULL)
		return FALSE;
	creation->runtime = davit_runtime_choice (runtime, error);
	return creation->runtime != NULL;
}

/* What was asked for; else the one that knows a file's format; else the configured one. */
static DavitStorage *
resolve_storage (const DavitCreation *creation, GError **error)
{
	DavitDrivers *drivers = creation->engine->drivers;
	const DavitImageFile *file = creation->image->file;
	DavitStorage *storage;

	if (creation->request->storage != NULL)
		return davit_drivers_storage (drivers, creation->request->storage, error);
	if (file == NULL)
		return davit_engine_storage (creation->engine, error);
	storage = davit_drivers_storage (drivers, file->storage, error);
	if (storage == NULL)
		davit_error_prefix (error, "\"%s\": is %s, which storage \"%s\" runs", file->path,
				    file->what, file->storage);
	return storage;
}

gboolean
davit_creation_resolve_plugins (DavitCreation *creation, GError **error)
{
	const DavitCreateRequest *request = creation->request;
	DavitDrivers *drivers = creation->engine->drivers;
	const DavitConfig *config = creation->engine->config;

	if (creation->image != NULL)
		creation->storage = resolve_storage (creation, error);
	if (creation->image != NULL && creation->storage == NULL)
		return FALSE;
	creation->checkpoint = request->checkpoint != NULL
				       ? request->checkpoint
				       : davit_config_string (config, "checkpoint");
	if (!resolve_runtime (creation, error))
		return FALSE;
	if (request->checkpoint != NULL &&
	    davit_drivers_checkpoint (drivers, request->checkpoint, error) == NULL)
		return FALSE;
	return creation->network_namespace.mode != DAVIT_NAMESPACE_PRIVATE ||
	       davit_creation_resolve_networks (creation, error);
}

/* The name of a container may lead to another one later; its id does not. */
static gboolean
namespace_resolve (DavitCreation *creation, const DavitRequestNamespace *wanted,
		   DavitNamespaceMode fallback, DavitNamespace *ret, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;

	ret->mode = wanted->mode != 0 ? wanted->mode : fallback;
	if (ret->mode != DAVIT_NAMESPACE_CONTAINER) {
		ret->target = g_strdup (wanted->target);
		return TRUE;
	}
	container = davit_container_find (creation->engine, wanted->target, error);
	if (container == NULL)
		return FALSE;
	ret->target = g_strdup (container->id);
	return TRUE;
}

/* With cgroups v1 in use a namespace of cgroups hides nothing, and docker and podman make none. */
static DavitNamespaceMode
cgroup_fallback (void)
{
	struct statfs status;

	return statfs ("/sys/fs/cgroup", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC
		       ? DAVIT_NAMESPACE_PRIVATE
		       : DAVIT_NAMESPACE_HOST;
}

gboolean
davit_creation_resolve_namespaces (DavitCreation *creation, GError **error)
{
	const DavitRequestNamespaces *wanted = &creation->request->namespaces;
	gboolean offset = wanted->monotonic.set || wanted->boottime.set;
	const struct {
		const char *option;
		const DavitRequestNamespace *wanted;
		DavitNamespaceMode fallback;
		DavitNamespace *target;
	} namespaces[] = {
		{"pid", &wanted->pid, DAVIT_NAMESPACE_PRIVATE, &creation->pid},
		{"ipc", &wanted->ipc, DAVIT_NAMESPACE_PRIVATE, &creation->ipc},
		{"uts", &wanted->uts, DAVIT_NAMESPACE_PRIVATE, &creation->uts},
		{"network", &wanted->network, DAVIT_NAMESPACE_PRIVATE,
		 &creation->network_namespace},
		{"cgroupns", &wanted->cgroup, cgroup_fallback (), &creation->cgroup},
		{"timens", &wanted->time, offset ? DAVIT_NAMESPACE_PRIVATE : DAVIT_NAMESPACE_HOST,
		 &creation->time},
	};

	for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++) {
		if (!namespace_resolve (creation, namespaces[i].wanted, namespaces[i].fallback,
					namespaces[i].target, error))
			return davit_error_prefix (error, "option \"--%s\"", namespaces[i].option);
	}
	return TRUE;
}

gboolean
davit_creation_resolve (DavitCreation *creation, GError **error)
{
	return davit_creation_resolve_image (creation, error) &&
	       resolve_program (creation, error) && resolve_init (creation, error) &&
	       davit_creation_resolve_namespaces (creation, error) &&
	       davit_creation_resolve_plugins (creation, error) &&
	       davit_creation_resolve_env (creation, error) &&
	       davit_creation_resolve_security (creation, error);
}
