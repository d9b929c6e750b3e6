/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Namespaces of other containers. */

#include "container/join.h"

#include "base/error.h"
#include "base/fd.h"
#include "container/container-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void
davit_joined_init (DavitJoined *joined)
{
	*joined = (DavitJoined){.fd = -1};
}

void
davit_joined_clear (DavitJoined *joined)
{
	davit_fd_close (&joined->fd);
	g_clear_pointer (&joined->path, g_free);
	g_clear_pointer (&joined->run_dir, g_free);
}

void
davit_joined_set_fd (DavitJoined *joined, int fd)
{
	joined->fd = fd;
	/* Not /proc/self: a runtime may open it in a program that has not our files. */
	joined->path = g_strdup_printf ("/proc/%d/fd/%d", (int) getpid (), fd);
}

static gboolean
join_container (DavitContainer *container, const char *kind, DavitJoined *joined, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/ns/%s", container->pid, kind);
	davit_autofd fd = -1;
	DavitRun run = {0};
	gboolean alive;

	if (container->status == DAVIT_STATUS_DAMAGED)
		return davit_container_wrong_state (container, "can't be joined", error);
	if (container->status != DAVIT_STATUS_RUNNING && container->status != DAVIT_STATUS_PAUSED)
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"container \"%s\" can't be joined: it is %s; start it "
					"first",
					davit_container_title (container),
					davit_status_name (container->status));
	fd = open (path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "open \"%s\" of container \"%s\"", path,
					  davit_container_title (container));
	/* Looked at afterwards: as long as it lives, the number was not anybody else's. */
	if (!davit_container_read_run (container, &run, error))
		return FALSE;
	alive = fd >= 0 && run.pid == container->pid && davit_run_is_alive (&run);
	davit_run_clear (&run);
	if (!alive)
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"container \"%s\" can't be joined: it has just ended",
					davit_container_title (container));
	davit_joined_set_fd (joined, davit_fd_steal (&fd));
	joined->run_dir = davit_container_run_path (container->engine, container->id);
	return TRUE;
}

gboolean
davit_join_open (DavitEngine *engine, const DavitNamespace *wanted, const char *kind,
		 DavitJoined *ret_joined, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;

	if (wanted->mode == DAVIT_NAMESPACE_PATH)
		ret_joined->path = g_strdup (wanted->target);
	if (wanted->mode != DAVIT_NAMESPACE_CONTAINER)
		return TRUE;
	container = davit_container_find (engine, wanted->target, error);
	return container != NULL && join_container (container, kind, ret_joined, error);
}
