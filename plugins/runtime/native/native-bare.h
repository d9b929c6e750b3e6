/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A process that comes into the sight of others: made with a copy of nothing but what it needs.
 */

#pragma once

#include "native-report.h"

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Memory of its own for such a process: what it is to know, and its stack. */
typedef struct {
	guint8 *arena; /* NULL: there is none */
	gsize size;
	gsize used;
	gsize capacity; /* for what is added; the stack is behind it */
	guint n_kept;
	struct _NativeBareRange *kept; /* of the arena */
} NativeBare;

/* Run in the parent. */

/* capacity: the sum of native_bare_room for all that is to be added. */
gboolean native_bare_init (NativeBare *bare, gsize capacity, GError **error);
void native_bare_clear (NativeBare *bare);

gsize native_bare_room (gsize length);
gsize native_bare_room_strings (const char *const *strings);

/* A copy that the process will have; data NULL: zeros. It lives as long as bare. */
gpointer native_bare_add (NativeBare *bare, gconstpointer data, gsize length);
char *native_bare_add_string (NativeBare *bare, const char *string);
const char **native_bare_add_strings (NativeBare *bare, const char *const *strings);

/* Run in the child that makes the process; async-signal-safe. */

/*
 * Decides that processes that this one makes get zeros instead of everything that lies in memory
 * but outside of bare. This process keeps it. proc_fd: the host's procfs. 0 or -errno.
 */
int native_bare_forget (const NativeBare *bare, int proc_fd);

/*
 * Makes the process, which runs on a stack in bare and never returns. data lies in bare. clone and
 * not clone3, which filters forbid. flags: CLONE_... and the signal at its end; with CLONE_PIDFD
 * ret_pidfd gets one, or -1. The pid, or -1 with errno.
 */
pid_t native_bare_clone (const NativeBare *bare, int flags, int (*run) (gpointer data),
			 gpointer data, int *ret_pidfd);

/* Says what a number of native_bare_clone most likely means. Always FALSE. */
gboolean native_bare_explain (NativeReport *report, int number);

G_END_DECLS
