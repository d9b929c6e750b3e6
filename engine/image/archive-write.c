/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes a container archive of given members. They belong to root and are of 1970. */

#include "base/error.h"
#include "image/archive-tar.h"
#include "image/archive-work.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (64 * 1024)

/* length bytes of a file from offset. */
static gboolean
copy_range (ArchiveOutput *output, int fd, guint64 offset, guint64 length, const char *name,
	    GError **error)
{
	guint8 buffer[BLOCK_SIZE];

	while (length > 0) {
		ssize_t got =
			pread (fd, buffer, (gsize) MIN (length, sizeof (buffer)), (off_t) offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return davit_error_errno (error, errno, "read \"%s\"", name);
		if (got == 0)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"\"%s\" became shorter while it was read", name);
		if (!archive_output_write (output, buffer, (gsize) got, error))
			return FALSE;
		offset += (guint64) got;
		length -= (guint64) got;
	}
	return TRUE;
}

/* Goes over a file without its compression: to output, or, if that is NULL, to count. */
static gboolean
expand (int fd, ArchiveOutput *output, guint64 *ret_length, GError **error)
{
	g_autoptr (ArchiveInput) input = NULL;
	const guint8 *data;
	gssize length;

	if (lseek (fd, 0, SEEK_SET) < 0)
		return davit_error_errno (error, errno, "read a compressed file");
	input = archive_input_new (fd, NULL);
	if (!archive_input_open (input, error))
		return FALSE;
	while ((length = archive_input_read (input, &data, error)) > 0) {
		if (output != NULL && !archive_output_write (output, data, (gsize) length, error))
			return FALSE;
	}
	if (ret_length != NULL)
		*ret_length = archive_input_position (input);
	return length == 0;
}

static gboolean
member_size (const ArchiveWorkMember *member, guint64 *ret_size, GError **error)
{
	struct stat status;

	*ret_size = member->length;
	if (member->fd < 0)
		return TRUE;
	if (fstat (member->fd, &status) < 0)
		return davit_error_errno (error, errno, "\"%s\"", member->name);
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"\"%s\" is no regular file, its size is not known",
					member->name);
	*ret_size = (guint64) status.st_size;
	/* The size stands before the data: the file is read twice. */
	return !member->expand || expand (member->fd, NULL, ret_size, error);
}

static gboolean
write_member (ArchiveOutput *output, const ArchiveWorkMember *member, int texts_fd,
	      guint64 texts_offset, GError **error)
{
	ArchiveTarEntry entry = {.name = member->name, .type = '0', .mode = 0644};

	if (member->link != NULL) {
		entry.type = '2';
		entry.mode = 0777;
		entry.link = member->link;
		return archive_tar_header (output, &entry, error);
	}
	if (!member_size (member, &entry.size, error) ||
	    !archive_tar_header (output, &entry, error))
		return FALSE;
	if (member->expand) {
		if (!expand (member->fd, output, NULL, error))
			return FALSE;
	} else if (!copy_range (output, member->fd >= 0 ? member->fd : texts_fd,
				member->fd >= 0 ? 0 : texts_offset, entry.size, member->name,
				error)) {
		return FALSE;
	}
	return archive_tar_pad (output, entry.size, error);
}

gboolean
archive_work_write (const ArchiveWorkWrite *request, const GArray *members, ArchiveReply *reply,
		    GError **error)
{
	g_autoptr (ArchiveOutput) output =
		archive_output_new (request->output_fd, request->compression, FALSE, reply, error);
	guint64 texts_offset = 0;

	if (output == NULL)
		return FALSE;
	for (guint i = 0; i < members->len; i++) {
		const ArchiveWorkMember *member = &g_array_index (members, ArchiveWorkMember, i);

		if (!write_member (output, member, request->texts_fd, texts_offset, error))
			return FALSE;
		texts_offset += member->length;
	}
	return archive_tar_end (output, error) && archive_output_finish (output, NULL, error);
}
