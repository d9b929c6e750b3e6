/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps the chain of open directories. */

#include "image/archive-tree.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/archive-reply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void
archive_tree_init (ArchiveTree *tree, int root)
{
	tree->root = root;
	tree->depth = 0;
	tree->path = g_string_sized_new (256);
}

static void
tree_cut (ArchiveTree *tree, guint depth)
{
	while (tree->depth > depth)
		davit_fd_close (&tree->fds[--tree->depth]);
	g_string_truncate (tree->path, depth > 0 ? tree->ends[depth - 1] : 0);
}

void
archive_tree_clear (ArchiveTree *tree)
{
	if (tree->path == NULL)
		return;
	tree_cut (tree, 0);
	g_string_free (tree->path, TRUE);
	tree->path = NULL;
}

const char *
archive_tree_name (const char *path)
{
	const char *slash = strrchr (path, '/');

	return slash != NULL ? slash + 1 : path;
}

int
archive_tree_open (int parent, const char *name, int flags)
{
	struct open_how how = {
		.flags = (guint64) flags | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	long fd;

	/* EAGAIN: something was renamed meanwhile, somewhere. */
	do {
		fd = syscall (SYS_openat2, parent, name, &how, sizeof (how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int) fd;
}

/* How many directories of the chain lead to the directory of this length in path. */
static guint
tree_common (const ArchiveTree *tree, const char *path, gsize length)
{
	guint depth = tree->depth;

	for (; depth > 0; depth--) {
		gsize end = tree->ends[depth - 1];

		if (end <= length && (end == length || path[end] == '/') &&
		    memcmp (path, tree->path->str, end) == 0)
			break;
	}
	return depth;
}

static gboolean
component_error (const char *path, int number, GError **error)
{
	g_autofree char *quoted = archive_reply_quote (path);

	if (number == ENOTDIR || number == ELOOP)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\" is used as a directory and is none", quoted);
	if (number == EXDEV)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\" is a mount point; nothing may be mounted below the "
					"directory of a layer",
					quoted);
	return davit_error_errno (error, number, "open directory \"%s\"", quoted);
}

/* Opens one more component, the last one of path. */
static gboolean
tree_descend (ArchiveTree *tree, const char *path, ArchiveTreeMaker maker, gpointer data,
	      GError **error)
{
	int parent = tree->depth > 0 ? tree->fds[tree->depth - 1] : tree->root;
	const char *name = archive_tree_name (path);
	int fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);

	if (fd < 0 && maker != NULL && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
		if (!maker (parent, path, name, data, error))
			return FALSE;
		fd = archive_tree_open (parent, name, O_RDONLY | O_DIRECTORY);
	}
	if (fd < 0)
		return component_error (path, errno, error);
	archive_tree_push (tree, path, fd);
	return TRUE;
}

static gboolean
tree_walk (ArchiveTree *tree, const char *path, gsize length, ArchiveTreeMaker maker, gpointer data,
	   int *ret_fd, GError **error)
{
	gsize start;

	tree_cut (tree, tree_common (tree, path, length));
	start = tree->path->len;
	while (start < length) {
		const char *from = path + start + (start > 0 ? 1 : 0);
		gsize end = start + (start > 0 ? 1 : 0) + strcspn (from, "/");
		g_autofree char *part = g_strndup (path, end);

		if (!tree_descend (tree, part, maker, data, error))
			return FALSE;
		start = end;
	}
	*ret_fd = tree->depth > 0 ? tree->fds[tree->depth - 1] : tree->root;
	return TRUE;
}

gboolean
archive_tree_parent (ArchiveTree *tree, const char *path, ArchiveTreeMaker maker, gpointer data,
		     int *ret_parent, GError **error)
{
	const char *name = archive_tree_name (path);
	gsize length = name > path ? (gsize) (name - path) - 1 : 0;

	return tree_walk (tree, path, length, maker, data, ret_parent, error);
}

gboolean
archive_tree_directory (ArchiveTree *tree, const char *path, ArchiveTreeMaker maker, gpointer data,
			int *ret_fd, GError **error)
{
	return tree_walk (tree, path, strlen (path), maker, data, ret_fd, error);
}

void
archive_tree_push (ArchiveTree *tree, const char *path, int fd)
{
	if (tree->depth == ARCHIVE_TREE_DEPTH) {
		close (fd);
		return;
	}
	g_string_assign (tree->path, path);
	tree->fds[tree->depth] = fd;
	tree->ends[tree->depth] = tree->path->len;
	tree->depth++;
}

void
archive_tree_forget (ArchiveTree *tree, const char *path)
{
	gsize length = strlen (path);

	for (guint depth = 0; depth < tree->depth; depth++) {
		if (tree->ends[depth] == length && memcmp (tree->path->str, path, length) == 0) {
			tree_cut (tree, depth);
			return;
		}
	}
}
