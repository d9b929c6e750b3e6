/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Packs a directory. It may belong to a container that runs: everything is opened as the writer
 * opens it, component by component and never through a link, and looked at after it was opened.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/archive-pack-file.h"
#include "image/archive-tree.h"
#include "image/archive-whiteout.h"
#include "image/archive-work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static gboolean pack_directory (ArchivePacker *packer, int fd, const char *path, guint depth,
				GError **error);

static gboolean
pack_error (const char *path, DavitErrorCode code, const char *why, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (path);

	return davit_error_set (error, code, "\"%s\" %s", quoted, why);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
entry_fill (ArchiveTarEntry *entry, const char *path, const struct stat *status)
{
	*entry = (ArchiveTarEntry){
		.name = path,
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.mtime = status->st_mtim,
	};
}

/* A header and nothing behind it. */
static gboolean
pack_header (ArchivePacker *packer, const ArchiveTarEntry *entry, GError **error)
{
	packer->entries++;
	return archive_tar_header (packer->output, entry, error);
}

/* ".wh.NAME" in the directory of path, or the mark of an opaque directory. */
static gboolean
pack_whiteout (ArchivePacker *packer, const char *directory, const char *name, GError **error)
{
	g_autofree char *path = g_strconcat (directory, directory[0] != '\0' ? "/" : "",
					     ARCHIVE_WHITEOUT_PREFIX, name, NULL);
	ArchiveTarEntry entry = {.name = path, .type = '0'};

	return pack_header (packer, &entry, error);
}

static gboolean
is_opaque (ArchivePacker *packer, int fd)
{
	const char *attribute = archive_whiteout_attribute (packer->whiteouts);
	char value = 0;

	return attribute != NULL && fgetxattr (fd, attribute, &value, 1) == 1 && value == 'y';
}

/* A name that was packed already under another path. */
static const char *
linked_before (ArchivePacker *packer, const char *path, const struct stat *status)
{
	ArchivePackInode inode = {status->st_dev, status->st_ino};
	const char *before;

	if (status->st_nlink < 2)
		return NULL;
	before = g_hash_table_lookup (packer->inodes, &inode);
	if (before == NULL)
		g_hash_table_insert (packer->inodes, g_memdup2 (&inode, sizeof (inode)),
				     g_strdup (path));
	return before;
}

static gboolean
pack_subdirectory (ArchivePacker *packer, int parent, const char *path, guint depth, GError **error)
{
	davit_autofd fd =
		archive_tree_open (parent, archive_tree_name (path), O_RDONLY | O_DIRECTORY);

	if (fd < 0 && errno == EXDEV) {
		archive_reply_notice (packer->reply, "\"%s\": what is mounted there is left out",
				      path);
		return TRUE;
	}
	if (fd < 0)
		return archive_writer_errno (path, "open", error);
	return pack_directory (packer, fd, path, depth + 1, error);
}

static gboolean
pack_symlink (ArchivePacker *packer, int parent, ArchiveTarEntry *entry, GError **error)
{
	char target[PATH_MAX];
	ssize_t length =
		readlinkat (parent, archive_tree_name (entry->name), target, sizeof (target) - 1);

	if (length < 0)
		return archive_writer_errno (entry->name, "read the link", error);
	target[length] = '\0';
	entry->type = '2';
	entry->link = target;
	return pack_header (packer, entry, error);
}

/* Everything but directories. */
static gboolean
pack_leaf (ArchivePacker *packer, int parent, const char *path, const struct stat *status,
	   GError **error)
{
	const char *before = linked_before (packer, path, status);
	ArchiveTarEntry entry;

	entry_fill (&entry, path, status);
	if (before != NULL) {
		entry.type = '1';
		entry.link = before;
		return pack_header (packer, &entry, error);
	}
	entry.device = status->st_rdev;
	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		return archive_pack_file (packer, parent, &entry, status, error);
	case S_IFLNK:
		return pack_symlink (packer, parent, &entry, error);
	case S_IFCHR:
		entry.type = '3';
		return pack_header (packer, &entry, error);
	case S_IFBLK:
		entry.type = '4';
		return pack_header (packer, &entry, error);
	case S_IFIFO:
		entry.type = '6';
		return pack_header (packer, &entry, error);
	default:
		/* A socket means nothing without who listens. */
		archive_reply_notice (packer->reply, "\"%s\" left out: is a socket", path);
		return TRUE;
	}
}

static gboolean
pack_child (ArchivePacker *packer, int fd, const char *directory, const char *name, guint depth,
	    GError **error)
{
	g_autofree char *path =
		g_strconcat (directory, directory[0] != '\0' ? "/" : "", name, NULL);
	struct stat status;

	if (fstatat (fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		/* A container may remove it while we look. */
		return errno == ENOENT || archive_writer_errno (path, "look at it", error);
	}
	if (S_ISCHR (status.st_mode) && status.st_rdev == 0) {
		if (packer->whiteouts != DAVIT_WHITEOUTS_APPLY)
			return pack_whiteout (packer, directory, name, error);
		archive_reply_notice (packer->reply, "\"%s\" left out: is a device 0:0", path);
		return TRUE;
	}
	if (g_str_has_prefix (name, ARCHIVE_WHITEOUT_PREFIX))
		return pack_error (path, DAVIT_ERROR_UNSUPPORTED,
				   "can't be in a layer: names with \".wh.\" are deletions there; "
				   "rename it",
				   error);
	if (S_ISDIR (status.st_mode))
		return pack_subdirectory (packer, fd, path, depth, error);
	return pack_leaf (packer, fd, path, &status, error);
}

/* The directory itself, without what is in it. */
static gboolean
pack_directory_entry (ArchivePacker *packer, int fd, const char *path, GError **error)
{
	g_autoptr (GPtrArray) attributes = NULL;
	ArchiveTarEntry entry;
	struct stat status;

	if (fstat (fd, &status) < 0)
		return archive_writer_errno (path, "look at it", error);
	entry_fill (&entry, path[0] != '\0' ? path : ".", &status);
	entry.type = '5';
	if (!archive_pack_attributes (fd, path, FALSE, &attributes, error))
		return FALSE;
	entry.attributes = attributes;
	return pack_header (packer, &entry, error);
}

/* The directory itself, then what is in it. */
static gboolean
pack_directory (ArchivePacker *packer, int fd, const char *path, guint depth, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (depth > ARCHIVE_TREE_DEPTH)
		return pack_error (path, DAVIT_ERROR_UNSUPPORTED,
				   "is deeper than the 256 directories that a layer may have",
				   error);
	if (!davit_path_list (fd, &names, error) || !pack_directory_entry (packer, fd, path, error))
		return FALSE;
	if (is_opaque (packer, fd) && !pack_whiteout (packer, path, ".wh..opq", error))
		return FALSE;
	g_ptr_array_sort (names, compare_names);
	for (guint i = 0; i < names->len; i++) {
		if (!pack_child (packer, fd, path, names->pdata[i], depth, error))
			return FALSE;
	}
	return TRUE;
}

static guint
inode_hash (gconstpointer key)
{
	const ArchivePackInode *inode = key;

	return (guint) (inode->number ^ (inode->number >> 32));
}

static gboolean
inode_equal (gconstpointer a, gconstpointer b)
{
	const ArchivePackInode *first = a;
	const ArchivePackInode *second = b;

	return first->device == second->device && first->number == second->number;
}

gboolean
archive_work_pack (const DavitArchivePack *request, ArchiveReply *reply,
		   DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (ArchiveOutput) output =
		archive_output_new (request->output_fd, request->compression, TRUE, reply, error);
	g_autoptr (GHashTable) inodes =
		g_hash_table_new_full (inode_hash, inode_equal, g_free, g_free);
	ArchivePacker packer = {request->whiteouts, output, reply, inodes, 0};
	davit_autofd fd = -1;

	if (output == NULL)
		return FALSE;
	fd = archive_tree_open (request->source_dirfd, ".", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return davit_error_errno (error, errno, "open the directory to pack");
	if (!pack_directory (&packer, fd, "", 0, error) || !archive_tar_end (output, error) ||
	    !archive_output_finish (output, ret_summary, error))
		return FALSE;
	ret_summary->entries = packer.entries;
	return TRUE;
}

static gboolean
pack_changed (ArchivePacker *packer, ArchiveTree *tree, const char *path, GError **error)
{
	struct stat status;
	int parent = -1;

	if (!archive_tree_parent (tree, path, NULL, NULL, &parent, error))
		return FALSE;
	if (fstatat (parent, archive_tree_name (path), &status, AT_SYMLINK_NOFOLLOW) < 0)
		return archive_writer_errno (path, "look at it", error);
	if (S_ISDIR (status.st_mode)) {
		davit_autofd fd = archive_tree_open (parent, archive_tree_name (path),
						     O_RDONLY | O_DIRECTORY);

		return fd < 0 ? archive_writer_errno (path, "open", error)
			      : pack_directory_entry (packer, fd, path, error);
	}
	if (g_str_has_prefix (archive_tree_name (path), ARCHIVE_WHITEOUT_PREFIX))
		return pack_error (path, DAVIT_ERROR_UNSUPPORTED,
				   "can't be in a layer: names with \".wh.\" are deletions there; "
				   "rename it",
				   error);
	return pack_leaf (packer, parent, path, &status, error);
}

static gboolean
pack_deleted (ArchivePacker *packer, const char *path, GError **error)
{
	const char *name = archive_tree_name (path);
	g_autofree char *directory =
		name > path ? g_strndup (path, (gsize) (name - path - 1)) : g_strdup ("");

	return pack_whiteout (packer, directory, name, error);
}

static gboolean
pack_paths (ArchivePacker *packer, int fd, const char *paths, gsize length, GError **error)
{
	ArchiveTree *tree = g_new0 (ArchiveTree, 1);
	gboolean packed = TRUE;

	archive_tree_init (tree, fd);
	for (const char *at = paths; packed && at < paths + length; at += strlen (at) + 1) {
		const char *path = at[0] != '\0' && at[1] == '/' ? at + 2 : at;

		/* The root itself belongs to who makes it. */
		if (at[0] == '-' && path[0] != '\0')
			packed = pack_deleted (packer, path, error);
		else if (path[0] != '\0')
			packed = pack_changed (packer, tree, path, error);
	}
	archive_tree_clear (tree);
	g_free (tree);
	return packed;
}

gboolean
archive_work_pack_changes (const DavitArchivePack *request, const char *paths, gsize length,
			   ArchiveReply *reply, DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (ArchiveOutput) output =
		archive_output_new (request->output_fd, request->compression, TRUE, reply, error);
	g_autoptr (GHashTable) inodes =
		g_hash_table_new_full (inode_hash, inode_equal, g_free, g_free);
	ArchivePacker packer = {request->whiteouts, output, reply, inodes, 0};

	if (output == NULL || !pack_paths (&packer, request->source_dirfd, paths, length, error) ||
	    !archive_tar_end (output, error) || !archive_output_finish (output, ret_summary, error))
		return FALSE;
	ret_summary->entries = packer.entries;
	return TRUE;
}
