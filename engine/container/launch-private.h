/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the engine and the set-up child have in common. */

#pragma once

#include "container/child.h"
#include "container/launch.h"
#include "monitor/launch.h"

G_BEGIN_DECLS

/* Less than a pipe holds. */
#define DAVIT_LAUNCH_LIMIT (32 * 1024)

/* A report: this, and a text. */
typedef struct {
	gint32 code; /* of an error, or DAVIT_LAUNCH_CREATED */
	guint32 length;
} DavitLaunchReport;

#define DAVIT_LAUNCH_CREATED (-1)

/* Comes instead of the byte of the monitor, and then the errno of its execution, an int. */
#define DAVIT_LAUNCH_FAILED 1

/**
 * DavitLaunchChild: what the set-up child holds; as long as memory is shared it is the engine's
 * too, but for the descriptors.
 */
struct _DavitLaunchChild {
	DavitChild child;
	gboolean shared;
	const DavitLaunch *launch;
	char *program; /* of the monitor */
	int report_fd;
	int engine_fd; /* the engine's end of the same */
	char *report;
	DavitMonitorCommand *command;
	int process[3]; /* for the first process */
	int monitor[3]; /* the other ends; -1: none */
	DavitResult *result;
	int pidfd;
	int mounts_fd; /* its mount namespace; or -1 */
	gint64 pid;
	char *oom_path;
	char *freezer;
};

typedef struct _DavitLaunchChild DavitLaunchChild;

/* In place of the runtime's create; request is what that would get. pidfd and result are set. */
gboolean davit_launch_restore (DavitLaunchChild *child, const DavitRuntimeCreate *request,
			       GError **error);

/* What a restore says about itself, for the engine: lines "\nKEY VALUE". Free with g_free. */
char *davit_launch_statistics (const DavitResult *result);

/* data: a DavitLaunchChild. Does not return. */
int davit_launch_child_run (void *data);

G_END_DECLS
