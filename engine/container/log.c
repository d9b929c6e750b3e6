/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the log of a container stands, and when nothing more will come. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>

gboolean
davit_container_log (DavitContainer *container, int *ret_dirfd, const char **ret_name,
		     GError **error)
{
	g_autoptr (DavitRecord) record = davit_container_read_record (container, error);

	if (record == NULL)
		return FALSE;
	if (strcmp (record->log_driver, "none") == 0)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"container \"%s\": its log driver \"none\" keeps nothing",
					davit_container_title (container));
	*ret_dirfd = container->dirfd;
	*ret_name = DAVIT_CONTAINER_LOG;
	return TRUE;
}

gboolean
davit_container_open_end (DavitContainer *container, int *ret_fd, GError **error)
{
	DavitRun run = {0};
	gboolean opened;

	if (!davit_container_refresh (container, error))
		return FALSE;
	if (container->run_dirfd >= 0 && davit_monitor_connect (container->run_dirfd, ret_fd, NULL))
		return TRUE;
	/* Without a monitor nothing is written any more, but it has not ended either. */
	if (!davit_container_read_run (container, &run, error))
		return FALSE;
	opened = davit_run_open_process (&run, ret_fd, error);
	davit_run_clear (&run);
	return opened;
}
