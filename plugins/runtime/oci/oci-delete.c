/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime is asked first: it alone knows all that it made, and runs the hooks. But a runtime
 * that is gone, hangs or was killed in the middle of its create must not keep a container for ever:
 * with force the processes and groups are ended and removed without it. Each step succeeds on what
 * is gone already, and the record goes last: whoever is interrupted here only has to call it again.
 */

#include "oci-delete.h"

#include "oci-bundle.h"
#include "oci-call.h"
#include "oci-files.h"
#include "oci-freezer.h"
#include "oci-program.h"
#include "runtime-cgroup.h"
#include "runtime-error.h"
#include "runtime-record.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define END_TIMEOUT_MSEC 10000

typedef struct {
	const DavitHost *host;
	const DavitRuntimeContainer *container;
	RuntimeRecord record;
	int pidfd;
	gboolean force;
} Deletion;

/* A pidfd is readable when the process has ended, whoever is to reap it. */
static gboolean
end_wait (const Deletion *deletion, GError **error)
{
	struct pollfd poll_fd = {.fd = deletion->pidfd, .events = POLLIN};
	int ready;

	do
		ready = poll (&poll_fd, 1, END_TIMEOUT_MSEC);
	while (ready < 0 && errno == EINTR);
	return ready > 0 ||
	       runtime_error_say (
		       error, DAVIT_ERROR_TIMEOUT,
		       "container \"%s\": its first process was killed and has not ended "
		       "after 10 seconds; it may wait for a disk or another host",
		       deletion->container->id);
}

/* One that waits for its start has done nothing yet: as for runc, it needs no force. */
static gboolean
process_end (Deletion *deletion, GError **error)
{
	const DavitRuntimeContainer *container = deletion->container;
	RuntimeRecord *record = &deletion->record;

	if (!runtime_record_open_process (record, &deletion->pidfd, error))
		return FALSE;
	if (deletion->pidfd < 0)
		return TRUE;
	if (!deletion->force && oci_files_exist (container->dirfd, OCI_FILE_STARTED))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" runs; stop it first, or force it",
					  container->id);
	if (pidfd_send_signal (deletion->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return runtime_error_set (error, errno, "kill container \"%s\"", container->id);
	/* What is frozen in a v1 group does not even die. */
	oci_freezer_thaw (record->cgroup);
	return end_wait (deletion, error);
}

/* Always with --force, so that it succeeds on what is gone, and on what was never made. */
static gboolean
runtime_delete (const Deletion *deletion, GError **error)
{
	const DavitRuntimeContainer *container = deletion->container;
	const DavitHost *host = deletion->host;
	g_autoptr (GError) local = NULL;
	g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
	g_autofree char *program = NULL;
	g_autofree char *warning = NULL;
	OciCall call = {.host = host, .container = container, .verb = "delete"};

	if (!oci_files_exist (container->dirfd, OCI_FILE_STATE))
		return TRUE;
	g_ptr_array_add (arguments, (gpointer) "--force");
	program = oci_program_recall (host, container->dirfd, &local);
	call.program = program;
	call.arguments = arguments;
	if ((program != NULL && oci_call (&call, &local)) ||
	    g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	if (!deletion->force) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	warning = g_strdup_printf ("container \"%s\" is deleted without its runtime: %s",
				   container->id, local->message);
	host->log (host, DAVIT_LOG_WARNING, warning);
	return TRUE;
}

/*
 * A record that is damaged, or none at all, must not let processes run on when nobody knows of them
 * any more: with force the groups are looked for by what else there is of the container.
 */
static gboolean
record_read (Deletion *deletion, GError **error)
{
	const DavitRuntimeContainer *container = deletion->container;
	const DavitHost *host = deletion->host;
	RuntimeRecord *record = &deletion->record;
	g_autoptr (GError) local = NULL;
	gboolean newer;

	if (runtime_record_read (host, container->dirfd, container->id, record, &local))
		return TRUE;
	newer = g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	if (deletion->force && !newer) {
		g_autofree char *path = oci_bundle_cgroups_path (host, container);

		runtime_cgroup_guess (host, container->id, path, &record->cgroup, NULL);
	}
	if (record->cgroup != NULL || g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
groups_remove (const Deletion *deletion, GError **error)
{
	RuntimeCgroup *cgroup = deletion->record.cgroup;

	/* What no record tells of may be frozen as well. */
	oci_freezer_thaw (cgroup);
	return cgroup == NULL || runtime_cgroup_remove (cgroup, error);
}

gboolean
oci_delete (const DavitHost *host, const DavitRuntimeContainer *container, gboolean force,
	    GError **error)
{
	Deletion deletion = {
		.host = host,
		.container = container,
		.pidfd = -1,
		.force = force,
	};
	gboolean deleted;

	deleted = record_read (&deletion, error) && process_end (&deletion, error) &&
		  runtime_delete (&deletion, error) && groups_remove (&deletion, error) &&
		  oci_files_remove (host, container->dirfd, error);
	if (deletion.pidfd >= 0)
		close (deletion.pidfd);
	runtime_record_clear (&deletion.record);
	return deleted;
}
