/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The part of record.json that limits: resources in the form of OCI, rlimits, devices. */

#include "container/create-private.h"

#include <string.h>

/* The period that "--cpus" is a share of, in microseconds. */
#define CPU_PERIOD 100000

static void
write_unsigned (DavitJsonWriter *writer, const char *key, guint64 value)
{
	if (value != 0)
		davit_json_writer_unsigned (writer, key, value);
}

static void
write_cpu (const DavitRequestLimits *limits, DavitJsonWriter *writer)
{
	guint64 period = limits->cpu_period;
	gint64 quota = limits->cpu_quota;

	if (limits->nano_cpus != 0) {
		period = CPU_PERIOD;
		quota = (gint64) (limits->nano_cpus / (1000000000 / CPU_PERIOD));
	}
	if (limits->cpu_shares == 0 && quota == 0 && limits->cpuset_cpus == NULL &&
	    limits->cpuset_mems == NULL)
		return;
	davit_json_writer_begin_object (writer, "cpu");
	write_unsigned (writer, "shares", limits->cpu_shares);
	if (quota != 0)
		davit_json_writer_integer (writer, "quota", quota);
	write_unsigned (writer, "period", period);
	davit_json_writer_string_if (writer, "cpus", limits->cpuset_cpus);
	davit_json_writer_string_if (writer, "mems", limits->cpuset_mems);
	davit_json_writer_end_object (writer);
}

/* A second line in /proc/swaps is a swap space. */
static gboolean
host_has_swap (void)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents ("/proc/swaps", &text, NULL, NULL))
		return FALSE;
	line = strchr (text, '\n');
	return line != NULL && line[1] != '\0';
}

/*
 * Memory and swap together: twice the memory unless something else is said, as docker does. Left
 * out where there is no swap: a kernel without swap accounting would have to refuse it.
 */
static guint64
swap_choose (const DavitRequestLimits *limits)
{
	if (limits->memory_swap != 0)
		return limits->memory_swap;
	if (limits->memory == 0 || limits->memory_swap_any ||
	    limits->memory > (guint64) G_MAXINT64 / 2 || !host_has_swap ())
		return 0;
	return limits->memory * 2;
}

static void
write_memory (const DavitRequestLimits *limits, DavitJsonWriter *writer)
{
	if (limits->memory == 0 && limits->memory_reservation == 0 &&
	    limits->memory_swappiness < 0 && !limits->oom_kill_disable)
		return;
	davit_json_writer_begin_object (writer, "memory");
	write_unsigned (writer, "limit", limits->memory);
	write_unsigned (writer, "reservation", limits->memory_reservation);
	write_unsigned (writer, "swap", swap_choose (limits));
	if (limits->memory_swappiness >= 0)
		davit_json_writer_integer (writer, "swappiness", limits->memory_swappiness);
	if (limits->oom_kill_disable)
		davit_json_writer_boolean (writer, "disableOOMKiller", TRUE);
	davit_json_writer_end_object (writer);
}

static void
write_pids (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestLimits *limits = &creation->request->limits;
	gint64 limit = limits->has_pids_limit
			       ? limits->pids_limit
			       : davit_config_integer (creation->engine->config, "pids-limit");

	if (limit <= 0)
		return;
	davit_json_writer_begin_object (writer, "pids");
	davit_json_writer_integer (writer, "limit", limit);
	davit_json_writer_end_object (writer);
}

static void
write_throttles (const GPtrArray *throttles, const char *kind, DavitJsonWriter *writer)
{
	gboolean begun = FALSE;

	for (guint i = 0; i < throttles->len; i++) {
		const DavitRequestThrottle *throttle =
			(const DavitRequestThrottle *) throttles->pdata[i];

		if (strcmp (throttle->kind, kind) != 0)
			continue;
		if (!begun)
			davit_json_writer_begin_array (writer, kind);
		begun = TRUE;
		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_integer (writer, "major", throttle->major);
		davit_json_writer_integer (writer, "minor", throttle->minor);
		davit_json_writer_unsigned (writer, "rate", throttle->rate);
		davit_json_writer_end_object (writer);
	}
	if (begun)
		davit_json_writer_end_array (writer);
}

static void
write_block (const DavitRequestLimits *limits, DavitJsonWriter *writer)
{
	static const char *const kinds[] = {"throttleReadBpsDevice", "throttleWriteBpsDevice",
					    "throttleReadIOPSDevice", "throttleWriteIOPSDevice"};

	if (limits->blkio_weight == 0 && limits->throttles->len == 0)
		return;
	davit_json_writer_begin_object (writer, "blockIO");
	write_unsigned (writer, "weight", limits->blkio_weight);
	for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
		write_throttles (limits->throttles, kinds[i], writer);
	davit_json_writer_end_object (writer);
}

/* Infinity is above what JSON integers hold here: as a text. */
static void
write_limit (DavitJsonWriter *writer, const char *key, guint64 value)
{
	char text[24];

	if (value <= G_MAXINT64) {
		davit_json_writer_unsigned (writer, key, value);
		return;
	}
	g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, value);
	davit_json_writer_string (writer, key, text);
}

static void
write_rlimits (const DavitCreation *creation, DavitJsonWriter *writer)
{
	if (creation->rlimits->len == 0)
		return;
	davit_json_writer_begin_array (writer, "rlimits");
	for (guint i = 0; i < creation->rlimits->len; i++) {
		const DavitRequestRlimit *limit =
			&g_array_index (creation->rlimits, DavitRequestRlimit, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "type", limit->type);
		write_limit (writer, "soft", limit->soft);
		write_limit (writer, "hard", limit->hard);
		davit_json_writer_boolean (writer, "explicit", limit->explicit_);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
write_devices (const DavitCreateRequest *request, DavitJsonWriter *writer)
{
	if (request->devices->len == 0)
		return;
	davit_json_writer_begin_array (writer, "devices");
	for (guint i = 0; i < request->devices->len; i++) {
		const DavitRequestDevice *device =
			(const DavitRequestDevice *) request->devices->pdata[i];

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "path", device->path);
		davit_json_writer_string (writer, "inside", device->inside);
		davit_json_writer_string (writer, "access", device->access);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
write_device_rules (const DavitCreateRequest *request, DavitJsonWriter *writer)
{
	if (request->device_rules->len == 0)
		return;
	davit_json_writer_begin_array (writer, "deviceRules");
	for (guint i = 0; i < request->device_rules->len; i++) {
		const DavitRequestDeviceRule *rule =
			(const DavitRequestDeviceRule *) request->device_rules->pdata[i];
		char type[2] = {rule->type, '\0'};

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "type", type);
		if (rule->major >= 0)
			davit_json_writer_integer (writer, "major", rule->major);
		if (rule->minor >= 0)
			davit_json_writer_integer (writer, "minor", rule->minor);
		davit_json_writer_string (writer, "access", rule->access);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

void
davit_creation_record_limits (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestLimits *limits = &creation->request->limits;

	davit_json_writer_begin_object (writer, "resources");
	write_cpu (limits, writer);
	write_memory (limits, writer);
	write_pids (creation, writer);
	write_block (limits, writer);
	davit_creation_write_pairs (writer, "unified", limits->cgroup_conf);
	davit_json_writer_end_object (writer);
	/* One that nobody asked for is let go where an ordinary user may set none. */
	if (!limits->has_pids_limit)
		davit_json_writer_boolean (writer, "pidsLimitIsDefault", TRUE);
	davit_json_writer_string_if (writer, "cgroupParent", limits->cgroup_parent);
	if (limits->has_oom_score_adj)
		davit_json_writer_integer (writer, "oomScoreAdj", limits->oom_score_adj);
	davit_json_writer_integer (writer, "shmSize",
				   limits->shm_size != 0
					   ? (gint64) limits->shm_size
					   : davit_config_integer (creation->engine->config,
								   "shm-size"));
	write_rlimits (creation, writer);
	write_devices (creation->request, writer);
	write_device_rules (creation->request, writer);
}

void
davit_creation_record_security (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestSecurity *security = &creation->request->security;

	davit_json_writer_boolean (writer, "privileged", security->privileged);
	davit_json_writer_boolean (writer, "readOnly", security->read_only);
	davit_json_writer_boolean (writer, "readOnlyTmpfs", security->read_only_tmpfs);
	davit_json_writer_begin_array (writer, "capabilities");
	for (guint i = 0; i < creation->capabilities->len; i++)
		davit_json_writer_string (writer, NULL,
					  (const char *) creation->capabilities->pdata[i]);
	davit_json_writer_end_array (writer);
	davit_json_writer_boolean (writer, "noNewPrivileges", security->no_new_privileges);
	davit_json_writer_begin_object (writer, "seccomp");
	davit_json_writer_string (writer, "profile", creation->seccomp_profile);
	if (creation->seccomp != NULL)
		davit_json_writer_value (writer, "document", creation->seccomp);
	davit_json_writer_end_object (writer);
	davit_json_writer_string_if (writer, "apparmor", security->apparmor);
	davit_creation_write_strings (writer, "mask", security->mask);
	davit_creation_write_strings (writer, "unmask", security->unmask);
}
