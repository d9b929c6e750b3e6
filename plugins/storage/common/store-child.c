/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "store-child.h"

#include "store-error.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

char *
store_child_stack_new (GError **error)
{
	char *stack = mmap (NULL, STORE_CHILD_STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack != MAP_FAILED)
		return stack;
	store_error_errno (error, errno, "memory for a child");
	return NULL;
}

void
store_child_stack_free (char *stack)
{
	munmap (stack, STORE_CHILD_STACK);
}

gboolean
store_child_run (int (*run) (void *data), void *data, GError **error)
{
	char *stack = store_child_stack_new (error);
	sigset_t every;
	sigset_t before;
	pid_t pid;
	int number;

	if (stack == NULL)
		return FALSE;
	/* A handler of the engine must not run in the child, which has the engine's memory. */
	sigfillset (&every);
	sigprocmask (SIG_BLOCK, &every, &before);
	/*
	 * Stacks grow downwards on every machine that davit runs on. No exit signal: nobody's
	 * waitpid (-1) sees it.
	 */
	pid = clone (run, stack + STORE_CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, data);
	number = errno;
	while (pid > 0 && waitpid (pid, NULL, __WCLONE) < 0 && errno == EINTR)
		continue;
	sigprocmask (SIG_SETMASK, &before, NULL);
	store_child_stack_free (stack);
	return pid > 0 || store_error_errno (error, number, "start a child");
}
