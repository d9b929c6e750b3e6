/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Limits of huge pages, network classes and RDMA, and the map of v2 files. */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <string.h>

#define FIELD "linux.resources."

/* "2MB", "1GB": it becomes a part of a file's name. */
static gboolean
page_size_is_valid (const char *text)
{
	gsize digits = strspn (text, "0123456789");

	return digits > 0 && digits < 8 &&
	       (strcmp (text + digits, "KB") == 0 || strcmp (text + digits, "MB") == 0 ||
		strcmp (text + digits, "GB") == 0);
}

static gboolean
page_plan (NativeLimits *limits, const DavitJson *object, guint index, GError **error)
{
	const RuntimeGroup *group = runtime_cgroup_group_of (limits->cgroup, "hugetlb");
	const char *size = "";
	g_autofree char *field = g_strdup_printf (FIELD "hugepageLimits[%u]", index);
	g_autofree char *file = NULL;
	guint64 limit = 0;
	gboolean found = FALSE;

	if (!limits->host->json->get_string (object, "pageSize", &size, error) ||
	    !runtime_number_unsigned (limits->host, object, "limit", G_MAXUINT64, &limit, &found,
				      error))
		return FALSE;
	if (!found || !page_size_is_valid (size))
		return runtime_error_say (
			error, DAVIT_ERROR_CONFIG,
			"%s: needs a limit and a page size such as 2MB, not \"%s\"", field, size);
	file = g_strdup_printf (group != NULL && group->v2 ? "hugetlb.%s.max"
							   : "hugetlb.%s.limit_in_bytes",
				size);
	return native_cgroup_setting_add (limits, field, "hugetlb", file,
					  g_strdup_printf ("%" G_GUINT64_FORMAT, limit), NULL,
					  error);
}

static gboolean
pages_plan (NativeLimits *limits, GError **error)
{
	const DavitJson *array = NULL;

	if (!limits->host->json->get_array (limits->resources, "hugepageLimits", &array, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (array); i++) {
		if (!page_plan (limits, limits->host->json->element (array, i), i, error))
			return FALSE;
	}
	return TRUE;
}

/* A name that is written in front of a value must not bring a line or a word of its own. */
static gboolean
word_is_valid (const char *word)
{
	if (*word == '\0')
		return FALSE;
	for (; *word != '\0'; word++) {
		if (!g_ascii_isgraph (*word))
			return FALSE;
	}
	return TRUE;
}

static gboolean
network_plan (NativeLimits *limits, GError **error)
{
	const DavitJson *network = NULL;
	const DavitJson *array = NULL;
	gboolean found = FALSE;
	guint64 class = 0;

	if (!limits->host->json->get_object (limits->resources, "network", &network, error) ||
	    !runtime_number_unsigned (limits->host, network, "classID", G_MAXUINT32, &class, &found,
				      error) ||
	    !limits->host->json->get_array (network, "priorities", &array, error))
		return FALSE;
	if (found &&
	    !native_cgroup_setting_add (limits, FIELD "network.classID", "net_cls",
					"net_cls.classid",
					g_strdup_printf ("%" G_GUINT64_FORMAT, class), NULL, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (array); i++) {
		const DavitJson *object = limits->host->json->element (array, i);
		const char *name = "";
		guint64 priority = 0;

		if (!limits->host->json->get_string (object, "name", &name, error) ||
		    !runtime_number_unsigned (limits->host, object, "priority", G_MAXUINT32,
					      &priority, NULL, error))
			return FALSE;
		if (!word_is_valid (name))
			return runtime_error_say (error, DAVIT_ERROR_CONFIG,
						  FIELD "network.priorities[%u].name: \"%s\" is "
							"not the name of an interface",
						  i, name);
		if (!native_cgroup_setting_add (
			    limits, FIELD "network.priorities", "net_prio", "net_prio.ifpriomap",
			    g_strdup_printf ("%s %" G_GUINT64_FORMAT, name, priority), NULL, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
rdma_device_plan (NativeLimits *limits, const DavitJson *object, const char *name, GError **error)
{
	g_autofree char *field = g_strconcat (FIELD "rdma.", name, NULL);
	NativeSetting *setting = NULL;
	gboolean has_handles = FALSE;
	gboolean has_objects = FALSE;
	guint64 handles = 0;
	guint64 objects = 0;
	GString *value;

	if (!word_is_valid (name))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "%s: not the name of a device",
					  field);
	if (!runtime_number_unsigned (limits->host, object, "hcaHandles", G_MAXUINT32, &handles,
				      &has_handles, error) ||
	    !runtime_number_unsigned (limits->host, object, "hcaObjects", G_MAXUINT32, &objects,
				      &has_objects, error))
		return FALSE;
	if (!has_handles && !has_objects)
		return TRUE;
	value = g_string_new (name);
	if (has_handles)
		g_string_append_printf (value, " hca_handle=%" G_GUINT64_FORMAT, handles);
	if (has_objects)
		g_string_append_printf (value, " hca_object=%" G_GUINT64_FORMAT, objects);
	if (!native_cgroup_setting_add (limits, field, "rdma", "rdma.max",
					g_string_free (value, FALSE), &setting, error))
		return FALSE;
	setting->key = g_strdup (name);
	setting->reset = "hca_handle=max hca_object=max";
	return TRUE;
}

static gboolean
rdma_plan (NativeLimits *limits, GError **error)
{
	const DavitJson *rdma = NULL;

	if (!limits->host->json->get_object (limits->resources, "rdma", &rdma, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (rdma); i++) {
		if (!rdma_device_plan (limits, limits->host->json->element (rdma, i),
				       limits->host->json->element_key (rdma, i), error))
			return FALSE;
	}
	return TRUE;
}

gboolean
native_cgroup_limits_other (NativeLimits *limits, GError **error)
{
	return pages_plan (limits, error) && network_plan (limits, error) &&
	       rdma_plan (limits, error);
}

/* "memory.high" and not "../x", "cgroup.procs" or "memory/x": the map sets limits only. */
static gboolean
file_is_limit (const char *name)
{
	gsize length = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.-");

	return length > 0 && name[length] == '\0' && name[0] != '.' && strchr (name, '.') != NULL &&
	       (!g_str_has_prefix (name, "cgroup.") || g_str_has_prefix (name, "cgroup.max."));
}

static gboolean
file_plan (NativeLimits *limits, const char *name, const DavitJson *value, GError **error)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (limits->cgroup);
	g_autofree char *controller = g_strndup (name, strcspn (name, "."));
	g_autofree char *field = g_strdup_printf (FIELD "unified.%s", name);
	const char *text = limits->host->json->string (value);
	const RuntimeGroup *group;

	if (text == NULL || !file_is_limit (name))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: must be the name of a file of cgroup v2 that sets a "
					  "limit, and its value a string",
					  field);
	if (v2 == NULL)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  "%s: this host has no cgroup v2", field);
	if (strcmp (controller, "cgroup") == 0) {
		NativeSetting *setting = g_new0 (NativeSetting, 1);

		setting->group = v2;
		setting->field = g_steal_pointer (&field);
		setting->file = g_strdup (name);
		setting->value = g_strdup (text);
		g_ptr_array_add (limits->settings, setting);
		return TRUE;
	}
	group = runtime_cgroup_group_of (limits->cgroup, controller);
	if (group != NULL && !group->v2)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  "%s: limit \"%s\" needs the controller \"%s\" in cgroup "
					  "v2, but this host has it in v1",
					  field, text, controller);
	return native_cgroup_setting_add (limits, field, controller, name, g_strdup (text), NULL,
					  error);
}

gboolean
native_cgroup_limits_unified (NativeLimits *limits, GError **error)
{
	const DavitJson *unified = NULL;

	if (!limits->host->json->get_object (limits->resources, "unified", &unified, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (unified); i++) {
		if (!file_plan (limits, limits->host->json->element_key (unified, i),
				limits->host->json->element (unified, i), error))
			return FALSE;
	}
	return TRUE;
}
