/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Copies content by the cheapest way that works: sharing blocks (reflink: btrfs, xfs), copying
 * inside the kernel, reading and writing. What each can't do is remembered, since it is the same
 * for all files of a tree.
 */

#include "store-copy.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER_SIZE ((gsize) 128 * 1024)

/* Errors that say "not here", and not that something is broken. */
static gboolean
number_is_unsupported (int number)
{
	return number == EOPNOTSUPP || number == ENOTTY || number == EXDEV || number == EINVAL ||
	       number == ENOSYS || number == EPERM || number == ETXTBSY;
}

static gboolean
range_write (int to, const char *data, gsize length, off_t at)
{
	while (length > 0) {
		gssize written = pwrite (to, data, length, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		data += written;
		at += written;
		length -= (gsize) written;
	}
	return TRUE;
}

static gboolean
range_copy_by_hand (int from, int to, off_t at, off_t end)
{
	g_autofree char *buffer = (char *) g_malloc (BUFFER_SIZE);

	while (at < end) {
		gssize got = pread (from, buffer, MIN ((gsize) (end - at), BUFFER_SIZE), at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return FALSE;
		/* It became shorter while it was read; the size is set at the end. */
		if (got == 0)
			break;
		if (!range_write (to, buffer, (gsize) got, at))
			return FALSE;
		at += got;
	}
	return TRUE;
}

static gboolean
range_copy (StoreCopy *state, int from, int to, off_t at, off_t end)
{
	off_t to_at = at;

	while (!state->no_kernel && at < end) {
		gssize done = copy_file_range (from, &at, to, &to_at, (gsize) (end - at), 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && !number_is_unsupported (errno))
			return FALSE;
		/* Some kernels answer 0 for files of /proc and the like instead of an error. */
		if (done <= 0)
			state->no_kernel = done < 0;
		if (done <= 0)
			break;
	}
	return range_copy_by_hand (from, to, at, end);
}

/* Only where there is data: a hole of a terabyte stays a hole. */
static gboolean
data_copy_sparse (StoreCopy *state, int from, int to, off_t size)
{
	off_t at = 0;

	while (at < size) {
		off_t data = lseek (from, at, SEEK_DATA);
		off_t hole;

		/* Nothing but a hole up to the end. */
		if (data < 0 && errno == ENXIO)
			return TRUE;
		if (data < 0)
			return errno == EINVAL && range_copy (state, from, to, at, size);
		hole = lseek (from, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		if (!range_copy (state, from, to, data, hole))
			return FALSE;
		at = hole;
	}
	return TRUE;
}

gboolean
store_copy_data (StoreCopy *state, int from, int to, off_t size)
{
	if (size == 0)
		return TRUE;
	if (!state->no_reflink) {
		if (ioctl (to, FICLONE, from) == 0)
			return TRUE;
		if (!number_is_unsupported (errno))
			return FALSE;
		state->no_reflink = TRUE;
	}
	return data_copy_sparse (state, from, to, size) && ftruncate (to, size) == 0;
}
