/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A child that goes where we can't, and lives for a few system calls: into another namespace, from
 * where the way back is not certain (setns allocates memory, and from the namespaces of another
 * user namespace nothing leads back).
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Runs run (data) in a child and waits for its end. It may make system calls only. flags: of clone;
 * with CLONE_VM and CLONE_VFORK no page table is copied and data is ours, too; with CLONE_FILES
 * what it opens is ours. FALSE, and nothing has run: the child could not be started.
 */
gboolean network_child_run (int flags, int (*run) (void *data), void *data, GError **error);

G_END_DECLS
