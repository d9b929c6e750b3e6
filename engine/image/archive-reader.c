/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads tar with libarchive, and checks what it says.
 *
 * The worker stays in the C locale. There libarchive leaves names as the bytes that they are,
 * except that it tries to convert those of pax headers, which it takes for UTF-8; with that it
 * fails for all that is not ASCII, keeps the bytes, and warns. In a UTF-8 locale it would succeed,
 * and on the way compose letters and accents (NFC): the file would have another name than in the
 * archive.
 */

#include "image/archive-reader.h"

#include "base/error.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* More is no root file system: twice the inodes of the largest ones known. */
#define ENTRIES_LIMIT 2000000
/* Thirty thousand years: no file system keeps more, and programs overflow. */
#define TIME_LIMIT (1LL << 40)
/* Of zeros behind the end: records of tapes are far shorter, /dev/zero is longer. */
#define FILL_LIMIT (64 << 20)
/* (uid_t) -1 means "leave it" to chown. */
#define ID_LIMIT 0xfffffffeLL

struct _ArchiveReader {
	ArchiveInput *input;
	struct archive *archive;
	const guint8 *block; /* what libarchive got last */
	gsize block_length;
	GError *failure; /* of the input, met in a callback */
	GString *path;
	GString *link;
	guint64 entries;
	gboolean alone;
	ArchiveEntry entry;
};

static la_ssize_t
reader_input (struct archive *archive, void *data, const void **ret_data)
{
	ArchiveReader *reader = data;
	gssize length = archive_input_read (reader->input, &reader->block, &reader->failure);

	if (length < 0)
		archive_set_error (archive, EIO, "input failed");
	reader->block_length = length > 0 ? (gsize) length : 0;
	*ret_data = reader->block;
	return length;
}

/* What went wrong, with the last entry that was seen: the damage is in it or behind it. */
static gboolean
reader_error (ArchiveReader *reader, GError **error)
{
	const char *text = archive_error_string (reader->archive);
	g_autofree char *quoted = NULL;

	if (reader->failure != NULL) {
		g_propagate_error (error, g_steal_pointer (&reader->failure));
		return FALSE;
	}
	if (text == NULL)
		text = "bad data";
	if (reader->entries == 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "this is no tar archive: %s",
					text);
	quoted = archive_reply_quote (reader->path->str);
	if (strstr (text, "runcated") != NULL)
		return davit_error_set (
			error, DAVIT_ERROR_CORRUPT,
			"archive is truncated: it breaks off at or behind entry \"%s\"", quoted);
	return davit_error_set (error, DAVIT_ERROR_CORRUPT,
				"archive is damaged at or behind entry \"%s\": %s", quoted, text);
}

static gboolean
entry_error (ArchiveReader *reader, const char *why, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (reader->path->str);

	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "entry \"%s\": %s", quoted, why);
}

ArchiveReader *
archive_reader_new (ArchiveInput *input, GError **error)
{
	g_autoptr (ArchiveReader) reader = g_new0 (ArchiveReader, 1);

	reader->input = input;
	reader->path = g_string_sized_new (256);
	reader->link = g_string_sized_new (256);
	reader->archive = archive_read_new ();
	if (reader->archive == NULL)
		g_error ("no memory");
	archive_read_support_format_tar (reader->archive);
	if (archive_read_open (reader->archive, reader, NULL, reader_input, NULL) != ARCHIVE_OK) {
		reader_error (reader, error);
		return NULL;
	}
	return g_steal_pointer (&reader);
}

void
archive_reader_free (ArchiveReader *reader)
{
	if (reader == NULL)
		return;
	archive_read_free (reader->archive);
	g_clear_error (&reader->failure);
	g_string_free (reader->path, TRUE);
	g_string_free (reader->link, TRUE);
	g_free (reader);
}

static gboolean
all_zero (const guint8 *data, gsize length)
{
	return length == 0 || (data[0] == 0 && memcmp (data, data + 1, length - 1) == 0);
}

/*
 * Reads what follows the end of the archive, so that digests cover the whole input. Zeros fill the
 * last record of a tape. Anything else would be seen by some readers and not by others.
 */
static gboolean
reader_check_end (ArchiveReader *reader, GError **error)
{
	guint64 used = (guint64) archive_filter_bytes (reader->archive, -1);
	guint64 rest = archive_input_position (reader->input) - used;
	gsize fill = 0;
	gssize length;

	/* More than the last block can only be left over if it was not zeros that ended it. */
	if (rest > reader->block_length ||
	    !all_zero (reader->block + reader->block_length - rest, (gsize) rest))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"archive is damaged: data follows the end of the archive");
	for (;;) {
		length = archive_input_read (reader->input, &reader->block, error);
		if (length <= 0)
			return length == 0;
		if (!all_zero (reader->block, (gsize) length))
			return davit_error_set (
				error, DAVIT_ERROR_CORRUPT,
				"archive is damaged: data follows the end of the archive");
		fill += (gsize) length;
		if (fill > FILL_LIMIT)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"archive is damaged: more than %d MiB of zeros "
						"follow its end",
						FILL_LIMIT >> 20);
	}
}

/* Whether a warning only says that a name is not ASCII. */
static gboolean
warning_is_name (ArchiveReader *reader)
{
	const char *text = archive_error_string (reader->archive);

	return text != NULL && strstr (text, "can't be converted from") != NULL;
}

/* Reads a header. ret_raw is NULL at the end. */
static gboolean
reader_header (ArchiveReader *reader, struct archive_entry **ret_raw, GError **error)
{
	struct archive_entry *raw = NULL;

	switch (archive_read_next_header (reader->archive, &raw)) {
	case ARCHIVE_OK:
		break;
	case ARCHIVE_WARN:
		if (warning_is_name (reader))
			break;
		return reader_error (reader, error);
	case ARCHIVE_EOF:
		*ret_raw = NULL;
		return reader_check_end (reader, error);
	default:
		return reader_error (reader, error);
	}
	if (++reader->entries > ENTRIES_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"archive has more than %d entries", ENTRIES_LIMIT);
	*ret_raw = raw;
	return TRUE;
}

static gboolean
entry_link (ArchiveReader *reader, const char *target, GError **error)
{
	ArchiveEntry *entry = &reader->entry;

	entry->type = ARCHIVE_ENTRY_HARDLINK;
	if (!archive_path_normalize (target, reader->link, error)) {
		g_autofree char *quoted = archive_reply_quote (reader->path->str);

		return davit_error_prefix (error, "link \"%s\"", quoted);
	}
	entry->link = reader->link->str;
	return TRUE;
}

static gboolean
entry_node (ArchiveReader *reader, mode_t type, GError **error)
{
	ArchiveEntry *entry = &reader->entry;

	entry->type = ARCHIVE_ENTRY_NODE;
	entry->mode |= type;
	if (type == S_IFIFO)
		return TRUE;
	entry->device = makedev ((guint) archive_entry_rdevmajor (entry->raw),
				 (guint) archive_entry_rdevminor (entry->raw));
	/* Overlayfs would take it for a deletion; a layer says that with ".wh.". */
	if (type == S_IFCHR && entry->device == 0)
		return entry_error (
			reader,
			"is a character device 0:0, which overlay file systems take for "
			"a deleted file",
			error);
	return TRUE;
}

static gboolean
entry_type (ArchiveReader *reader, GError **error)
{
	ArchiveEntry *entry = &reader->entry;
	const char *hardlink = archive_entry_hardlink (entry->raw);

	if (hardlink != NULL)
		return entry_link (reader, hardlink, error);
	switch (archive_entry_filetype (entry->raw)) {
	case AE_IFREG:
		entry->type = ARCHIVE_ENTRY_FILE;
		entry->sparse = archive_entry_sparse_count (entry->raw) > 0;
		if (archive_entry_size (entry->raw) < 0)
			return entry_error (reader, "has a negative size", error);
		entry->size = (guint64) archive_entry_size (entry->raw);
		return TRUE;
	case AE_IFDIR:
		entry->type = ARCHIVE_ENTRY_DIRECTORY;
		return TRUE;
	case AE_IFLNK:
		entry->type = ARCHIVE_ENTRY_SYMLINK;
		entry->link = archive_entry_symlink (entry->raw);
		if (entry->link == NULL || entry->link[0] == '\0')
			return entry_error (reader, "is a symbolic link to nothing", error);
		return TRUE;
	case AE_IFCHR:
		return entry_node (reader, S_IFCHR, error);
	case AE_IFBLK:
		return entry_node (reader, S_IFBLK, error);
	case AE_IFIFO:
		return entry_node (reader, S_IFIFO, error);
	default:
		return entry_error (reader, "is of a type that no file system has", error);
	}
}

static gboolean
entry_owner (ArchiveReader *reader, GError **error)
{
	ArchiveEntry *entry = &reader->entry;
	gint64 uid = archive_entry_uid (entry->raw);
	gint64 gid = archive_entry_gid (entry->raw);

	if (uid < 0 || uid > ID_LIMIT || gid < 0 || gid > ID_LIMIT)
		return entry_error (reader, "its user or group id is out of range", error);
	entry->uid = reader->alone ? 0 : (uid_t) uid;
	entry->gid = reader->alone ? 0 : (gid_t) gid;
	return TRUE;
}

void
archive_reader_set_alone (ArchiveReader *reader, gboolean alone)
{
	reader->alone = alone;
}

gboolean
archive_reader_next (ArchiveReader *reader, const ArchiveEntry **ret_entry, GError **error)
{
	ArchiveEntry *entry = &reader->entry;
	struct archive_entry *raw = NULL;
	const char *name;

	if (!reader_header (reader, &raw, error))
		return FALSE;
	*ret_entry = NULL;
	if (raw == NULL)
		return TRUE;
	name = archive_entry_pathname (raw);
	if (!archive_path_normalize (name != NULL ? name : "", reader->path, error))
		return FALSE;
	*entry = (ArchiveEntry){
		.path = reader->path->str,
		.raw = raw,
		.mode = archive_entry_perm (raw) & 07777,
		.mtime = {CLAMP (archive_entry_mtime (raw), -TIME_LIMIT, TIME_LIMIT),
			  archive_entry_mtime_nsec (raw)},
	};
	if (!entry_type (reader, error) || !entry_owner (reader, error))
		return FALSE;
	*ret_entry = entry;
	return TRUE;
}

gboolean
archive_reader_skim (ArchiveReader *reader, gboolean *ret_end, GError **error)
{
	struct archive_entry *raw = NULL;
	const char *name;

	if (!reader_header (reader, &raw, error))
		return FALSE;
	*ret_end = raw == NULL;
	/* For the text of an error. */
	name = raw != NULL ? archive_entry_pathname (raw) : NULL;
	if (name != NULL)
		g_string_assign (reader->path, name);
	return TRUE;
}

gboolean
archive_reader_data (ArchiveReader *reader, const void **ret_data, gsize *ret_length,
		     guint64 *ret_offset, GError **error)
{
	const void *data;
	size_t length;
	la_int64_t offset;

	do {
		switch (archive_read_data_block (reader->archive, &data, &length, &offset)) {
		case ARCHIVE_OK:
			break;
		case ARCHIVE_EOF:
			*ret_length = 0;
			return TRUE;
		default:
			return reader_error (reader, error);
		}
	} while (length == 0);
	if (offset < 0)
		return entry_error (reader, "has data before its start", error);
	*ret_data = data;
	*ret_length = length;
	*ret_offset = (guint64) offset;
	return TRUE;
}

guint64
archive_reader_entries (const ArchiveReader *reader)
{
	return reader->entries;
}
