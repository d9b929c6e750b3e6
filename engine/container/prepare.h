/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What must be there before a container's first process can be made. */

#pragma once

#include "container/checkpoint-private.h"
#include "container/container-private.h"
#include "container/join.h"
#include "container/netns.h"

G_BEGIN_DECLS

/**
 * DavitPrepared: init with davit_prepared_init.
 */
typedef struct {
	DavitContainer *container;
	const DavitRecord *record;
	DavitRun *run; /* what a driver reports goes into it */
	char *run_dir;
	int mount_fd;	     /* the root file system, detached; -1: rootfs_path */
	int rootfs_fd;	     /* the same, to look into */
	DavitNetns *netns;   /* on its way; or NULL */
	DavitJoined network; /* made, or joined */
	DavitJoined pid;
	DavitJoined ipc;
	DavitJoined uts;
	DavitJoined cgroup;
	DavitJoined time;
	DavitJoined user;
	const DavitRestoring *restoring; /* what the container comes from; or NULL */
	GPtrArray *attached; /* DavitResult: what the network driver said of each network */
	int helper_fds[DAVIT_RECORD_NETWORKS]; /* of the same, or -1 */
	int hold_fds[DAVIT_RECORD_NETWORKS];
} DavitPrepared;

void davit_prepared_init (DavitPrepared *prepared, DavitContainer *container,
			  const DavitRecord *record, DavitRun *run);
void davit_prepared_clear (DavitPrepared *prepared);

gboolean davit_prepare_storage (DavitPrepared *prepared, GError **error);

/* Begins to make a network namespace, if a new one is wanted. */
gboolean davit_prepare_network_begin (DavitPrepared *prepared, GError **error);

/* Finishes that and has it connected, or joins another; opens all other namespaces to join. */
gboolean davit_prepare_network (DavitPrepared *prepared, GError **error);

/* Writes the files of /etc and bundle/config.json. The caller closes ret_bundle_fd. */
gboolean davit_prepare_bundle (DavitPrepared *prepared, int *ret_bundle_fd, GError **error);

G_END_DECLS
