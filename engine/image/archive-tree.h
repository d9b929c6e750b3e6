/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Directories below a directory, by descriptors only: each is opened from the one above it, one
 * component at a time, and never through a symbolic link or into another mount, so that no name of
 * an archive leads out (CVE-2014-9356, CVE-2019-14271 and their like). The chain of the last path
 * stays open: archives are sorted by directory, and most entries need no opening at all.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As deep as archive_path_normalize lets a path be. */
#define ARCHIVE_TREE_DEPTH 256

/**
 * ArchiveTree: root is borrowed.
 */
typedef struct {
	int root;
	guint depth;			/* of the chain */
	int fds[ARCHIVE_TREE_DEPTH];	/* its directories */
	gsize ends[ARCHIVE_TREE_DEPTH]; /* where in path the names of them end */
	GString *path;			/* the last of them; "" is the root */
} ArchiveTree;

/**
 * ArchiveTreeMaker: asked to make a directory that is missing, or to put one in the place of what
 * is there. path is its whole path, name its last component in parent.
 */
typedef gboolean (*ArchiveTreeMaker) (int parent, const char *path, const char *name, gpointer data,
				      GError **error);

void archive_tree_init (ArchiveTree *tree, int root);
void archive_tree_clear (ArchiveTree *tree);

/* The part of path after its last slash. */
const char *archive_tree_name (const char *path);

/*
 * Opens what holds the last component of path (a normalized one, not ""). ret_parent belongs to
 * the tree. Without a maker a missing directory is NOT_FOUND, and what is no directory CORRUPT.
 */
gboolean archive_tree_parent (ArchiveTree *tree, const char *path, ArchiveTreeMaker maker,
			      gpointer data, int *ret_parent, GError **error);

/* Opens the directory itself; "" is the root. */
gboolean archive_tree_directory (ArchiveTree *tree, const char *path, ArchiveTreeMaker maker,
				 gpointer data, int *ret_fd, GError **error);

/* Makes a directory whose parent was asked for last the end of the chain. Takes fd. */
void archive_tree_push (ArchiveTree *tree, const char *path, int fd);

/* Forgets a directory, which goes away, and those below it. */
void archive_tree_forget (ArchiveTree *tree, const char *path);

/* openat2 of one component: never a link, never another mount. -1 and errno. */
int archive_tree_open (int parent, const char *name, int flags);

G_END_DECLS
