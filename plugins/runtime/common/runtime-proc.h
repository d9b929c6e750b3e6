/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What procfs tells of processes. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The host's procfs, opened and known to be one. */
gboolean runtime_proc_open (int *ret_fd, GError **error);

/* Field 22 of /proc/PID/stat; with the state's letter. NOT_FOUND: no such process. */
gboolean runtime_proc_start_time (int proc_fd, int pid, guint64 *ret_start_time, char *ret_state,
				  GError **error);

G_END_DECLS
