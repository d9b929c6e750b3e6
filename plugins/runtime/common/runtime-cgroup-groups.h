/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The groups themselves, for what looks at one, makes one or sets a limit in it. */

#pragma once

#include "runtime-cgroup.h"

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
} RuntimeGroup;

struct _RuntimeCgroup {
	const DavitHost *host;
	char *id;
	GPtrArray *groups; /* of RuntimeGroup; v2 is the last one */
};

/* A group below the caller's own that it may have moved into: native-cgroup-caller.c. */
#define RUNTIME_CGROUP_CALLER "davit-caller"

/* runtime-cgroup-host.c: one entry for each hierarchy, without path; named: systemd's, too. */
GPtrArray *runtime_cgroup_host_groups (const DavitHost *host, gboolean named, GError **error);
void runtime_cgroup_group_free (RuntimeGroup *group);
/* Where groups without an absolute path stand: the caller's own group, or "/". Free with g_free. */
char *runtime_cgroup_host_place (const DavitHost *host, const RuntimeGroup *group);

/* runtime-cgroup-plan.c */
gboolean runtime_cgroup_path_is_valid (const char *path);
/* Whether it would hold the caller too: nobody kills or limits that by mistake. */
gboolean runtime_cgroup_path_is_above_caller (const RuntimeGroup *group, const char *path);
RuntimeGroup *runtime_cgroup_group_v2 (const RuntimeCgroup *cgroup);
/* The group that limits of a controller belong into, or NULL. */
RuntimeGroup *runtime_cgroup_group_of (const RuntimeCgroup *cgroup, const char *controller);
/* The group whose processes are the container's: v2 where there is one. NULL: none is open. */
RuntimeGroup *runtime_cgroup_group_holder (const RuntimeCgroup *cgroup);
/* Opens the directory if it is there. */
gboolean runtime_cgroup_group_open (RuntimeGroup *group);

/* runtime-cgroup-file.c: files of a group below its descriptor. 0 (length) or -errno. */
int runtime_cgroup_put (int dirfd, const char *file, const char *value);
/* Up to size - 1 bytes, a NUL behind, white space at the end taken off. */
int runtime_cgroup_get (int dirfd, const char *file, char *buffer, gsize size);
/* The whole file, or NULL with errno set. Free with g_free. */
char *runtime_cgroup_get_all (int dirfd, const char *file);
/* The number behind "key " in a file of such lines. */
gboolean runtime_cgroup_get_key (int dirfd, const char *file, const char *key, guint64 *ret);
gboolean runtime_cgroup_get_number (int dirfd, const char *file, guint64 *ret);

/* runtime-cgroup-processes.c: appends pids of the group at dirfd and of those below: 0 or -errno */
int runtime_cgroup_collect (int dirfd, GArray *pids);
/* Whether any process is in it or below. */
gboolean runtime_cgroup_is_populated (int dirfd);

/*
 * A belt beside the checks of paths, before all in a group is killed or taken away: whether what is
 * open is neither the hierarchy's root nor a group that holds the caller. CORRUPT: it is.
 */
gboolean runtime_cgroup_group_check_kill (const RuntimeGroup *group, GError **error);

G_END_DECLS
