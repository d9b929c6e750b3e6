/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Progress of what takes long, on standard error: a bar for a person, lines for a log. */

#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/**
 * DavitProgress: must live as long as it is connected.
 */
typedef struct {
	gboolean bar;
	gint last; /* percent that is shown */
} DavitProgress;

/* Connects it to the engine's image store; quiet: doesn't. */
void davit_progress_connect (DavitProgress *progress, DavitEngine *engine, gboolean quiet);

G_END_DECLS
