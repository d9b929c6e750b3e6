/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * checkpoint: nobody can be called back in the middle of the runtime's own verb. So the container
 * is paused first, and what must fit to its memory is taken then; CRIU finds it frozen, dumps it
 * as it is, and leaves it frozen or kills it: in between no process runs. To take it after the dump
 * was rejected: processes that run on change files, and of those that are gone the root file system
 * is gone, too.
 */

#include "oci-checkpoint.h"

#include "criu-images.h"
#include "criu-processes.h"
#include "criu-statistics.h"
#include "oci-control.h"
#include "oci-criu.h"
#include "oci-freezer.h"
#include "oci-program.h"
#include "runtime-error.h"

#define LOG_FILE "dump.log"

typedef struct {
	const DavitHost *host;
	const DavitRuntimeContainer *container;
	const DavitDumpRequest *request;
	OciHeld held;
	OciCriu criu;
	char *program;
} Checkpoint;

static gboolean
checkpoint_open (Checkpoint *checkpoint, GError **error)
{
	const DavitDumpRequest *request = checkpoint->request;
	const DavitHost *host = checkpoint->host;

	if (!oci_control_hold (host, checkpoint->container, &checkpoint->held, error))
		return FALSE;
	if (request->parent_dirfd >= 0)
		return runtime_error_say (
			error, DAVIT_ERROR_UNSUPPORTED,
			"a checkpoint by an external runtime can't follow an earlier "
			"one of the memory");
	checkpoint->program = oci_program_recall (host, checkpoint->container->dirfd, error);
	return checkpoint->program != NULL &&
	       oci_criu_open (&checkpoint->criu, host, checkpoint->program, "checkpoint", error) &&
	       oci_criu_directories (&checkpoint->criu, request->images_dirfd, request->work_dirfd,
				     error) &&
	       oci_criu_flags (&checkpoint->criu, request->flags, request->options, error) &&
	       criu_processes_check (request, error);
}

/* Repeatable: it may run on already, or be gone. */
static void
checkpoint_thaw (const Checkpoint *checkpoint)
{
	g_autoptr (GError) local = NULL;

	if (!oci_freezer_is_frozen (checkpoint->held.record.cgroup))
		return;
	if (!oci_control_resume (checkpoint->host, checkpoint->container, &local))
		g_debug ("resume: %s", local->message);
	/* What can't be resumed must not stay frozen for ever. */
	oci_freezer_thaw (checkpoint->held.record.cgroup);
}

static gboolean
checkpoint_run (const Checkpoint *checkpoint, GError **error)
{
	const OciCriu *criu = &checkpoint->criu;
	const OciCall call = {
		.host = checkpoint->host,
		.container = checkpoint->container,
		.program = checkpoint->program,
		.verb = "checkpoint",
		.arguments = criu->arguments,
		.criu = criu->criu,
		.envp = (const char *const *) criu->environment,
		.timeout_msec = checkpoint->request->timeout_msec,
	};

	return oci_call (&call, error) ||
	       oci_criu_explain (checkpoint->host, checkpoint->request->work_dirfd, LOG_FILE,
				 "checkpoint", error);
}

static gboolean
checkpoint_take (const Checkpoint *checkpoint, DavitResult *result, GError **error)
{
	const DavitDumpRequest *request = checkpoint->request;
	gboolean taken;

	if (!oci_control_pause (checkpoint->host, checkpoint->container, error))
		return FALSE;
	taken = (request->frozen == NULL || request->frozen (request->frozen_data, error)) &&
		checkpoint_run (checkpoint, error);
	if (!taken || (request->flags & DAVIT_CHECKPOINT_LEAVE_RUNNING))
		checkpoint_thaw (checkpoint);
	if (!taken || !criu_images_sync (request->images_dirfd, error))
		return FALSE;
	if (request->flags & DAVIT_CHECKPOINT_STATISTICS)
		criu_statistics_add (checkpoint->host, request->work_dirfd, FALSE,
				     (request->flags & DAVIT_CHECKPOINT_KEEP_LOG) != 0, result);
	return TRUE;
}

gboolean
oci_checkpoint (const DavitHost *host, const DavitRuntimeContainer *container,
		const DavitDumpRequest *dump, DavitResult *result, GError **error)
{
	Checkpoint checkpoint = {
		.host = host,
		.container = container,
		.request = dump,
		.held = OCI_HELD_INIT,
	};
	gboolean taken = checkpoint_open (&checkpoint, error) &&
			 checkpoint_take (&checkpoint, result, error);

	oci_criu_clear (&checkpoint.criu);
	oci_held_clear (&checkpoint.held);
	g_free (checkpoint.program);
	return taken;
}
