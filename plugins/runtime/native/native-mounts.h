/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "mounts" of config.json: read, their sources opened by the parent, attached by the child. */

#pragma once

#include "native-namespaces.h"

#include <sys/types.h>

G_BEGIN_DECLS

typedef enum {
	NATIVE_MOUNT_FILE_SYSTEM, /* a new one of a type */
	NATIVE_MOUNT_BIND,
	NATIVE_MOUNT_CGROUP, /* the container's view of its groups; see native-mount-cgroup.c */
} NativeMountKind;

/* What the options of a mount say. */
typedef struct {
	gboolean bind;
	gboolean recursive; /* rbind */
	guint64 set;	    /* MOUNT_ATTR_... */
	guint64 clear;
	guint64 set_recursive; /* the same for all mounts below it: rro and so on */
	guint64 clear_recursive;
	guint64 propagation; /* MS_PRIVATE and so on; 0: not said */
	gboolean propagation_recursive;
	gboolean copy_up; /* tmpcopyup */
	GPtrArray *data;  /* what is the file system's own: "key=value", "flag" */
} NativeMountOptions;

/* One hierarchy of control groups, version 1, in the container's /sys/fs/cgroup. */
typedef struct {
	char *name; /* "memory", "cpu,cpuacct", "unified" */
	int tree_fd;
} NativeMountGroup;

typedef struct {
	NativeMountKind kind;
	char *destination; /* absolute, without "." and ".." */
	const char *type;
	char *source; /* bind: absolute; else as it is, or NULL */
	NativeMountOptions options;
	GArray *groups;	       /* cgroup: NativeMountGroup */
	gboolean is_dev;       /* the container's /dev: filled with devices before it is seen */
	gboolean no_links;     /* its mount point may not be reached through a symbolic link */
	gboolean proc_allowed; /* one of the few files of /proc that may be covered */
	gboolean is_directory; /* bind: what the source is */
	int tree_fd;	       /* bind: a detached copy; -1: the child must make it */
	int context_fd;	       /* proc: of native-pids.c, to be made; -1: as other file systems */
} NativeMount;

typedef struct {
	NativeMount **entries;
	guint n_entries;
	GPtrArray *array; /* owns them */
} NativeMounts;

/* Reads one list of options. */
gboolean native_mount_options_parse (const DavitHost *host, const DavitJson *mount,
				     NativeMountOptions *ret, GError **error);

/* The words that are not refused, for the features document; NULL behind the last. */
const char *native_mount_options_word (guint number);

/* bundle_dirfd: relative sources are relative to it. */
gboolean native_mounts_parse (const DavitHost *host, const DavitJson *root, int bundle_dirfd,
			      NativeMounts *ret, GError **error);
void native_mounts_clear (NativeMounts *mounts);

/* Runs in the parent: copies the trees to be bound, as far as the caller may. */
gboolean native_mounts_open (NativeMounts *mounts, GError **error);

/*
 * Decides what a mount of the type "cgroup" is on this host, and opens what it needs. paths: the
 * container's groups, which are there by now.
 */
gboolean native_mount_cgroup_open (const DavitHost *host, NativeMount *mount, char **paths,
				   const NativeNamespaces *namespaces, GError **error);

NativeMount *native_mount_new (NativeMountKind kind, const char *destination);

/* Runs in the child. */

/* Copies trees that the parent could not, while the host's paths are still there. */
gboolean native_mount_open_late (NativeMount *mount, NativeReport *report);

/* A new file system, not attached yet. A descriptor, or -1 with the report filled in. */
int native_mount_make (const NativeMount *mount, NativeReport *report);

/* Sets flags and propagation of a tree. new: it is a new file system, which has its flags. */
gboolean native_mount_set_attributes (const NativeMount *mount, int tree_fd, NativeReport *report);

/* Copies what the root has at the destination into a tmpfs that is not attached yet. */
gboolean native_mount_copy_up (const NativeMount *mount, int root_fd, int tree_fd,
			       NativeReport *report);

/* A mount of the type "cgroup" with all below it. */
gboolean native_mount_cgroup_attach (const NativeMount *mount, int root_fd, NativeReport *report);

/* Puts a tree at the mount's destination inside the root. */
gboolean native_mount_attach (const NativeMount *mount, int root_fd, int tree_fd,
			      NativeReport *report);

G_END_DECLS
