/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "HostConfig" of inspect: limits, confinement, namespaces. */

#include "container/inspect-private.h"

#include "container/create-private.h"

#include <string.h>

static gint64
resource (const DavitInspection *inspection, const char *group, const char *key)
{
	const DavitJson *resources = davit_inspect_member (inspection, "resources", group);

	return davit_json_integer (davit_json_member (resources, key));
}

static void
write_cpu (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *cpu = davit_inspect_member (inspection, "resources", "cpu");
	const char *cpus = davit_json_string (davit_json_member (cpu, "cpus"));
	const char *mems = davit_json_string (davit_json_member (cpu, "mems"));
	gint64 period = resource (inspection, "cpu", "period");
	gint64 quota = resource (inspection, "cpu", "quota");

	davit_json_writer_integer (writer, "CpuShares", resource (inspection, "cpu", "shares"));
	davit_json_writer_integer (writer, "CpuPeriod", period);
	davit_json_writer_integer (writer, "CpuQuota", quota);
	davit_json_writer_integer (writer, "NanoCpus",
				   period > 0 && quota > 0 && quota < G_MAXINT64 / 1000000000
					   ? quota * 1000000000 / period
					   : 0);
	davit_json_writer_string (writer, "CpusetCpus", cpus != NULL ? cpus : "");
	davit_json_writer_string (writer, "CpusetMems", mems != NULL ? mems : "");
}

static void
write_memory (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *memory = davit_inspect_member (inspection, "resources", "memory");
	const DavitJson *swappiness = davit_json_member (memory, "swappiness");

	davit_json_writer_integer (writer, "Memory", resource (inspection, "memory", "limit"));
	davit_json_writer_integer (writer, "MemoryReservation",
				   resource (inspection, "memory", "reservation"));
	davit_json_writer_integer (writer, "MemorySwap", resource (inspection, "memory", "swap"));
	davit_json_writer_integer (writer, "MemorySwappiness",
				   swappiness != NULL ? davit_json_integer (swappiness) : -1);
	davit_json_writer_boolean (writer, "OomKillDisable",
				   davit_json_boolean (
					   davit_json_member (memory, "disableOOMKiller")));
	davit_json_writer_integer (writer, "OomScoreAdj",
				   davit_json_integer (
					   davit_inspect_member (inspection, NULL, "oomScoreAdj")));
	davit_json_writer_integer (writer, "ShmSize",
				   davit_json_integer (
					   davit_inspect_member (inspection, NULL, "shmSize")));
	davit_json_writer_integer (writer, "TmpfsUpper", (gint64) inspection->record->tmpfs_upper);
}

static void
write_others (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const char *parent =
		davit_json_string (davit_inspect_member (inspection, NULL, "cgroupParent"));

	davit_json_writer_integer (writer, "PidsLimit", resource (inspection, "pids", "limit"));
	davit_json_writer_integer (writer, "BlkioWeight",
				   resource (inspection, "blockIO", "weight"));
	davit_json_writer_string (writer, "CgroupParent", parent != NULL ? parent : "");
	davit_inspect_write_object (inspection, "CgroupConf",
				    davit_inspect_member (inspection, "resources", "unified"));
	davit_inspect_write_object (inspection, "Sysctls",
				    davit_inspect_member (inspection, NULL, "sysctl"));
}

static void
write_rlimits (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *limits = davit_inspect_member (inspection, NULL, "rlimits");

	davit_json_writer_begin_array (writer, "Ulimits");
	for (guint i = 0; i < davit_json_length (limits); i++) {
		const DavitJson *limit = davit_json_element (limits, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "Name",
					  davit_json_string (davit_json_member (limit, "type")));
		davit_json_writer_value (writer, "Soft", davit_json_member (limit, "soft"));
		davit_json_writer_value (writer, "Hard", davit_json_member (limit, "hard"));
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
write_devices (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *devices = davit_inspect_member (inspection, NULL, "devices");

	davit_json_writer_begin_array (writer, "Devices");
	for (guint i = 0; i < davit_json_length (devices); i++) {
		const DavitJson *device = davit_json_element (devices, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "PathOnHost",
					  davit_json_string (davit_json_member (device, "path")));
		davit_json_writer_string (writer, "PathInContainer",
					  davit_json_string (davit_json_member (device, "inside")));
		davit_json_writer_string (writer, "CgroupPermissions",
					  davit_json_string (davit_json_member (device, "access")));
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static gboolean
holds (const DavitJson *strings, const char *text)
{
	for (guint i = 0; i < davit_json_length (strings); i++) {
		if (g_strcmp0 (davit_json_string (davit_json_element (strings, i)), text) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Against the default set: what the options were is not kept, what came of them is. */
static void
write_capabilities (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *given = davit_inspect_member (inspection, NULL, "capabilities");
	const char *const *usual = davit_creation_default_capabilities ();

	davit_json_writer_begin_array (writer, "CapAdd");
	for (guint i = 0; i < davit_json_length (given); i++) {
		const char *name = davit_json_string (davit_json_element (given, i));

		if (name != NULL && !g_strv_contains (usual, name))
			davit_json_writer_string (writer, NULL, name);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_begin_array (writer, "CapDrop");
	for (; *usual != NULL; usual++) {
		if (!holds (given, *usual))
			davit_json_writer_string (writer, NULL, *usual);
	}
	davit_json_writer_end_array (writer);
}

static void
write_security (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const char *profile =
		davit_json_string (davit_inspect_member (inspection, "seccomp", "profile"));
	const char *apparmor =
		davit_json_string (davit_inspect_member (inspection, NULL, "apparmor"));
	g_autofree char *seccomp = g_strconcat ("seccomp=", profile, NULL);
	g_autofree char *confined = g_strconcat ("apparmor=", apparmor, NULL);

	davit_json_writer_boolean (writer, "Privileged", inspection->record->privileged);
	davit_json_writer_boolean (writer, "ReadonlyRootfs", inspection->record->read_only);
	davit_json_writer_begin_array (writer, "SecurityOpt");
	if (profile != NULL && strcmp (profile, "default") != 0 && !inspection->record->privileged)
		davit_json_writer_string (writer, NULL, seccomp);
	if (apparmor != NULL)
		davit_json_writer_string (writer, NULL, confined);
	if (davit_json_boolean (davit_inspect_member (inspection, NULL, "noNewPrivileges")))
		davit_json_writer_string (writer, NULL, "no-new-privileges");
	davit_json_writer_end_array (writer);
	write_capabilities (inspection);
	davit_inspect_write_array (inspection, "GroupAdd",
				   davit_inspect_member (inspection, NULL, "groupAdd"));
}

/* "SOURCE:DESTINATION:OPTIONS", as the option was or could have been. */
static void
write_binds (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *mounts = davit_inspect_member (inspection, NULL, "mounts");

	davit_json_writer_begin_array (writer, "Binds");
	for (guint i = 0; i < davit_json_length (mounts); i++) {
		const DavitJson *mount = davit_json_element (mounts, i);
		const char *source = davit_json_string (davit_json_member (mount, "source"));
		g_autofree const char **options = NULL;
		g_autofree char *words = NULL;
		g_autofree char *text = NULL;

		if (source == NULL || !davit_json_get_strings (mount, "options", &options, NULL) ||
		    options == NULL)
			continue;
		words = g_strjoinv (",", (char **) options);
		text = g_strdup_printf ("%s:%s:%s", source,
					davit_json_string (
						davit_json_member (mount, "destination")),
					words);
		davit_json_writer_string (writer, NULL, text);
	}
	davit_json_writer_end_array (writer);
}

/* {"/scratch": "size=1m"}: the temporary file systems that were asked for. */
static void
write_tmpfs (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *mounts = davit_inspect_member (inspection, NULL, "mounts");

	davit_json_writer_begin_object (writer, "Tmpfs");
	for (guint i = 0; i < davit_json_length (mounts); i++) {
		const DavitJson *mount = davit_json_element (mounts, i);
		const char *type = davit_json_string (davit_json_member (mount, "type"));
		const char *place = davit_json_string (davit_json_member (mount, "destination"));
		g_autofree const char **options = NULL;
		g_autofree char *words = NULL;

		if (g_strcmp0 (type, "tmpfs") != 0 || place == NULL ||
		    !davit_json_get_strings (mount, "options", &options, NULL) || options == NULL)
			continue;
		words = g_strjoinv (",", (char **) options);
		davit_json_writer_string (writer, place, words);
	}
	davit_json_writer_end_object (writer);
}

static void
write_log (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;

	davit_json_writer_begin_object (writer, "LogConfig");
	davit_json_writer_string (writer, "Type", inspection->record->log_driver);
	davit_json_writer_begin_object (writer, "Config");
	davit_json_writer_end_object (writer);
	davit_inspect_write_log_path (inspection, "Path");
	davit_json_writer_string (writer, "Tag", "");
	davit_json_writer_unsigned (writer, "Size", inspection->record->log_max_size);
	davit_json_writer_end_object (writer);
}

static void
write_namespaces (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;

	davit_inspect_write_mode (inspection, "PidMode", &record->pid_namespace);
	davit_inspect_write_mode (inspection, "IpcMode", &record->ipc_namespace);
	davit_inspect_write_mode (inspection, "UTSMode", &record->uts_namespace);
	davit_inspect_write_mode (inspection, "CgroupMode", &record->cgroup_namespace);
	davit_inspect_write_mode (inspection, "CgroupnsMode", &record->cgroup_namespace);
	davit_inspect_write_mode (inspection, "TimeMode", &record->time_namespace);
	davit_json_writer_string (inspection->writer, "UsernsMode", "");
	if (record->networks->len > 0)
		davit_json_writer_string (inspection->writer, "NetworkMode",
					  davit_record_network_title (record, 0));
	else
		davit_inspect_write_mode (inspection, "NetworkMode", &record->network_namespace);
}

static void
write_names (const DavitInspection *inspection)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *hosts = davit_inspect_member (inspection, "hosts", "add");

	davit_inspect_write_array (inspection, "Dns",
				   davit_inspect_member (inspection, "dns", "servers"));
	davit_inspect_write_array (inspection, "DnsOptions",
				   davit_inspect_member (inspection, "dns", "options"));
	davit_inspect_write_array (inspection, "DnsSearch",
				   davit_inspect_member (inspection, "dns", "search"));
	davit_json_writer_begin_array (writer, "ExtraHosts");
	for (guint i = 0; i < davit_json_length (hosts); i++) {
		const DavitJson *host = davit_json_element (hosts, i);
		g_autofree char *text =
			g_strdup_printf ("%s:%s",
					 davit_json_string (davit_json_member (host, "name")),
					 davit_json_string (davit_json_member (host, "address")));

		davit_json_writer_string (writer, NULL, text);
	}
	davit_json_writer_end_array (writer);
}

void
davit_inspect_write_host_config (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;

	davit_json_writer_begin_object (writer, "HostConfig");
	write_binds (inspection);
	write_tmpfs (inspection);
	davit_json_writer_string (inspection->writer, "VolumeDriver", "");
	davit_inspect_write_array (inspection, "VolumesFrom", NULL);
	davit_inspect_write_array (inspection, "Links", NULL);
	davit_json_writer_string (writer, "ContainerIDFile",
				  record->cidfile != NULL ? record->cidfile : "");
	write_log (inspection);
	write_namespaces (inspection);
	davit_inspect_write_asked_ports (inspection, "PortBindings");
	write_names (inspection);
	davit_json_writer_boolean (writer, "AutoRemove", record->auto_remove);
	davit_json_writer_boolean (writer, "Init",
				   davit_inspect_member (inspection, NULL, "init") != NULL);
	davit_json_writer_begin_object (writer, "RestartPolicy");
	davit_json_writer_string (writer, "Name", "no");
	davit_json_writer_integer (writer, "MaximumRetryCount", 0);
	davit_json_writer_end_object (writer);
	davit_json_writer_string (writer, "Runtime", record->runtime);
	write_security (inspection);
	write_cpu (inspection);
	write_memory (inspection);
	write_others (inspection);
	write_rlimits (inspection);
	write_devices (inspection);
	davit_json_writer_end_object (writer);
}
