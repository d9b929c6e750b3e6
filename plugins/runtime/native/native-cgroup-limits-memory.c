/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.resources.memory */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#define FIELD "linux.resources.memory."

typedef struct {
	gint64 limit;
	gint64 reservation;
	gint64 swap; /* memory and swap together */
	gint64 kernel;
	gint64 kernel_tcp;
	guint64 swappiness;
	gboolean has_swappiness;
	gboolean disable_oom_killer;
	gboolean use_hierarchy;
	gboolean check_before_update;
} Memory;

static gboolean
memory_read (const NativeLimits *limits, const DavitJson *object, Memory *memory, GError **error)
{
	const DavitHost *host = limits->host;
	struct {
		const char *key;
		gint64 *value;
	} sizes[] = {
		{"limit", &memory->limit},
		{"reservation", &memory->reservation},
		{"swap", &memory->swap},
		{"kernel", &memory->kernel},
		{"kernelTCP", &memory->kernel_tcp},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
		gboolean found;

		if (!runtime_number_signed (host, object, sizes[i].key, -1, G_MAXINT64,
					    sizes[i].value, &found, error))
			return FALSE;
	}
	memory->use_hierarchy = TRUE;
	return runtime_number_unsigned (host, object, "swappiness", 100, &memory->swappiness,
					&memory->has_swappiness, error) &&
	       host->json->get_boolean (object, "disableOOMKiller", &memory->disable_oom_killer,
					error) &&
	       host->json->get_boolean (object, "useHierarchy", &memory->use_hierarchy, error) &&
	       host->json->get_boolean (object, "checkBeforeUpdate", &memory->check_before_update,
					error);
}

static gboolean
memory_check (const Memory *memory, GError **error)
{
	if (memory->swap > 0 && memory->limit <= 0)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  FIELD "swap: it holds memory, too, and needs " FIELD
						"limit beside it");
	if (memory->swap > 0 && memory->swap < memory->limit)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  FIELD "swap: %" G_GINT64_FORMAT
						" is less than the limit of memory that it holds, "
						"%" G_GINT64_FORMAT,
					  memory->swap, memory->limit);
	if (memory->kernel > 0)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  FIELD "kernel: kernels no longer limit their own memory "
						"apart; set " FIELD "limit");
	if (!memory->use_hierarchy)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  FIELD "useHierarchy: memory is always counted for the "
						"groups above, too");
	return TRUE;
}

static gboolean
size_add (NativeLimits *limits, const char *field, const char *file, gint64 value,
	  const char *unlimited, GError **error)
{
	if (value == 0)
		return TRUE;
	return native_cgroup_setting_add (limits, field, "memory", file,
					  value < 0 ? g_strdup (unlimited)
						    : g_strdup_printf ("%" G_GINT64_FORMAT, value),
					  NULL, error);
}

/*
 * The kernel refuses at each moment what would put the limit of memory above that of memory and
 * swap: upwards the latter has to go first.
 */
static gboolean
swap_goes_first (const RuntimeGroup *group, const Memory *memory)
{
	guint64 old = 0;

	if (memory->swap == 0 || group == NULL || group->fd < 0 ||
	    !runtime_cgroup_get_number (group->fd, "memory.memsw.limit_in_bytes", &old))
		return FALSE;
	return memory->limit < 0 || (guint64) memory->limit > old;
}

static gboolean
v1_plan (NativeLimits *limits, const RuntimeGroup *group, const Memory *memory, GError **error)
{
	gboolean swap_first = swap_goes_first (group, memory);
	static const char swap_file[] = "memory.memsw.limit_in_bytes";

	if (swap_first && !size_add (limits, FIELD "swap", swap_file, memory->swap, "-1", error))
		return FALSE;
	if (!size_add (limits, FIELD "limit", "memory.limit_in_bytes", memory->limit, "-1",
		       error) ||
	    !size_add (limits, FIELD "reservation", "memory.soft_limit_in_bytes",
		       memory->reservation, "-1", error) ||
	    !size_add (limits, FIELD "kernelTCP", "memory.kmem.tcp.limit_in_bytes",
		       memory->kernel_tcp, "-1", error))
		return FALSE;
	if (!swap_first && !size_add (limits, FIELD "swap", swap_file, memory->swap, "-1", error))
		return FALSE;
	if (memory->has_swappiness &&
	    !native_cgroup_setting_add (limits, FIELD "swappiness", "memory", "memory.swappiness",
					g_strdup_printf ("%" G_GUINT64_FORMAT, memory->swappiness),
					NULL, error))
		return FALSE;
	return !memory->disable_oom_killer ||
	       native_cgroup_setting_add (limits, FIELD "disableOOMKiller", "memory",
					  "memory.oom_control", g_strdup ("1"), NULL, error);
}

static gboolean
v2_plan (NativeLimits *limits, const Memory *memory, GError **error)
{
	gint64 swap = memory->swap > 0 ? memory->swap - memory->limit : memory->swap;

	if (memory->has_swappiness || memory->disable_oom_killer || memory->kernel_tcp > 0)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  FIELD "%s: cgroup v2 does not have it",
					  memory->has_swappiness       ? "swappiness"
					  : memory->disable_oom_killer ? "disableOOMKiller"
								       : "kernelTCP");
	if (!size_add (limits, FIELD "limit", "memory.max", memory->limit, "max", error) ||
	    !size_add (limits, FIELD "reservation", "memory.low", memory->reservation, "max",
		       error))
		return FALSE;
	/* No swap at all is a limit of 0 here, which size_add takes for none. */
	if (memory->swap > 0 && swap == 0)
		return native_cgroup_setting_add (limits, FIELD "swap", "memory", "memory.swap.max",
						  g_strdup ("0"), NULL, error);
	return size_add (limits, FIELD "swap", "memory.swap.max", swap, "max", error);
}

/* checkBeforeUpdate: not to drive a container into its death by a limit below what it uses. */
static gboolean
usage_check (const RuntimeGroup *group, const Memory *memory, GError **error)
{
	guint64 usage = 0;

	if (!memory->check_before_update || memory->limit <= 0 || group == NULL || group->fd < 0 ||
	    !runtime_cgroup_get_number (group->fd,
					group->v2 ? "memory.current" : "memory.usage_in_bytes",
					&usage) ||
	    usage <= (guint64) memory->limit)
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_BUSY,
				  FIELD "limit: %" G_GINT64_FORMAT
					" is less than what the container uses, %" G_GUINT64_FORMAT,
				  memory->limit, usage);
}

gboolean
native_cgroup_limits_memory (NativeLimits *limits, GError **error)
{
	const RuntimeGroup *group = runtime_cgroup_group_of (limits->cgroup, "memory");
	const DavitJson *object = NULL;
	Memory memory = {0};

	if (!limits->host->json->get_object (limits->resources, "memory", &object, error) ||
	    !memory_read (limits, object, &memory, error) || !memory_check (&memory, error) ||
	    !usage_check (group, &memory, error))
		return FALSE;
	return group != NULL && group->v2 ? v2_plan (limits, &memory, error)
					  : v1_plan (limits, group, &memory, error);
}
