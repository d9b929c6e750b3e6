/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that runs: its output is read, its deadline kept, and its end put into words. */

#pragma once

#include "base/spawn.h"

G_BEGIN_DECLS

/**
 * DavitSpawnRun: owns its descriptors and buffers. Nobody else sees it.
 */
typedef struct {
	const DavitSpawn *spawn;
	pid_t pid;
	int pidfd;
	int out_fd; /* -1: not captured, or at its end */
	int err_fd;
	GString *output;
	GString *complaint; /* the end of what came on standard error */
	gint64 deadline;    /* of g_get_monotonic_time */
} DavitSpawnRun;

void davit_spawn_run_init (DavitSpawnRun *run, const DavitSpawn *spawn);
void davit_spawn_run_clear (DavitSpawnRun *run);

/* Reads and waits to the end; the program is gone when this returns, whatever it returns. */
gboolean davit_spawn_run_finish (DavitSpawnRun *run, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitSpawnRun, davit_spawn_run_clear)

G_END_DECLS
