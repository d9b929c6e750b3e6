/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From a record to the documents of the OCI runtime specification: config.json of the bundle, and
 * the process object of an exec.
 */

#pragma once

#include "container/engine.h"
#include "container/record.h"

G_BEGIN_DECLS

/**
 * DavitSpecRequest: what only the moment of the start knows. Descriptors are borrowed.
 */
typedef struct {
	DavitEngine *engine;
	const DavitRecord *record;
	int rootfs_fd; /* the mounted root file system, to look up users and directories in */
	const char
		*run_dir; /* absolute path of the container's directory in runroot: generated files
				stand below it */
	/* Paths of namespaces to join (/proc/PID/ns/net, a pinned file), NULL: a new one or the
	   host's as the record says. */
	const char *network_path;
	const char *pid_path;
	const char *ipc_path;
	const char *uts_path;
	const char *cgroup_path;
	const char *time_path;
	const char *user_path;
	const char *rootfs_path; /* for root.path; NULL: the runtime gets a mount descriptor */
	const char *const
		*file_binds; /* "SOURCE:DESTINATION" of the files that the engine made (see
					  files.h), NULL-terminated; a mount of the user at the same
					  place wins */
} DavitSpecRequest;

/* config.json. Free with g_free. */
char *davit_spec_build (const DavitSpecRequest *request, gsize *ret_length, GError **error);

/**
 * DavitSpecUser: a user as the container's own passwd and group files know it.
 */
typedef struct {
	guint32 uid;
	guint32 gid;
	guint32 *additional_gids;
	gsize n_additional_gids;
	char *home; /* or NULL */
	char *name; /* or NULL */
} DavitSpecUser;

void davit_spec_user_clear (DavitSpecUser *user);

/*
 * user: "", "name", "uid", "name:group", "uid:gid". Groups of a name from /etc/group unless a group
 * is given; group_add (names or numbers, NULL-terminated) is added. NOT_FOUND names what the
 * container's files lack. The files are read inside rootfs_fd, never through a link out of it.
 */
gboolean davit_spec_user_resolve (int rootfs_fd, const char *user, const char *const *group_add,
				  DavitSpecUser *ret_user, GError **error);

/**
 * DavitSpecProcess: a further process in a running container (exec).
 */
typedef struct {
	DavitEngine *engine;
	const DavitRecord *record;
	int rootfs_fd;
	const char *const *command;
	const char *const *env; /* "K=V", or NULL */
	const char *user;	/* or NULL: the record's */
	const char *workdir;	/* or NULL: the record's */
	gboolean privileged;
	gboolean terminal;
	guint16 rows; /* 0: unknown */
	guint16 columns;
} DavitSpecProcess;

/* JSON text of a process object. Free with g_free. */
char *davit_spec_process_build (const DavitSpecProcess *request, GError **error);

G_END_DECLS
