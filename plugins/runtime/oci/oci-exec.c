/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * exec: the runtime is told to detach, so that it ends when the process runs, and leaves that to
 * us: for as long as it takes we are a subreaper. So the caller has the process itself as its
 * child, as with the runtime native, and learns its status from the kernel. The other way, a
 * runtime that stays and passes signals and status on, costs a process for each command and loses
 * both when it is killed.
 */

#include "oci-exec.h"

#include "oci-bundle.h"
#include "oci-call.h"
#include "oci-console.h"
#include "oci-control.h"
#include "oci-files.h"
#include "oci-freezer.h"
#include "oci-process.h"
#include "oci-program.h"
#include "oci-reason.h"
#include "runtime-error.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct {
	const DavitHost *host;
	const DavitRuntimeExec *request;
	OciHeld held;
	DavitJson *document;
	OciTerminal terminal;
	OciConsole console;
	char *program;
	char *process_name; /* of files in the container's directory */
	char *process_path;
	char *pid_name;
	char *pid_path;
	char *fds;
	OciProcess process;
	int terminal_fd;
} Execution;

static gboolean
execution_read (Execution *execution, GError **error)
{
	const DavitHost *host = execution->host;
	const DavitRuntimeContainer *container = &execution->request->container;

	if (!oci_control_hold (host, container, &execution->held, error))
		return FALSE;
	/* In one that is frozen the new process would freeze before it began. */
	if (oci_freezer_is_frozen (execution->held.record.cgroup))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is paused; resume it first",
					  container->id);
	execution->document = host->json->parse (execution->request->process, -1, error);
	if (execution->document == NULL)
		return FALSE;
	if (host->json->type (execution->document) != DAVIT_JSON_OBJECT)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "process: must be an object");
	execution->program = oci_program_recall (host, container->dirfd, error);
	return execution->program != NULL &&
	       oci_terminal_read (host, execution->document, &execution->terminal, error);
}

/* Through the first process, which is held: its root has all mounts of the container. */
static gboolean
execution_check_program (const Execution *execution, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/root", execution->held.record.pid);
	int root_fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	gboolean good;

	if (root_fd < 0)
		return TRUE;
	good = oci_reason_check (execution->host, root_fd, execution->document, error);
	close (root_fd);
	return good;
}

static gboolean
execution_make_files (Execution *execution, GError **error)
{
	int dirfd = execution->request->container.dirfd;

	execution->process_name = oci_files_name ("exec", "json");
	execution->pid_name = oci_files_name ("exec", "pid");
	execution->process_path = oci_files_path (dirfd, execution->process_name, error);
	execution->pid_path = oci_files_path (dirfd, execution->pid_name, error);
	return execution->process_path != NULL && execution->pid_path != NULL &&
	       oci_files_write (dirfd, execution->process_name, execution->request->process,
				error) &&
	       (!execution->terminal.wanted ||
		oci_console_listen (&execution->console, dirfd, error));
}

/* Free with g_ptr_array_unref. */
static GPtrArray *
execution_arguments (Execution *execution)
{
	GPtrArray *arguments = g_ptr_array_new ();

	g_ptr_array_add (arguments, (gpointer) "--detach");
	g_ptr_array_add (arguments, (gpointer) "--process");
	g_ptr_array_add (arguments, execution->process_path);
	g_ptr_array_add (arguments, (gpointer) "--pid-file");
	g_ptr_array_add (arguments, execution->pid_path);
	if (execution->terminal.wanted) {
		g_ptr_array_add (arguments, (gpointer) "--console-socket");
		g_ptr_array_add (arguments, execution->console.path);
	}
	if (execution->request->n_pass_fds > 0) {
		execution->fds =
			g_strdup_printf ("%" G_GSIZE_FORMAT, execution->request->n_pass_fds);
		g_ptr_array_add (arguments, (gpointer) "--preserve-fds");
		g_ptr_array_add (arguments, execution->fds);
	}
	return arguments;
}

static gboolean
execution_run (Execution *execution, GError **error)
{
	const DavitRuntimeExec *request = execution->request;
	g_autoptr (GPtrArray) arguments = execution_arguments (execution);
	const OciCall call = {
		.host = execution->host,
		.container = &request->container,
		.program = execution->program,
		.verb = "exec",
		.arguments = arguments,
		.stdio = execution->terminal.wanted ? NULL : request->stdio,
		.pass_fds = request->pass_fds,
		.n_pass_fds = request->n_pass_fds,
	};
	gboolean before = oci_process_adopt (TRUE);
	gboolean executed = oci_call (&call, error) &&
			    oci_process_open (execution->host, request->container.dirfd,
					      execution->pid_name, &execution->process, error);

	oci_process_adopt (before);
	return executed &&
	       (!execution->terminal.wanted ||
		oci_console_receive (&execution->console, execution->terminal.rows,
				     execution->terminal.columns, &execution->terminal_fd, error));
}

static void
execution_tell (Execution *execution, int *ret_pidfd, DavitResult *result)
{
	const DavitHost *host = execution->host;

	host->result_integer (result, "pid", execution->process.pid);
	if (execution->terminal_fd >= 0)
		host->result_fd (result, "terminal", execution->terminal_fd);
	*ret_pidfd = execution->process.pidfd;
	execution->process.pidfd = -1;
}

static void
execution_clear (Execution *execution)
{
	int dirfd = execution->request->container.dirfd;

	if (execution->process_name != NULL)
		unlinkat (dirfd, execution->process_name, 0);
	if (execution->pid_name != NULL)
		unlinkat (dirfd, execution->pid_name, 0);
	if (execution->process.pidfd >= 0)
		close (execution->process.pidfd);
	if (execution->document != NULL)
		execution->host->json->document_free (execution->document);
	oci_console_clear (&execution->console);
	oci_held_clear (&execution->held);
	g_free (execution->program);
	g_free (execution->process_name);
	g_free (execution->process_path);
	g_free (execution->pid_name);
	g_free (execution->pid_path);
	g_free (execution->fds);
}

gboolean
oci_exec (const DavitHost *host, const DavitRuntimeExec *request, int *ret_pidfd,
	  DavitResult *result, GError **error)
{
	Execution execution = {
		.host = host,
		.request = request,
		.held = OCI_HELD_INIT,
		.console = OCI_CONSOLE_INIT,
		.process = {.pidfd = -1},
		.terminal_fd = -1,
	};
	gboolean executed;

	executed = execution_read (&execution, error) &&
		   execution_check_program (&execution, error) &&
		   execution_make_files (&execution, error) && execution_run (&execution, error);
	if (executed)
		execution_tell (&execution, ret_pidfd, result);
	execution_clear (&execution);
	return executed;
}
