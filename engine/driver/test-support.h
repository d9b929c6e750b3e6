/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of this layer share: a directory with root, run directory, plugins and config. */

#pragma once

#include "driver/drivers.h"

G_BEGIN_DECLS

typedef struct {
	char *directory;
	char *plugins; /* directory/plugins: what is in it is for the test to say */
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
} TestHome;

void test_home_set_up (TestHome *home, gconstpointer data);
void test_home_tear_down (TestHome *home, gconstpointer data);

/* Makes config and drivers anew, with overrides as of davit_config_load. */
void test_home_configure (TestHome *home, const char *const *overrides);

/* The path of a fixture as it was built. Free with g_free. */
char *test_fixture_path (const char *name);
/* Copies a fixture to plugins/TO.so (TO may hold a folder) with mode. Free the path with g_free. */
char *test_home_install (TestHome *home, const char *fixture, const char *to, guint mode);
/* The same with mode 0755, when the path is of no interest. */
void test_home_put (TestHome *home, const char *fixture, const char *to);

/* Compares the whole text and the code, and clears it. home's directory is written as @. */
void test_assert_error (TestHome *home, GError **error, gint code, const char *expected);

void test_add (const char *path, void (*function) (TestHome *, gconstpointer));

G_END_DECLS
