/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program must outlive us and hold nothing of ours: a child's child in a session of its own,
 * with the connection, the file and a log in memory, and nothing else. Both children share our
 * memory until the program begins, and we wait so long (CLONE_VFORK): they call nothing but the
 * kernel.
 */

#include "squash-fuse-server.h"

#include "store-child.h"
#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MSEC 10000
#define LOG_LIMIT ((gsize) 4096)
/* Where the descriptors are while their places are made free. */
#define ASIDE 16
/*
 * Beyond all ranges that are given out. With a user of its own for each nobody else may trace it:
 * what it says is what containers see.
 */
#define FIRST_UID 0xf0000000u

enum { AT_DEVICE = 3, AT_FILE = 4, AT_END = 5 };

/* Shared with the children. */
typedef struct {
	const char *program;
	char *const *argv;
	char *const *envp;
	int device;
	int file;
	int log;
	int nothing; /* /dev/null */
	const SquashUser *user;
	char *stack; /* of the second child */
	int pidfd;
	int number; /* errno of what failed, or 0 */
} Start;

static gboolean
place_descriptors (const Start *start)
{
	int device = fcntl (start->device, F_DUPFD, ASIDE);
	int file = fcntl (start->file, F_DUPFD, ASIDE);
	int log = fcntl (start->log, F_DUPFD, ASIDE);
	int nothing = fcntl (start->nothing, F_DUPFD, ASIDE);

	return device >= 0 && file >= 0 && log >= 0 && nothing >= 0 && dup2 (nothing, 0) >= 0 &&
	       dup2 (log, 1) >= 0 && dup2 (log, 2) >= 0 && dup2 (device, AT_DEVICE) >= 0 &&
	       dup2 (file, AT_FILE) >= 0 && syscall (SYS_close_range, AT_END, ~0u, 0) == 0;
}

static gboolean
drop_privileges (const SquashUser *user)
{
	uid_t own = FIRST_UID + (uid_t) getpid ();
	uid_t uid = user->uid != SQUASH_USER_OWN ? user->uid : own;
	gid_t gid = user->gid != SQUASH_USER_OWN ? user->gid : own;

	return setgroups (0, NULL) == 0 && setresgid (gid, gid, gid) == 0 &&
	       setresuid (uid, uid, uid) == 0;
}

static int
server_run (void *data)
{
	Start *start = (Start *) data;
	const struct rlimit log_limit = {LOG_LIMIT, LOG_LIMIT};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal (i, i == SIGXFSZ ? SIG_IGN : SIG_DFL);
	sigemptyset (&none);
	if (setsid () >= 0 && place_descriptors (start) && chdir ("/") == 0 &&
	    setrlimit (RLIMIT_FSIZE, &log_limit) == 0 &&
	    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    (start->user == NULL || drop_privileges (start->user)) &&
	    sigprocmask (SIG_SETMASK, &none, NULL) == 0)
		execve (start->program, start->argv, start->envp);
	start->number = errno;
	return 127;
}

static int
between_run (void *data)
{
	Start *start = (Start *) data;

	if (clone (server_run, start->stack + STORE_CHILD_STACK,
		   CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, start, &start->pidfd) < 0)
		start->number = errno;
	return 0;
}

/* Descriptors are shared with the first child, so that we have the pidfd that it gets. */
static gboolean
start_run (Start *start, GError **error)
{
	gboolean run;

	start->stack = store_child_stack_new (error);
	if (start->stack == NULL)
		return FALSE;
	run = store_child_run (between_run, start, error);
	store_child_stack_free (start->stack);
	if (!run)
		return FALSE;
	if (start->number != 0)
		return store_error_set (error,
					start->number == EPERM || start->number == EINVAL
						? DAVIT_ERROR_PERMISSION
						: DAVIT_ERROR_UNAVAILABLE,
					"start \"%s\": %s", start->program,
					g_strerror (start->number));
	return TRUE;
}

gboolean
squash_server_start (const char *program, int device, int file, const SquashUser *user,
		     SquashServer *ret_server, GError **error)
{
	const char *const argv[] = {"squashfuse_ll", "-f", "/proc/self/fd/4", "/dev/fd/3", NULL};
	const char *const envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};
	store_autofd log = memfd_create ("davit-squashfuse", MFD_CLOEXEC);
	store_autofd nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);
	Start start = {
		.program = program,
		.argv = (char *const *) argv,
		.envp = (char *const *) envp,
		.device = device,
		.file = file,
		.log = log,
		.nothing = nothing,
		.user = user,
		.pidfd = -1,
	};
	gboolean started;

	if (log < 0 || nothing < 0)
		return store_error_errno (error, errno, "prepare to start \"%s\"", program);
	started = start_run (&start, error);
	ret_server->pidfd = start.pidfd;
	ret_server->log_fd = store_fd_steal (&log);
	if (!started)
		squash_server_clear (ret_server);
	return started;
}

typedef struct {
	int mount_fd;
	pid_t parent;
} Touch;

static int
touch_run (void *data)
{
	const Touch *touch = (const Touch *) data;
	struct stat status;

	/* It has all that we have open, locks too: it must not wait any longer than we live. */
	if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != touch->parent)
		return ECANCELED;
	return fstat (touch->mount_fd, &status) == 0 ? 0 : errno;
}

/*
 * Looks at the mount in a child, since the kernel waits for the program without an end, and the
 * program might do nothing. When it is killed the kernel gives up.
 */
static int
touch (const SquashServer *server, int mount_fd, gboolean *ret_late)
{
	char *stack = store_child_stack_new (NULL);
	Touch data = {.mount_fd = mount_fd, .parent = getpid ()};
	struct pollfd poll_fd = {.fd = -1, .events = POLLIN};
	int status = 0;
	int ready;
	pid_t pid;

	if (stack == NULL)
		return ENOMEM;
	pid = clone (touch_run, stack + STORE_CHILD_STACK, CLONE_PIDFD, &data, &poll_fd.fd);
	if (pid < 0) {
		status = errno;
		store_child_stack_free (stack);
		return status;
	}
	do {
		ready = poll (&poll_fd, 1, WAIT_MSEC);
	} while (ready < 0 && errno == EINTR);
	*ret_late = ready == 0;
	if (ready == 0)
		syscall (SYS_pidfd_send_signal, server->pidfd, SIGKILL, NULL, 0);
	while (waitpid (pid, &status, __WCLONE) < 0 && errno == EINTR)
		continue;
	close (poll_fd.fd);
	store_child_stack_free (stack);
	return WIFEXITED (status) ? WEXITSTATUS (status) : EINTR;
}

/* What it printed, on one line; hostile, since it may quote the file. */
static char *
log_text (const SquashServer *server)
{
	char text[LOG_LIMIT + 1];
	gssize length = pread (server->log_fd, text, LOG_LIMIT, 0);
	g_autofree char *valid = NULL;

	text[MAX (length, 0)] = '\0';
	valid = g_utf8_make_valid (g_strstrip (text), -1);
	for (char *at = valid; *at != '\0'; at++) {
		if (g_ascii_iscntrl (*at))
			*at = ' ';
	}
	return valid[0] != '\0' ? g_steal_pointer (&valid) : g_strdup ("it ended without a word");
}

gboolean
squash_server_wait (SquashServer *server, int mount_fd, GError **error)
{
	gboolean late = FALSE;
	int number = touch (server, mount_fd, &late);
	g_autofree char *text = NULL;

	if (number == 0)
		return TRUE;
	if (late)
		return store_error_set (error, DAVIT_ERROR_TIMEOUT,
					"squashfuse_ll did not answer within %d seconds",
					WAIT_MSEC / 1000);
	text = log_text (server);
	return store_error_set (error, DAVIT_ERROR_CORRUPT, "squashfuse_ll can't serve it: %s (%s)",
				text, g_strerror (number));
}

void
squash_server_clear (SquashServer *server)
{
	store_fd_close (&server->pidfd);
	store_fd_close (&server->log_fd);
}
