/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "network-child.h"

#include <davit/error.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK_SIZE ((gsize) 64 * 1024)

gboolean
network_child_run (int flags, int (*run) (void *data), void *data, GError **error)
{
	char *stack = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	sigset_t every;
	sigset_t before;
	pid_t child;
	int number;

	if (stack == MAP_FAILED) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "memory for a child: %s",
			     g_strerror (errno));
		return FALSE;
	}
	/* A handler of the engine must not run in the child, which may have the engine's memory. */
	sigfillset (&every);
	sigprocmask (SIG_BLOCK, &every, &before);
	/*
	 * Stacks grow downwards on every machine that davit runs on. No exit signal: nobody's
	 * SIGCHLD handler or waitpid (-1) sees it.
	 */
	child = clone (run, stack + STACK_SIZE, flags, data);
	number = errno;
	while (child > 0 && waitpid (child, NULL, __WCLONE) < 0 && errno == EINTR)
		continue;
	sigprocmask (SIG_SETMASK, &before, NULL);
	munmap (stack, STACK_SIZE);
	if (child >= 0)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "start a child: %s",
		     g_strerror (number));
	return FALSE;
}
