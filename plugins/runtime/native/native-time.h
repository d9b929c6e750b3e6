/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.timeOffsets: the clocks of a time namespace. */

#pragma once

#include "native-namespaces.h"

G_BEGIN_DECLS

/* ret_offsets: lines for /proc/PID/timens_offsets, or NULL. Free with g_free. */
gboolean native_time_parse (const DavitHost *host, const DavitJson *linux_object,
			    const NativeNamespaces *namespaces, char **ret_offsets, GError **error);

/* Runs in the child: makes the namespace, sets its clocks and goes into it. */
gboolean native_time_enter (const char *offsets, int proc_fd, NativeReport *report);

G_END_DECLS
