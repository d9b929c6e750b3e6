/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host's start_helper is not enough: CRIU is in the network namespace and the control groups of
 * the container, and sees several mounts that nobody else does. Restored processes are made by it
 * and inherit what it has: namespaces that are not dumped, groups, and the session keyring.
 *
 * The child shares our memory and we wait until it has called exec (CLONE_VFORK): only system calls
 * here. It does not die with us: CRIU finds out by its socket that we are gone and undoes what it
 * did, whereas killing it could leave processes of the container with its code in them.
 */

#include "criu-spawn.h"

#include "criu-fd.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE ((gsize) 64 * 1024)

typedef enum {
	STEP_PROCESS,
	STEP_KEYRING,
	STEP_CGROUP,
	STEP_NAMESPACE,
	STEP_PRIVATE,
	STEP_MOUNT,
	STEP_SYSFS,
	STEP_DESCRIPTORS,
	STEP_EXEC,
	STEP_DONE,
} Step;

/* Shared with the child. */
typedef struct {
	const CriuSpawn *spawn;
	Step step;  /* the one that failed, or STEP_DONE */
	gsize what; /* which namespace or mount */
	int number; /* errno of it */
	/*
	 * Not on the stack, which is given up by execve: sanitizers would go on taking its place
	 * for out of scope.
	 */
	int moved[CRIU_SPAWN_MAXIMUM_FDS];
} Start;

static int
start_fail (Start *start, Step step, gsize what)
{
	start->step = step;
	start->what = what;
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

/* Out of the way first, or one that is placed would overwrite one that is still to go. */
static int
descriptors_place (Start *start)
{
	const CriuSpawn *spawn = start->spawn;
	int *moved = start->moved;
	int count = (int) spawn->n_fds;

	for (int i = 0; i < count; i++) {
		moved[i] = fcntl (spawn->fds[i], F_DUPFD_CLOEXEC, count);
		if (moved[i] < 0)
			return -1;
	}
	for (int i = 0; i < count; i++) {
		if (dup2 (moved[i], i) < 0)
			return -1;
	}
	/* A kernel before 5.9 does without: all of ours is close-on-exec from birth. */
	if (close_range ((unsigned) count, ~0U, 0) < 0 && errno != ENOSYS)
		return -1;
	return 0;
}

/*
 * What is restored has the session keyring of who restores it: the engine's keys are none of its
 * business. A kernel without keys has none to give away.
 */
static gboolean
keyring_leave (void)
{
	return syscall (SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS;
}

/* Slave, not private: what the host unmounts must not be kept busy. */
static gboolean
mounts_leave (void)
{
	return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0;
}

static int
start_enter (Start *start)
{
	const CriuSpawn *spawn = start->spawn;

	for (gsize i = 0; i < spawn->n_cgroup_fds; i++) {
		if (write (spawn->cgroup_fds[i], "0", 1) != 1)
			return start_fail (start, STEP_CGROUP, i);
	}
	for (gsize i = 0; i < spawn->n_namespaces; i++) {
		if (setns (spawn->namespaces[i].fd, spawn->namespaces[i].type) < 0)
			return start_fail (start, STEP_NAMESPACE, i);
	}
	if (spawn->new_cgroup_namespace && unshare (CLONE_NEWCGROUP) < 0)
		return start_fail (start, STEP_CGROUP, 0);
	if (!mounts_leave ())
		return start_fail (start, STEP_PRIVATE, 0);
	for (gsize i = 0; i < spawn->n_mounts; i++) {
		if (syscall (SYS_move_mount, spawn->mounts[i].fd, "", AT_FDCWD,
			     spawn->mounts[i].path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return start_fail (start, STEP_MOUNT, i);
	}
	if (spawn->sysfs_path != NULL &&
	    mount ("sysfs", spawn->sysfs_path, "sysfs",
		   MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return start_fail (start, STEP_SYSFS, 0);
	return 0;
}

static int
start_run (void *data)
{
	Start *start = (Start *) data;
	const CriuSpawn *spawn = start->spawn;
	int status;

	if (setsid () < 0 || chdir ("/") < 0)
		return start_fail (start, STEP_PROCESS, 0);
	/* Images hold the memory of the container's processes. */
	umask (077);
	if (!keyring_leave ())
		return start_fail (start, STEP_KEYRING, 0);
	status = start_enter (start);
	if (status != 0)
		return status;
	if (descriptors_place (start) < 0)
		return start_fail (start, STEP_DESCRIPTORS, 0);
	signals_reset ();
	execve (spawn->argv[0], (char *const *) spawn->argv, (char *const *) spawn->envp);
	return start_fail (start, STEP_EXEC, 0);
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

static gboolean
start_failed (const Start *start, GError **error)
{
	const char *path = start->spawn->argv[0];

	switch (start->step) {
	case STEP_KEYRING:
		return criu_error_errno (error, start->number, "program \"%s\": make a keyring",
					 path);
	case STEP_CGROUP:
		return criu_error_errno (error, start->number,
					 "program \"%s\": enter the control groups", path);
	case STEP_NAMESPACE:
		return criu_error_errno (error, start->number,
					 "program \"%s\": enter the %s namespace", path,
					 start->spawn->namespaces[start->what].name);
	case STEP_PRIVATE:
		return criu_error_errno (error, start->number,
					 "program \"%s\": make a mount namespace", path);
	case STEP_MOUNT:
		return criu_error_errno (error, start->number,
					 "program \"%s\": attach a mount at \"%s\"", path,
					 start->spawn->mounts[start->what].path);
	case STEP_SYSFS:
		return criu_error_errno (error, start->number, "program \"%s\": mount a sysfs",
					 path);
	case STEP_DESCRIPTORS:
		return criu_error_errno (error, start->number, "program \"%s\": pass descriptors",
					 path);
	case STEP_EXEC:
		return criu_error_set (error, DAVIT_ERROR_UNAVAILABLE,
				       "program \"%s\" can't be run: %s", path,
				       g_strerror (start->number));
	case STEP_PROCESS:
	case STEP_DONE:
	default:
		return criu_error_errno (error, start->number, "program \"%s\": set up a process",
					 path);
	}
}

int
criu_spawn_wait (pid_t pid)
{
	int status = 0;

	while (waitpid (pid, &status, __WALL) < 0 && errno == EINTR)
		continue;
	return status;
}

gboolean
criu_spawn_start (const CriuSpawn *spawn, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
	Start start = {.spawn = spawn, .step = STEP_DONE};
	char *stack;
	int pidfd = -1;
	pid_t pid;

	g_return_val_if_fail (spawn->n_fds <= CRIU_SPAWN_MAXIMUM_FDS, FALSE);
	stack = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return criu_error_errno (error, errno, "memory for a child");
	pid = start_clone (&start, stack, &pidfd);
	if (pid < 0)
		criu_error_errno (error, errno, "program \"%s\": start a child", spawn->argv[0]);
	munmap (stack, STACK_SIZE);
	if (pid < 0)
		return FALSE;
	if (start.step != STEP_DONE) {
		criu_spawn_wait (pid);
		close (pidfd);
		return start_failed (&start, error);
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return TRUE;
}
