/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.maskedPaths and linux.readonlyPaths. Run in the child, before the host's paths go. */

#pragma once

#include "native-report.h"

G_BEGIN_DECLS

/* paths: NULL-terminated, or NULL. A path that is not there is passed over, as the rule is. */
gboolean native_paths_read_only (const char *const *paths, int root_fd, NativeReport *report);
gboolean native_paths_mask (const char *const *paths, int root_fd, NativeReport *report);

G_END_DECLS
