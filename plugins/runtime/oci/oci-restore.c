/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * restore: a create by another verb, after which the processes run. The runtime makes the control
 * groups, and puts today's streams where the first process had pipes. Descriptors beside those are
 * in the images, if they are anywhere.
 */

#include "oci-checkpoint.h"

#include "criu-statistics.h"
#include "oci-control.h"
#include "oci-create.h"
#include "oci-criu.h"
#include "oci-program.h"

#define LOG_FILE "restore.log"

static gboolean
criu_prepare (const DavitHost *host, const char *program, const DavitRestoreRequest *restore,
	      OciCriu *criu, GError **error)
{
	if (!oci_criu_open (criu, host, program, "restore", error) ||
	    !oci_criu_directories (criu, restore->images_dirfd, restore->work_dirfd, error) ||
	    !oci_criu_flags (criu, restore->flags, restore->options, error))
		return FALSE;
	g_ptr_array_add (criu->arguments, (gpointer) "--detach");
	return TRUE;
}

gboolean
oci_restore (const DavitHost *host, const DavitRuntimeCreate *request,
	     const DavitRestoreRequest *restore, int *ret_pidfd, DavitResult *result,
	     GError **error)
{
	g_autofree char *variant = oci_program_choose (host, error);
	g_autofree char *program = variant != NULL ? oci_program_find (host, variant, error) : NULL;
	g_auto (OciCriu) criu = {0};
	OciMaking making = {.verb = "restore", .program = program};

	if (program == NULL || !criu_prepare (host, program, restore, &criu, error))
		return FALSE;
	making.arguments = criu.arguments;
	making.criu = criu.criu;
	making.envp = (const char *const *) criu.environment;
	making.timeout_msec = restore->timeout_msec;
	if (!oci_make (host, request, &making, ret_pidfd, result, error))
		return oci_criu_explain (host, restore->work_dirfd, LOG_FILE, "restore", error);
	oci_control_mark_started (&request->container);
	if (restore->flags & DAVIT_CHECKPOINT_STATISTICS)
		criu_statistics_add (host, restore->work_dirfd, TRUE,
				     (restore->flags & DAVIT_CHECKPOINT_KEEP_LOG) != 0, result);
	return TRUE;
}
