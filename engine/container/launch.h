/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The set-up child: it lets the runtime make the first process, which so becomes its child, and
 * then executes the monitor in its own place.
 */

#pragma once

#include "container/checkpoint-private.h"
#include "container/prepare.h"

G_BEGIN_DECLS

/**
 * DavitLaunch: descriptors are borrowed.
 */
typedef struct {
	const DavitPrepared *prepared;
	const DavitContainerRuntime *runtime;
	int bundle_fd;
	int client_fd;	     /* the monitor's end of a connection, or -1 */
	gboolean keep_stdin; /* it stays open when the last client has left */
	const int
		*close_fds; /* what the container's process must not even hold until it executes */
	guint n_close_fds;
	const DavitRestoring *restoring; /* from a checkpoint, and it runs at once; or NULL */
} DavitLaunch;

/**
 * DavitLaunched: ready_fd becomes readable when the monitor serves.
 */
typedef struct {
	gint64 pid;
	char *freezer;
	int ready_fd;
	char **statistics; /* of a restore: "KEY VALUE" */
	struct _DavitLaunchChild *child;
	gboolean heard; /* the child has left our memory */
} DavitLaunched;

void davit_launched_clear (DavitLaunched *launched);

/* Returns when the first process is there and waits, or runs if it was restored. */
gboolean davit_launch (const DavitLaunch *launch, DavitLaunched *ret_launched, GError **error);

/* Returns when the monitor serves; an error if it could not be executed. */
gboolean davit_launch_wait_ready (DavitLaunched *launched, GError **error);

G_END_DECLS
