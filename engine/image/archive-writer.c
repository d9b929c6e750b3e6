/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes entries: what leads to them, what was there before, links and nodes. */

#include "image/archive-writer.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/archive-whiteout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static gboolean
directory_is_empty (int dirfd, gboolean *ret_empty, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (dirfd, &names, error))
		return FALSE;
	*ret_empty = names->len == 0;
	return TRUE;
}

gboolean
archive_writer_init (ArchiveWriter *writer, int target, DavitWhiteouts whiteouts,
		     ArchiveReply *reply, GError **error)
{
	gboolean empty;

	*writer = (ArchiveWriter){.target = -1, .whiteouts = whiteouts, .reply = reply};
	/* It may have been opened for its path only. */
	writer->target = archive_tree_open (target, ".", O_RDONLY | O_DIRECTORY);
	if (writer->target < 0)
		return davit_error_errno (error, errno, "open the directory to unpack into");
	if (!directory_is_empty (writer->target, &empty, error))
		return FALSE;
	/* The store's parent may have handed one on. */
	if (fremovexattr (writer->target, ARCHIVE_ACL_DEFAULT) < 0 && errno != ENODATA &&
	    errno != ENOTSUP)
		return davit_error_errno (error, errno,
					  "access list of the directory to unpack into");
	writer->inherits = !empty;
	archive_tree_init (&writer->tree, writer->target);
	archive_tree_init (&writer->links, writer->target);
	/* A layer of overlayfs holds nothing of those below. */
	writer->touched = archive_touched_new (empty || whiteouts != DAVIT_WHITEOUTS_APPLY);
	writer->late = g_ptr_array_new_with_free_func (archive_late_free);
	writer->late_path = g_hash_table_new (g_str_hash, g_str_equal);
	return TRUE;
}

void
archive_writer_clear (ArchiveWriter *writer)
{
	archive_tree_clear (&writer->tree);
	archive_tree_clear (&writer->links);
	g_clear_pointer (&writer->touched, archive_touched_free);
	g_clear_pointer (&writer->late_path, g_hash_table_unref);
	g_clear_pointer (&writer->late, g_ptr_array_unref);
	davit_fd_close (&writer->target);
}

gboolean
archive_writer_errno (const char *path, const char *what, GError **error)
{
	int number = errno;
	g_autofree char *quoted = archive_reply_quote (path);

	return davit_error_errno (error, number, "entry \"%s\": %s", quoted, what);
}

static gboolean
entry_error (const char *path, const char *why, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (path);

	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "entry \"%s\" %s", quoted, why);
}

gboolean
archive_writer_make_missing (int parent, const char *path, const char *name, gpointer data,
			     GError **error)
{
	ArchiveWriter *writer = data;
	gboolean in_whole_tree = writer->whiteouts == DAVIT_WHITEOUTS_APPLY;
	davit_autofd fd = -1;

	if (mkdirat (parent, name, 0755) == 0)
		return TRUE;
	if (errno != EEXIST)
		return archive_writer_errno (path, "make the directory", error);
	/*
	 * What is there is no directory. If this layer made it, a link say, somebody wants to be
	 * led through it. If a layer below did, overlayfs would not even see it, and if it is a
	 * deletion of this layer, the new directory shows nothing of the old one.
	 */
	if (in_whole_tree ? archive_touched_has (writer->touched, path)
			  : !archive_whiteout_is_node (parent, name)) {
		g_autofree char *quoted = archive_reply_quote (path);

		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\" is used as a directory and is none", quoted);
	}
	if (unlinkat (parent, name, 0) < 0 || mkdirat (parent, name, 0755) < 0)
		return archive_writer_errno (path, "make the directory", error);
	if (in_whole_tree)
		return TRUE;
	fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return archive_writer_errno (path, "open the directory", error);
	return archive_whiteout_set_opaque (writer->whiteouts, fd, path, error);
}

gboolean
archive_writer_parent (ArchiveWriter *writer, const char *path, int *ret_parent, GError **error)
{
	return archive_tree_parent (&writer->tree, path, archive_writer_make_missing, writer,
				    ret_parent, error);
}

gboolean
archive_writer_clear_way (ArchiveWriter *writer, int parent, const char *path, GError **error)
{
	const char *name = archive_tree_name (path);

	if (unlinkat (parent, name, 0) == 0 || errno == ENOENT)
		return TRUE;
	if (errno != EISDIR && errno != EPERM)
		return archive_writer_errno (path, "replace what is there", error);
	archive_tree_forget (&writer->tree, path);
	archive_tree_forget (&writer->links, path);
	archive_late_forget (writer, path);
	return davit_path_remove_tree (parent, name, error);
}

static gboolean
write_symlink (ArchiveWriter *writer, const ArchiveEntry *entry, int parent, GError **error)
{
	const char *name = archive_tree_name (entry->path);

	if (symlinkat (entry->link, parent, name) < 0) {
		if (errno != EEXIST)
			return archive_writer_errno (entry->path, "make the symbolic link", error);
		if (!archive_writer_clear_way (writer, parent, entry->path, error))
			return FALSE;
		if (symlinkat (entry->link, parent, name) < 0)
			return archive_writer_errno (entry->path, "make the symbolic link", error);
	}
	return archive_attributes_set_named (entry, parent, name, error);
}

static gboolean
make_node (const ArchiveEntry *entry, int parent, const char *name, GError **error)
{
	if (mknodat (parent, name, entry->mode, entry->device) == 0)
		return TRUE;
	if (errno == EEXIST)
		return FALSE;
	archive_writer_errno (entry->path, "make the node", error);
	if (!S_ISFIFO (entry->mode))
		davit_error_hint (error, "device nodes can only be made by root outside of user "
					 "namespaces");
	return FALSE;
}

/* Nothing of a layer below may be seen in its place, either. */
static gboolean
node_leave_out (ArchiveWriter *writer, const ArchiveEntry *entry, int parent, GError **error)
{
	g_autofree char *path = archive_reply_quote (entry->path);

	archive_reply_notice (writer->reply, "\"%s\": left out: only root can make device nodes",
			      path);
	return archive_writer_clear_way (writer, parent, entry->path, error);
}

static gboolean
write_node (ArchiveWriter *writer, const ArchiveEntry *entry, int parent, GError **error)
{
	const char *name = archive_tree_name (entry->path);
	GError *failure = NULL;

	if (writer->no_devices && !S_ISFIFO (entry->mode))
		return node_leave_out (writer, entry, parent, error);
	if (!make_node (entry, parent, name, &failure)) {
		if (failure == NULL &&
		    archive_writer_clear_way (writer, parent, entry->path, &failure) &&
		    !make_node (entry, parent, name, &failure) && failure == NULL)
			archive_writer_errno (entry->path, "make the node", &failure);
		if (failure != NULL) {
			g_propagate_error (error, failure);
			return FALSE;
		}
	}
	return archive_attributes_set_named (entry, parent, name, error);
}

/* Whether a link leads to a file that this layer brought. */
static gboolean
link_check (ArchiveWriter *writer, const ArchiveEntry *entry, int parent, GError **error)
{
	gsize length = strlen (entry->path);
	struct stat status;

	if (strncmp (entry->link, entry->path, length) == 0 &&
	    (entry->link[length] == '\0' || entry->link[length] == '/'))
		return entry_error (entry->path, "is a hard link to itself", error);
	if (fstatat (parent, archive_tree_name (entry->link), &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !archive_touched_has (writer->touched, entry->link) ||
	    (S_ISCHR (status.st_mode) && status.st_rdev == 0))
		return entry_error (entry->path, "is a hard link to a file that its layer lacks",
				    error);
	if (S_ISDIR (status.st_mode))
		return entry_error (entry->path, "is a hard link to a directory", error);
	return TRUE;
}

static gboolean
write_link (ArchiveWriter *writer, const ArchiveEntry *entry, int parent, GError **error)
{
	const char *name = archive_tree_name (entry->path);
	const char *target = archive_tree_name (entry->link);
	g_autoptr (GError) missing = NULL;
	int from;

	if (entry->link[0] == '\0')
		return entry_error (entry->path, "is a hard link to a directory", error);
	if (!archive_tree_parent (&writer->links, entry->link, NULL, NULL, &from, &missing)) {
		if (missing->code != DAVIT_ERROR_NOT_FOUND) {
			g_propagate_error (error, g_steal_pointer (&missing));
			return FALSE;
		}
		return entry_error (entry->path, "is a hard link to a file that its layer lacks",
				    error);
	}
	if (!link_check (writer, entry, from, error))
		return FALSE;
	/* Without AT_SYMLINK_FOLLOW: a symbolic link is linked to itself, not to its target. */
	if (linkat (from, target, parent, name, 0) == 0)
		return TRUE;
	if (errno != EEXIST)
		return archive_writer_errno (entry->path, "make the hard link", error);
	if (!archive_writer_clear_way (writer, parent, entry->path, error))
		return FALSE;
	if (linkat (from, target, parent, name, 0) < 0)
		return archive_writer_errno (entry->path, "make the hard link", error);
	return TRUE;
}

/* The entry and all that leads to it; a path that is known is known with all above it. */
static void
touch (ArchiveWriter *writer, const char *path)
{
	g_autofree char *part = NULL;
	char *slash;

	if (archive_touched_has (writer->touched, path))
		return;
	part = g_strdup (path);
	do {
		archive_touched_add (writer->touched, part);
		slash = strrchr (part, '/');
		if (slash != NULL)
			*slash = '\0';
	} while (slash != NULL && !archive_touched_has (writer->touched, part));
}

static gboolean
write_entry (ArchiveWriter *writer, ArchiveReader *reader, const ArchiveEntry *entry, int parent,
	     GError **error)
{
	switch (entry->type) {
	case ARCHIVE_ENTRY_FILE:
		return archive_writer_file (writer, reader, entry, parent, error);
	case ARCHIVE_ENTRY_DIRECTORY:
		return archive_writer_directory (writer, entry, parent, error);
	case ARCHIVE_ENTRY_SYMLINK:
		return write_symlink (writer, entry, parent, error);
	case ARCHIVE_ENTRY_HARDLINK:
		return write_link (writer, entry, parent, error);
	case ARCHIVE_ENTRY_NODE:
	default:
		return write_node (writer, entry, parent, error);
	}
}

gboolean
archive_writer_apply (ArchiveWriter *writer, ArchiveReader *reader, const ArchiveEntry *entry,
		      GError **error)
{
	int parent = writer->target;

	if (archive_whiteout_is (entry->path)) {
		if (!archive_whiteout_apply (writer, entry, error))
			return FALSE;
		/* For what it is in. */
		touch (writer, entry->path);
		return TRUE;
	}
	if (entry->path[0] == '\0' && entry->type != ARCHIVE_ENTRY_DIRECTORY)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"the top of the archive is no directory");
	if (entry->path[0] != '\0' && !archive_writer_parent (writer, entry->path, &parent, error))
		return FALSE;
	if (!write_entry (writer, reader, entry, parent, error))
		return FALSE;
	touch (writer, entry->path);
	return TRUE;
}

gboolean
archive_writer_finish (ArchiveWriter *writer, GError **error)
{
	return archive_late_apply (writer, error);
}
