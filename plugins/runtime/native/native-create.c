/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * create: read and open everything, record the intent, make the groups, clone, shake hands.
 *
 * What fails before the record leaves nothing; what fails later leaves what delete finds through
 * the record.
 */

#include "native-create.h"

#include "native-child.h"
#include "native-init.h"
#include "native-joined.h"
#include "native-pids.h"
#include "native-report.h"
#include "native-start.h"
#include "runtime-error.h"
#include "runtime-proc.h"
#include "runtime-record.h"

#include <errno.h>
#include <unistd.h>

/* Everything that create holds; cleared at its end, whichever it is. */
typedef struct {
	const DavitHost *host;
	const DavitRuntimeCreate *request;
	NativeSpec spec;
	RuntimeCgroup *cgroup;
	RuntimeSeccomp *seccomp;
	NativeChild child;
	NativeBare bare; /* for a pid namespace that is joined */
	char **paths;	 /* of the groups */
	char *freezer;	 /* a file of one of them, or NULL */
	int record_fd;
	int listener;
	int stdio[3];
} Creation;

static void
close_if_open (int *fd)
{
	if (*fd >= 0)
		close (*fd);
	*fd = -1;
}

static gboolean
creation_read (Creation *creation, GError **error)
{
	const DavitHost *host = creation->host;
	NativeSpecRequest request = {
		.host = host,
		.bundle_dirfd = creation->request->bundle_dirfd,
		.rootfs_mount_fd = creation->request->rootfs_mount_fd,
	};
	gboolean read;

	host->trace_begin (host, "read config.json");
	read = native_spec_read (&request, &creation->spec, error) &&
	       runtime_cgroup_plan (host, creation->request->container.id,
				    creation->spec.cgroups_path, &creation->cgroup, error);
	host->trace_end (host);
	if (!read)
		return FALSE;
	host->trace_begin (host, "seccomp");
	read = runtime_seccomp_prepare (host, creation->spec.seccomp, &creation->seccomp, error);
	host->trace_end (host);
	return read;
}

static gboolean
creation_record (Creation *creation, GError **error)
{
	const NativeNamespaces *namespaces = &creation->spec.namespaces;
	RuntimeRecordIntent intent = {
		.id = creation->request->container.id,
		.namespaces = namespaces->new_flags | namespaces->joined_flags,
		.own_pids = (namespaces->new_flags & CLONE_NEWPID) != 0,
		.cgroup = creation->cgroup,
	};

	return runtime_record_begin (creation->host, creation->request->container.dirfd, &intent,
				     &creation->record_fd, error) &&
	       native_spec_save (creation->request->container.dirfd, creation->spec.text,
				 creation->spec.length, error);
}

static gboolean
creation_make_groups (Creation *creation, GError **error)
{
	NativeSpec *spec = &creation->spec;

	if (!native_cgroup_make (creation->cgroup, spec->resources, error) ||
	    !native_cgroup_apply (creation->cgroup, spec->resources, error))
		return FALSE;
	creation->paths = runtime_cgroup_paths (creation->cgroup);
	for (guint i = 0; i < spec->mounts.n_entries; i++) {
		NativeMount *mount = spec->mounts.entries[i];

		if (mount->kind != NATIVE_MOUNT_CGROUP)
			continue;
		if (!native_mount_cgroup_open (creation->host, mount, creation->paths,
					       &spec->namespaces, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
creation_joins_pids (const Creation *creation)
{
	return (creation->spec.namespaces.joined_flags & CLONE_NEWPID) != 0;
}

/* proc shows the pid namespace of who opens it, which the process that mounts it is not in. */
static gboolean
creation_open_procs (Creation *creation, GError **error)
{
	NativeSpec *spec = &creation->spec;
	const NativePids pids = {
		.child = &creation->child,
		.namespaces = &spec->namespaces,
		.cgroup = creation->cgroup,
	};

	for (guint i = 0; i < spec->mounts.n_entries; i++) {
		NativeMount *mount = spec->mounts.entries[i];

		if (mount->kind == NATIVE_MOUNT_FILE_SYSTEM && g_str_equal (mount->type, "proc") &&
		    !native_pids_open_proc (&pids, &mount->context_fd, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
creation_prepare (Creation *creation, GError **error)
{
	const DavitHost *host = creation->host;
	gboolean made;

	if (!creation_record (creation, error))
		return FALSE;
	host->trace_begin (host, "control groups");
	made = creation_make_groups (creation, error);
	host->trace_end (host);
	if (!made)
		return FALSE;
	native_child_pass (&creation->child, creation->request->pass_fds,
			   creation->request->n_pass_fds);
	if (!native_start_listen (creation->request->container.dirfd, &creation->listener, error) ||
	    !native_child_prepare (&creation->child, creation->request->stdio, creation->stdio,
				   error))
		return FALSE;
	return !creation_joins_pids (creation) || creation_open_procs (creation, error);
}

/* What the child can't do itself. */
static gboolean
creation_serve (Creation *creation, GError **error)
{
	const NativeChild *child = &creation->child;

	if ((creation->spec.namespaces.new_flags & CLONE_NEWUSER) &&
	    !native_userns_write (creation->host, &creation->spec.userns, child->proc_fd,
				  child->pid, error))
		return FALSE;
	return native_child_set_oom_score (child, &creation->spec.process, error);
}

/* What must be on record before the process goes on. */
static gboolean
creation_add_process (Creation *creation, GError **error)
{
	const NativeChild *child = &creation->child;
	guint64 start_time = 0;
	char state = 0;

	return runtime_proc_start_time (child->proc_fd, child->pid, &start_time, &state, error) &&
	       runtime_record_add_process (creation->record_fd, child->pid, start_time, error);
}

/* The process that is cloned is not the one that is recorded: see native-joined.c. */
static gboolean
creation_run_joined (Creation *creation, NativeInit *init, NativeClone *request, GError **error)
{
	static const char name[] = "the process that sets up the container";
	NativeChild *child = &creation->child;

	request->run = native_joined_run;
	if (!native_joined_prepare (init, &creation->bare, error) ||
	    !native_child_expect_two (child, error) ||
	    !native_child_clone (child, request, error) ||
	    !native_child_hear (child, NATIVE_REPORT_ENTERED, name, error) ||
	    !creation_serve (creation, error))
		return FALSE;
	native_child_release (child);
	return native_child_hear (child, NATIVE_REPORT_PROCESS, name, error) &&
	       creation_add_process (creation, error);
}

static gboolean
creation_run_direct (Creation *creation, NativeClone *request, GError **error)
{
	return native_child_clone (&creation->child, request, error) &&
	       creation_serve (creation, error) && creation_add_process (creation, error);
}

/* What only the making needs. */
static void
creation_release (Creation *creation)
{
	native_child_settle (&creation->child);
	close_if_open (&creation->listener);
	close_if_open (&creation->record_fd);
	native_spec_clear (&creation->spec);
	g_clear_pointer (&creation->cgroup, runtime_cgroup_free);
	g_clear_pointer (&creation->seccomp, runtime_seccomp_free);
}

/*
 * While the first process sets itself up we would only wait, and whoever waits for us will not when
 * it is ready: half a hundred descriptors, and the groups looked at.
 */
static void
creation_settle (Creation *creation)
{
	creation->freezer = runtime_cgroup_freezer_path (creation->cgroup);
	creation_release (creation);
}

static gboolean
creation_run (Creation *creation, GError **error)
{
	NativeChild *child = &creation->child;
	NativeInit init = {
		.spec = &creation->spec,
		.cgroup = creation->cgroup,
		.seccomp = creation->seccomp,
		.self = &child->self,
		.proc_fd = child->proc_fd,
		.socket = child->sockets[1],
		.listener = creation->listener,
		.stdio = {creation->stdio[0], creation->stdio[1], creation->stdio[2]},
		.pass_fds = child->pass_fds,
		.n_pass_fds = child->n_pass_fds,
		.scratch = child->scratch,
	};
	NativeClone request = {
		.namespaces = &creation->spec.namespaces,
		.cgroup = creation->cgroup,
		.run = native_init_run,
		.data = &init,
		.oom_score =
			native_process_inherits_score (creation->host, &creation->spec.process),
	};

	if (!(creation_joins_pids (creation)
		      ? creation_run_joined (creation, &init, &request, error)
		      : creation_run_direct (creation, &request, error)))
		return FALSE;
	native_child_release (child);
	creation_settle (creation);
	return native_child_hear (child, NATIVE_REPORT_READY, "the first process", error);
}

static void
creation_tell (Creation *creation, int *ret_pidfd, DavitResult *result)
{
	const DavitHost *host = creation->host;

	native_child_take (&creation->child, host, ret_pidfd, result);
	for (gsize i = 0; creation->paths[i] != NULL; i++)
		host->result_string (result, "cgroup", creation->paths[i]);
	if (creation->freezer != NULL)
		host->result_string (result, "freezer", creation->freezer);
}

static void
creation_clear (Creation *creation)
{
	native_child_clear (&creation->child);
	native_bare_clear (&creation->bare);
	creation_release (creation);
	g_clear_pointer (&creation->paths, g_strfreev);
	g_clear_pointer (&creation->freezer, g_free);
}

gboolean
native_create (const DavitHost *host, const DavitRuntimeCreate *request, int *ret_pidfd,
	       DavitResult *result, GError **error)
{
	Creation creation = {.host = host, .request = request, .record_fd = -1, .listener = -1};
	gboolean created;

	native_child_init (&creation.child);
	created = creation_read (&creation, error) && creation_prepare (&creation, error);
	if (created) {
		host->trace_begin (host, "first process");
		created = creation_run (&creation, error);
		host->trace_end (host);
	}
	if (created)
		creation_tell (&creation, ret_pidfd, result);
	creation_clear (&creation);
	return created;
}
