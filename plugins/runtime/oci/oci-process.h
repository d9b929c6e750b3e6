/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process that an external runtime says it has made. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

/**
 * OciProcess: the caller closes pidfd.
 */
typedef struct {
	int pid;
	int pidfd;
	guint64 start_time;
} OciProcess;

/*
 * Reads the file that --pid-file named. The process must be a child of ours: a number that belongs
 * to somebody else is refused, since we would send signals to it.
 */
gboolean oci_process_open (const DavitHost *host, int dirfd, const char *name, OciProcess *ret,
			   GError **error);

/* Adopts what children leave behind, from now on or no longer. Gives what it was before. */
gboolean oci_process_adopt (gboolean adopt);

G_END_DECLS
