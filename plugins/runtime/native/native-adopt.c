/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A container whose processes somebody else makes, from a checkpoint: the record and the groups
 * before it, and the first process after it. All of config.json is read as for a container of our
 * own, so that what can't be honoured is refused here, too; the namespaces, mounts and privileges
 * that it describes are those which the processes bring with them.
 */

#include "native-adopt.h"

#include "native-cgroup.h"
#include "native-namespaces.h"
#include "native-spec.h"
#include "runtime-error.h"
#include "runtime-proc.h"
#include "runtime-record.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	const DavitHost *host;
	const DavitRuntimeCreate *request;
	NativeSpec spec;
	RuntimeCgroup *cgroup;
	int record_fd;
} Preparation;

static gboolean
preparation_read (Preparation *preparation, GError **error)
{
	const DavitRuntimeCreate *request = preparation->request;
	NativeSpecRequest spec_request = {
		.host = preparation->host,
		.bundle_dirfd = request->bundle_dirfd,
		.rootfs_mount_fd = request->rootfs_mount_fd,
	};

	return native_spec_read (&spec_request, &preparation->spec, error) &&
	       runtime_cgroup_plan (preparation->host, request->container.id,
				    preparation->spec.cgroups_path, &preparation->cgroup, error);
}

static gboolean
preparation_record (Preparation *preparation, GError **error)
{
	const NativeNamespaces *namespaces = &preparation->spec.namespaces;
	const DavitRuntimeContainer *container = &preparation->request->container;
	RuntimeRecordIntent intent = {
		.id = container->id,
		.namespaces = namespaces->new_flags | namespaces->joined_flags,
		.own_pids = (namespaces->new_flags & CLONE_NEWPID) != 0,
		.cgroup = preparation->cgroup,
	};

	return runtime_record_begin (preparation->host, container->dirfd, &intent,
				     &preparation->record_fd, error) &&
	       native_spec_save (container->dirfd, preparation->spec.text, preparation->spec.length,
				 error);
}

static gboolean
preparation_make (Preparation *preparation, DavitResult *result, GError **error)
{
	const DavitHost *host = preparation->host;
	const DavitJson *resources = preparation->spec.resources;
	g_auto (GStrv) paths = NULL;

	if (!native_cgroup_make (preparation->cgroup, resources, error) ||
	    !native_cgroup_apply (preparation->cgroup, resources, error))
		return FALSE;
	paths = runtime_cgroup_paths (preparation->cgroup);
	for (gsize i = 0; paths[i] != NULL; i++)
		host->result_string (result, "cgroup", paths[i]);
	return TRUE;
}

gboolean
native_adopt_prepare (const DavitHost *host, const DavitRuntimeCreate *request, DavitResult *result,
		      GError **error)
{
	Preparation preparation = {.host = host, .request = request, .record_fd = -1};
	gboolean prepared;

	prepared = preparation_read (&preparation, error) &&
		   preparation_record (&preparation, error) &&
		   preparation_make (&preparation, result, error);
	if (preparation.record_fd >= 0)
		close (preparation.record_fd);
	native_spec_clear (&preparation.spec);
	g_clear_pointer (&preparation.cgroup, runtime_cgroup_free);
	return prepared;
}

/* Of one of its namespaces and of ours: whether they are two. */
static gboolean
namespace_differs (int proc_fd, int pid, const char *file, gboolean *ret_differs, GError **error)
{
	g_autofree char *theirs = g_strdup_printf ("%d/ns/%s", pid, file);
	g_autofree char *ours = g_strconcat ("self/ns/", file, NULL);
	struct stat own, other;

	/* A kind that the kernel lacks: nobody is in one. */
	if (fstatat (proc_fd, ours, &own, 0) < 0) {
		*ret_differs = FALSE;
		return errno == ENOENT || runtime_error_set (error, errno, "look at \"%s\"", ours);
	}
	if (fstatat (proc_fd, theirs, &other, 0) < 0)
		return runtime_error_set (error, errno, "look at the namespaces of process %d",
					  pid);
	*ret_differs = own.st_ino != other.st_ino || own.st_dev != other.st_dev;
	return TRUE;
}

/*
 * Asked from the kernel, not taken from config.json: what makes processes again may put them into
 * namespaces that nobody asked for, as CRIU does with that of time, and exec must follow.
 */
static gboolean
namespaces_find (int proc_fd, int pid, int *ret_flags, GError **error)
{
	int flags = 0;

	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		const NativeNamespaceKind *kind = native_namespaces_kind (i);
		gboolean differs = FALSE;

		if (!namespace_differs (proc_fd, pid, kind->file, &differs, error))
			return FALSE;
		if (differs)
			flags |= kind->flag;
	}
	*ret_flags = flags;
	return TRUE;
}

/* What is not in the groups would be missed by every signal, limit and figure, and by delete. */
static gboolean
check_groups (RuntimeCgroup *cgroup, int pid, GError **error)
{
	g_auto (GStrv) paths = runtime_cgroup_paths (cgroup);
	g_autoptr (GArray) pids = NULL;

	if (paths[0] == NULL)
		return TRUE;
	if (!runtime_cgroup_processes (cgroup, &pids, error))
		return FALSE;
	for (guint i = 0; i < pids->len; i++) {
		if (g_array_index (pids, pid_t, i) == pid)
			return TRUE;
	}
	return runtime_error_say (error, DAVIT_ERROR_STATE,
				  "process %d is not in the control group \"%s\"", pid, paths[0]);
}

static gboolean
process_look (RuntimeRecord *record, int pidfd, GError **error)
{
	int proc_fd = -1;
	char state = 0;
	gboolean found;

	if (!runtime_proc_open (&proc_fd, error))
		return FALSE;
	found = runtime_proc_start_time (proc_fd, record->pid, &record->start_time, &state, error);
	/* It has ended already: its parent still learns how, but it is nowhere any more. */
	if (found && state != 'Z')
		found = namespaces_find (proc_fd, record->pid, &record->namespaces, error) &&
			check_groups (record->cgroup, record->pid, error);
	close (proc_fd);
	/* Not reaped yet: so the number was its own all the time. */
	if (found && pidfd_send_signal (pidfd, 0, NULL, 0) < 0)
		found = runtime_error_say (error, DAVIT_ERROR_STATE, "process %d has ended",
					   record->pid);
	return found;
}

gboolean
native_adopt (const DavitHost *host, const DavitRuntimeContainer *container, int pidfd, guint32 pid,
	      GError **error)
{
	RuntimeRecord record = {0};
	gboolean adopted;

	if (!runtime_record_read (host, container->dirfd, container->id, &record, error))
		return FALSE;
	if (!record.known || record.pid != 0) {
		runtime_record_clear (&record);
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" was not prepared, or has a process "
					  "already",
					  container->id);
	}
	record.pid = (int) pid;
	adopted = process_look (&record, pidfd, error) &&
		  runtime_record_add_adopted (container->dirfd, &record, error);
	runtime_record_clear (&record);
	return adopted;
}
