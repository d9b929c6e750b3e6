/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Takes the files out of a container archive. Their names are only reported; on disk they are
 * numbers, so that nothing in the archive ever becomes a path.
 */

#include "base/error.h"
#include "base/fd.h"
#include "image/archive-protocol.h"
#include "image/archive-reader.h"
#include "image/archive-work.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	ArchiveReader *reader;
	ArchiveReply *reply;
	ArchiveHash *hash;
	int target;
	guint files;
} Extraction;

static gboolean
extract_file (Extraction *extraction, const ArchiveEntry *entry, const char *stored,
	      char **ret_digest, GError **error)
{
	davit_autofd fd = openat (extraction->target, stored,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	guint64 end = 0;

	if (fd < 0)
		return davit_error_errno (error, errno, "copy of a file of the archive");
	for (;;) {
		const void *data;
		gsize length;
		guint64 offset;

		if (!archive_reader_data (extraction->reader, &data, &length, &offset, error))
			return FALSE;
		if (length == 0)
			break;
		/* Nobody writes blobs with holes, and the digest would have to cover the zeros. */
		if (offset != end) {
			g_autofree char *quoted = archive_reply_quote (entry->path);

			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"entry \"%s\" is a sparse file; none belongs into "
						"this archive",
						quoted);
		}
		archive_hash_add (extraction->hash, data, length);
		if (!davit_fd_write (fd, data, length, "copy of a file of the archive", error))
			return FALSE;
		end += length;
	}
	if (end != entry->size) {
		g_autofree char *quoted = archive_reply_quote (entry->path);

		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"entry \"%s\" has another size than it says", quoted);
	}
	*ret_digest = archive_hash_finish (extraction->hash);
	return TRUE;
}

/* What a symbolic link in the directory of an entry leads to, as a name of the archive. */
static gboolean
link_resolve (const ArchiveEntry *entry, char **ret_name, GError **error)
{
	g_autofree char *joined = NULL;
	g_auto (GStrv) parts = NULL;
	g_autoptr (GPtrArray) stack = g_ptr_array_new ();
	const char *name = strrchr (entry->path, '/');

	if (name != NULL && entry->link[0] != '/')
		joined = g_strdup_printf ("%.*s/%s", (int) (name - entry->path), entry->path,
					  entry->link);
	else
		joined = g_strdup (entry->link);
	parts = g_strsplit (joined, "/", -1);
	for (char **part = parts; *part != NULL; part++) {
		if (**part == '\0' || strcmp (*part, ".") == 0)
			continue;
		if (strcmp (*part, "..") != 0) {
			g_ptr_array_add (stack, *part);
		} else if (stack->len > 0) {
			g_ptr_array_set_size (stack, (gint) stack->len - 1);
		} else {
			g_autofree char *quoted = archive_reply_quote (entry->path);

			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"link \"%s\" leads out of the archive", quoted);
		}
	}
	g_ptr_array_add (stack, NULL);
	*ret_name = g_strjoinv ("/", (char **) stack->pdata);
	return TRUE;
}

static gboolean
extract_entry (Extraction *extraction, const ArchiveEntry *entry, GError **error)
{
	g_autofree char *stored = g_strdup_printf ("%u", extraction->files);
	g_autofree char *digest = NULL;
	g_autofree char *link = NULL;
	DavitArchiveFile file = {.name = (char *) entry->path, .stored = stored};

	switch (entry->type) {
	case ARCHIVE_ENTRY_DIRECTORY:
		return TRUE;
	case ARCHIVE_ENTRY_FILE:
		if (!extract_file (extraction, entry, stored, &digest, error))
			return FALSE;
		file.digest = digest;
		file.size = entry->size;
		break;
	case ARCHIVE_ENTRY_HARDLINK:
		file.link = (char *) entry->link;
		break;
	case ARCHIVE_ENTRY_SYMLINK:
		if (!link_resolve (entry, &link, error))
			return FALSE;
		file.link = link;
		break;
	case ARCHIVE_ENTRY_NODE:
	default: {
		g_autofree char *quoted = archive_reply_quote (entry->path);

		return davit_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"entry \"%s\" is a device or a fifo; none belongs into this "
			"archive",
			quoted);
	}
	}
	if (entry->path[0] == '\0')
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"the top of the archive is no directory");
	archive_reply_file (extraction->reply, &file);
	extraction->files++;
	return TRUE;
}

gboolean
archive_work_extract (int input_fd, int target_dirfd, ArchiveReply *reply, GError **error)
{
	g_autoptr (ArchiveInput) input = archive_input_new (input_fd, reply);
	g_autoptr (ArchiveHash) hash = archive_hash_new ();
	g_autoptr (ArchiveReader) reader = NULL;
	Extraction extraction = {.reply = reply, .hash = hash, .target = target_dirfd};

	if (!archive_input_open (input, error))
		return FALSE;
	reader = archive_reader_new (input, error);
	if (reader == NULL)
		return FALSE;
	extraction.reader = reader;
	for (;;) {
		const ArchiveEntry *entry;

		if (!archive_reader_next (reader, &entry, error))
			return FALSE;
		if (entry == NULL)
			return TRUE;
		if (extraction.files >= ARCHIVE_FILES_LIMIT)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"archive has more than %d files",
						ARCHIVE_FILES_LIMIT);
		if (!extract_entry (&extraction, entry, error))
			return FALSE;
	}
}
