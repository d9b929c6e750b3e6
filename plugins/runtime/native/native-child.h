/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parent's side of making a process, the same for create and exec. */

#pragma once

#include "native-clone.h"
#include "native-process.h"
#include "native-self.h"

G_BEGIN_DECLS

/**
 * NativeChild: a process that was cloned and is not ready yet.
 */
typedef struct {
	pid_t pid;
	int pidfd;
	int sockets[2]; /* ours, and the child's */
	int proc_fd;
	int terminal; /* the master, when it has come; or -1 */
	NativeSelf self;
	/* Of ours: the caller's own may lie in the program, which the child leaves. */
	int *pass_fds;
	gsize n_pass_fds;
	int *scratch; /* room for n_pass_fds + 3 numbers */
	int null_fd;  /* /dev/null of the host; -1: not needed */
	gboolean two; /* the process that was made makes the one that counts */
	gboolean replaced;
	gboolean scored; /* it has its score already */
} NativeChild;

void native_child_init (NativeChild *child);
/* Kills and reaps the process if it was not taken out. */
void native_child_clear (NativeChild *child);

/* Opens the socket, procfs, and /dev/null for those of stdio that are -1, which are replaced. */
gboolean native_child_prepare (NativeChild *child, const int request_stdio[3], int ret_stdio[3],
			       GError **error);
/*
 * The process will make another one and name it (NATIVE_REPORT_PROCESS). Only what the first one
 * says is believed then: the other can be made to say anything by who traces it, and what it would
 * name as a process would be recorded, and killed.
 */
gboolean native_child_expect_two (NativeChild *child, GError **error);
void native_child_pass (NativeChild *child, const int *pass_fds, gsize n_pass_fds);

gboolean native_child_clone (NativeChild *child, const NativeClone *request, GError **error);

/*
 * process.oomScoreAdj, which the child may not set in a user namespace. What the process makes
 * inherits it.
 */
gboolean native_child_set_oom_score (const NativeChild *child, const NativeProcess *process,
				     GError **error);

/* Tells it to go on. If it has ended, what it said before is still to be heard. */
void native_child_release (const NativeChild *child);

/*
 * Gives up what only the making of a process needs: there is time for it while the process that was
 * told to go on does so, and none when it has said that it is ready.
 */
void native_child_settle (NativeChild *child);

/*
 * Hears it out until it is ready (a NativeReportKind), or with NATIVE_REPORT_EXECUTING until it has
 * executed its program. name: what it is to the user.
 */
gboolean native_child_hear (NativeChild *child, guint until, const char *name, GError **error);

/* Hands over what there is: the pidfd, and "pid" and "terminal" in result. */
void native_child_take (NativeChild *child, const DavitHost *host, int *ret_pidfd,
			DavitResult *result);

G_END_DECLS
