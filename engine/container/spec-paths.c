/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths in /proc and /sys that a container must not see, or not write to. */

#include "container/spec-private.h"

#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

/*
 * What docker or podman masks, and what else tells of the host or of others. Not /sys/module:
 * libraries for graphics cards look there for the driver of the device that they were given.
 */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts", /* tells what others type (GHSA-6fw5-f8r9-fgfm) */
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/keys",
	"/proc/kmsg",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/slabinfo",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/vmallocinfo",
	"/sys/dev/block",
	"/sys/devices/virtual/powercap", /* energy side channel (GHSA-jq35-85cj-fj4p) */
	"/sys/firmware",
	"/sys/fs/bpf",
	"/sys/fs/pstore",
	"/sys/fs/selinux",
	"/sys/kernel/debug",
	"/sys/kernel/security",
	"/sys/kernel/tracing",
};

static const char *const read_only[] = {
	"/proc/asound", "/proc/bus",	       "/proc/fs",	 "/proc/irq",
	"/proc/sys",	"/proc/sysrq-trigger", "/sys/fs/cgroup",
};

static gboolean
is_unmasked (const char *path, const char *const *patterns)
{
	for (; patterns != NULL && *patterns != NULL; patterns++) {
		if (strcmp (*patterns, "ALL") == 0 || fnmatch (*patterns, path, 0) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
write_throttles (const char *const *unmask, DavitJsonWriter *writer)
{
	long count = sysconf (_SC_NPROCESSORS_CONF);

	if (access ("/sys/devices/system/cpu/cpu0/thermal_throttle", F_OK) < 0)
		return;
	for (long i = 0; i < count; i++) {
		g_autofree char *path =
			g_strdup_printf ("/sys/devices/system/cpu/cpu%ld/thermal_throttle", i);

		if (!is_unmasked (path, unmask))
			davit_json_writer_string (writer, NULL, path);
	}
}

gboolean
davit_spec_write_paths (const DavitSpecBuild *build, GError **error)
{
	DavitJsonWriter *writer = build->writer;
	g_autofree const char **mask = NULL;
	g_autofree const char **unmask = NULL;

	if (!davit_json_get_strings (build->json, "mask", &mask, error) ||
	    !davit_json_get_strings (build->json, "unmask", &unmask, error))
		return FALSE;
	davit_json_writer_begin_array (writer, "maskedPaths");
	for (guint i = 0; !build->record->privileged && i < G_N_ELEMENTS (masked); i++) {
		if (!is_unmasked (masked[i], unmask))
			davit_json_writer_string (writer, NULL, masked[i]);
	}
	if (!build->record->privileged)
		write_throttles (unmask, writer);
	for (guint i = 0; mask != NULL && mask[i] != NULL; i++)
		davit_json_writer_string (writer, NULL, mask[i]);
	davit_json_writer_end_array (writer);
	davit_json_writer_begin_array (writer, "readonlyPaths");
	for (guint i = 0; !build->record->privileged && i < G_N_ELEMENTS (read_only); i++) {
		if (!is_unmasked (read_only[i], unmask))
			davit_json_writer_string (writer, NULL, read_only[i]);
	}
	davit_json_writer_end_array (writer);
	return TRUE;
}
