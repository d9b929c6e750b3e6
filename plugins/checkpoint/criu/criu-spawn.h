/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process that executes "criu swrk": in which namespaces and groups it is, what is mounted for
 * it, and what it holds.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A detached mount and where it is attached, an absolute path of what is there by then. */
typedef struct {
	int fd;
	const char *path;
} CriuSpawnMount;

/* A namespace to go into. */
typedef struct {
	int fd;
	int type; /* CLONE_NEW... */
	const char *name;
} CriuSpawnNamespace;

typedef struct {
	const char *const *argv; /* argv[0] is absolute */
	const char *const *envp;
	const int *fds; /* to be 0, 1, 2, ... */
	gsize n_fds;
	const CriuSpawnNamespace *namespaces;
	gsize n_namespaces;
	gboolean new_cgroup_namespace; /* whose root are the groups below */
	const int *cgroup_fds;	       /* of files cgroup.procs */
	gsize n_cgroup_fds;
	const CriuSpawnMount *mounts; /* in this order, in a mount namespace of its own */
	gsize n_mounts;
	const char *sysfs_path; /* a sysfs of that network is mounted there; or NULL */
} CriuSpawn;

#define CRIU_SPAWN_MAXIMUM_FDS 16

/*
 * Starts it, as a child of ours. When this returns the program is executed. The caller waits for
 * the child and closes ret_pidfd.
 */
gboolean criu_spawn_start (const CriuSpawn *spawn, pid_t *ret_pid, int *ret_pidfd, GError **error);

/* Waits for its end: its status as waitpid has it. */
int criu_spawn_wait (pid_t pid);

G_END_DECLS
