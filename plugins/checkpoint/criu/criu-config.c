/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* At restore another config.json than at dump is read: that of today says what sources are. */

#include "criu-config.h"

#include "criu-fd.h"

#include <sched.h>

#define CONFIG_LIMIT ((gsize) 16 * 1024 * 1024)

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const CriuNamespaceKind criu_namespace_kinds[CRIU_N_NAMESPACE_KINDS] = {
	{"user", "user", CLONE_NEWUSER},       {"pid", "pid", CLONE_NEWPID},
	{"mount", "mnt", CLONE_NEWNS},	       {"time", "time", CLONE_NEWTIME},
	{"cgroup", "cgroup", CLONE_NEWCGROUP}, {"uts", "uts", CLONE_NEWUTS},
	{"ipc", "ipc", CLONE_NEWIPC},	       {"network", "net", CLONE_NEWNET},
};

/* Those that every container has; a runtime may have to bind them from the host. */
static const char *const usual_devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
};

static gboolean
mount_is_bind (const DavitJsonOps *json, const DavitJson *entry, const char *type,
	       gboolean *ret_recursive)
{
	const DavitJson *options = json->member (entry, "options");
	gboolean bind = g_strcmp0 (type, "bind") == 0 || g_strcmp0 (type, "rbind") == 0;

	*ret_recursive = g_strcmp0 (type, "rbind") == 0;
	for (guint i = 0; i < json->length (options); i++) {
		const char *option = json->string (json->element (options, i));

		*ret_recursive |= g_strcmp0 (option, "rbind") == 0;
		bind |= g_strcmp0 (option, "bind") == 0 || g_strcmp0 (option, "rbind") == 0;
	}
	return bind;
}

static gboolean
mounts_read (CriuConfig *config, GError **error)
{
	const DavitJsonOps *json = config->host->json;
	const DavitJson *array = NULL;

	if (!json->get_array (config->root, "mounts", &array, error))
		return FALSE;
	for (guint i = 0; i < json->length (array); i++) {
		const DavitJson *entry = json->element (array, i);
		CriuConfigMount mount = {0};
		const char *source = NULL;

		if (!json->get_string (entry, "destination", &mount.destination, error) ||
		    !json->get_string (entry, "type", &mount.type, error) ||
		    !json->get_string (entry, "source", &source, error))
			return FALSE;
		if (mount.destination == NULL)
			continue;
		if (mount_is_bind (json, entry, mount.type, &mount.recursive))
			mount.source = source != NULL ? source : "";
		g_array_append_val (config->mounts, mount);
	}
	return TRUE;
}

static gboolean
devices_read (CriuConfig *config, const DavitJson *linux_object, GError **error)
{
	const DavitJsonOps *json = config->host->json;
	const DavitJson *array = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS (usual_devices); i++)
		g_ptr_array_add (config->devices, (gpointer) usual_devices[i]);
	if (!json->get_array (linux_object, "devices", &array, error))
		return FALSE;
	for (guint i = 0; i < json->length (array); i++) {
		const char *path = NULL;

		if (!json->get_string (json->element (array, i), "path", &path, error))
			return FALSE;
		if (path != NULL)
			g_ptr_array_add (config->devices, (gpointer) path);
	}
	return TRUE;
}

static gboolean
namespaces_read (CriuConfig *config, const DavitJson *linux_object, GError **error)
{
	const DavitJsonOps *json = config->host->json;
	const DavitJson *array = NULL;

	if (!json->get_array (linux_object, "namespaces", &array, error))
		return FALSE;
	for (guint i = 0; i < json->length (array); i++) {
		const DavitJson *entry = json->element (array, i);
		const char *type = NULL;
		const char *path = NULL;

		if (!json->get_string (entry, "type", &type, error) ||
		    !json->get_string (entry, "path", &path, error))
			return FALSE;
		for (gsize k = 0; k < CRIU_N_NAMESPACE_KINDS; k++) {
			if (g_strcmp0 (type, criu_namespace_kinds[k].name) != 0)
				continue;
			if (path == NULL || path[0] == '\0') {
				config->own_namespaces |= criu_namespace_kinds[k].flag;
				continue;
			}
			config->joined_namespaces |= criu_namespace_kinds[k].flag;
			config->joined_paths[k] = path;
		}
	}
	return TRUE;
}

static gboolean
groups_read (CriuConfig *config, const DavitJson *linux_object, GError **error)
{
	const DavitJsonOps *json = config->host->json;
	const DavitJson *array = NULL;

	if (!json->get_array (linux_object, "gidMappings", &array, error))
		return FALSE;
	for (guint i = 0; i < json->length (array); i++) {
		const DavitJson *entry = json->element (array, i);
		gint64 inside = -1;
		gint64 outside = 0;

		if (!json->get_integer (entry, "containerID", 0, G_MAXUINT32, &inside, error) ||
		    !json->get_integer (entry, "hostID", 0, G_MAXUINT32, &outside, error))
			return FALSE;
		if (inside == 0)
			config->root_gid = (guint32) outside;
	}
	return TRUE;
}

static gboolean
config_parse (CriuConfig *config, GError **error)
{
	const DavitJsonOps *json = config->host->json;
	const DavitJson *linux_object = NULL;

	return json->get_object (config->root, "linux", &linux_object, error) &&
	       mounts_read (config, error) && devices_read (config, linux_object, error) &&
	       namespaces_read (config, linux_object, error) &&
	       groups_read (config, linux_object, error) &&
	       json->get_strings (linux_object, "maskedPaths", &config->masked, error);
}

CriuConfig *
criu_config_read (const DavitHost *host, int bundle_dirfd, GError **error)
{
	g_autoptr (CriuConfig) config = g_new0 (CriuConfig, 1);
	g_autofree char *text = NULL;
	gsize length = 0;

	config->host = host;
	config->mounts = g_array_new (FALSE, FALSE, sizeof (CriuConfigMount));
	config->devices = g_ptr_array_new ();
	if (!host->files->read_file (bundle_dirfd, "config.json", CONFIG_LIMIT, &text, &length,
				     error))
		return NULL;
	config->root = host->json->parse (text, (gssize) length, error);
	if (config->root == NULL || !config_parse (config, error)) {
		g_prefix_error (error, "config.json: ");
		return NULL;
	}
	return g_steal_pointer (&config);
}

void
criu_config_free (CriuConfig *config)
{
	if (config == NULL)
		return;
	if (config->root != NULL)
		config->host->json->document_free (config->root);
	g_array_unref (config->mounts);
	g_ptr_array_unref (config->devices);
	g_free (config->masked);
	g_free (config);
}

const CriuConfigMount *
criu_config_bind (const CriuConfig *config, const char *destination)
{
	for (guint i = 0; i < config->mounts->len; i++) {
		const CriuConfigMount *mount = &g_array_index (config->mounts, CriuConfigMount, i);

		if (mount->source != NULL && g_str_equal (mount->destination, destination))
			return mount;
	}
	return NULL;
}

const char *
criu_config_cgroup (const CriuConfig *config)
{
	for (guint i = 0; i < config->mounts->len; i++) {
		const CriuConfigMount *mount = &g_array_index (config->mounts, CriuConfigMount, i);

		if (g_strcmp0 (mount->type, "cgroup") == 0 ||
		    g_strcmp0 (mount->type, "cgroup2") == 0)
			return mount->destination;
	}
	return NULL;
}

gboolean
criu_config_masks (const CriuConfig *config, const char *path)
{
	return config->masked != NULL && g_strv_contains (config->masked, path);
}

gboolean
criu_config_has_device (const CriuConfig *config, const char *path)
{
	for (guint i = 0; i < config->devices->len; i++) {
		if (g_str_equal (config->devices->pdata[i], path))
			return TRUE;
	}
	return FALSE;
}
