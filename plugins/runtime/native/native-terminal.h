/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A terminal of the container's own devpts. Run in the child. */

#pragma once

#include "native-process.h"
#include "native-report.h"

G_BEGIN_DECLS

/* Opens both ends. root_fd: the container's root. Descriptors stay -1 on failure. */
gboolean native_terminal_open (int root_fd, const NativeProcess *process, int *ret_master,
			       int *ret_slave, NativeReport *report);

/* Makes it /dev/console. */
gboolean native_terminal_bind_console (int root_fd, int slave, NativeReport *report);

G_END_DECLS
