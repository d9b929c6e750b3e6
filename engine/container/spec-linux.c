/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The part "linux" of config.json: namespaces, limits, kernel parameters. */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/user.h"

#include <string.h>

static void
write_namespace (DavitJsonWriter *writer, const char *type, const char *path)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "type", type);
	davit_json_writer_string_if (writer, "path", path);
	davit_json_writer_end_object (writer);
}

/* One that was to be joined must have been found, or the container would get one of its own. */
static gboolean
write_namespaces (const DavitSpecBuild *build, GError **error)
{
	const DavitSpecRequest *request = build->request;
	const DavitRecord *record = build->record;
	const struct {
		const char *type;
		const DavitNamespace *namespace;
		const char *path;
	} namespaces[] = {
		{"pid", &record->pid_namespace, request->pid_path},
		{"network", &record->network_namespace, request->network_path},
		{"ipc", &record->ipc_namespace, request->ipc_path},
		{"uts", &record->uts_namespace, request->uts_path},
		{"cgroup", &record->cgroup_namespace, request->cgroup_path},
		{"time", &record->time_namespace, request->time_path},
		{"user", &record->user_namespace, request->user_path},
	};

	davit_json_writer_begin_array (build->writer, "namespaces");
	write_namespace (build->writer, "mount", NULL);
	for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++) {
		DavitNamespaceMode mode = namespaces[i].namespace->mode;

		if (mode == DAVIT_NAMESPACE_HOST)
			continue;
		if ((mode == DAVIT_NAMESPACE_CONTAINER || mode == DAVIT_NAMESPACE_PATH) &&
		    namespaces[i].path == NULL)
			return davit_error_set (error, DAVIT_ERROR_FAILED,
						"%s namespace to join: not found",
						namespaces[i].type);
		write_namespace (build->writer, namespaces[i].type, namespaces[i].path);
	}
	davit_json_writer_end_array (build->writer);
	return TRUE;
}

/* Nobody asked for it, and there is no group in which this user could set it. */
static gboolean
pids_limit_is_idle (gboolean is_default)
{
	return is_default && davit_user_is_ordinary () && !davit_user_cgroup_has ("pids");
}

static gboolean
write_resources (const DavitSpecBuild *build, GError **error)
{
	const DavitJson *resources = NULL;
	gboolean no_pids = FALSE;

	if (!davit_json_get_object (build->json, "resources", &resources, error) ||
	    !davit_json_get_boolean (build->json, "pidsLimitIsDefault", &no_pids, error))
		return FALSE;
	no_pids = pids_limit_is_idle (no_pids);
	davit_json_writer_begin_object (build->writer, "resources");
	if (!davit_spec_write_device_rules (build, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (resources); i++) {
		const char *key = davit_json_element_key (resources, i);

		if (!no_pids || strcmp (key, "pids") != 0)
			davit_json_writer_value (build->writer, key,
						 davit_json_element (resources, i));
	}
	davit_json_writer_end_object (build->writer);
	return TRUE;
}

static gboolean
write_object (const DavitSpecBuild *build, const char *from, const char *to, GError **error)
{
	const DavitJson *object = NULL;

	if (!davit_json_get_object (build->json, from, &object, error))
		return FALSE;
	if (davit_json_length (object) > 0)
		davit_json_writer_value (build->writer, to, object);
	return TRUE;
}

/*
 * Without a parent of its own the runtime chooses: it knows best where a caller may make cgroups.
 */
static gboolean
write_cgroups_path (const DavitSpecBuild *build, GError **error)
{
	const char *parent = NULL;
	g_autofree char *path = NULL;

	if (!davit_json_get_string (build->json, "cgroupParent", &parent, error))
		return FALSE;
	if (parent == NULL)
		return TRUE;
	path = g_strdup_printf ("%s%sdavit-%s", parent, g_str_has_suffix (parent, "/") ? "" : "/",
				build->record->id);
	davit_json_writer_string (build->writer, "cgroupsPath", path);
	return TRUE;
}

static gboolean
has_option (const DavitJson *mount, const char *first, const char *second)
{
	const DavitJson *options = davit_json_member (mount, "options");

	for (guint i = 0; i < davit_json_length (options); i++) {
		const char *option = davit_json_string (davit_json_element (options, i));

		if (g_strcmp0 (option, first) == 0 || g_strcmp0 (option, second) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Events pass a mount only if those above it let them. */
static void
write_propagation (const DavitSpecBuild *build)
{
	const DavitJson *mounts = davit_json_member (build->json, "mounts");
	const char *propagation = NULL;

	for (guint i = 0; i < davit_json_length (mounts); i++) {
		const DavitJson *mount = davit_json_element (mounts, i);

		if (has_option (mount, "shared", "rshared"))
			propagation = "shared";
		else if (propagation == NULL && has_option (mount, "slave", "rslave"))
			propagation = "rslave";
	}
	davit_json_writer_string_if (build->writer, "rootfsPropagation", propagation);
}

gboolean
davit_spec_write_linux (const DavitSpecBuild *build, GError **error)
{
	davit_json_writer_begin_object (build->writer, "linux");
	if (!write_namespaces (build, error) || !write_resources (build, error) ||
	    !write_cgroups_path (build, error) ||
	    !write_object (build, "sysctl", "sysctl", error) ||
	    !write_object (build, "timeOffsets", "timeOffsets", error) ||
	    !davit_spec_write_devices (build, error) || !davit_spec_write_paths (build, error) ||
	    !davit_spec_write_seccomp (build, error))
		return FALSE;
	write_propagation (build);
	davit_json_writer_end_object (build->writer);
	return TRUE;
}
