/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes regular files and directories. */

#include "image/archive-writer.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/archive-whiteout.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes a block where it belongs. */
static gboolean
file_block (int fd, const void *data, gsize length, guint64 offset)
{
	const char *rest = data;

	while (length > 0) {
		ssize_t written = pwrite (fd, rest, length, (off_t) offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		rest += written;
		length -= (gsize) written;
		offset += (guint64) written;
	}
	return TRUE;
}

/* Straight from the buffer of the input. What the archive has as a hole stays one. */
static gboolean
file_data (ArchiveReader *reader, const ArchiveEntry *entry, int fd, GError **error)
{
	guint64 end = 0;

	for (;;) {
		const void *data;
		gsize length;
		guint64 offset;

		if (!archive_reader_data (reader, &data, &length, &offset, error))
			return FALSE;
		if (length == 0)
			break;
		if (!file_block (fd, data, length, offset))
			return archive_writer_errno (entry->path, "write", error);
		end = MAX (end, offset + length);
	}
	if (end < entry->size && ftruncate (fd, (off_t) entry->size) < 0)
		return archive_writer_errno (entry->path, "extend", error);
	return TRUE;
}

gboolean
archive_writer_file (ArchiveWriter *writer, ArchiveReader *reader, const ArchiveEntry *entry,
		     int parent, GError **error)
{
	const char *name = archive_tree_name (entry->path);
	/* O_EXCL follows no link and opens nothing that is there: no device, no other's file. */
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	davit_autofd fd = openat (parent, name, flags, entry->mode & 0777);

	if (fd < 0) {
		if (errno != EEXIST)
			return archive_writer_errno (entry->path, "make the file", error);
		if (!archive_writer_clear_way (writer, parent, entry->path, error))
			return FALSE;
		fd = openat (parent, name, flags, entry->mode & 0777);
		if (fd < 0)
			return archive_writer_errno (entry->path, "make the file", error);
	}
	if (entry->size > 0 && !file_data (reader, entry, fd, error))
		return FALSE;
	return archive_attributes_set (writer, entry, fd, error);
}

/* Makes a directory in the place of something else, or opens one that is there. */
static gboolean
directory_over (ArchiveWriter *writer, const char *path, int parent, int *ret_fd, GError **error)
{
	const char *name = archive_tree_name (path);
	davit_autofd fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);

	if (fd >= 0) {
		*ret_fd = davit_fd_steal (&fd);
		return TRUE;
	}
	if (errno != ENOTDIR && errno != ELOOP)
		return archive_writer_errno (path, "open the directory", error);
	if (unlinkat (parent, name, 0) < 0 || mkdirat (parent, name, 0700) < 0)
		return archive_writer_errno (path, "make the directory", error);
	fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return archive_writer_errno (path, "open the directory", error);
	/* What was there hid a directory of the layers below. */
	if (writer->whiteouts != DAVIT_WHITEOUTS_APPLY &&
	    !archive_whiteout_set_opaque (writer->whiteouts, fd, path, error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
archive_writer_directory (ArchiveWriter *writer, const ArchiveEntry *entry, int parent,
			  GError **error)
{
	const char *name = archive_tree_name (entry->path);
	davit_autofd fd = -1;

	if (entry->path[0] == '\0') {
		fd = archive_tree_open (writer->target, ".", O_RDONLY | O_DIRECTORY);
	} else if (mkdirat (parent, name, 0700) == 0) {
		fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	} else if (errno != EEXIST) {
		return archive_writer_errno (entry->path, "make the directory", error);
	} else if (!directory_over (writer, entry->path, parent, &fd, error)) {
		return FALSE;
	}
	if (fd < 0)
		return archive_writer_errno (entry->path, "open the directory", error);
	if ((writer->inherits && !archive_attributes_reset (entry->path, fd, error)) ||
	    !archive_attributes_owner (entry, fd, error) ||
	    !archive_attributes_extended (writer, entry, fd, error))
		return FALSE;
	archive_late_add (writer, entry);
	/* What follows is most likely in it. */
	if (entry->path[0] != '\0')
		archive_tree_push (&writer->tree, entry->path, davit_fd_steal (&fd));
	return TRUE;
}
