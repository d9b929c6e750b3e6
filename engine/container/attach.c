/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Being connected to a container until it ends. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"

/* Failing to pass a signal on is no reason to leave: it may have ended just now. */
static void
signal_forward (int signal, gpointer data)
{
	davit_container_signal ((DavitContainer *) data, signal, FALSE, NULL);
}

const char *
davit_container_detach_keys (const DavitContainer *container, const DavitContainerStart *streams)
{
	if (streams->detach_keys != NULL)
		return streams->detach_keys;
	return davit_config_string (container->engine->config, "detach-keys");
}

gboolean
davit_container_connect (DavitContainer *container, const DavitContainerConnection *connection,
			 gboolean *ret_detached, DavitExit *ret_exit, GError **error)
{
	const DavitContainerStart *streams = connection->streams;
	gboolean detached = FALSE;
	DavitExit ended = {0};
	DavitAttach attach;

	davit_attach_init (&attach);
	attach.monitor_fd = connection->monitor_fd;
	attach.terminal = connection->terminal;
	attach.stdin_fd = streams->stdin_open ? streams->stdin_fd : -1;
	attach.stdout_fd = streams->stdout_fd;
	attach.stderr_fd = streams->stderr_fd;
	attach.detach_keys = davit_container_detach_keys (container, streams);
	attach.signal_proxy = streams->signal_proxy;
	attach.forward = signal_forward;
	attach.data = container;
	davit_trace_begin ("container", "run");
	if (!davit_attach_run (&attach, &detached, &ended, error)) {
		davit_trace_end ();
		return davit_error_prefix (error, "container \"%s\"",
					   davit_container_title (container));
	}
	davit_trace_end ();
	/* Its end is known whatever becomes of the cleaning up, which can be repeated. */
	if (ret_detached != NULL)
		*ret_detached = detached;
	if (ret_exit != NULL && !detached)
		*ret_exit = ended;
	return detached || davit_container_finish (container, connection->monitor_fd, error);
}

gboolean
davit_container_attach (DavitContainer *container, const DavitContainerStart *streams,
			gboolean *ret_detached, DavitExit *ret_exit, GError **error)
{
	g_autoptr (DavitRecord) record = davit_container_read_record (container, error);
	davit_autofd monitor_fd = -1;
	DavitContainerConnection connection = {.streams = streams};

	if (record == NULL || !davit_container_refresh (container, error))
		return FALSE;
	if (container->status != DAVIT_STATUS_RUNNING &&
	    container->status != DAVIT_STATUS_INITIALIZED)
		return davit_container_wrong_state (container, "can't be attached to", error);
	if (!davit_monitor_connect (container->run_dirfd, &monitor_fd, error))
		return davit_error_prefix (error, "container \"%s\"",
					   davit_container_title (container));
	connection.monitor_fd = monitor_fd;
	connection.terminal = record->terminal;
	return davit_container_connect (container, &connection, ret_detached, ret_exit, error);
}
