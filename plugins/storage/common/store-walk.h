/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Visits every entry of a directory tree, a directory before what is in it, names in order. */

#pragma once

#include "store-cursor.h"

G_BEGIN_DECLS

/**
 * StoreEntry: what a visitor is shown. All of it is the walk's.
 */
typedef struct {
	int dirfd;	  /* the directory that holds it */
	const char *path; /* of that directory: "" at the top */
	const char *name;
	struct stat status; /* of the entry itself, not of what it links to */
} StoreEntry;

/**
 * StoreVisitor: entry is called for everything but the top; leave (may be NULL) for each directory
 * when all that is in it has been visited.
 */
typedef struct {
	gboolean (*entry) (const StoreEntry *entry, gpointer data, GError **error);
	gboolean (*leave) (const StoreEntry *entry, gpointer data, GError **error);
} StoreVisitor;

gboolean store_walk (int dirfd, const StoreVisitor *visitor, gpointer data, GError **error);

G_END_DECLS
