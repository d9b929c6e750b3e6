/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts come from the kernel and not from the user id: root in a user namespace is rootless. */

#include "driver/facts.h"

#include "davit-config.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

static char *
proc_read (const char *path)
{
	g_autofree char *text = NULL;

	/* Files in /proc have size 0: read to the end, as GLib does. */
	if (!g_file_get_contents (path, &text, NULL, NULL))
		return NULL;
	return g_steal_pointer (&text);
}

gboolean
davit_facts_first_user_namespace (void)
{
	g_autofree char *text = proc_read ("/proc/self/uid_map");
	guint inside = 1;
	guint outside = 1;
	guint count = 0;

	return text != NULL && sscanf (text, "%u %u %u", &inside, &outside, &count) == 3 &&
	       inside == 0 && outside == 0 && count == G_MAXUINT32;
}

/* The kernel's own call: /proc/self/status takes ten times as long. */
static gboolean
facts_has_sys_admin (void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall (SYS_capget, &header, data) < 0)
		return FALSE;
	return (data[CAP_TO_INDEX (CAP_SYS_ADMIN)].effective & CAP_TO_MASK (CAP_SYS_ADMIN)) != 0;
}

static void
facts_read_kernel (DavitFacts *facts)
{
	struct utsname name;
	guint major = 0;
	guint minor = 0;

	if (uname (&name) == 0 && sscanf (name.release, "%u.%u", &major, &minor) == 2) {
		facts->kernel_major = major;
		facts->kernel_minor = minor;
	}
}

/* Whether a line has the mount point, and a type behind " - "; NULL: any mount point. */
static gboolean
mount_matches (const char *line, const char *mount_point, const char *type)
{
	g_auto (GStrv) fields = g_strsplit (line, " ", -1);
	guint separator = 0;

	while (fields[separator] != NULL && !g_str_equal (fields[separator], "-"))
		separator++;
	if (separator < 5 || fields[separator] == NULL || fields[separator + 1] == NULL)
		return FALSE;
	return g_str_equal (fields[separator + 1], type) &&
	       (mount_point == NULL || g_str_equal (fields[4], mount_point));
}

DavitCgroupMode
davit_facts_cgroup_mode (const char *mountinfo)
{
	g_auto (GStrv) lines = g_strsplit (mountinfo, "\n", -1);
	gboolean version1 = FALSE;
	gboolean version2 = FALSE;

	for (guint i = 0; lines[i] != NULL; i++) {
		/* Thousands of other mounts are passed over without being taken apart. */
		if (strstr (lines[i], " - cgroup") == NULL)
			continue;
		if (mount_matches (lines[i], "/sys/fs/cgroup", "cgroup2"))
			return DAVIT_CGROUP_V2;
		version1 |= mount_matches (lines[i], NULL, "cgroup");
		version2 |= mount_matches (lines[i], NULL, "cgroup2");
	}
	if (!version1)
		return DAVIT_CGROUP_NONE;
	return version2 ? DAVIT_CGROUP_HYBRID : DAVIT_CGROUP_V1;
}

static gboolean
file_system_is (const char *path, __fsword_t type)
{
	struct statfs status;

	return statfs (path, &status) == 0 && status.f_type == type;
}

/* Some hierarchy of v1 where everybody mounts them. */
static gboolean
version1_is_mounted (void)
{
	static const char *const places[] = {
		"/sys/fs/cgroup/memory",
		"/sys/fs/cgroup/pids",
		"/sys/fs/cgroup/freezer",
		"/sys/fs/cgroup/systemd",
	};

	for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
		if (file_system_is (places[i], CGROUP_SUPER_MAGIC))
			return TRUE;
	}
	return FALSE;
}

/*
 * A few system calls on most hosts: the mount table may be long, and takes a tenth of a millisecond
 * with two dozen mounts. Beside v1, a v2 tree counts where one looks for it: no other is used.
 */
static DavitCgroupMode
facts_read_cgroup_mode (void)
{
	g_autofree char *mountinfo = NULL;

	if (file_system_is ("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC))
		return DAVIT_CGROUP_V2;
	if (version1_is_mounted ())
		return file_system_is ("/sys/fs/cgroup/unified", CGROUP2_SUPER_MAGIC)
			       ? DAVIT_CGROUP_HYBRID
			       : DAVIT_CGROUP_V1;
	mountinfo = proc_read ("/proc/self/mountinfo");
	return mountinfo != NULL ? davit_facts_cgroup_mode (mountinfo) : DAVIT_CGROUP_NONE;
}

void
davit_facts_read (DavitFacts *facts, const char *cgroup_parent)
{
	*facts = (DavitFacts){
		.size = sizeof (DavitFacts),
		.uid = geteuid (),
		.gid = getegid (),
		.rootless = !davit_facts_first_user_namespace () || !facts_has_sys_admin (),
		.cgroups = facts_read_cgroup_mode (),
		.engine_version = DAVIT_VERSION,
		.cgroup_parent = cgroup_parent,
	};
	facts_read_kernel (facts);
}
