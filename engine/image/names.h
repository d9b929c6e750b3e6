/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The names of images: one small JSON file a name below images/,
 *
 *     {"version":1,"name":"localhost/web:1","manifest":"sha256:...","id":"sha256:..."}
 *
 * An image that has lost its name to another, or never had one, has a record with no "name", whose
 * file is called after the manifest: it stays until it is removed, as docker's <none> images do.
 * "id" stands there so that an image can be found, and removed, when its blobs are gone.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	char *file; /* its file name */
	char *name; /* the full name; NULL: it has none */
	char *manifest;
	char *id;
} DavitName;

void davit_name_free (DavitName *name);

/**
 * DavitNames: all records, sorted by file name, and those that can't be read.
 */
typedef struct {
	GPtrArray *records;    /* DavitName */
	GPtrArray *damaged;    /* DavitNameDamage */
	GPtrArray *unfinished; /* char *: files that are being written, or were left so */
} DavitNames;

typedef struct {
	char *file;
	char *reason;
	gboolean newer;	  /* written by a newer davit, and not damaged */
	gboolean unknown; /* it could not be read now: what it holds may be good */
} DavitNameDamage;

DavitNames *davit_names_read (int images_fd, GError **error);
void davit_names_free (DavitNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitNames, davit_names_free)

/* The file that holds a full name. No name can make another's, or a path. Free with g_free. */
char *davit_names_file (const char *name);

/* Lookups. NULL if there is none. */
const DavitName *davit_names_find (const DavitNames *names, const char *name);
const DavitNameDamage *davit_names_find_damage (const DavitNames *names, const char *name);
/* All full names of an image, NULL-terminated. Free with g_strfreev. */
char **davit_names_of (const DavitNames *names, const char *id);

/* These change images/: the caller holds its lock. Durable when they return. */

/* name NULL: the record of an image that has none. */
gboolean davit_names_write (int images_fd, const char *name, const char *manifest, const char *id,
			    GError **error);
/* Repeatable. Not durable until davit_path_sync_directory. */
gboolean davit_names_remove (int images_fd, const char *file, GError **error);

G_END_DECLS
