/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * exec: one clone3 into the container's v2 group, one setns with the pidfd of the first process
 * into all its namespaces. By pidfd and not by /proc/PID/ns: another process that got the number
 * meanwhile can't be meant by it.
 *
 * The container is running, and hostile: what is looked at in it from here on may be what it likes.
 * Its processes see ours as soon as that is in their pid namespace, and one with CAP_SYS_PTRACE may
 * open its /proc/PID/root, /proc/PID/exe and memory, dumpable or not (CVE-2016-9962,
 * CVE-2019-5736). So a first process, which they can't see, does it all: it leaves the host's root,
 * program, memory, descriptors and its privileges behind; the one that executes the program is made
 * by it last: see native-newcomer.h.
 */

#include "native-exec.h"

#include "native-child.h"
#include "native-newcomer.h"
#include "native-report.h"
#include "native-spec.h"
#include "native-terminal.h"
#include "runtime-error.h"
#include "runtime-record.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	const DavitHost *host;
	const DavitRuntimeExec *request;
	RuntimeRecord record;
	DavitJson *document;
	NativeProcess process;
	NativeSpec saved; /* of the container: seccomp and personality */
	RuntimeSeccomp *seccomp;
	NativeChild child;
	NativeBare bare;
	NativeNewcomer *newcomer;
	int container_pidfd;
	int stdio[3];
} Execution;

static gboolean
child_open_terminal (Execution *execution, int *ret_slave, NativeReport *report)
{
	NativeReport message = {.kind = NATIVE_REPORT_TERMINAL};
	int root_fd;
	int master = -1;
	gboolean opened;

	if (!execution->process.terminal)
		return TRUE;
	root_fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	opened = root_fd >= 0 &&
		 native_terminal_open (root_fd, &execution->process, &master, ret_slave, report);
	if (opened && !native_report_send (execution->newcomer->socket, &message, master))
		opened = native_report_fail (report, NATIVE_STEP_TERMINAL, EPIPE, NULL);
	for (int i = 0; opened && i < 3; i++)
		execution->stdio[i] = *ret_slave;
	return opened || native_report_fail (report, NATIVE_STEP_TERMINAL, errno, NULL);
}

static gboolean
child_enter (Execution *execution, NativeReport *report)
{
	int flags = execution->record.namespaces;
	int status;

	/* What only the parent may do is done; and if it is gone, so is the reason to go on. */
	if (!native_report_wait (execution->newcomer->socket))
		return native_report_fail (report, NATIVE_STEP_WAIT, EPIPE, NULL);
	prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
	native_self_leave (&execution->child.self);
	status = native_cgroup_enter_self (execution->record.cgroup);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_CGROUP, status, NULL);
	if (setns (execution->container_pidfd, flags) < 0)
		return native_report_fail (report, NATIVE_STEP_JOIN, errno, "container's");
	if (flags & CLONE_NEWUSER)
		return native_userns_become_root (report);
	return TRUE;
}

static gboolean
child_set_up (Execution *execution, NativeReport *report)
{
	NativeFinal *final = &execution->newcomer->final;
	int slave = -1;
	int status;

	umask (0);
	if (!child_enter (execution, report) || !child_open_terminal (execution, &slave, report))
		return FALSE;
	status = native_bare_forget (&execution->bare, execution->child.proc_fd);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_FORGET, status, NULL);
	memcpy (final->stdio, execution->stdio, sizeof final->stdio);
	return native_final_detach (report) && native_final_prepare (final);
}

/* In the pid namespace, a child of the caller. */
static int
newcomer_run (gpointer data)
{
	NativeNewcomer *newcomer = (NativeNewcomer *) data;

	if (native_newcomer_arrive (newcomer))
		native_final_execute (&newcomer->final, newcomer->socket);
	native_report_send (newcomer->socket, &newcomer->report, -1);
	_exit (125);
}

static void
child_run (gpointer data)
{
	Execution *execution = (Execution *) data;
	NativeNewcomer *newcomer = execution->newcomer;

	if (!child_set_up (execution, &newcomer->report)) {
		native_report_send (newcomer->socket, &newcomer->report, -1);
		_exit (125);
	}
	native_newcomer_send (newcomer, &execution->bare, newcomer_run);
}

/* The container must run: in one that is frozen, the new process would freeze before it began. */
static gboolean
execution_check_state (Execution *execution, GError **error)
{
	const DavitRuntimeContainer *container = &execution->request->container;

	if (!runtime_record_read (execution->host, container->dirfd, container->id,
				  &execution->record, error) ||
	    !runtime_record_open_process (&execution->record, &execution->container_pidfd, error))
		return FALSE;
	if (execution->container_pidfd < 0)
		return runtime_error_say (error, DAVIT_ERROR_STATE, "container \"%s\" does not run",
					  container->id);
	if (runtime_cgroup_is_frozen (execution->record.cgroup))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" is paused; resume it first",
					  container->id);
	return native_cgroup_open (execution->record.cgroup, error);
}

static gboolean
execution_read (Execution *execution, GError **error)
{
	const DavitHost *host = execution->host;

	execution->document = host->json->parse (execution->request->process, -1, error);
	if (execution->document == NULL)
		return FALSE;
	if (host->json->type (execution->document) != DAVIT_JSON_OBJECT)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "process: must be an object");
	return native_process_parse (host, execution->document, &execution->process, error) &&
	       native_spec_read_saved (host, execution->request->container.dirfd,
				       NATIVE_CONFIG_FILE, &execution->saved, error) &&
	       runtime_seccomp_prepare (host, execution->saved.seccomp, &execution->seccomp, error);
}

static gboolean
execution_prepare (Execution *execution, GError **error)
{
	NativeChild *child = &execution->child;
	NativeNewcomer *newcomer;

	native_child_pass (child, execution->request->pass_fds, execution->request->n_pass_fds);
	if (!native_child_prepare (child, execution->request->stdio, execution->stdio, error) ||
	    !native_child_expect_two (child, error))
		return FALSE;
	newcomer = native_newcomer_new (&execution->bare, &execution->process, execution->seccomp,
					error);
	if (newcomer == NULL)
		return FALSE;
	newcomer->socket = child->sockets[1];
	newcomer->final.has_personality = execution->saved.has_personality;
	newcomer->final.personality = execution->saved.personality;
	newcomer->final.pass_fds = child->pass_fds;
	newcomer->final.n_pass_fds = child->n_pass_fds;
	newcomer->final.scratch = child->scratch;
	execution->newcomer = newcomer;
	return TRUE;
}

static gboolean
execution_run (Execution *execution, GError **error)
{
	NativeChild *child = &execution->child;
	NativeNamespaces namespaces;
	NativeClone request = {
		.namespaces = &namespaces,
		.cgroup = execution->record.cgroup,
		.run = child_run,
		.data = execution,
		.oom_score = native_process_inherits_score (execution->host, &execution->process),
	};

	native_namespaces_init (&namespaces);
	if (!execution_prepare (execution, error) || !native_child_clone (child, &request, error) ||
	    !native_child_set_oom_score (child, &execution->process, error))
		return FALSE;
	native_child_release (child);
	return native_child_hear (child, NATIVE_REPORT_EXECUTING, "the process", error);
}

static void
execution_clear (Execution *execution)
{
	native_child_clear (&execution->child);
	native_bare_clear (&execution->bare);
	if (execution->container_pidfd >= 0)
		close (execution->container_pidfd);
	runtime_record_clear (&execution->record);
	native_process_clear (&execution->process);
	native_spec_clear (&execution->saved);
	g_clear_pointer (&execution->seccomp, runtime_seccomp_free);
	if (execution->document != NULL)
		execution->host->json->document_free (execution->document);
}

gboolean
native_exec (const DavitHost *host, const DavitRuntimeExec *request, int *ret_pidfd,
	     DavitResult *result, GError **error)
{
	Execution execution = {.host = host, .request = request, .container_pidfd = -1};
	gboolean executed;

	native_child_init (&execution.child);
	native_namespaces_init (&execution.saved.namespaces);
	native_rootfs_init (&execution.saved.rootfs);
	executed = execution_check_state (&execution, error) &&
		   execution_read (&execution, error) && execution_run (&execution, error);
	if (executed)
		native_child_take (&execution.child, host, ret_pidfd, result);
	execution_clear (&execution);
	return executed;
}
