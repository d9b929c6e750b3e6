/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The files of a log: NAME, NAME.1 and so on, while a monitor may be renaming them. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All there are, oldest first, as an array of descriptors (int). Closes them when it is freed. */
GArray *davit_log_files_open (int dirfd, const char *name, GError **error);

/*
 * The file that was begun after the one that fd refers to, or -1 if that is the newest. With fd -1:
 * the newest.
 */
gboolean davit_log_files_next (int dirfd, const char *name, int fd, int *ret_fd, GError **error);

G_END_DECLS
