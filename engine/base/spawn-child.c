/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The child of a spawn, from clone to exec.
 *
 * It shares the parent's memory and the parent waits until it has called exec (CLONE_VFORK): no
 * page table is copied, and why exec failed stands in a variable when clone returns. It has its own
 * descriptors, working directory and signal handlers, so that what it does to these is its own
 * affair. Only system calls here: nothing that allocates, locks or writes to a stream.
 */

#include "base/spawn-private.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE ((gsize) 64 * 1024)

typedef enum {
	STEP_PROCESS,
	STEP_USER_NAMESPACE,
	STEP_NETWORK_NAMESPACE,
	STEP_MOUNT,
	STEP_DIRECTORY,
	STEP_DESCRIPTORS,
	STEP_EXEC,
	STEP_DONE,
} Step;

/* Shared with the child. */
typedef struct {
	DavitSpawnChild *child;
	pid_t parent;
	Step step;  /* the one that failed, or STEP_DONE */
	int number; /* errno of it */
} Start;

static int
start_fail (Start *start, Step step)
{
	start->step = step;
	start->number = errno;
	return 127;
}

/* An ignored signal stays ignored over exec: the engine ignores SIGPIPE, a program must not. */
static void
signals_reset (void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction (i, &action, NULL);
	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
}

static int
descriptors_place (const DavitSpawnChild *child)
{
	/* Out of the way first, or one that is placed would overwrite one that is still to go. */
	for (int i = 0; i < child->n_sources; i++) {
		if (child->sources[i] >= child->n_sources)
			continue;
		child->sources[i] = fcntl (child->sources[i], F_DUPFD_CLOEXEC, child->n_sources);
		if (child->sources[i] < 0)
			return -1;
	}
	for (int i = 0; i < child->n_sources; i++) {
		if (dup2 (child->sources[i], i) < 0)
			return -1;
	}
	if (child->program_at >= 0 && fcntl (child->program_at, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	/*
	 * All of ours is close-on-exec from birth. This is for what the engine inherited itself
	 * (CVE-2024-21626 was one descriptor too many); a kernel before 5.9 does without.
	 */
	if (close_range ((unsigned) child->n_sources, ~0U, 0) < 0 && errno != ENOSYS)
		return -1;
	return 0;
}

/* Slave, not private: what the host unmounts must not be kept busy by a program that stays. */
static int
mount_attach (const DavitSpawnChild *child)
{
	if (child->mount_path == NULL)
		return 0;
	if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -1;
	return (int) syscall (SYS_move_mount, child->mount_fd, "", AT_FDCWD, child->mount_path,
			      MOVE_MOUNT_F_EMPTY_PATH);
}

/* Returns if it can't. */
static void
program_execute (const DavitSpawnChild *child)
{
	char *const *argv = (char *const *) child->argv;
	char *const *envp = (char *const *) child->envp;

	if (child->program_at >= 0)
		execveat (child->program_at, "", argv, envp, AT_EMPTY_PATH);
	/* Also for a script: its interpreter would get a descriptor that is closed by then. */
	execve (child->path, argv, envp);
}

static int
start_run (void *data)
{
	Start *start = (Start *) data;
	const DavitSpawnChild *child = start->child;

	if ((child->dies_with_parent ? setpgid (0, 0) : setsid ()) < 0)
		return start_fail (start, STEP_PROCESS);
	if (child->dies_with_parent &&
	    (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != start->parent))
		return start_fail (start, STEP_PROCESS);
	if (child->userns_fd >= 0 && setns (child->userns_fd, CLONE_NEWUSER) < 0)
		return start_fail (start, STEP_USER_NAMESPACE);
	if (child->netns_fd >= 0 && setns (child->netns_fd, CLONE_NEWNET) < 0)
		return start_fail (start, STEP_NETWORK_NAMESPACE);
	if (mount_attach (child) < 0)
		return start_fail (start, STEP_MOUNT);
	if ((child->cwd_dirfd >= 0 ? fchdir (child->cwd_dirfd) : chdir ("/")) < 0)
		return start_fail (start, STEP_DIRECTORY);
	if (descriptors_place (child) < 0)
		return start_fail (start, STEP_DESCRIPTORS);
	signals_reset ();
	program_execute (child);
	return start_fail (start, STEP_EXEC);
}

static gboolean
exec_failed (const char *path, int number, GError **error)
{
	if (number == ENOENT && access (path, F_OK) == 0)
		return davit_error_set (
			error, DAVIT_ERROR_UNAVAILABLE,
			"program \"%s\" can't be run: the interpreter or the dynamic "
			"linker that it names is missing",
			path);
	if (number == ENOENT || number == ENOTDIR)
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"program \"%s\" does not exist", path);
	return davit_error_set (error,
				number == E2BIG ? DAVIT_ERROR_FAILED : DAVIT_ERROR_UNAVAILABLE,
				"program \"%s\" can't be run: %s", path, g_strerror (number));
}

static gboolean
start_failed (const Start *start, GError **error)
{
	const char *path = start->child->path;

	switch (start->step) {
	case STEP_USER_NAMESPACE:
		return davit_error_errno (error, start->number,
					  "program \"%s\": enter the user namespace", path);
	case STEP_NETWORK_NAMESPACE:
		return davit_error_errno (error, start->number,
					  "program \"%s\": enter the network namespace", path);
	case STEP_MOUNT:
		return davit_error_errno (error, start->number,
					  "program \"%s\": attach a mount at \"%s\"", path,
					  start->child->mount_path);
	case STEP_DIRECTORY:
		return davit_error_errno (error, start->number,
					  "program \"%s\": change the directory", path);
	case STEP_DESCRIPTORS:
		return davit_error_errno (error, start->number, "program \"%s\": pass descriptors",
					  path);
	case STEP_EXEC:
		return exec_failed (path, start->number, error);
	case STEP_PROCESS:
	case STEP_DONE:
	default:
		return davit_error_errno (error, start->number, "program \"%s\": set up a process",
					  path);
	}
}

static pid_t
start_clone (Start *start, char *stack, int *pidfd)
{
	sigset_t every;
	sigset_t before;
	pid_t pid;
	int number;

	/* A handler of the engine must not run in the child, which has the engine's memory. */
	sigfillset (&every);
	sigprocmask (SIG_BLOCK, &every, &before);
	/* Stacks grow downwards on every machine that davit runs on. */
	pid = clone (start_run, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
		     start, pidfd);
	number = errno;
	sigprocmask (SIG_SETMASK, &before, NULL);
	errno = number;
	return pid;
}

gboolean
davit_spawn_child_start (DavitSpawnChild *child, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	Start start = {.child = child, .parent = getpid (), .step = STEP_DONE};
	int pidfd = -1;
	pid_t pid;
	char *stack = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return davit_error_errno (error, errno, "program \"%s\": memory for a child",
					  child->path);
	pid = start_clone (&start, stack, &pidfd);
	if (pid < 0)
		davit_error_errno (error, errno, "program \"%s\": start a child", child->path);
	munmap (stack, STACK_SIZE);
	if (pid < 0)
		return FALSE;
	if (start.step != STEP_DONE) {
		davit_spawn_wait (pidfd, &(int){0}, NULL);
		close (pidfd);
		return start_failed (&start, error);
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return TRUE;
}
