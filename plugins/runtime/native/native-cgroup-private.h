/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files that make control groups and set their limits share. */

#pragma once

#include "native-cgroup.h"
#include "runtime-cgroup-groups.h"

G_BEGIN_DECLS

/*
 * native-cgroup-caller.c: v2 gives controllers only to groups below one that has no process of its
 * own. In a subtree that is delegated to the caller, the caller itself is in the way. Moves the
 * processes of the caller's group one step down. 0 or -errno.
 */
int native_cgroup_caller_move (const RuntimeGroup *group);

/*
 * One value to write. Values of files that hold a line a device have the device as key; reset is
 * what takes the device's line away again.
 */
typedef struct {
	RuntimeGroup *group;
	gboolean rootless; /* the caller is an ordinary user */
	char *field;	   /* "linux.resources.memory.limit" */
	char *file;
	char *value;
	char *other_file; /* NULL, or to be used where file does not exist */
	char *other_value;
	char *key;
	const char *reset;
	char *old; /* what the file held */
} NativeSetting;

typedef struct {
	const RuntimeCgroup *cgroup;
	const DavitHost *host;
	const DavitJson *resources;
	GPtrArray *settings; /* of NativeSetting */
} NativeLimits;

/* native-cgroup-settings.c */
void native_cgroup_setting_free (NativeSetting *setting);
/*
 * Adds a setting; value is taken over. UNAVAILABLE if no hierarchy has the controller. ret_setting
 * may be NULL.
 */
gboolean native_cgroup_setting_add (NativeLimits *limits, const char *field, const char *controller,
				    const char *file, char *value, NativeSetting **ret_setting,
				    GError **error);
/* Writes all in order; after a failure, with undo, the old values in the reverse one. */
gboolean native_cgroup_settings_write (GPtrArray *settings, gboolean undo, GError **error);

/* native-cgroup-limits.c: reads linux.resources into settings. resources may be NULL. */
GPtrArray *native_cgroup_limits_plan (const RuntimeCgroup *cgroup, const DavitJson *resources,
				      GError **error);
gboolean native_cgroup_limits_cpu (NativeLimits *limits, GError **error);
gboolean native_cgroup_limits_memory (NativeLimits *limits, GError **error);
gboolean native_cgroup_limits_block (NativeLimits *limits, GError **error);
gboolean native_cgroup_limits_other (NativeLimits *limits, GError **error);
gboolean native_cgroup_limits_unified (NativeLimits *limits, GError **error);
/* cpu.weight of v2 for cpu.shares of v1. */
guint64 native_cgroup_weight_from_shares (guint64 shares);

/* A device rule; -1 is every number. */
typedef struct {
	gboolean allow;
	char type; /* 'a', 'b' or 'c' */
	gint64 major;
	gint64 minor;
	guint access; /* NATIVE_DEVICE_... */
} NativeDeviceRule;

#define NATIVE_DEVICE_MKNOD 1
#define NATIVE_DEVICE_READ 2
#define NATIVE_DEVICE_WRITE 4
#define NATIVE_DEVICE_ALL 7

/* native-cgroup-devices.c: those of resources with the defaults behind, after a deny of all. */
gboolean native_cgroup_devices_parse (const DavitHost *host, const DavitJson *resources,
				      GArray **ret_rules, GError **error);
gboolean native_cgroup_devices_apply (const RuntimeCgroup *cgroup, const DavitJson *resources,
				      GError **error);

/* native-cgroup-bpf.c: the last rule that matches decides. 0 or -errno. */
int native_cgroup_bpf_attach (int dirfd, const GArray *rules);

G_END_DECLS
