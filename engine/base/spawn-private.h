/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of module spawn share: finding a program, and starting a child for it. */

#pragma once

#include "base/spawn.h"

G_BEGIN_DECLS

/* The absolute path of a program: argv[0] as it is, or searched. UNAVAILABLE if it is not there. */
gboolean davit_spawn_find_program (const char *name, char **ret_path, GError **error);

/*
 * The program's file on a detached read-only mount of its own, to execute it from there. -1: there
 * is no way to have that, and it is executed by its path.
 */
int davit_spawn_view_program (const char *path);

/* The clean environment of DavitSpawn.envp == NULL. Free with g_strfreev. */
char **davit_spawn_environment (void);

/**
 * DavitSpawnChild: what the child does between clone and exec; all of it is prepared before, since
 * the child shares the parent's memory and may call nothing that allocates or locks.
 */
typedef struct {
	const char *path;
	const char *const *argv;
	const char *const *envp;
	int *sources; /* what becomes 0, 1, 2, 3, ...; the child changes them */
	int n_sources;
	int program_at; /* which of these is not passed on but executed; -1: path is */
	int cwd_dirfd;
	int netns_fd;
	int userns_fd;
	const char *mount_path;
	int mount_fd;
	gboolean dies_with_parent;
} DavitSpawnChild;

/* Starts it. When this returns the program runs, or the error says why it does not. */
gboolean davit_spawn_child_start (DavitSpawnChild *child, pid_t *ret_pid, int *ret_pidfd,
				  GError **error);

G_END_DECLS
