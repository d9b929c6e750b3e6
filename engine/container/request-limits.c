/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options that limit what a container may use: processor, memory, processes, rlimits. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* Below this the kernel kills the program before its first instruction. */
#define MEMORY_MINIMUM (512 * 1024)

#define NANO 1000000000ULL

/* Decimal digits and at most nine behind a point: no sign, "nan" or exponent. */
static gboolean
parse_cpus (const char *value, guint64 *ret)
{
	gsize whole = strspn (value, "0123456789");
	const char *fraction = value + whole;
	guint64 number = 0, unit = NANO;

	if (whole == 0 || whole > 6)
		return FALSE;
	for (gsize i = 0; i < whole; i++)
		number = number * 10 + (guint64) (value[i] - '0');
	number *= NANO;
	if (*fraction == '\0') {
		*ret = number;
		return TRUE;
	}
	if (*fraction++ != '.' || *fraction == '\0' || strlen (fraction) > 9)
		return FALSE;
	for (; g_ascii_isdigit (*fraction); fraction++) {
		unit /= 10;
		number += (guint64) (*fraction - '0') * unit;
	}
	*ret = number;
	return *fraction == '\0';
}

static gboolean
set_cpus (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 cpus;

	if (!parse_cpus (value, &cpus) || (cpus != 0 && cpus < NANO / 100))
		return davit_request_refuse (error, option, value,
					     "must be a number of processors from 0.01 on, such as "
					     "1.5");
	request->limits.nano_cpus = cpus;
	return TRUE;
}

static gboolean
set_cpu_shares (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	/* 0: the kernel's, as with docker and podman. */
	request->limits.cpu_shares = 0;
	return strcmp (value, "0") == 0 ||
	       davit_request_unsigned (option, value, 2, 262144, &request->limits.cpu_shares,
				       error);
}

static gboolean
set_cpu_period (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_unsigned (option, value, 1000, 1000000, &request->limits.cpu_period,
				       error);
}

static gboolean
set_cpu_quota (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 quota;

	if (strcmp (value, "-1") == 0) {
		request->limits.cpu_quota = -1;
		return TRUE;
	}
	if (!davit_request_unsigned (option, value, 1000, G_MAXINT64 / 1000, &quota, error))
		return davit_error_hint (error, "-1: no limit");
	request->limits.cpu_quota = (gint64) quota;
	return TRUE;
}

static gboolean
range_is_valid (const char *range)
{
	g_auto (GStrv) ends = g_strsplit (range, "-", 3);
	guint length = g_strv_length (ends);
	guint64 first, last;

	if (length < 1 || length > 2 ||
	    !davit_text_parse_unsigned (ends[0], 8191, "number", &first, NULL))
		return FALSE;
	return length == 1 ||
	       (davit_text_parse_unsigned (ends[1], 8191, "number", &last, NULL) && first <= last);
}

static gboolean
set_list (char **target, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) ranges = g_strsplit (value, ",", -1);

	if (ranges[0] == NULL)
		return davit_request_refuse (error, option, value, "must be a list such as 0-2,7");
	for (guint i = 0; ranges[i] != NULL; i++) {
		if (!range_is_valid (ranges[i]))
			return davit_request_refuse (error, option, value,
						     "must be a list such as 0-2,7");
	}
	davit_request_text (target, value);
	return TRUE;
}

static gboolean
set_cpuset_cpus (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return set_list (&request->limits.cpuset_cpus, option, value, error);
}

static gboolean
set_cpuset_mems (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return set_list (&request->limits.cpuset_mems, option, value, error);
}

static gboolean
memory_size (const char *option, const char *value, guint64 *ret, GError **error)
{
	guint64 size;

	if (!davit_request_size (option, value, &size, error))
		return FALSE;
	/* 0: no limit, which is what scripts pass on that were given none. */
	if (size != 0 && size < MEMORY_MINIMUM)
		return davit_request_refuse (error, option, value,
					     "is too small: 512k is the least");
	*ret = size;
	return TRUE;
}

static gboolean
set_memory (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return memory_size (option, value, &request->limits.memory, error);
}

static gboolean
set_reservation (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return memory_size (option, value, &request->limits.memory_reservation, error);
}

static gboolean
set_memory_swap (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	request->limits.memory_swap = 0;
	request->limits.memory_swap_any = strcmp (value, "-1") == 0;
	if (request->limits.memory_swap_any)
		return TRUE;
	if (!memory_size (option, value, &request->limits.memory_swap, error))
		return davit_error_hint (error, "-1: any amount");
	return TRUE;
}

static gboolean
set_swappiness (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 number;

	request->limits.memory_swappiness = -1;
	if (strcmp (value, "-1") == 0)
		return TRUE;
	if (!davit_request_unsigned (option, value, 0, 100, &number, error))
		return davit_error_hint (error, "-1: the host's");
	request->limits.memory_swappiness = (int) number;
	return TRUE;
}

static gboolean
set_oom_kill_disable (DavitCreateRequest *request, const char *option, const char *value,
		      GError **error)
{
	return davit_request_switch (option, value, &request->limits.oom_kill_disable, error);
}

static gboolean
set_oom_score_adj (DavitCreateRequest *request, const char *option, const char *value,
		   GError **error)
{
	gboolean negative = value[0] == '-';
	guint64 number;

	if (!davit_text_parse_unsigned (value + negative, 1000, option, &number, NULL))
		return davit_request_refuse (error, option, value,
					     "must be a number from -1000 to 1000");
	request->limits.has_oom_score_adj = TRUE;
	request->limits.oom_score_adj = negative ? -(int) number : (int) number;
	return TRUE;
}

static gboolean
set_pids_limit (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 number = 0;

	if (strcmp (value, "-1") != 0 &&
	    !davit_request_unsigned (option, value, 0, 4194304, &number, error))
		return davit_error_hint (error, "-1: any");
	request->limits.has_pids_limit = TRUE;
	request->limits.pids_limit = (gint64) number;
	return TRUE;
}

static gboolean
set_shm_size (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 size;

	if (!davit_request_size (option, value, &size, error))
		return FALSE;
	if (size == 0)
		return davit_request_refuse (error, option, value, "must be more than 0");
	request->limits.shm_size = size;
	return TRUE;
}

static gboolean
add_ulimit (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	GPtrArray *limits = request->limits.rlimits;
	DavitRequestRlimit limit = {.explicit_ = TRUE};

	if (!davit_request_rlimit_parse (option, value, &limit, error) ||
	    !davit_request_rlimit_check (option, value, &limit, error))
		return FALSE;
	for (guint i = 0; i < limits->len; i++) {
		if (strcmp (((DavitRequestRlimit *) limits->pdata[i])->type, limit.type) == 0) {
			g_ptr_array_remove_index (limits, i);
			break;
		}
	}
	g_ptr_array_add (limits, g_memdup2 (&limit, sizeof limit));
	return TRUE;
}

/* A file of cgroup v2: "memory.high". */
static gboolean
add_cgroup_conf (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, "=");

	if (length == 0 || value[length] == '\0' || value[0] == '.' ||
	    memchr (value, '/', length) != NULL || memchr (value, '.', length) == NULL)
		return davit_request_refuse (error, option, value,
					     "must be KEY=VALUE, where KEY is a file of cgroup v2 "
					     "such as memory.high");
	davit_request_put (request->limits.cgroup_conf, value, length, value + length + 1);
	return TRUE;
}

static gboolean
set_cgroup_parent (DavitCreateRequest *request, const char *option, const char *value,
		   GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, "/", -1);

	/* A line break in it would be two groups to who reads /proc/PID/cgroup. */
	for (const char *at = value; *at != '\0'; at++) {
		if (g_ascii_iscntrl (*at))
			return davit_request_refuse (error, option, value,
						     "must not hold control characters");
	}
	if (value[0] == '\0' || g_strv_contains ((const char *const *) parts, "..") ||
	    g_strv_contains ((const char *const *) parts, "."))
		return davit_request_refuse (error, option, value,
					     "must be a path of cgroups without \".\" and \"..\"");
	davit_request_text (&request->limits.cgroup_parent, value);
	return TRUE;
}

static gboolean
set_cgroups (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	static const char *const later[] = {"disabled", "no-conmon", "split", NULL};

	if (g_strv_contains (later, value))
		return davit_request_unsupported (error, option,
						  "\"%s\" is not there yet; every container has a "
						  "cgroup of its own (enabled)",
						  value);
	if (strcmp (value, "enabled") != 0)
		return davit_request_refuse (error, option, value, "must be enabled");
	return TRUE;
}

gboolean
davit_request_limits_set (DavitCreateRequest *request, const char *option, const char *value,
			  GError **error)
{
	static const DavitRequestOption table[] = {
		{"cgroup-conf", add_cgroup_conf},
		{"cgroup-parent", set_cgroup_parent},
		{"cgroups", set_cgroups},
		{"cpu-period", set_cpu_period},
		{"cpu-quota", set_cpu_quota},
		{"cpu-shares", set_cpu_shares},
		{"cpus", set_cpus},
		{"cpuset-cpus", set_cpuset_cpus},
		{"cpuset-mems", set_cpuset_mems},
		{"memory", set_memory},
		{"memory-reservation", set_reservation},
		{"memory-swap", set_memory_swap},
		{"memory-swappiness", set_swappiness},
		{"oom-kill-disable", set_oom_kill_disable},
		{"oom-score-adj", set_oom_score_adj},
		{"pids-limit", set_pids_limit},
		{"shm-size", set_shm_size},
		{"ulimit", add_ulimit},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
