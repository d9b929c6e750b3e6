/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A further process in a container. It has no monitor: we are its parent, and pass its streams on
 * until it ends. They are pipes even where the caller's are files: a program in the container could
 * open a file of the host again, for writing, through its own /proc/self/fd.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"
#include "container/spec.h"
#include "monitor/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/**
 * Exec: one on its way.
 */
typedef struct {
	DavitContainer *container;
	const DavitContainerExec *options;
	DavitRun run;
	int entry_fd; /* until the program runs */
	int rootfs_fd;
	int process[3]; /* for the process */
	int ours[3];	/* the other ends */
	int *pass_fds;
	char *text; /* of the process object */
} Exec;

static gboolean
exec_check (const DavitContainer *container, GError **error)
{
	return container->status == DAVIT_STATUS_RUNNING ||
	       davit_container_wrong_state (container, "can't run a command", error);
}

/* What the first process has as its root; checked afterwards, as the number may change hands. */
static gboolean
rootfs_open (Exec *exec, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/root", (int) exec->run.pid);

	exec->rootfs_fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (davit_run_is_alive (&exec->run) && exec->rootfs_fd >= 0)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_STATE,
				"container \"%s\" can't run a command: it has just ended",
				davit_container_title (exec->container));
}

static void
window_size (const DavitContainerStart *streams, DavitSpecProcess *process)
{
	const int fds[] = {streams->stdin_fd, streams->stdout_fd, streams->stderr_fd};
	struct winsize size;

	for (guint i = 0; i < G_N_ELEMENTS (fds); i++) {
		if (fds[i] >= 0 && ioctl (fds[i], TIOCGWINSZ, &size) == 0) {
			process->rows = size.ws_row;
			process->columns = size.ws_col;
			return;
		}
	}
}

static gboolean
process_describe (Exec *exec, GError **error)
{
	const DavitContainerExec *options = exec->options;
	g_autoptr (DavitRecord) record = davit_container_read_record (exec->container, error);
	DavitSpecProcess process = {
		.engine = exec->container->engine,
		.record = record,
		.rootfs_fd = exec->rootfs_fd,
		.command = options->command,
		.env = options->env,
		.user = options->user,
		.workdir = options->workdir,
		.privileged = options->privileged,
		.terminal = options->terminal,
	};

	if (record == NULL)
		return FALSE;
	if (options->terminal)
		window_size (&options->streams, &process);
	exec->text = davit_spec_process_build (&process, error);
	return exec->text != NULL;
}

static gboolean
null_open (int *ret_fd, GError **error)
{
	*ret_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
	return *ret_fd >= 0 || davit_error_errno (error, errno, "open \"/dev/null\"");
}

static gboolean
pipe_make (int *ret_read, int *ret_write, GError **error)
{
	int ends[2];

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "make a pipe");
	/* Or a program that is not root could not open /dev/stdout, as many do. */
	fchmod (ends[0], 0666);
	*ret_read = ends[0];
	*ret_write = ends[1];
	return TRUE;
}

static gboolean
stdio_make (Exec *exec, GError **error)
{
	const DavitContainerExec *options = exec->options;
	const DavitContainerStart *streams = &options->streams;
	gboolean input = streams->stdin_open && streams->stdin_fd >= 0;

	if (options->terminal && !options->detach)
		return TRUE;
	if (options->detach)
		return null_open (&exec->process[0], error) &&
		       null_open (&exec->process[1], error) && null_open (&exec->process[2], error);
	return (input ? pipe_make (&exec->process[0], &exec->ours[0], error)
		      : null_open (&exec->process[0], error)) &&
	       pipe_make (&exec->ours[1], &exec->process[1], error) &&
	       pipe_make (&exec->ours[2], &exec->process[2], error);
}

static gboolean
process_run (Exec *exec, int *ret_pidfd, DavitResult *result, GError **error)
{
	const DavitContainerExec *options = exec->options;
	DavitRuntimeExec request = {
		.size = sizeof request,
		.process = exec->text,
		.stdio = {exec->process[0], exec->process[1], exec->process[2]},
		.pass_fds = exec->pass_fds,
		.n_pass_fds = options->preserve_fds,
		.detach = options->detach,
	};
	DavitContainerRuntime runtime;
	gboolean running;

	if (!davit_container_runtime_open (exec->container->engine, exec->run.runtime,
					   exec->container->id, exec->container->run_dirfd,
					   &runtime, error))
		return FALSE;
	request.container = runtime.handle;
	running = davit_runtime_exec (runtime.runtime, &request, ret_pidfd, result, error);
	davit_container_runtime_close (&runtime);
	return running;
}

static void
signal_forward (int signal, gpointer data)
{
	syscall (SYS_pidfd_send_signal, *(const int *) data, signal, NULL, 0);
}

static gboolean
process_relay (Exec *exec, int pidfd, DavitResult *result, int *ret_status, GError **error)
{
	const DavitContainerStart *streams = &exec->options->streams;
	gboolean detached = FALSE;
	int status = 0;
	DavitRelay relay;

	davit_relay_init (&relay);
	relay.pidfd = pidfd;
	relay.terminal_fd = davit_result_steal_fd (result, "terminal");
	relay.process_stdin_fd = davit_fd_steal (&exec->ours[0]);
	relay.process_stdout_fd = davit_fd_steal (&exec->ours[1]);
	relay.process_stderr_fd = davit_fd_steal (&exec->ours[2]);
	relay.stdin_fd = streams->stdin_open ? streams->stdin_fd : -1;
	relay.stdout_fd = streams->stdout_fd;
	relay.stderr_fd = streams->stderr_fd;
	relay.detach_keys = davit_container_detach_keys (exec->container, streams);
	relay.forward = streams->signal_proxy ? signal_forward : NULL;
	relay.data = &pidfd;
	if (!davit_relay_run (&relay, &detached, &status, error))
		return FALSE;
	if (detached)
		*ret_status = 0;
	else
		*ret_status = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
	return TRUE;
}

/* Nothing of the caller's stays open: who waits for the end of its output must not wait for us. */
static G_GNUC_NORETURN void
holder_run (int pidfd, int terminal_fd)
{
	int null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
	guint first = (guint) MIN (pidfd, terminal_fd), second = (guint) MAX (pidfd, terminal_fd);
	gboolean detached = FALSE;
	int status = 0;
	DavitRelay relay;

	setsid ();
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2 (null_fd, fd);
	close_range (STDERR_FILENO + 1, first - 1, 0);
	close_range (first + 1, second - 1, 0);
	close_range (second + 1, ~0u, 0);
	if (chdir ("/") < 0)
		_exit (1);
	davit_relay_init (&relay);
	relay.pidfd = pidfd;
	relay.terminal_fd = terminal_fd;
	/* Its status is not ours to learn: whoever inherits it reaps it. */
	davit_relay_run (&relay, &detached, &status, NULL);
	_exit (0);
}

/*
 * A terminal with nobody at its other end is hung up, and the command ends by that. So a process
 * stays there, and throws away what is written.
 */
static gboolean
terminal_hold (int pidfd, DavitResult *result, GError **error)
{
	davit_autofd terminal_fd = davit_result_steal_fd (result, "terminal");
	pid_t holder = fork ();

	if (holder == 0)
		holder_run (pidfd, terminal_fd);
	return holder > 0 || davit_error_errno (error, errno, "fork");
}

static gboolean
exec_all (Exec *exec, int *ret_status, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	davit_autofd pidfd = -1;

	if (!davit_container_read_run (exec->container, &exec->run, error) ||
	    !rootfs_open (exec, error) || !process_describe (exec, error) ||
	    !stdio_make (exec, error) || !process_run (exec, &pidfd, result, error))
		return FALSE;
	davit_container_entry_end (&exec->entry_fd);
	for (guint i = 0; i < 3; i++)
		davit_fd_close (&exec->process[i]);
	if (!exec->options->detach)
		return process_relay (exec, pidfd, result, ret_status, error);
	*ret_status = 0;
	return !exec->options->terminal || terminal_hold (pidfd, result, error);
}

static void
exec_clear (Exec *exec)
{
	for (guint i = 0; i < 3; i++) {
		davit_fd_close (&exec->process[i]);
		davit_fd_close (&exec->ours[i]);
	}
	davit_container_entry_end (&exec->entry_fd);
	davit_fd_close (&exec->rootfs_fd);
	davit_run_clear (&exec->run);
	g_free (exec->pass_fds);
	g_free (exec->text);
}

gboolean
davit_container_exec (DavitContainer *container, const DavitContainerExec *options, int *ret_status,
		      GError **error)
{
	davit_trace_scope ("container", "exec");
	Exec exec = {
		.container = container,
		.options = options,
		.entry_fd = -1,
		.rootfs_fd = -1,
		.process = {-1, -1, -1},
		.ours = {-1, -1, -1},
	};
	gboolean done;

	if (!davit_container_entry_begin (container, &exec.entry_fd, error))
		return FALSE;
	if (!davit_container_refresh (container, error) || !exec_check (container, error)) {
		davit_container_entry_end (&exec.entry_fd);
		return FALSE;
	}
	exec.pass_fds = g_new (int, options->preserve_fds + 1);
	for (guint i = 0; i < options->preserve_fds; i++)
		exec.pass_fds[i] = 3 + (int) i;
	done = exec_all (&exec, ret_status, error);
	exec_clear (&exec);
	return done;
}
