/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A runtime with one fault: spoilt.h. */

#include "spoilt.h"

#include <davit/runtime.h>

#define REAL(spoilt_) ((const DavitRuntimeOps *) (spoilt_)->ops)

static gboolean
create (gpointer instance, const DavitRuntimeCreate *request, int *ret_pidfd, DavitResult *result,
	GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	DavitRuntimeCreate changed = *request;

	if (spoilt_is (spoilt, "thrifty"))
		changed.n_pass_fds = 0;
	if (spoilt_is (spoilt, "crossed")) {
		changed.stdio[1] = request->stdio[2];
		changed.stdio[2] = request->stdio[1];
	}
	if (!REAL (spoilt)->create (spoilt->instance, &changed, ret_pidfd, result, error))
		return FALSE;
	return !spoilt_is (spoilt, "eager") ||
	       REAL (spoilt)->start (spoilt->instance, &request->container, error);
}

static gboolean
start (gpointer instance, const DavitRuntimeContainer *container, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;
	GError *ignored = NULL;

	if (!spoilt_is (spoilt, "careless"))
		return REAL (spoilt)->start (spoilt->instance, container, error);
	REAL (spoilt)->start (spoilt->instance, container, &ignored);
	g_clear_error (&ignored);
	return TRUE;
}

static gboolean
send_signal (gpointer instance, const DavitRuntimeContainer *container, int number, gboolean all,
	     GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	/* SIGWINCH: nobody hears it. */
	return REAL (spoilt)->kill (spoilt->instance, container,
				    spoilt_is (spoilt, "deaf") ? 28 : number, all, error);
}

static gboolean
delete_container (gpointer instance, const DavitRuntimeContainer *container, gboolean force,
		  GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	int fd;

	if (!REAL (spoilt)->delete_ (spoilt->instance, container,
				     force || spoilt_is (spoilt, "brutal"), error))
		return FALSE;
	if (!spoilt_is (spoilt, "litter"))
		return TRUE;
	fd = openat (container->dirfd, "litter", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && close (fd) == 0;
}

static gboolean
state (gpointer instance, const DavitRuntimeContainer *container, DavitResult *result,
       GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	if (!spoilt_is (spoilt, "optimist"))
		return REAL (spoilt)->state (spoilt->instance, container, result, error);
	spoilt->host->result_string (result, "status", "running");
	spoilt->host->result_integer (result, "pid", 1);
	return TRUE;
}

static const DavitRuntimeOps ops = {
	.open = spoilt_open,
	.close = spoilt_close,
	.probe = spoilt_probe,
	.create = create,
	.start = start,
	.kill = send_signal,
	.delete_ = delete_container,
	.state = state,
};

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_RUNTIME, "spoilt-runtime", "1", "a runtime with one fault",
		     "LGPL-2.1-or-later", spoilt_options, ops);
