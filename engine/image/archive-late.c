/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Modes and times of directories wait for the end: whatever is written into a directory changes
 * its time, and nothing could be written into one without "w".
 */

#include "image/archive-writer.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
	struct timespec mtime;
	mode_t mode;
	gboolean gone;
	char path[];
} Late;

void
archive_late_add (ArchiveWriter *writer, const ArchiveEntry *entry)
{
	gsize length = strlen (entry->path) + 1;
	Late *late = g_hash_table_lookup (writer->late_path, entry->path);

	if (late == NULL) {
		late = g_malloc (sizeof (*late) + length);
		memcpy (late->path, entry->path, length);
		g_ptr_array_add (writer->late, late);
		g_hash_table_insert (writer->late_path, late->path, late);
	}
	late->mtime = entry->mtime;
	late->mode = entry->mode;
	late->gone = FALSE;
}

void
archive_late_forget (ArchiveWriter *writer, const char *path)
{
	Late *late = g_hash_table_lookup (writer->late_path, path);

	if (late != NULL)
		late->gone = TRUE;
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
