/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of this layer share: an engine of its own, and made-up containers. */

#pragma once

#include "container/container-private.h"

G_BEGIN_DECLS

typedef struct {
	char *directory;
	char *root;
	char *runroot;
	DavitEngine *engine;
	DavitContainerDirectories directories;
} TestEngine;

void test_engine_set_up (TestEngine *test, gconstpointer data);
void test_engine_tear_down (TestEngine *test, gconstpointer data);
void test_engine_add (const char *path, void (*function) (TestEngine *, gconstpointer));

/* An id of 64 times one digit, or of the digits of number. Free with g_free. */
char *test_id (guint number);

/* Opens the engine anew, with these overrides (as of davit_config_load) besides its plugins. */
void test_engine_reopen (TestEngine *test, const char *const *overrides);

/* A container of the toy plugins. args: a JSON array; more: members behind a comma, or "". */
void test_container_write (TestEngine *test, const char *id, const char *name, const char *args,
			   const char *more);
/* One that is never run. */
void test_record_write (TestEngine *test, const char *id, const char *name, gint64 created,
			const char *more);
/* Replaces the text of a file below containers/ID in root. */
void test_file_write (TestEngine *test, const char *id, const char *name, const char *text);
/* A run of it as it would stand in runroot; gives run.json's directory. */
void test_run_write (TestEngine *test, const char *id, const DavitRun *run);

DavitContainer *test_find (TestEngine *test, const char *name);

/* Compares code and whole text, and clears it. The test's directory is written as @. */
void test_engine_assert_error (TestEngine *test, GError **error, gint code, const char *expected);

G_END_DECLS
