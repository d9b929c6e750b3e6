/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing to procfs, which decides about privileges: never through a path that somebody could have
 * mounted something over or put a link into (CVE-2019-16884, CVE-2025-52881).
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Runs anywhere, async-signal-safe: 0 or -errno. A path below proc_fd; -EXDEV: something is
 * mounted over a part of it.
 */
int native_proc_write (int proc_fd, const char *path, const char *text, gsize length);

/* A procfs of our own that nobody else can reach, not mounted anywhere. A descriptor or -errno. */
int native_proc_make (void);

G_END_DECLS
