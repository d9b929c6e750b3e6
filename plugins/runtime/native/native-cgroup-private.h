/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of control groups share. */

#pragma once

#include "native-cgroup.h"

G_BEGIN_DECLS

/* The container's group in one hierarchy. */
typedef struct {
	char *name;	    /* "cpu,cpuacct" as /proc/self/cgroup has it; "" for v2 */
	char *mount;	    /* where the hierarchy is mounted */
	char *own;	    /* the caller's own group; begins with "/" */
	char *path;	    /* the container's group; begins with "/" */
	char **controllers; /* that limits can be set with here */
	gboolean v2;
	gboolean kept; /* it stood there before, and stays */
	gboolean wanted;
	gboolean limited; /* a limit is to be set in it */
	int problem;	  /* errno of the attempt to make it, or 0 */
	int root_fd;	  /* of the hierarchy */
	int fd;		  /* of the group; -1: not opened */
	int tasks_fd;	  /* v1: its file "tasks", to enter; -1: not opened */
} NativeGroup;

struct _NativeCgroup {
	const DavitHost *host;
	char *id;
	GPtrArray *groups; /* of NativeGroup; v2 is the last one */
};

/* native-cgroup-host.c: one entry for each hierarchy, without path. */
GPtrArray *native_cgroup_host_groups (const DavitHost *host, GError **error);
void native_cgroup_group_free (NativeGroup *group);
/* Where groups without an absolute path stand: the caller's own group, or "/". Free with g_free. */
char *native_cgroup_host_place (const NativeGroup *group);

/*
 * native-cgroup-caller.c: v2 gives controllers only to groups below one that has no process of its
 * own. In a subtree that is delegated to the caller, the caller itself is in the way.
 */
#define NATIVE_CGROUP_CALLER "davit-caller"
/* Moves the processes of the caller's group one step down. 0 or -errno. */
int native_cgroup_caller_move (const NativeGroup *group);

/* native-cgroup-plan.c */
gboolean native_cgroup_path_is_valid (const char *path);
/* Whether it would hold the caller too: nobody kills or limits that by mistake. */
gboolean native_cgroup_path_is_above_caller (const NativeGroup *group, const char *path);
NativeGroup *native_cgroup_group_v2 (const NativeCgroup *cgroup);
/* The group that limits of a controller belong into, or NULL. */
NativeGroup *native_cgroup_group_of (const NativeCgroup *cgroup, const char *controller);
/* The group whose processes are the container's: v2 where there is one. NULL: none is open. */
NativeGroup *native_cgroup_group_holder (const NativeCgroup *cgroup);
/* Opens the directory if it is there. */
gboolean native_cgroup_group_open (NativeGroup *group);

/* native-cgroup-file.c: files of a group below its descriptor. 0 (length) or -errno. */
int native_cgroup_put (int dirfd, const char *file, const char *value);
/* Up to size - 1 bytes, a NUL behind, white space at the end taken off. */
int native_cgroup_get (int dirfd, const char *file, char *buffer, gsize size);
/* The whole file, or NULL with errno set. Free with g_free. */
char *native_cgroup_get_all (int dirfd, const char *file);
/* The number behind "key " in a file of such lines. */
gboolean native_cgroup_get_key (int dirfd, const char *file, const char *key, guint64 *ret);
gboolean native_cgroup_get_number (int dirfd, const char *file, guint64 *ret);

/* native-cgroup-processes.c: appends pids of the group at dirfd and of those below. 0 or -errno. */
int native_cgroup_collect (int dirfd, GArray *pids);
/* Whether any process is in it or below. */
gboolean native_cgroup_is_populated (int dirfd);

/*
 * A belt beside the checks of paths, before all in a group is killed or taken away: whether what is
 * open is neither the hierarchy's root nor a group that holds the caller. CORRUPT: it is.
 */
gboolean native_cgroup_group_check_kill (const NativeGroup *group, GError **error);

/*
 * One value to write. Values of files that hold a line a device have the device as key; reset is
 * what takes the device's line away again.
 */
typedef struct {
	NativeGroup *group;
	char *field; /* "linux.resources.memory.limit" */
	char *file;
	char *value;
	char *other_file; /* NULL, or to be used where file does not exist */
	char *other_value;
	char *key;
	const char *reset;
	char *old; /* what the file held */
} NativeSetting;

typedef struct {
	const NativeCgroup *cgroup;
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
GPtrArray *native_cgroup_limits_plan (const NativeCgroup *cgroup, const DavitJson *resources,
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
gboolean native_cgroup_devices_apply (const NativeCgroup *cgroup, const DavitJson *resources,
				      GError **error);

/* native-cgroup-bpf.c: the last rule that matches decides. 0 or -errno. */
int native_cgroup_bpf_attach (int dirfd, const GArray *rules);

G_END_DECLS
