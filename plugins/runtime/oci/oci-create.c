/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * create: read the bundle, record the intent, write a bundle of our own, let the runtime make the
 * container from it, and take the process over. The runtime sees the root file system at a path
 * that exists in its mount namespace alone; there is nothing to unmount afterwards.
 */

#include "oci-create.h"

#include "oci-bundle.h"
#include "oci-call.h"
#include "oci-console.h"
#include "oci-files.h"
#include "oci-freezer.h"
#include "oci-namespaces.h"
#include "oci-process.h"
#include "oci-program.h"
#include "oci-reason.h"
#include "runtime-cgroup.h"
#include "runtime-record.h"

#include <fcntl.h>
#include <unistd.h>

#define PID_FILE "pid"

/* Everything that create holds; cleared at its end, whichever it is. */
typedef struct {
	const DavitHost *host;
	const DavitRuntimeCreate *request;
	const OciMaking *making; /* NULL: create */
	OciBundle bundle;
	OciConsole console;
	RuntimeCgroup *cgroup;
	char *program;
	char *bundle_path;
	char *pid_path;
	char *fds;
	int record_fd;
	int terminal;
	OciProcess process;
} Creation;

static gboolean
creation_choose (Creation *creation, GError **error)
{
	g_autofree char *variant = NULL;

	if (creation->making != NULL) {
		creation->program = g_strdup (creation->making->program);
		return TRUE;
	}
	variant = oci_program_choose (creation->host, error);
	if (variant == NULL)
		return FALSE;
	creation->program = oci_program_find (creation->host, variant, error);
	return creation->program != NULL;
}

/* With other mounts over it the root file system does not show which programs there are. */
static gboolean
creation_check_program (const Creation *creation, GError **error)
{
	const OciBundle *bundle = &creation->bundle;
	const DavitHost *host = creation->host;
	int root_fd = creation->request->rootfs_mount_fd;
	gboolean good;

	if (creation->making != NULL ||
	    oci_reason_mounts_matter (host, host->json->member (bundle->document, "mounts")))
		return TRUE;
	if (root_fd >= 0)
		return oci_reason_check (host, root_fd, bundle->process, error);
	root_fd = open (bundle->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return TRUE;
	good = oci_reason_check (host, root_fd, bundle->process, error);
	close (root_fd);
	return good;
}

static gboolean
creation_record (Creation *creation, GError **error)
{
	const DavitRuntimeContainer *container = &creation->request->container;
	RuntimeRecordIntent intent = {
		.id = container->id,
		.own_pids = creation->bundle.own_pids,
	};

	if (!runtime_cgroup_plan_all (creation->host, container->id, creation->bundle.cgroups_path,
				      &creation->cgroup, error))
		return FALSE;
	intent.cgroup = creation->cgroup;
	return runtime_record_begin (creation->host, container->dirfd, &intent,
				     &creation->record_fd, error) &&
	       oci_program_remember (container->dirfd, creation->program, error);
}

static gboolean
creation_make_files (Creation *creation, GError **error)
{
	int dirfd = creation->request->container.dirfd;

	creation->bundle_path = oci_files_path (dirfd, OCI_FILE_BUNDLE, error);
	creation->pid_path = oci_files_path (dirfd, PID_FILE, error);
	if (creation->bundle_path == NULL || creation->pid_path == NULL)
		return FALSE;
	return oci_bundle_write (&creation->bundle, dirfd, creation->program, error) &&
	       oci_files_make_directory (dirfd, OCI_FILE_STATE, error) &&
	       oci_files_make_directory (dirfd, OCI_FILE_ROOTFS, error) &&
	       (!creation->bundle.terminal.wanted ||
		oci_console_listen (&creation->console, dirfd, error));
}

/* Free with g_ptr_array_unref. */
static GPtrArray *
creation_arguments (Creation *creation)
{
	const DavitHost *host = creation->host;
	const OciMaking *making = creation->making;
	GPtrArray *arguments = g_ptr_array_new ();

	for (guint i = 0; making != NULL && i < making->arguments->len; i++)
		g_ptr_array_add (arguments, making->arguments->pdata[i]);
	g_ptr_array_add (arguments, (gpointer) "--bundle");
	g_ptr_array_add (arguments, creation->bundle_path);
	g_ptr_array_add (arguments, (gpointer) "--pid-file");
	g_ptr_array_add (arguments, creation->pid_path);
	if (creation->bundle.terminal.wanted) {
		g_ptr_array_add (arguments, (gpointer) "--console-socket");
		g_ptr_array_add (arguments, creation->console.path);
	}
	if (making == NULL && creation->request->n_pass_fds > 0) {
		creation->fds = g_strdup_printf ("%" G_GSIZE_FORMAT, creation->request->n_pass_fds);
		g_ptr_array_add (arguments, (gpointer) "--preserve-fds");
		g_ptr_array_add (arguments, creation->fds);
	}
	if (host->option_boolean (host, "no-pivot"))
		g_ptr_array_add (arguments, (gpointer) "--no-pivot");
	if (making == NULL && host->option_boolean (host, "no-new-keyring"))
		g_ptr_array_add (arguments, (gpointer) "--no-new-keyring");
	return arguments;
}

static gboolean
creation_run (Creation *creation, GError **error)
{
	const DavitRuntimeCreate *request = creation->request;
	const OciMaking *making = creation->making;
	g_autoptr (GPtrArray) arguments = creation_arguments (creation);
	OciCall call = {
		.host = creation->host,
		.container = &request->container,
		.program = creation->program,
		.verb = making != NULL ? making->verb : "create",
		.arguments = arguments,
		/* With a terminal the process gets that; else the runtime passes its own on. */
		.stdio = creation->bundle.terminal.wanted ? NULL : request->stdio,
		.pass_fds = request->pass_fds,
		.n_pass_fds = making == NULL ? request->n_pass_fds : 0,
		.mount_path = request->rootfs_mount_fd >= 0 ? creation->bundle.rootfs : NULL,
		.mount_fd = request->rootfs_mount_fd,
	};

	if (making != NULL) {
		call.criu = making->criu;
		call.envp = making->envp;
		call.timeout_msec = making->timeout_msec;
	}

	return oci_call (&call, error);
}

/* From here on a process is there; delete finds it by the record. */
static gboolean
creation_take (Creation *creation, GError **error)
{
	const OciTerminal *terminal = &creation->bundle.terminal;
	OciProcess *process = &creation->process;

	if (!oci_process_open (creation->host, creation->request->container.dirfd, PID_FILE,
			       process, error) ||
	    !runtime_record_add_process (creation->record_fd, process->pid, process->start_time,
					 error))
		return FALSE;
	oci_namespaces_settle (creation->request->container.dirfd, process->pid);
	return !terminal->wanted ||
	       oci_console_receive (&creation->console, terminal->rows, terminal->columns,
				    &creation->terminal, error);
}

static void
creation_tell (Creation *creation, int *ret_pidfd, DavitResult *result)
{
	const DavitHost *host = creation->host;
	g_auto (GStrv) paths = runtime_cgroup_paths (creation->cgroup);
	g_autofree char *freezer = oci_freezer_find (creation->cgroup);

	host->result_integer (result, "pid", creation->process.pid);
	for (gsize i = 0; paths[i] != NULL; i++)
		host->result_string (result, "cgroup", paths[i]);
	if (freezer != NULL)
		host->result_string (result, "freezer", freezer);
	if (creation->terminal >= 0)
		host->result_fd (result, "terminal", creation->terminal);
	*ret_pidfd = creation->process.pidfd;
	creation->terminal = -1;
	creation->process.pidfd = -1;
}

static void
creation_clear (Creation *creation)
{
	oci_bundle_clear (&creation->bundle);
	oci_console_clear (&creation->console);
	g_clear_pointer (&creation->cgroup, runtime_cgroup_free);
	g_free (creation->program);
	g_free (creation->bundle_path);
	g_free (creation->pid_path);
	g_free (creation->fds);
	if (creation->record_fd >= 0)
		close (creation->record_fd);
	if (creation->process.pidfd >= 0)
		close (creation->process.pidfd);
}

gboolean
oci_make (const DavitHost *host, const DavitRuntimeCreate *request, const OciMaking *making,
	  int *ret_pidfd, DavitResult *result, GError **error)
{
	Creation creation = {
		.host = host,
		.request = request,
		.making = making,
		.console = OCI_CONSOLE_INIT,
		.record_fd = -1,
		.terminal = -1,
		.process = {.pidfd = -1},
	};
	gboolean created;

	created = creation_choose (&creation, error) &&
		  oci_bundle_read (host, request, &creation.bundle, error) &&
		  creation_check_program (&creation, error) && creation_record (&creation, error) &&
		  creation_make_files (&creation, error) && creation_run (&creation, error) &&
		  creation_take (&creation, error);
	if (created)
		creation_tell (&creation, ret_pidfd, result);
	creation_clear (&creation);
	return created;
}

gboolean
oci_create (const DavitHost *host, const DavitRuntimeCreate *request, int *ret_pidfd,
	    DavitResult *result, GError **error)
{
	return oci_make (host, request, NULL, ret_pidfd, result, error);
}
