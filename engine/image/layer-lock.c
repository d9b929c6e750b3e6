/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Locks of layers. */

#include "image/layer-lock.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKS_DIRECTORY "locks"

typedef struct {
	char *name;
	int fd;
} LayerLock;

struct _DavitLayerLocks {
	int dirfd;
	GArray *held; /* LayerLock */
};

DavitLayerLocks *
davit_layer_locks_new (int content_fd, GError **error)
{
	g_autoptr (DavitLayerLocks) locks = g_new0 (DavitLayerLocks, 1);

	locks->dirfd = -1;
	locks->held = g_array_new (FALSE, FALSE, sizeof (LayerLock));
	return davit_path_open_subdirectory (content_fd, LOCKS_DIRECTORY, 0700, &locks->dirfd,
					     error)
		       ? g_steal_pointer (&locks)
		       : NULL;
}

/* ret_fd stays -1 if the file was removed while we waited for it. */
static gboolean
lock_try (DavitLayerLocks *locks, const char *name, int *ret_fd, GError **error)
{
	struct stat status;
	davit_autofd fd = openat (locks->dirfd, name,
				  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

	if (fd < 0)
		return davit_error_errno (error, errno, "lock layer \"%s\"", name);
	if (!davit_lock_take (fd, -1, name, error))
		return FALSE;
	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "lock layer \"%s\"", name);
	if (status.st_nlink > 0)
		*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_layer_locks_take (DavitLayerLocks *locks, const char *chain_id, GError **error)
{
	LayerLock lock = {NULL, -1};

	while (lock.fd < 0) {
		if (!lock_try (locks, chain_id, &lock.fd, error))
			return FALSE;
	}
	lock.name = g_strdup (chain_id);
	g_array_append_val (locks->held, lock);
	return TRUE;
}

void
davit_layer_locks_free (DavitLayerLocks *locks)
{
	if (locks == NULL)
		return;
	for (guint i = 0; i < locks->held->len; i++) {
		LayerLock *lock = &g_array_index (locks->held, LayerLock, i);

		/* Removed first: who waits sees that it is gone, and makes a new one. */
		unlinkat (locks->dirfd, lock->name, 0);
		davit_fd_close (&lock->fd);
		g_free (lock->name);
	}
	g_array_unref (locks->held);
	davit_fd_close (&locks->dirfd);
	g_free (locks);
}

static gboolean
lock_clean (int dirfd, const char *name, GError **error)
{
	g_autoptr (GError) local = NULL;
	davit_autofd fd =
		openat (dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ENOENT)
		return TRUE;
	if (fd >= 0 && !davit_lock_take (fd, 0, name, &local)) {
		if (davit_error_matches (local, DAVIT_ERROR_BUSY))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	return davit_path_remove_tree (dirfd, name, error);
}

gboolean
davit_layer_locks_clean (int content_fd, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd dirfd = openat (content_fd, LOCKS_DIRECTORY,
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dirfd < 0 && errno == ENOENT)
		return TRUE;
	if (dirfd < 0)
		return davit_error_errno (error, errno, "open \"content/locks\"");
	if (!davit_path_list (dirfd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		if (!lock_clean (dirfd, g_ptr_array_index (names, i), error))
			return FALSE;
	}
	return TRUE;
}
