/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU reads pages where processes are made already, and where it finds the end of the file it
 * reads again, for ever. So it is checked before that there are as many as the maps say.
 */

#include "criu-pages.h"

#include "criu-fd.h"
#include "criu-protobuf.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC_COMMON 0x54564319u
#define MAGIC_PAGEMAP 0x56084025u
#define HEADER_SIZE 8
#define MAP_LIMIT ((goffset) 1024 * 1024 * 1024)

enum {
	ENTRY_PARENT = 1 << 0,
	ENTRY_PRESENT = 1 << 2,
};

/* The next message behind position, which is moved. FALSE: there is none, or it is cut. */
static gboolean
message_next (const guint8 *bytes, gsize length, gsize *position, CriuProtobufReader *ret)
{
	gsize size;

	if (length - *position < 4)
		return FALSE;
	size = criu_protobuf_word (bytes + *position);
	if (size > length - *position - 4)
		return FALSE;
	*ret = (CriuProtobufReader){.data = bytes + *position + 4, .length = size};
	*position += 4 + size;
	return TRUE;
}

/* How many pages of an entry are in the image; FALSE: it is damaged. */
static gboolean
entry_parse (CriuProtobufReader reader, guint64 *ret_pages)
{
	gboolean in_parent = FALSE;
	gboolean has_flags = FALSE;
	guint64 flags = 0;
	guint64 old_pages = 0;
	guint64 pages = 0;

	while (criu_protobuf_next (&reader)) {
		if (reader.field == 2)
			old_pages = reader.number;
		else if (reader.field == 3)
			in_parent = reader.number != 0;
		else if (reader.field == 5)
			pages = reader.number;
		if (reader.field != 4)
			continue;
		has_flags = TRUE;
		flags = reader.number;
	}
	/* Versions before 3.3 had no flags. */
	if (has_flags ? !(flags & ENTRY_PRESENT) : in_parent)
		pages = old_pages = 0;
	*ret_pages = pages != 0 ? pages : old_pages;
	return !reader.broken && *ret_pages <= G_MAXUINT64 >> 17;
}

gboolean
criu_pages_parse (const guint8 *bytes, gsize length, guint32 *ret_id, guint64 *ret_pages)
{
	gsize position = HEADER_SIZE;
	CriuProtobufReader reader;
	guint64 all = 0;
	gboolean has_id = FALSE;

	if (length < HEADER_SIZE || criu_protobuf_word (bytes) != MAGIC_COMMON ||
	    criu_protobuf_word (bytes + 4) != MAGIC_PAGEMAP ||
	    !message_next (bytes, length, &position, &reader))
		return FALSE;
	while (criu_protobuf_next (&reader)) {
		if (reader.field != 1 || reader.is_bytes)
			continue;
		*ret_id = (guint32) reader.number;
		has_id = TRUE;
	}
	if (reader.broken || !has_id)
		return FALSE;
	while (position < length) {
		guint64 pages;

		if (!message_next (bytes, length, &position, &reader) ||
		    !entry_parse (reader, &pages) || pages > G_MAXUINT64 - all)
			return FALSE;
		all += pages;
	}
	*ret_pages = all;
	return TRUE;
}

static gboolean
map_damaged (const char *name, GError **error)
{
	return criu_error_set (error, DAVIT_ERROR_CORRUPT, "image \"%s\": is damaged", name);
}

static gboolean
size_check (int images_dirfd, guint32 id, guint64 pages, GError **error)
{
	g_autofree char *name = g_strdup_printf ("pages-%u.img", id);
	guint64 size = (guint64) sysconf (_SC_PAGESIZE);
	struct stat status = {0};

	if (pages == 0)
		return TRUE;
	if (fstatat (images_dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG (status.st_mode))
		return criu_error_set (error, DAVIT_ERROR_CORRUPT, "image \"%s\": is missing",
				       name);
	if (pages > G_MAXINT64 / size || (guint64) status.st_size < pages * size)
		return criu_error_set (error, DAVIT_ERROR_CORRUPT,
				       "image \"%s\": is cut off, %" G_GUINT64_FORMAT
				       " pages are missing",
				       name, pages - (guint64) status.st_size / size);
	return TRUE;
}

static gboolean
map_check (int images_dirfd, const char *name, GError **error)
{
	criu_autofd fd =
		openat (images_dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	g_autoptr (GMappedFile) map = NULL;
	struct stat status;
	guint64 pages = 0;
	guint32 id = 0;

	if (fd < 0 || fstat (fd, &status) < 0)
		return criu_error_errno (error, errno, "image \"%s\"", name);
	if (!S_ISREG (status.st_mode) || status.st_size > MAP_LIMIT || status.st_size < HEADER_SIZE)
		return map_damaged (name, error);
	map = g_mapped_file_new_from_fd (fd, FALSE, error);
	if (map == NULL)
		return FALSE;
	if (!criu_pages_parse ((const guint8 *) g_mapped_file_get_contents (map),
			       g_mapped_file_get_length (map), &id, &pages))
		return map_damaged (name, error);
	return size_check (images_dirfd, id, pages, error);
}

gboolean
criu_pages_check (int images_dirfd, GError **error)
{
	int fd = openat (images_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
	const struct dirent *entry;
	gboolean whole = TRUE;

	if (directory == NULL) {
		criu_error_errno (error, errno, "directory of images");
		criu_fd_close (&fd);
		return FALSE;
	}
	while (whole && (entry = readdir (directory)) != NULL) {
		if (g_str_has_prefix (entry->d_name, "pagemap-"))
			whole = map_check (images_dirfd, entry->d_name, error);
	}
	closedir (directory);
	return whole;
}
