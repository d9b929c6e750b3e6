/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Running an external program: with a deadline, a cap on its output, a clean environment and
 * nothing open but what is passed. GSubprocess is not used because it starts a thread.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * DavitSpawn: what to run. Zeroed members have the defaults said here; davit_spawn_init sets the
 * descriptors to -1.
 */
typedef struct {
	const char *const *argv;
	const char *const *envp; /* NULL: PATH, HOME, LANG=C.UTF-8, TERM if set, and nothing else */
	const char *input;	 /* text for standard input */
	int stdin_fd;		 /* instead of input; -1: /dev/null */
	int stdout_fd;		 /* -1: captured */
	int stderr_fd;		 /* -1: captured, for the error text */
	int cwd_dirfd;		 /* -1: / */
	int netns_fd;		 /* -1: stay */
	int userns_fd;		 /* entered before that; -1: stay */
	/*
	 * Not NULL: it runs in a mount namespace of its own, in which the detached mount mount_fd
	 * is attached there, an absolute path of an existing directory. Mounts of the host that
	 * change later are seen in it, but not the other way round.
	 */
	const char *mount_path;
	int mount_fd;
	/*
	 * What is executed stands on a read-only mount of its file alone: nobody who gets at the
	 * program by /proc/PID/exe can write to it. Left out where the kernel can't or may not, and
	 * for scripts. The program can't find out from /proc/self/exe where it lies.
	 */
	gboolean read_only;
	const int *pass_fds; /* become 3, 4, ... */
	gsize n_pass_fds;
	guint timeout_msec; /* 0: 30,000 */
	gsize output_limit; /* 0: 1 MiB */
	int cancel_fd;	    /* when it becomes readable, the program is killed; -1: none */
	int *ret_status;    /* not NULL: an exit status other than 0 is no error and stands here */
	char **ret_complaint; /* with ret_status: the last lines of standard error, or NULL */
} DavitSpawn;

void davit_spawn_init (DavitSpawn *spawn, const char *const *argv);

/*
 * Runs to the end. A status other than 0 is HELPER with the last lines of its standard error; so
 * is death by a signal. UNAVAILABLE if the program is not there. ret_output may be NULL.
 */
gboolean davit_spawn_run (const DavitSpawn *spawn, char **ret_output, gsize *ret_length,
			  GError **error);

/*
 * Starts it, in a session of its own, and returns; the caller waits (waitid (P_PIDFD)) and closes
 * ret_pidfd. No capture. It goes on when the caller ends.
 */
gboolean davit_spawn_start (const DavitSpawn *spawn, int *ret_pidfd, GError **error);

/* Waits for a process that davit_spawn_start made. status as of waitpid. */
gboolean davit_spawn_wait (int pidfd, int *ret_status, GError **error);

G_END_DECLS
