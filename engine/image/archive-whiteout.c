/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deletes what the layers below made, or leaves the mark of it for overlayfs. */

#include "image/archive-whiteout.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What AUFS kept for itself at the top, and early versions of docker put into images. */
#define AUFS_PREFIX ".wh..wh."

static gboolean
is_prefixed (const char *name)
{
	return g_str_has_prefix (name, ARCHIVE_WHITEOUT_PREFIX);
}

gboolean
archive_whiteout_is (const char *path)
{
	return is_prefixed (path) || strstr (path, "/" ARCHIVE_WHITEOUT_PREFIX) != NULL;
}

const char *
archive_whiteout_attribute (DavitWhiteouts whiteouts)
{
	if (whiteouts == DAVIT_WHITEOUTS_APPLY)
		return NULL;
	return whiteouts == DAVIT_WHITEOUTS_OVERLAY ? "trusted.overlay.opaque"
						    : "user.overlay.opaque";
}

gboolean
archive_whiteout_is_node (int parent, const char *name)
{
	struct stat status;

	return fstatat (parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISCHR (status.st_mode) && status.st_rdev == 0;
}

gboolean
archive_whiteout_set_opaque (DavitWhiteouts whiteouts, int fd, const char *path, GError **error)
{
	const char *attribute = archive_whiteout_attribute (whiteouts);
	g_autofree char *quoted = NULL;

	if (attribute == NULL || fsetxattr (fd, attribute, "y", 1, 0) == 0)
		return TRUE;
	quoted = archive_reply_quote (path);
	return davit_error_errno (error, errno, "directory \"%s\": attribute \"%s\"", quoted,
				  attribute);
}

static gboolean remove_lower (ArchiveWriter *writer, int parent, const char *path, GError **error);

/*
 * Deletes what the layers below put into a directory. Once is enough: nothing can add to the layers
 * below, and an archive that says it a million times shall not have a large directory read as
 * often.
 */
static gboolean
remove_lower_children (ArchiveWriter *writer, int fd, const char *path, GError **error)
{
	g_autofree char *done = g_strconcat (path, "/", NULL);
	g_autoptr (GPtrArray) names = NULL;

	if (archive_touched_has (writer->touched, done))
		return TRUE;
	archive_touched_add (writer->touched, done);
	if (!davit_path_list (fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *child = path[0] != '\0'
						 ? g_strconcat (path, "/", names->pdata[i], NULL)
						 : g_strdup (names->pdata[i]);

		if (!remove_lower (writer, fd, child, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * Deletes a path, but nothing that this layer brought. How deep it goes is bounded: it only enters
 * what this layer has been in.
 */
static gboolean
remove_lower (ArchiveWriter *writer, int parent, const char *path, GError **error)
{
	const char *name = archive_tree_name (path);
	davit_autofd fd = -1;

	if (!archive_touched_has (writer->touched, path)) {
		archive_tree_forget (&writer->tree, path);
		archive_tree_forget (&writer->links, path);
		return davit_path_remove_tree (parent, name, error);
	}
	fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == ENOENT))
		return TRUE;
	if (fd < 0)
		return archive_writer_errno (path, "open the directory", error);
	return remove_lower_children (writer, fd, path, error);
}

/* The mark of a deletion; a directory that this layer brings gets the other mark. */
static gboolean
mark_deleted (ArchiveWriter *writer, int parent, const char *path, GError **error)
{
	const char *name = archive_tree_name (path);
	davit_autofd fd = -1;

	if (mknodat (parent, name, S_IFCHR, 0) == 0)
		return TRUE;
	if (errno != EEXIST)
		return archive_writer_errno (path, "make the whiteout", error);
	fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	if (fd >= 0)
		return archive_whiteout_set_opaque (writer->whiteouts, fd, path, error);
	return errno == ENOTDIR || errno == ELOOP
		       ? TRUE
		       : archive_writer_errno (path, "make the whiteout", error);
}

static gboolean
whiteout_opaque (ArchiveWriter *writer, const ArchiveEntry *entry, GError **error)
{
	g_autofree char *path = NULL;
	int fd;

	/* "a/.wh..wh..opq" is about "a", ".wh..wh..opq" about the top. */
	path = g_strndup (entry->path, strlen (entry->path) - strlen (ARCHIVE_WHITEOUT_OPAQUE));
	if (path[0] != '\0')
		path[strlen (path) - 1] = '\0';
	if (!archive_tree_directory (&writer->tree, path, archive_writer_make_missing, writer, &fd,
				     error))
		return FALSE;
	if (writer->whiteouts == DAVIT_WHITEOUTS_APPLY)
		return remove_lower_children (writer, fd, path, error);
	return archive_whiteout_set_opaque (writer->whiteouts, fd, path, error);
}

static gboolean
whiteout_file (ArchiveWriter *writer, const ArchiveEntry *entry, const char *deleted,
	       GError **error)
{
	gsize before = strlen (entry->path) - strlen (archive_tree_name (entry->path));
	g_autofree char *path = g_strdup_printf ("%.*s%s", (int) before, entry->path, deleted);
	int parent;

	if (!archive_writer_parent (writer, path, &parent, error))
		return FALSE;
	if (writer->whiteouts == DAVIT_WHITEOUTS_APPLY)
		return remove_lower (writer, parent, path, error);
	return mark_deleted (writer, parent, path, error);
}

static gboolean
whiteout_error (const ArchiveEntry *entry, const char *why, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (entry->path);

	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "whiteout \"%s\" %s", quoted, why);
}

gboolean
archive_whiteout_apply (ArchiveWriter *writer, const ArchiveEntry *entry, GError **error)
{
	const char *name = archive_tree_name (entry->path);
	gsize before = (gsize) (name - entry->path);
	g_autofree char *above = g_strndup (entry->path, before);
	const char *deleted;

	if (strcmp (name, ARCHIVE_WHITEOUT_OPAQUE) != 0 &&
	    g_str_has_prefix (entry->path, AUFS_PREFIX)) {
		archive_reply_notice (writer->reply, "\"%s\" left out: it was a file system's own",
				      entry->path);
		return TRUE;
	}
	if (archive_whiteout_is (above) || !is_prefixed (name))
		return whiteout_error (entry, "has something in it", error);
	/* AUFS made them hard links of one file. */
	if (entry->type != ARCHIVE_ENTRY_FILE && entry->type != ARCHIVE_ENTRY_HARDLINK)
		return whiteout_error (entry, "is no regular file", error);
	if (strcmp (name, ARCHIVE_WHITEOUT_OPAQUE) == 0)
		return whiteout_opaque (writer, entry, error);
	deleted = name + strlen (ARCHIVE_WHITEOUT_PREFIX);
	if (deleted[0] == '\0' || strcmp (deleted, ".") == 0 || strcmp (deleted, "..") == 0)
		return whiteout_error (entry, "names nothing that could be deleted", error);
	if (is_prefixed (deleted))
		return whiteout_error (entry, "names a whiteout", error);
	return whiteout_file (writer, entry, deleted, error);
}
