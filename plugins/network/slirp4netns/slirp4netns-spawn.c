/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host's start_helper is not enough: this one is recorded before it may run, has mounts of its
 * own or becomes root of the container's user namespace, and must not fill the disk with its log.
 * It goes on when the engine is gone, with nothing of the engine's: its own session, so that no
 * terminal reaches it, and no descriptor but what is passed.
 *
 * The child has a copy of our memory (no CLONE_VM): it waits at the gate while we write its record,
 * and on its way into a user namespace it changes its credentials, which in shared memory would
 * make us undumpable and /proc/self somebody else's. Only system calls between clone and exec.
 */

#include "slirp4netns-spawn.h"

#include "slirp4netns-text.h"

#include <davit/error.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE ((gsize) 64 * 1024)
/* What the container does can make the helper print: more than this is lost. */
#define LOG_LIMIT ((rlim_t) 64 * 1024)
#define MAXIMUM_FDS 16

typedef enum {
	STEP_PROCESS,
	STEP_DESCRIPTORS,
	STEP_DIRECTORY,
	STEP_MOUNTS,
	STEP_USER_NAMESPACE,
	STEP_ROOT,
	STEP_EXEC,
} Step;

typedef struct {
	Step step;
	int number;
} Report;

typedef struct {
	const SlirpSpawn *spawn;
	int gate[2];
	int report[2];
} Start;

/* Where the child has its own ones, behind those of the program. */
enum {
	OWN_GATE,
	OWN_REPORT,
	OWN_DIRECTORY,
	OWN_USER_NAMESPACE,
	N_OWN,
};

static int
fail (int report_fd, Step step)
{
	const Report report = {step, errno};

	return write (report_fd, &report, sizeof report) == (ssize_t) sizeof report ? 127 : 126;
}

/* An ignored signal stays ignored over exec: that one is ignored on purpose, see LOG_LIMIT. */
static void
signals_reset (void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction (i, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction (SIGXFSZ, &action, NULL);
	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Out of the way first, or one that is placed would overwrite one that is still to go. */
static int
descriptors_place (const Start *start)
{
	const SlirpSpawn *spawn = start->spawn;
	const int own[N_OWN] = {start->gate[0], start->report[1], spawn->cwd_dirfd,
				spawn->userns_fd};
	int count = (int) spawn->n_fds + N_OWN;
	int moved[MAXIMUM_FDS + N_OWN];

	for (int i = 0; i < count; i++) {
		int fd = i < (int) spawn->n_fds ? spawn->fds[i] : own[i - (int) spawn->n_fds];

		moved[i] = fd < 0 ? -1 : fcntl (fd, F_DUPFD_CLOEXEC, count);
		if (fd >= 0 && moved[i] < 0)
			return -1;
	}
	for (int i = 0; i < count; i++) {
		int flags = i < (int) spawn->n_fds ? 0 : O_CLOEXEC;

		close (i);
		if (moved[i] >= 0 && dup3 (moved[i], i, flags) < 0)
			return -1;
	}
	/*
	 * With our other end of the gate, too: otherwise nobody's death would open it. A kernel
	 * before 5.9 has no such call; there they are closed one by one.
	 */
	if (close_range ((unsigned) count, ~0U, 0) < 0) {
		for (int fd = count; fd < 65536; fd++)
			close (fd);
	}
	return 0;
}

static void
limits_set (void)
{
	struct rlimit limit;

	if (getrlimit (RLIMIT_FSIZE, &limit) == 0) {
		limit.rlim_cur = MIN (limit.rlim_max, LOG_LIMIT);
		setrlimit (RLIMIT_FSIZE, &limit);
	}
	/* Each connection of the container is a descriptor of the helper. */
	if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit (RLIMIT_NOFILE, &limit);
	}
}

/* Groups may be unchangeable there (/proc/self/setgroups): what they allow stays as it is then. */
static gboolean
become_root (void)
{
	if (setgroups (0, NULL) < 0 && errno != EPERM)
		return FALSE;
	return setresgid (0, 0, 0) == 0 && setresuid (0, 0, 0) == 0;
}

static int
start_run (void *data)
{
	const Start *start = (const Start *) data;
	const SlirpSpawn *spawn = start->spawn;
	int first = (int) spawn->n_fds;
	int report_fd = first + OWN_REPORT;
	char byte;

	signals_reset ();
	if (descriptors_place (start) < 0)
		return fail (start->report[1], STEP_DESCRIPTORS);
	if (setsid () < 0)
		return fail (report_fd, STEP_PROCESS);
	if (read (first + OWN_GATE, &byte, 1) != 1)
		return 1;
	limits_set ();
	if (fchdir (first + OWN_DIRECTORY) < 0)
		return fail (report_fd, STEP_DIRECTORY);
	umask (spawn->userns_fd >= 0 ? 0 : 077);
	if (spawn->private_mounts && unshare (CLONE_NEWNS) == 0 &&
	    mount (NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return fail (report_fd, STEP_MOUNTS);
	if (spawn->userns_fd >= 0 && setns (first + OWN_USER_NAMESPACE, CLONE_NEWUSER) < 0)
		return fail (report_fd, STEP_USER_NAMESPACE);
	if (spawn->userns_fd >= 0 && !become_root ())
		return fail (report_fd, STEP_ROOT);
	execve (spawn->argv[0], (char *const *) spawn->argv, (char *const *) spawn->envp);
	return fail (report_fd, STEP_EXEC);
}

static gboolean
errno_set (GError **error, const char *what)
{
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "%s: %s", what, g_strerror (errno));
	return FALSE;
}

static pid_t
start_clone (Start *start, char *stack, int *ret_pidfd)
{
	sigset_t every;
	sigset_t before;
	pid_t pid;
	int number;

	/* A handler of the engine's must not run in the child. */
	sigfillset (&every);
	sigprocmask (SIG_BLOCK, &every, &before);
	/* Stacks grow downwards on every machine that davit runs on. */
	pid = clone (start_run, stack + STACK_SIZE, CLONE_PIDFD | SIGCHLD, start, ret_pidfd);
	number = errno;
	sigprocmask (SIG_SETMASK, &before, NULL);
	errno = number;
	return pid;
}

static gboolean
begin (Start *start, SlirpProcess *ret, GError **error)
{
	char *stack;
	int pidfd = -1;
	pid_t pid;

	stack = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return errno_set (error, "memory for a child");
	pid = start_clone (start, stack, &pidfd);
	if (pid < 0)
		errno_set (error, "start a child");
	munmap (stack, STACK_SIZE);
	if (pid < 0)
		return FALSE;
	ret->pid = pid;
	ret->pidfd = pidfd;
	ret->gate_fd = slirp4netns_fd_steal (&start->gate[1]);
	ret->report_fd = slirp4netns_fd_steal (&start->report[0]);
	return TRUE;
}

gboolean
slirp4netns_spawn_begin (const SlirpSpawn *spawn, SlirpProcess *ret, GError **error)
{
	Start start = {.spawn = spawn, .gate = {-1, -1}, .report = {-1, -1}};
	gboolean begun;

	g_return_val_if_fail (spawn->n_fds <= MAXIMUM_FDS, FALSE);
	begun = pipe2 (start.gate, O_CLOEXEC) == 0 && pipe2 (start.report, O_CLOEXEC) == 0;
	if (!begun)
		errno_set (error, "make a pipe");
	begun = begun && begin (&start, ret, error);
	for (guint i = 0; i < 2; i++) {
		slirp4netns_fd_close (&start.gate[i]);
		slirp4netns_fd_close (&start.report[i]);
	}
	return begun;
}

static gboolean
report_set (const Report *report, const char *path, GError **error)
{
	static const char *const steps[] = {
		[STEP_PROCESS] = "make a session",
		[STEP_DESCRIPTORS] = "pass descriptors",
		[STEP_DIRECTORY] = "change the directory",
		[STEP_MOUNTS] = "keep its mounts apart",
		[STEP_USER_NAMESPACE] = "enter the user namespace of the container",
		[STEP_ROOT] = "become root of the container's user namespace, which may have none",
	};
	DavitErrorCode code = report->number == EPERM || report->number == EACCES
				      ? DAVIT_ERROR_PERMISSION
				      : DAVIT_ERROR_FAILED;

	if (report->step == STEP_EXEC)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
			     "program \"%s\" can't be run: %s", path, g_strerror (report->number));
	else
		g_set_error (error, DAVIT_ERROR, code, "program \"%s\": %s: %s", path,
			     report->step < G_N_ELEMENTS (steps) ? steps[report->step] : "start",
			     g_strerror (report->number));
	return FALSE;
}

gboolean
slirp4netns_spawn_go (SlirpProcess *process, const char *path, GError **error)
{
	Report report = {0};
	ssize_t length;

	/* A child that is gone already says so below; SIGPIPE is ignored by the engine. */
	if (write (process->gate_fd, "g", 1) != 1 && errno != EPIPE)
		return errno_set (error, "start a child");
	slirp4netns_fd_close (&process->gate_fd);
	do
		length = read (process->report_fd, &report, sizeof report);
	while (length < 0 && errno == EINTR);
	slirp4netns_fd_close (&process->report_fd);
	if (length == 0)
		return TRUE;
	slirp4netns_spawn_kill (process);
	return report_set (&report, path, error);
}

void
slirp4netns_spawn_kill (SlirpProcess *process)
{
	siginfo_t information;

	if (process->pid <= 0 || process->pidfd < 0)
		return;
	/* Not reaped yet: the number is still its own, and its group's if it has got that far. */
	kill (process->pid, SIGKILL);
	kill (-process->pid, SIGKILL);
	while (waitid (P_PIDFD, (id_t) process->pidfd, &information, WEXITED | __WALL) < 0 &&
	       errno == EINTR)
		continue;
	process->pid = 0;
	slirp4netns_spawn_clear (process);
}

void
slirp4netns_spawn_clear (SlirpProcess *process)
{
	slirp4netns_fd_close (&process->pidfd);
	slirp4netns_fd_close (&process->gate_fd);
	slirp4netns_fd_close (&process->report_fd);
}
