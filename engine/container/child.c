/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child with our memory needs a stack of its own. */

#include "container/child.h"

#include "base/error.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#define GUARD_SIZE ((gsize) 64 * 1024)

gboolean
davit_child_start (DavitChild *child, gsize stack_size, int flags, int (*run) (void *data),
		   void *data, GError **error)
{
	char *stack = mmap (NULL, stack_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	sigset_t all, before;
	int number;
	pid_t pid;

	if (stack == MAP_FAILED)
		return davit_error_errno (error, errno, "stack for a child");
	*child = (DavitChild){.pid = -1, .stack = stack, .stack_size = stack_size};
	/* One that is too small would overwrite what lies below; then it is killed instead. */
	if (mprotect (stack, GUARD_SIZE, PROT_NONE) < 0) {
		davit_error_errno (error, errno, "stack for a child");
		davit_child_clear (child);
		return FALSE;
	}
	/* Our handlers must not run in it: they would find our memory. */
	sigfillset (&all);
	sigprocmask (SIG_SETMASK, &all, &before);
	pid = clone (run, stack + stack_size, CLONE_VM | flags, data);
	number = errno;
	sigprocmask (SIG_SETMASK, &before, NULL);
	child->pid = pid;
	if (pid >= 0)
		return TRUE;
	davit_child_clear (child);
	return davit_error_errno (error, number, "start a child");
}

void
davit_child_clear (DavitChild *child)
{
	if (child->stack != NULL)
		munmap (child->stack, child->stack_size);
	*child = (DavitChild){0};
}
