/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the input of the worker. */

#include "image/archive-raw.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What Linux lets anybody set. */
#define PIPE_SIZE (1024 * 1024)

void
archive_raw_init (ArchiveRaw *raw, int fd, ArchiveReply *reply)
{
	struct stat status;

	*raw = (ArchiveRaw){.fd = fd, .copy_fd = -1, .clone_fd = -1, .reply = reply};
	raw->buffer = g_malloc (ARCHIVE_BLOCK_SIZE);
	if (fstat (fd, &status) < 0)
		return;
	if (S_ISREG (status.st_mode)) {
		off_t offset = lseek (fd, 0, SEEK_CUR);

		posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		if (reply != NULL && offset >= 0 && offset < status.st_size)
			reply->total = (guint64) (status.st_size - offset);
	} else if (S_ISFIFO (status.st_mode)) {
		/* Sixteen times fewer changes between the writer and us; as good without. */
		fcntl (fd, F_SETPIPE_SZ, PIPE_SIZE);
	}
}

void
archive_raw_clear (ArchiveRaw *raw)
{
	davit_fd_close (&raw->clone_fd);
	g_clear_pointer (&raw->hash, archive_hash_free);
	g_clear_pointer (&raw->buffer, g_free);
}

/*
 * Once the file system has made the copy, the copy is what is read: the input may be written to by
 * others meanwhile, the digest must be that of what is kept.
 */
void
archive_raw_copy_to (ArchiveRaw *raw, int copy_fd)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", copy_fd);
	davit_autofd clone = -1;

	raw->copy_fd = copy_fd;
	if (lseek (raw->fd, 0, SEEK_CUR) != 0 || ioctl (copy_fd, FICLONE, raw->fd) < 0)
		return;
	clone = open (path, O_RDONLY | O_CLOEXEC);
	if (clone < 0) {
		/* Then by writing, into the empty file that it was. */
		if (ftruncate (copy_fd, 0) < 0)
			return;
		return;
	}
	raw->clone_fd = davit_fd_steal (&clone);
	raw->copy_fd = -1;
}

/* Fills the buffer, unless the input ends. */
static gssize
raw_fill (ArchiveRaw *raw, GError **error)
{
	int fd = raw->clone_fd >= 0 ? raw->clone_fd : raw->fd;
	gsize length = 0;

	while (length < ARCHIVE_BLOCK_SIZE) {
		ssize_t got = read (fd, raw->buffer + length, ARCHIVE_BLOCK_SIZE - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			davit_error_errno (error, errno, "read the archive");
			return -1;
		}
		if (got == 0)
			break;
		length += (gsize) got;
	}
	return (gssize) length;
}

gssize
archive_raw_peek (ArchiveRaw *raw, const guint8 **ret_data, GError **error)
{
	gssize length = raw_fill (raw, error);

	if (length < 0)
		return -1;
	raw->held = (gsize) length;
	*ret_data = raw->buffer;
	return length;
}

gssize
archive_raw_read (ArchiveRaw *raw, const guint8 **ret_data, GError **error)
{
	gssize length = raw->held > 0 ? (gssize) raw->held : raw_fill (raw, error);

	raw->held = 0;
	if (length <= 0)
		return length;
	raw->size += (guint64) length;
	if (raw->limit > 0 && raw->size > raw->limit) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "archive is larger than the %" G_GUINT64_FORMAT
				 " bytes that it may have",
				 raw->limit);
		return -1;
	}
	if (raw->hash != NULL)
		archive_hash_add (raw->hash, raw->buffer, (gsize) length);
	if (raw->copy_fd >= 0 && !davit_fd_write (raw->copy_fd, raw->buffer, (gsize) length,
						  "copy of the archive", error))
		return -1;
	if (raw->reply != NULL)
		archive_reply_progress (raw->reply, raw->size);
	*ret_data = raw->buffer;
	return length;
}
