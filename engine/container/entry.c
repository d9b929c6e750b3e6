/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who enters a container, and who holds it still. A process that is frozen half-way into the
 * container neither runs nor fails, and whoever waits for it hangs until somebody unpauses. So all
 * that enter share a lock on the directory of the run, and who pauses it waits for them.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Entering takes milliseconds, unless the container's file systems are slow on purpose. */
#define ENTRY_MSEC 2000

/* Not run_dirfd itself: two in one process must keep each other away, too. */
static int
run_reopen (const DavitContainer *container)
{
	return container->run_dirfd < 0
		       ? -1
		       : openat (container->run_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

gboolean
davit_container_entry_begin (const DavitContainer *container, int *ret_fd, GError **error)
{
	int fd = run_reopen (container);

	while (fd >= 0 && flock (fd, LOCK_SH) < 0) {
		int number = errno;

		if (number == EINTR)
			continue;
		close (fd);
		return davit_error_errno (error, number, "lock the run of container \"%s\"",
					  davit_container_title (container));
	}
	/* Without a run there is nothing to enter, as the caller is about to find out. */
	*ret_fd = fd;
	return TRUE;
}

int
davit_container_entry_wait (const DavitContainer *container)
{
	int fd = run_reopen (container);

	/* One that takes that long is frozen where it is, and goes on when it is thawed. */
	if (fd >= 0)
		davit_lock_take (fd, ENTRY_MSEC, davit_container_title (container), NULL);
	return fd;
}

void
davit_container_entry_end (int *fd)
{
	if (*fd < 0)
		return;
	/* By name: children that share it may be there still. */
	davit_lock_release (*fd);
	close (*fd);
	*fd = -1;
}
