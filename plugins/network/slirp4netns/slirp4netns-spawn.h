/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starts the program in two steps: first there is a process, which can be recorded, then it may
 * go on to exec. If the caller dies in between, so does the process.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
	const char *const *argv; /* argv[0] is the path */
	const char *const *envp;
	const int *fds; /* become 0, 1, 2, ... */
	guint n_fds;
	int cwd_dirfd;
	int userns_fd;		 /* to become root of, first; -1: stay */
	gboolean private_mounts; /* what it mounts must not be seen outside */
} SlirpSpawn;

typedef struct {
	pid_t pid;
	int pidfd;
	int gate_fd;
	int report_fd;
} SlirpProcess;

#define SLIRP_PROCESS_INIT ((SlirpProcess){.pidfd = -1, .gate_fd = -1, .report_fd = -1})

gboolean slirp4netns_spawn_begin (const SlirpSpawn *spawn, SlirpProcess *ret, GError **error);

/* Returns when it has called exec. path is what an error names. */
gboolean slirp4netns_spawn_go (SlirpProcess *process, const char *path, GError **error);

/* Kills it and all that it has started, and reaps it. Repeatable. */
void slirp4netns_spawn_kill (SlirpProcess *process);

/* Closes what is open; the process goes on. */
void slirp4netns_spawn_clear (SlirpProcess *process);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SlirpProcess, slirp4netns_spawn_clear)

G_END_DECLS
