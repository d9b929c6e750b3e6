/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child that goes where we can't, and lives for a few system calls. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define STORE_CHILD_STACK ((gsize) 64 * 1024)

/* Memory for the stack of a child; NULL and error. Give it back with store_child_stack_free. */
char *store_child_stack_new (GError **error);
void store_child_stack_free (char *stack);

/*
 * Runs run (data) in a child that shares our memory and descriptors, and waits for its end. It may
 * make system calls only. FALSE, and nothing has run: the child could not be started.
 */
gboolean store_child_run (int (*run) (void *data), void *data, GError **error);

G_END_DECLS
