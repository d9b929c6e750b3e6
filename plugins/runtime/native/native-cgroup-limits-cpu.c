/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.resources.cpu */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <math.h>
#include <string.h>

#define SHARES_MIN 2
#define SHARES_MAX 262144
#define FIELD "linux.resources.cpu."

typedef struct {
	guint64 shares;
	guint64 period;
	guint64 burst;
	guint64 realtime_period;
	gint64 quota;
	gint64 realtime_runtime;
	gint64 idle;
	gboolean has_burst;
	gboolean has_realtime_period;
	gboolean has_realtime_runtime;
	gboolean has_idle;
	const char *cpus;
	const char *mems;
} Cpu;

/*
 * Three points are fixed: 2 is 1, 1024 is 100 (both are the default) and 262144 is 10000; a
 * quadratic function of the logarithm goes through them. The straight line of former days gave a
 * container with default shares 39 of 100.
 */
guint64
native_cgroup_weight_from_shares (guint64 shares)
{
	double l;

	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return 10000;
	l = log2 ((double) shares);
	return (guint64) ceil (pow (10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

static gboolean
cpu_read (const NativeLimits *limits, const DavitJson *object, Cpu *cpu, GError **error)
{
	const DavitHost *host = limits->host;
	gboolean found;

	return runtime_number_unsigned (host, object, "shares", G_MAXUINT64, &cpu->shares, NULL,
					error) &&
	       runtime_number_unsigned (host, object, "period", G_MAXUINT64, &cpu->period, NULL,
					error) &&
	       runtime_number_unsigned (host, object, "burst", G_MAXUINT64, &cpu->burst,
					&cpu->has_burst, error) &&
	       runtime_number_unsigned (host, object, "realtimePeriod", G_MAXUINT64,
					&cpu->realtime_period, &cpu->has_realtime_period, error) &&
	       runtime_number_signed (host, object, "quota", G_MININT64, G_MAXINT64, &cpu->quota,
				      &found, error) &&
	       runtime_number_signed (host, object, "realtimeRuntime", G_MININT64, G_MAXINT64,
				      &cpu->realtime_runtime, &cpu->has_realtime_runtime, error) &&
	       runtime_number_signed (host, object, "idle", 0, 1, &cpu->idle, &cpu->has_idle,
				      error) &&
	       host->json->get_string (object, "cpus", &cpu->cpus, error) &&
	       host->json->get_string (object, "mems", &cpu->mems, error);
}

static char *
unsigned_text (guint64 value)
{
	return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

static char *
signed_text (gint64 value)
{
	return g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

static gboolean
cpu_add (NativeLimits *limits, const char *field, const char *file, char *value, GError **error)
{
	return native_cgroup_setting_add (limits, field, "cpu", file, value, NULL, error);
}

static gboolean
v1_plan (NativeLimits *limits, const Cpu *cpu, GError **error)
{
	/* The kernel takes no shares and no weight of a group that is idle. */
	if (cpu->has_idle &&
	    !cpu_add (limits, FIELD "idle", "cpu.idle", signed_text (cpu->idle), error))
		return FALSE;
	if (cpu->shares != 0 &&
	    !cpu_add (limits, FIELD "shares", "cpu.shares", unsigned_text (cpu->shares), error))
		return FALSE;
	if (cpu->period != 0 && !cpu_add (limits, FIELD "period", "cpu.cfs_period_us",
					  unsigned_text (cpu->period), error))
		return FALSE;
	if (cpu->quota != 0 && !cpu_add (limits, FIELD "quota", "cpu.cfs_quota_us",
					 signed_text (MAX (cpu->quota, -1)), error))
		return FALSE;
	if (cpu->has_burst &&
	    !cpu_add (limits, FIELD "burst", "cpu.cfs_burst_us", unsigned_text (cpu->burst), error))
		return FALSE;
	if (cpu->has_realtime_period &&
	    !cpu_add (limits, FIELD "realtimePeriod", "cpu.rt_period_us",
		      unsigned_text (cpu->realtime_period), error))
		return FALSE;
	return !cpu->has_realtime_runtime ||
	       cpu_add (limits, FIELD "realtimeRuntime", "cpu.rt_runtime_us",
			signed_text (cpu->realtime_runtime), error);
}

/* "QUOTA PERIOD": what is not asked for stays as it is. */
static char *
max_text (const RuntimeGroup *group, const Cpu *cpu)
{
	char old[64] = "";
	g_autofree char *quota = NULL;

	if (cpu->quota > 0)
		quota = signed_text (cpu->quota);
	else if (cpu->quota == 0 && group->fd >= 0 &&
		 runtime_cgroup_get (group->fd, "cpu.max", old, sizeof old) > 0)
		quota = g_strndup (old, strcspn (old, " "));
	else
		quota = g_strdup ("max");
	if (cpu->period == 0)
		return g_steal_pointer (&quota);
	return g_strdup_printf ("%s %" G_GUINT64_FORMAT, quota, cpu->period);
}

static gboolean
v2_plan (NativeLimits *limits, const RuntimeGroup *group, const Cpu *cpu, GError **error)
{
	if (cpu->has_realtime_period || cpu->has_realtime_runtime)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  FIELD "%s: cgroup v2 does not limit realtime processes",
					  cpu->has_realtime_period ? "realtimePeriod"
								   : "realtimeRuntime");
	if (cpu->has_idle &&
	    !cpu_add (limits, FIELD "idle", "cpu.idle", signed_text (cpu->idle), error))
		return FALSE;
	if (cpu->shares != 0 &&
	    !cpu_add (limits, FIELD "shares", "cpu.weight",
		      unsigned_text (native_cgroup_weight_from_shares (cpu->shares)), error))
		return FALSE;
	if ((cpu->quota != 0 || cpu->period != 0) &&
	    !cpu_add (limits, cpu->quota != 0 ? FIELD "quota" : FIELD "period", "cpu.max",
		      max_text (group, cpu), error))
		return FALSE;
	return !cpu->has_burst ||
	       cpu_add (limits, FIELD "burst", "cpu.max.burst", unsigned_text (cpu->burst), error);
}

/* "0-3,7" */
static gboolean
list_plan (NativeLimits *limits, const char *field, const char *file, const char *list,
	   GError **error)
{
	if (list == NULL || list[0] == '\0')
		return TRUE;
	if (list[strspn (list, "0123456789,-")] != '\0')
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: \"%s\" must be a list such as 0-3,7", field, list);
	return native_cgroup_setting_add (limits, field, "cpuset", file, g_strdup (list), NULL,
					  error);
}

gboolean
native_cgroup_limits_cpu (NativeLimits *limits, GError **error)
{
	const RuntimeGroup *group = runtime_cgroup_group_of (limits->cgroup, "cpu");
	const DavitJson *object = NULL;
	Cpu cpu = {0};

	if (!limits->host->json->get_object (limits->resources, "cpu", &object, error) ||
	    !cpu_read (limits, object, &cpu, error))
		return FALSE;
	/* Without the controller the first value says so. */
	if (group != NULL && group->v2 ? !v2_plan (limits, group, &cpu, error)
				       : !v1_plan (limits, &cpu, error))
		return FALSE;
	return list_plan (limits, FIELD "cpus", "cpuset.cpus", cpu.cpus, error) &&
	       list_plan (limits, FIELD "mems", "cpuset.mems", cpu.mems, error);
}
