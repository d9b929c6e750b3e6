/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A store of its own for each test of a storage driver, and what the tests fill layers with. */

#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "driver/storage-driver.h"

#include <sys/stat.h>

/**
 * TestStore: the fixture. The driver is the name that is given as the data of the test.
 */
typedef struct {
	const char *driver;
	char *directory;
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitStorage *storage;
	int state_fd; /* the driver's own directory */
	/* Set before the set-up: where the store is made, and the plugins are; or NULL. */
	const char *parent;
	const char *plugins;
} TestStore;

void test_store_set_up (TestStore *store, gconstpointer driver);
void test_store_tear_down (TestStore *store, gconstpointer driver);
void test_store_add (const char *driver, const char *name,
		     void (*function) (TestStore *, gconstpointer));

/* Opens the driver again with other options: "storage.NAME.KEY=VALUE", or NULL. */
void test_store_configure (TestStore *store, const char *option);

/* Frees the driver and opens it again, as another process would. */
void test_store_reopen (TestStore *store);

/*
 * Whether layers are compressed files: without fractions of seconds and times before 1970, smaller
 * than what is in them, and made by reading every byte of a hole.
 */
gboolean test_is_packed (const TestStore *store);

/* "NNNN0000...": the chain id of layer number n. A static buffer of each number below 1000. */
const char *test_chain_id (guint number);

/* Begins a layer on top of the one before; number 0 has no parent. */
int test_layer_begin (TestStore *store, guint number, DavitWhiteouts *ret_whiteouts);
void test_layer_commit (TestStore *store, guint number);
gboolean test_layer_exists (TestStore *store, guint number);

/* The request for a container on layers 0 to n_layers - 1. Its list is freed with the test. */
DavitRootfsRequest test_request (const char *id, guint n_layers);

/* Creates and mounts; the caller closes it. */
int test_rootfs_mount (TestStore *store, const DavitRootfsRequest *request);

void test_write (int dirfd, const char *path, const char *text);
void test_assert_content (int dirfd, const char *path, const char *expected);
void test_assert_absent (int dirfd, const char *path);
gboolean test_exists (int dirfd, const char *path);

/* As the engine writes them when it unpacks. The directory of opaque must be empty yet. */
void test_whiteout (int dirfd, const char *path, DavitWhiteouts whiteouts);
void test_opaque (int dirfd, const char *path, DavitWhiteouts whiteouts);

/* Files of every kind; what a layer on top deletes and covers; and that layer. */
void test_fill_kinds (int dirfd);
void test_fill_xattrs (int dirfd);
void test_fill_lower (int dirfd);
void test_fill_upper (int dirfd, DavitWhiteouts whiteouts);

/* Everything that can be seen of a tree, as text: names, types, owners, times, links, content. */
char *test_describe (int dirfd);

/* What the driver keeps in one of its directories. */
guint test_count (TestStore *store, const char *directory);

/* What every storage driver has to pass: the life of layers and containers; what they hold. */
void test_scenarios_add (const char *driver);
void test_contents_add (const char *driver);
/* And what those that keep layers as directories have to. */
void test_trees_add (const char *driver);
