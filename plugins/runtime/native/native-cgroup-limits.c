/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * linux.resources as values to write. Where a hierarchy is v2, values of v1 are converted, as other
 * runtimes do it: the same document must mean the same everywhere.
 *
 * A 0 in memory, cpu and weight is what front ends write for "not set".
 */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <string.h>

static gboolean
pids_plan (NativeLimits *limits, GError **error)
{
	const DavitJson *pids = NULL;
	gboolean found = FALSE;
	gint64 limit = 0;

	if (!limits->host->json->get_object (limits->resources, "pids", &pids, error) ||
	    !runtime_number_signed (limits->host, pids, "limit", G_MININT64, G_MAXINT64, &limit,
				    &found, error))
		return FALSE;
	if (!found)
		return TRUE;
	return native_cgroup_setting_add (limits, "linux.resources.pids.limit", "pids", "pids.max",
					  limit < 0 ? g_strdup ("max")
						    : g_strdup_printf ("%" G_GINT64_FORMAT, limit),
					  NULL, error);
}

GPtrArray *
native_cgroup_limits_plan (const RuntimeCgroup *cgroup, const DavitJson *resources, GError **error)
{
	g_autoptr (GPtrArray) settings =
		g_ptr_array_new_with_free_func ((GDestroyNotify) native_cgroup_setting_free);
	NativeLimits limits = {cgroup, cgroup->host, resources, settings};

	if (resources != NULL &&
	    (!native_cgroup_limits_cpu (&limits, error) ||
	     !native_cgroup_limits_memory (&limits, error) || !pids_plan (&limits, error) ||
	     !native_cgroup_limits_block (&limits, error) ||
	     !native_cgroup_limits_other (&limits, error) ||
	     !native_cgroup_limits_unified (&limits, error)))
		return NULL;
	return g_steal_pointer (&settings);
}

gboolean
native_cgroup_apply (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error)
{
	g_autoptr (GPtrArray) settings = native_cgroup_limits_plan (cgroup, resources, error);

	return settings != NULL && native_cgroup_settings_write (settings, FALSE, error) &&
	       native_cgroup_devices_apply (cgroup, resources, error);
}

gboolean
native_cgroup_update (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error)
{
	g_autoptr (GPtrArray) settings = NULL;

	if (cgroup->host->json->member (resources, "devices") != NULL)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "linux.resources.devices: device rules of a running "
					  "container can't be changed");
	for (guint i = 0; i < cgroup->groups->len; i++)
		runtime_cgroup_group_open (cgroup->groups->pdata[i]);
	settings = native_cgroup_limits_plan (cgroup, resources, error);
	return settings != NULL && native_cgroup_settings_write (settings, TRUE, error);
}
