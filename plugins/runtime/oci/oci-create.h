/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* create by an external runtime, and restore, which is one by another verb. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

/**
 * OciMaking: how a first process is made. Borrowed.
 */
typedef struct {
	const char *verb;
	const char *program;
	GPtrArray *arguments; /* in front of those that all have */
	const char *criu;     /* these as in OciCall */
	const char *const *envp;
	guint32 timeout_msec;
} OciMaking;

/* Not by create: the program to execute and further descriptors are not looked at. */
gboolean oci_make (const DavitHost *host, const DavitRuntimeCreate *request,
		   const OciMaking *making, int *ret_pidfd, DavitResult *result, GError **error);

gboolean oci_create (const DavitHost *host, const DavitRuntimeCreate *request, int *ret_pidfd,
		     DavitResult *result, GError **error);

G_END_DECLS
