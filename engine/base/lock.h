/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Locks: flock on the object's own directory or file. The kernel frees them when a process dies,
 * there is no table to run out of, and readers take none. Order: container before name before
 * image before layer; never the other way round.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Locks what fd refers to. timeout_msec 0: BUSY at once if it is taken; -1: waits for ever; else
 * TIMEOUT. name is for the text. The lock goes with the last copy of the descriptor.
 */
gboolean davit_lock_take (int fd, int timeout_msec, const char *name, GError **error);
void davit_lock_release (int fd);

G_END_DECLS
