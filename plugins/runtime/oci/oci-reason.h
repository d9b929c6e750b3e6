/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a program can be executed. What external runtimes say about that differs from one to the
 * next and is at times wrong ("permission denied" for a file that is not there), and what fails
 * after the start they say to nobody. So we look ourselves, and say what the runtime native says.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/*
 * FALSE: the program of a process object can't be found (NO_PROGRAM) or executed (NOT_EXECUTABLE)
 * below root_fd. TRUE: it can, or it can't be told.
 */
gboolean oci_reason_check (const DavitHost *host, int root_fd, const DavitJson *process,
			   GError **error);

/* Whether a mount of config.json may bring a program that the root file system does not show. */
gboolean oci_reason_mounts_matter (const DavitHost *host, const DavitJson *mounts);

G_END_DECLS
