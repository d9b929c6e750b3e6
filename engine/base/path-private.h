/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of module path share: openat2 without an error text, and words for file types. */

#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* openat2 with O_CLOEXEC; resolve: RESOLVE_*. -1 and errno. */
int davit_path_openat2 (int dirfd, const char *path, int flags, mode_t mode, guint64 resolve);

/* "a directory", "a FIFO": for error texts. */
const char *davit_path_type_name (mode_t mode);

/* As RESOLVE_IN_ROOT, which <linux/openat2.h> has: named here once. */
extern const guint64 davit_path_in_root;

/* A name without "/", not empty, not "." and not "..": one entry of a directory. */
gboolean davit_path_is_component (const char *name);

G_END_DECLS
