/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * While something is restored, processes whose parent ends become children of ours: the first
 * process of the container when CRIU is done, and what CRIU leaves behind if it is killed.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	int was_reaper;
	GArray *before; /* children that are none of CRIU's; NULL: not begun */
} CriuOrphans;

gboolean criu_orphans_begin (CriuOrphans *orphans, GError **error);

/* Kills those that came since, but for keep (0: all), and waits for them. Repeatable. */
void criu_orphans_end (CriuOrphans *orphans, gint keep);

G_END_DECLS
