/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A directory that is a root file system, an engine with paths alone, and records as texts. */

#pragma once

#include "container/spec-private.h"

G_BEGIN_DECLS

#define TEST_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct {
	char *directory;
	char *rootfs;
	int rootfs_fd;
	DavitEngine engine;
} TestSpec;

void test_spec_set_up (TestSpec *test, gconstpointer data);
void test_spec_tear_down (TestSpec *test, gconstpointer data);
void test_spec_add (const char *path, void (*function) (TestSpec *, gconstpointer));

/* more: members behind a comma, or "". */
DavitRecord *test_spec_record (const char *more);

/* Replaces a file of the root file system. length -1: text ends with NUL. */
void test_spec_write (TestSpec *test, const char *path, const char *text, gssize length);
void test_spec_remove (TestSpec *test, const char *path);
/* The path of a file in the root file system. Free with g_free. */
char *test_spec_path (TestSpec *test, const char *path);

/* Compares the code, looks for a text, and clears it. */
void test_spec_assert_error (GError **error, int code, const char *text);

G_END_DECLS
