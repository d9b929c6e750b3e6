/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Modes, access lists and times of directories wait for the end: whatever is written into a
 * directory changes its time and gets its list, and nothing could be written into one without "w".
 */

#include "image/archive-writer.h"

#include "base/error.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
	struct timespec mtime;
	GBytes *access;	  /* or NULL */
	GBytes *defaults; /* or NULL */
	mode_t mode;
	gboolean gone;
	char path[];
} Late;

static void
late_clear (Late *late)
{
	g_clear_pointer (&late->access, g_bytes_unref);
	g_clear_pointer (&late->defaults, g_bytes_unref);
}

void
archive_late_free (gpointer data)
{
	late_clear (data);
	g_free (data);
}

static void
late_lists (Late *late, const ArchiveEntry *entry)
{
	const char *name;
	const void *value;
	size_t size;

	late_clear (late);
	if (archive_entry_xattr_reset (entry->raw) == 0)
		return;
	while (archive_entry_xattr_next (entry->raw, &name, &value, &size) == ARCHIVE_OK) {
		GBytes **list =
			strcmp (name, ARCHIVE_ACL_ACCESS) == 0 ? &late->access : &late->defaults;

		if (!archive_attributes_is_acl (name))
			continue;
		g_clear_pointer (list, g_bytes_unref);
		*list = g_bytes_new (value, size);
	}
}

void
archive_late_add (ArchiveWriter *writer, const ArchiveEntry *entry)
{
	gsize length = strlen (entry->path) + 1;
	Late *late = g_hash_table_lookup (writer->late_path, entry->path);

	if (late == NULL) {
		late = g_malloc0 (sizeof (*late) + length);
		memcpy (late->path, entry->path, length);
		g_ptr_array_add (writer->late, late);
		g_hash_table_insert (writer->late_path, late->path, late);
	}
	late->mtime = entry->mtime;
	late->mode = entry->mode;
	late->gone = FALSE;
	late_lists (late, entry);
}

void
archive_late_forget (ArchiveWriter *writer, const char *path)
{
	Late *late = g_hash_table_lookup (writer->late_path, path);

	if (late != NULL)
		late->gone = TRUE;
}

static gboolean
late_list (const Late *late, int fd, const char *name, GBytes *list, GError **error)
{
	const ArchiveEntry entry = {.type = ARCHIVE_ENTRY_DIRECTORY, .path = late->path};
	gsize size;
	const void *value;

	if (list == NULL)
		return TRUE;
	value = g_bytes_get_data (list, &size);
	return archive_attributes_one (&entry, fd, name, value, size, error);
}

/* A directory below one that was replaced is not there any more; that is no error. */
static gboolean
late_set (ArchiveWriter *writer, const Late *late, GError **error)
{
	struct timespec times[2] = {late->mtime, late->mtime};
	int fd;

	if (!archive_tree_directory (&writer->links, late->path, NULL, NULL, &fd, NULL))
		return TRUE;
	if (fchmod (fd, late->mode) < 0)
		return archive_writer_errno (late->path, "set the mode", error);
	if (!late_list (late, fd, ARCHIVE_ACL_ACCESS, late->access, error) ||
	    !late_list (late, fd, ARCHIVE_ACL_DEFAULT, late->defaults, error))
		return FALSE;
	if (futimens (fd, times) < 0)
		return archive_writer_errno (late->path, "set the time", error);
	return TRUE;
}

gboolean
archive_late_apply (ArchiveWriter *writer, GError **error)
{
	/* From the bottom up: the way to what is below must stay open. */
	for (guint i = writer->late->len; i > 0; i--) {
		const Late *late = writer->late->pdata[i - 1];

		if (!late->gone && !late_set (writer, late, error))
			return FALSE;
	}
	return TRUE;
}
