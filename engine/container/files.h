/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files that the engine gives a container: resolv.conf, hosts, hostname, localtime,
 * .containerenv, and entries in passwd and group. They are made anew at each start, in the
 * container's directory in runroot, and bound over the places in the root file system; nothing is
 * written through a link of the image.
 */

#pragma once

#include "container/engine.h"
#include "container/record.h"

G_BEGIN_DECLS

/**
 * DavitFilesRequest: descriptors are borrowed.
 */
typedef struct {
	DavitEngine *engine;
	const DavitRecord *record;
	int run_dirfd;	     /* of the container; the files go into "files" below it */
	const char *run_dir; /* the same as an absolute path */
	int rootfs_fd;	     /* mounted; -1 with a root that the engine can't see */
	const char
		*owner_run_dir; /* with the network of another container: its run_dir; else NULL */
	const char *const
		*addresses; /* of the container, from the network driver; NULL-terminated */
	const char *const *nameservers; /* from the network driver */
	const char *const *search;
	const char *const *dns_options;
} DavitFilesRequest;

/* ret_binds: "SOURCE:DESTINATION" for DavitSpecRequest. Repeatable. Free with g_strfreev. */
gboolean davit_files_make (const DavitFilesRequest *request, char ***ret_binds, GError **error);

/* The places that will be mounted over, for DavitRootfsRequest; static. */
const char *const *davit_files_mount_points (const DavitRecord *record);

G_END_DECLS
