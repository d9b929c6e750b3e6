/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Spans of time: --trace FILE writes them as Chrome trace events, --timings prints a table. Costs
 * a branch when neither is asked for. Children that fork from the engine append to the same file.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Starts recording. file may be NULL (table only). */
gboolean davit_trace_set_up (const char *file, gboolean table, GError **error);
void davit_trace_begin (const char *category, const char *name);
void davit_trace_end (void);

/* Writes the file and returns the table as lines (NULL if not asked for). Free with g_free. */
char *davit_trace_finish (void);

/* Declares a span that ends with its scope: davit_trace_scope ("container", "create"); */
#define davit_trace_scope(category, name)                                                          \
	__attribute__ ((cleanup (davit_trace_scope_end), unused)) int G_PASTE (davit_trace_scope_, \
									       __LINE__) =         \
		davit_trace_scope_begin ((category), (name))

int davit_trace_scope_begin (const char *category, const char *name);
void davit_trace_scope_end (int *scope);

G_END_DECLS
