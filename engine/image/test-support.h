/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of the image store share: a store with a storage plugin, archives and layouts. */

#pragma once

#include "image/image-store.h"

G_BEGIN_DECLS

typedef struct {
	char *directory;
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitImageStore *store;
	DavitStorage *storage;
} TestStore;

void test_store_set_up (TestStore *test, gconstpointer data);
void test_store_tear_down (TestStore *test, gconstpointer data);
void test_store_add (const char *path, void (*function) (TestStore *, gconstpointer));

/* Paths below the directory. Free with g_free. */
char *test_path (TestStore *test, const char *name);
void test_write (TestStore *test, const char *name, const void *data, gsize length);
gboolean test_exists (TestStore *test, const char *name);
char *test_read (TestStore *test, const char *name, gsize *ret_length);
/* How many names are in a directory; 0 if there is none. */
guint test_count (TestStore *test, const char *name);
/* How often layers were committed. */
void test_assert_commits (TestStore *test, gsize count);
/* Nothing is staged, and the store has no findings. */
void test_assert_clean (TestStore *test);

/* Runs a program in the directory; it must succeed. */
void test_run (TestStore *test, const char *const *argv);

/* A tar archive of one regular file. Free with g_byte_array_unref. */
GByteArray *test_tar (const char *name, const char *content);
/* The same, through "gzip", "xz" or another filter. */
GByteArray *test_compress (const char *program, const GByteArray *data);
char *test_digest (const GByteArray *data);

/* Imports a tree of one file under a name, and gives its id. */
char *test_import (TestStore *test, const char *name, const char *content);
DavitImage *test_resolve (TestStore *test, const char *reference);
void test_remove (TestStore *test, const char *reference);
void test_collect (TestStore *test);

/* Compares code and whole text (the directory is written as @), and clears it. */
void test_assert_error (TestStore *test, GError **error, gint code, const char *expected);
/* The same for the beginning of the text. */
void test_assert_error_begins (TestStore *test, GError **error, gint code, const char *expected);

/**
 * TestLayout: an OCI layout to be written; everything in it may be spoilt.
 */
typedef struct {
	const char *folder;
	const char *name;	  /* annotation; NULL: none */
	const char *architecture; /* platform in index.json; NULL: none */
	const GByteArray *layer;
	const char *layer_type; /* NULL: a plain tar */
	const char *diff_id;	/* NULL: the digest of layer */
	const char *config;	/* members of "config", or NULL */
} TestLayout;

/* Writes it, and gives the digest of the manifest. Free with g_free. */
char *test_layout (TestStore *test, const TestLayout *layout);
/* Writes a blob below a layout, and gives its digest. Free with g_free. */
char *test_blob (TestStore *test, const char *folder, const void *data, gsize length);

G_END_DECLS
