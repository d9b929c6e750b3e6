/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Open file description locks: they belong to a descriptor, where others belong to a process. */

#include "image/layer-lock.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define LOCKS_FILE "layers.lock"
/* 60 bits of a chain id are an offset that no two layers share. */
#define OFFSET_DIGITS 15

struct _DavitLayerLocks {
	int fd;
};

DavitLayerLocks *
davit_layer_locks_new (int content_fd, GError **error)
{
	DavitLayerLocks *locks;
	int fd = openat (content_fd, LOCKS_FILE,
			 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd < 0) {
		davit_error_errno (error, errno, "open \"content/" LOCKS_FILE "\"");
		return NULL;
	}
	locks = g_new0 (DavitLayerLocks, 1);
	locks->fd = fd;
	return locks;
}

/* -1 and errno. */
static int
lock_set (DavitLayerLocks *locks, const char *chain_id, short type, int command)
{
	char digits[OFFSET_DIGITS + 1];
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
	int result;

	g_strlcpy (digits, chain_id, sizeof digits);
	lock.l_start = (off_t) g_ascii_strtoull (digits, NULL, 16);
	do {
		result = fcntl (locks->fd, command, &lock);
	} while (result < 0 && errno == EINTR);
	return result;
}

static gboolean
lock_failed (const char *chain_id, GError **error)
{
	return davit_error_errno (error, errno, "lock layer \"%s\"", chain_id);
}

gboolean
davit_layer_locks_take (DavitLayerLocks *locks, const char *chain_id, GError **error)
{
	return lock_set (locks, chain_id, F_WRLCK, F_OFD_SETLKW) == 0 ||
	       lock_failed (chain_id, error);
}

gboolean
davit_layer_locks_share (DavitLayerLocks *locks, const char *chain_id, GError **error)
{
	return lock_set (locks, chain_id, F_RDLCK, F_OFD_SETLKW) == 0 ||
	       lock_failed (chain_id, error);
}

gboolean
davit_layer_locks_try (DavitLayerLocks *locks, const char *chain_id, gboolean *ret_taken,
		       GError **error)
{
	*ret_taken = lock_set (locks, chain_id, F_WRLCK, F_OFD_SETLK) == 0;
	return *ret_taken || errno == EAGAIN || errno == EACCES || lock_failed (chain_id, error);
}

void
davit_layer_locks_release (DavitLayerLocks *locks)
{
	struct flock everything = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	fcntl (locks->fd, F_OFD_SETLK, &everything);
}

void
davit_layer_locks_free (DavitLayerLocks *locks)
{
	if (locks == NULL)
		return;
	davit_fd_close (&locks->fd);
	g_free (locks);
}
