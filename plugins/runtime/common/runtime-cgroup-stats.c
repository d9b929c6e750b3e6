/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a container has used, in the words of davit/runtime.h. */

#include "runtime-cgroup-groups.h"

#include "runtime-number.h"

#include <string.h>

typedef struct {
	const DavitHost *host;
	DavitResult *result;
} Sink;

static void
value_add (const Sink *sink, const char *key, guint64 value)
{
	sink->host->result_integer (sink->result, key, (gint64) MIN (value, G_MAXINT64));
}

static void
number_add (const Sink *sink, const char *key, const RuntimeGroup *group, const char *file)
{
	guint64 value = 0;

	if (runtime_cgroup_get_number (group->fd, file, &value))
		value_add (sink, key, value);
}

static void
usec_add (const Sink *sink, const char *key, const RuntimeGroup *group, const char *word)
{
	guint64 value = 0;

	if (runtime_cgroup_get_key (group->fd, "cpu.stat", word, &value))
		value_add (sink, key, value * 1000);
}

static RuntimeGroup *
group_opened (const RuntimeCgroup *cgroup, const char *controller)
{
	RuntimeGroup *group = runtime_cgroup_group_of (cgroup, controller);

	return group != NULL && runtime_cgroup_group_open (group) ? group : NULL;
}

/* v2 counts time in every group, without a controller. */
static void
cpu_stats (const RuntimeCgroup *cgroup, const Sink *sink)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (cgroup);
	RuntimeGroup *v1 = group_opened (cgroup, "cpuacct");

	if (v2 != NULL && runtime_cgroup_group_open (v2)) {
		usec_add (sink, "cpu-nsec", v2, "usage_usec");
		usec_add (sink, "cpu-user-nsec", v2, "user_usec");
		usec_add (sink, "cpu-system-nsec", v2, "system_usec");
	} else if (v1 != NULL) {
		number_add (sink, "cpu-nsec", v1, "cpuacct.usage");
		number_add (sink, "cpu-user-nsec", v1, "cpuacct.usage_user");
		number_add (sink, "cpu-system-nsec", v1, "cpuacct.usage_sys");
	}
}

static void
memory_stats (const RuntimeCgroup *cgroup, const Sink *sink)
{
	RuntimeGroup *group = group_opened (cgroup, "memory");
	guint64 kills = 0;
	guint64 limit = 0;

	if (group == NULL)
		return;
	number_add (sink, "memory-bytes", group,
		    group->v2 ? "memory.current" : "memory.usage_in_bytes");
	number_add (sink, "memory-peak-bytes", group,
		    group->v2 ? "memory.peak" : "memory.max_usage_in_bytes");
	/* v1 says no limit by the largest number of pages, v2 by the word max. */
	if (runtime_cgroup_get_number (group->fd,
				       group->v2 ? "memory.max" : "memory.limit_in_bytes",
				       &limit) &&
	    limit < G_MAXINT64 - 1024 * 1024)
		value_add (sink, "memory-limit-bytes", limit);
	if (runtime_cgroup_get_key (group->fd, group->v2 ? "memory.events" : "memory.oom_control",
				    "oom_kill", &kills))
		value_add (sink, "oom-kills", kills);
}

/* Adds the numbers behind "rbytes=" and "wbytes=", or behind "Read" and "Write". */
static void
line_add (const char *line, gboolean v2, guint64 *read, guint64 *written)
{
	g_auto (GStrv) words = g_strsplit (line, " ", -1);
	guint64 value = 0;

	for (gsize i = 1; words[0] != NULL && words[i] != NULL; i++) {
		if (v2 && g_str_has_prefix (words[i], "rbytes=") &&
		    runtime_number_from_text (words[i] + 7, &value))
			*read += value;
		if (v2 && g_str_has_prefix (words[i], "wbytes=") &&
		    runtime_number_from_text (words[i] + 7, &value))
			*written += value;
		if (v2 || words[i + 1] == NULL || !runtime_number_from_text (words[i + 1], &value))
			continue;
		if (strcmp (words[i], "Read") == 0)
			*read += value;
		if (strcmp (words[i], "Write") == 0)
			*written += value;
	}
}

static void
block_stats (const RuntimeCgroup *cgroup, const Sink *sink)
{
	RuntimeGroup *group = group_opened (cgroup, "io");
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;
	guint64 read = 0;
	guint64 written = 0;

	if (group == NULL)
		group = group_opened (cgroup, "blkio");
	if (group != NULL)
		text = runtime_cgroup_get_all (
			group->fd,
			group->v2 ? "io.stat" : "blkio.throttle.io_service_bytes_recursive");
	if (text == NULL)
		return;
	lines = g_strsplit (text, "\n", -1);
	for (gsize i = 0; lines[i] != NULL; i++)
		line_add (lines[i], group->v2, &read, &written);
	value_add (sink, "io-read-bytes", read);
	value_add (sink, "io-write-bytes", written);
}

gboolean
runtime_cgroup_stats (RuntimeCgroup *cgroup, DavitResult *result, GError **error)
{
	Sink sink = {cgroup->host, result};
	RuntimeGroup *pids = group_opened (cgroup, "pids");

	cpu_stats (cgroup, &sink);
	memory_stats (cgroup, &sink);
	block_stats (cgroup, &sink);
	if (pids != NULL) {
		number_add (&sink, "pids", pids, "pids.current");
		number_add (&sink, "pids-limit", pids, "pids.max");
	}
	return TRUE;
}
