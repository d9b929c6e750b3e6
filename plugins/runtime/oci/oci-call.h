/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs the external runtime: one verb, with a deadline, and its own words as our error. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

/**
 * OciCall: arguments stand between the verb and the container's id.
 */
typedef struct {
	const DavitHost *host;
	const DavitRuntimeContainer *container;
	const char *program;
	const char *verb;
	GPtrArray *arguments; /* of strings that live as long as the call; or NULL */
	const char *last;     /* behind the id, or NULL */
	const int *stdio;     /* or NULL: its output is read */
	const int *pass_fds;
	gsize n_pass_fds;
	const char *mount_path; /* with mount_fd, as in DavitHelper; or NULL */
	int mount_fd;
	char **ret_output;	 /* or NULL */
	const char *criu;	 /* for the option --criu in front of the verb; or NULL */
	const char *const *envp; /* as in DavitHelper */
	guint32 timeout_msec;	 /* 0: the option timeout */
} OciCall;

/*
 * HELPER with what it said if it fails, or what that says clearly: NOT_FOUND, EXISTS, STATE.
 * TIMEOUT by the option timeout, UNAVAILABLE if the program can't be run.
 */
gboolean oci_call (const OciCall *call, GError **error);

G_END_DECLS
