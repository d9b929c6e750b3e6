/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What holds for every storage driver; and for those that keep layers as directories. */

#include "test-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
make_layer (TestStore *store, guint number, const char *name, const char *text)
{
	davit_autofd fd = test_layer_begin (store, number, NULL);

	test_write (fd, name, text);
	test_layer_commit (store, number);
}

static void
assert_begin_fails (TestStore *store, guint number, DavitErrorCode code, const char *text)
{
	DavitLayerRequest request = {
		.size = sizeof request,
		.chain_id = test_chain_id (number),
		.parent_id = number > 0 ? test_chain_id (number - 1) : NULL,
	};
	g_autoptr (GError) error = NULL;
	DavitWhiteouts whiteouts;
	int fd = -1;

	g_assert_false (
		davit_storage_layer_begin (store->storage, &request, &fd, &whiteouts, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_nonnull (strstr (error->message, text));
	g_assert_cmpint (fd, ==, -1);
}

static void
test_layers (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree const char **list = NULL;
	const char *const unknown[] = {test_chain_id (7), NULL};
	const char *const again[] = {test_chain_id (0), test_chain_id (1), NULL};
	davit_autofd opened = -1;

	g_assert_false (test_layer_exists (store, 0));
	make_layer (store, 0, "low", "0");
	g_assert_true (test_layer_exists (store, 0));
	make_layer (store, 1, "high", "1");
	assert_begin_fails (store, 0, DAVIT_ERROR_EXISTS, "exists already");
	assert_begin_fails (store, 5, DAVIT_ERROR_NOT_FOUND, "its parent");
	g_assert_false (davit_storage_layer_commit (store->storage, unknown, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "was not begun"));
	g_clear_error (&error);
	g_assert_true (davit_storage_layer_commit (store->storage, again, &error));

	g_assert_true (davit_storage_layer_list (store->storage, result, &error));
	list = davit_result_strings (result, "layer");
	g_assert_cmpstr (list[0], ==, test_chain_id (0));
	g_assert_cmpstr (list[1], ==, test_chain_id (1));
	g_assert_null (list[2]);
	g_assert_true (davit_storage_layer_open (store->storage, test_chain_id (1), &opened, NULL,
						 &error));
	test_assert_content (opened, "high", "1");
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
}

static void
test_bad_names (TestStore *store, gconstpointer data)
{
	static const char *const bad[] = {"", "..", "abc", "../../../../etc", "ABCDEF"};
	DavitRootfsRequest request = test_request ("../x", 0);

	for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
		g_autoptr (GError) error = NULL;
		gboolean exists;

		g_assert_false (
			davit_storage_layer_exists (store->storage, bad[i], &exists, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
		g_assert_nonnull (strstr (error->message, "not a chain id"));
		g_clear_error (&error);
		g_assert_false (davit_storage_layer_remove (store->storage, bad[i], &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	}
	{
		g_autoptr (GError) error = NULL;

		g_assert_false (davit_storage_rootfs_create (store->storage, &request, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
		g_assert_nonnull (strstr (error->message, "not an id"));
		g_clear_error (&error);
		g_assert_false (davit_storage_rootfs_remove (store->storage, "..", &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	}
}

/* Begun and not committed is nothing; begun again it is empty; given up it is gone. */
static void
test_abort (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	davit_autofd first = test_layer_begin (store, 0, NULL);
	davit_autofd second = -1;

	test_write (first, "old", "x");
	g_assert_false (test_layer_exists (store, 0));
	second = test_layer_begin (store, 0, NULL);
	test_assert_absent (second, "old");
	for (guint i = 0; i < 2; i++) {
		g_assert_true (
			davit_storage_layer_abort (store->storage, test_chain_id (0), &error));
		g_assert_no_error (error);
	}
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
	make_layer (store, 0, "new", "y");
	g_assert_true (davit_storage_layer_abort (store->storage, test_chain_id (0), &error));
	g_assert_true (test_layer_exists (store, 0));
}

/* A child that begins a layer and waits for its end in the middle of the work. */
static pid_t
start_worker (TestStore *store, int *ret_alive)
{
	int ends[2];
	int alive[2];
	char byte = 0;
	pid_t child;

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (alive, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		int fd;

		close (alive[1]);
		test_store_reopen (store);
		fd = test_layer_begin (store, 0, NULL);
		test_write (fd, "half", "half");
		if (write (ends[1], "x", 1) != 1 || read (alive[0], &byte, 1) != 0)
			_exit (1);
		_exit (0);
	}
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
	close (ends[0]);
	close (ends[1]);
	close (alive[0]);
	*ret_alive = alive[1];
	return child;
}

static void
test_killed (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	davit_autofd alive = -1;
	pid_t child = start_worker (store, &alive);

	assert_begin_fails (store, 0, DAVIT_ERROR_BUSY, "another process is making it");
	g_assert_false (davit_storage_layer_abort (store->storage, test_chain_id (0), &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_clear_error (&error);
	g_assert_true (davit_storage_prune (store->storage, NULL, NULL, &error));
	g_assert_cmpuint (test_count (store, "stages"), ==, 1);

	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_false (test_layer_exists (store, 0));
	fd = test_layer_begin (store, 0, NULL);
	test_assert_absent (fd, "half");
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
}

static void
test_prune (TestStore *store, gconstpointer data)
{
	const char *const keep[] = {"keep", NULL};
	g_autofree char *unstamped = g_build_filename ("layers", test_chain_id (1000), NULL);
	DavitRootfsRequest kept = test_request ("keep", 0);
	DavitRootfsRequest lost = test_request ("lost", 0);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree const char **removed = NULL;
	davit_autofd alive = -1;
	pid_t child = start_worker (store, &alive);

	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_true (davit_storage_rootfs_create (store->storage, &kept, &error));
	g_assert_true (davit_storage_rootfs_create (store->storage, &lost, &error));
	/* Whatever somebody else put there is in nobody's way. */
	test_write (store->state_fd, "stages/stray", "x");
	g_assert_cmpint (mkdirat (store->state_fd, "tombs/old", 0700), ==, 0);
	g_assert_cmpint (mkdirat (store->state_fd, "tombs/old/x", 0700), ==, 0);
	/* What a removal on a full disk left: a layer without its stamp. */
	g_assert_cmpint (mkdirat (store->state_fd, unstamped, 0700), ==, 0);
	g_assert_false (test_layer_exists (store, 1000));

	g_assert_true (davit_storage_prune (store->storage, keep, result, &error));
	g_assert_no_error (error);
	removed = davit_result_strings (result, "removed");
	g_assert_cmpuint (g_strv_length ((char **) removed), ==, 5);
	g_assert_true (g_strv_contains (removed, "stray"));
	g_assert_true (g_strv_contains (removed, "lost"));
	g_assert_true (g_strv_contains (removed, "old"));
	g_assert_true (g_strv_contains (removed, test_chain_id (0)));
	g_assert_true (g_strv_contains (removed, test_chain_id (1000)));
	g_assert_cmpuint (test_count (store, "rootfs"), ==, 1);
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
	g_assert_cmpuint (test_count (store, "layers"), ==, 0);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
}

static void
test_remove (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd fd = -1;

	make_layer (store, 0, "file", "x");
	fd = test_rootfs_mount (store, &request);
	test_write (fd, "written", "y");
	for (guint i = 0; i < 2; i++) {
		g_assert_true (davit_storage_rootfs_unmount (store->storage, ID, &error));
		g_assert_no_error (error);
	}
	davit_fd_close (&fd);
	for (guint i = 0; i < 2; i++) {
		g_assert_true (davit_storage_rootfs_remove (store->storage, ID, &error));
		g_assert_no_error (error);
		g_assert_true (
			davit_storage_layer_remove (store->storage, test_chain_id (0), &error));
		g_assert_no_error (error);
	}
	g_assert_false (test_layer_exists (store, 0));
	g_assert_cmpuint (test_count (store, "layers"), ==, 0);
	g_assert_cmpuint (test_count (store, "rootfs"), ==, 0);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
}

static void
test_rootfs (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	DavitRootfsRequest request = test_request (ID, 2);
	DavitRootfsRequest other = test_request ("other", 2);
	davit_autofd first = -1;
	davit_autofd second = -1;
	int fd = -1;

	g_assert_false (davit_storage_rootfs_create (store->storage, &request, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, test_chain_id (0)));
	g_clear_error (&error);
	make_layer (store, 0, "a", "low");
	make_layer (store, 1, "b", "high");
	g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "does not exist"));
	g_clear_error (&error);

	first = test_rootfs_mount (store, &request);
	second = test_rootfs_mount (store, &other);
	test_assert_content (first, "a", "low");
	test_write (first, "a", "changed");
	test_write (first, "new", "x");
	/* Neither the other container nor the layer sees it. */
	test_assert_content (second, "a", "low");
	test_assert_absent (second, "new");
	davit_fd_close (&first);

	/* Another process mounts it again: what was written is there. */
	test_store_reopen (store);
	first = test_rootfs_mount (store, &request);
	test_assert_content (first, "a", "changed");
	test_assert_content (first, "new", "x");
	test_assert_content (first, "b", "high");
}

static void
test_quota (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	DavitRootfsRequest request = test_request (ID, 0);

	request.quota = 1000;
	g_assert_false (davit_storage_rootfs_create (store->storage, &request, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_nonnull (strstr (error->message, "can't be kept within 1000 bytes"));
	g_assert_cmpuint (test_count (store, "rootfs"), ==, 0);
}

/* In memory, within the size, and gone with the mount; or an error that says so. */
static void
test_memory (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	g_autofree char *text = g_strnfill (1024 * 1024, 'x');
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	davit_autofd file = -1;

	make_layer (store, 0, "file", "x");
	request.memory_writes = 512 * 1024;
	if (g_str_equal (store->driver, "vfs")) {
		g_assert_false (davit_storage_rootfs_create (store->storage, &request, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
		g_assert_nonnull (strstr (error->message, "can't be kept in memory"));
		g_assert_cmpuint (test_count (store, "rootfs"), ==, 0);
		return;
	}
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "x");
	test_write (fd, "new", "y");
	g_assert_cmpint (unlinkat (fd, "file", 0), ==, 0);
	file = openat (fd, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	g_assert_cmpint (write (file, text, 1024 * 1024), <, 512 * 1024);
	g_assert_cmpint (write (file, text, 1024 * 1024), ==, -1);
	g_assert_cmpint (errno, ==, ENOSPC);
	g_assert_false (davit_storage_changes (store->storage, &request, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_nonnull (strstr (error->message, "what it writes is in memory"));
	davit_fd_close (&file);
	davit_fd_close (&fd);
	/* Whatever another process asks for: it is what it was made as. */
	request.memory_writes = 0;
	test_store_reopen (store);
	fd = test_rootfs_mount (store, &request);
	test_assert_absent (fd, "new");
	test_assert_content (fd, "file", "x");
	davit_fd_close (&fd);
	g_assert_true (davit_storage_rootfs_remove (store->storage, ID, NULL));
}

static void
test_no_layers (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 0);
	davit_autofd fd = test_rootfs_mount (store, &request);
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (fd, &names, NULL));
	g_assert_cmpuint (names->len, ==, 0);
	test_write (fd, "file", "x");
	test_assert_content (fd, "file", "x");
}

static void
test_read_only (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	DavitRootfsRequest empty = test_request ("empty", 0);
	davit_autofd fd = -1;
	davit_autofd nothing = -1;

	make_layer (store, 0, "file", "x");
	request.read_only = TRUE;
	empty.read_only = TRUE;
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "x");
	g_assert_cmpint (openat (fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ==, -1);
	g_assert_cmpint (errno, ==, EROFS);
	nothing = test_rootfs_mount (store, &empty);
	g_assert_cmpint (mkdirat (nothing, "new", 0700), ==, -1);
	g_assert_cmpint (errno, ==, EROFS);
}

/* A layer that another process committed meanwhile stays: containers may stand on it. */
static void
test_commit_late (TestStore *store, gconstpointer data)
{
	g_autofree char *theirs = g_build_filename ("layers", test_chain_id (0), NULL);
	g_autofree char *mark = g_build_filename (theirs, "mark", NULL);
	g_autofree char *stamp = g_build_filename (theirs, "stamp", NULL);
	davit_autofd fd = test_layer_begin (store, 0, NULL);

	test_write (fd, "file", "mine");
	g_assert_cmpint (mkdirat (store->state_fd, theirs, 0700), ==, 0);
	test_write (store->state_fd, mark, "theirs");
	test_write (store->state_fd, stamp, "");
	test_layer_commit (store, 0);
	g_assert_true (test_exists (store->state_fd, mark));
	g_assert_cmpuint (test_count (store, "stages"), ==, 0);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
}

/* Several at once, and none is there before all are. */
static void
test_commit_many (TestStore *store, gconstpointer data)
{
	const char *const ids[] = {test_chain_id (0), test_chain_id (1), test_chain_id (2), NULL};
	DavitRootfsRequest request = test_request (ID, 3);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	for (guint i = 0; i < 3; i++) {
		davit_autofd layer = test_layer_begin (store, i, NULL);
		g_autofree char *name = g_strdup_printf ("file-%u", i);

		test_write (layer, name, name);
	}
	for (guint i = 0; i < 3; i++)
		g_assert_false (test_layer_exists (store, i));
	g_assert_true (davit_storage_layer_commit (store->storage, ids, &error));
	g_assert_no_error (error);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file-0", "file-0");
	test_assert_content (fd, "file-2", "file-2");
}

static void
test_many_layers (TestStore *store, gconstpointer data)
{
	const guint n_layers = 128;
	DavitRootfsRequest request = test_request (ID, n_layers);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	for (guint i = 0; i < n_layers; i++) {
		davit_autofd layer = test_layer_begin (store, i, NULL);
		g_autofree char *name = g_strdup_printf ("file-%u", i);

		test_write (layer, name, name);
		test_write (layer, "top", name);
	}
	g_assert_true (davit_storage_layer_commit (store->storage, request.layers, &error));
	g_assert_no_error (error);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "top", "file-127");
	for (guint i = 0; i < n_layers; i++) {
		g_autofree char *name = g_strdup_printf ("file-%u", i);

		test_assert_content (fd, name, name);
	}
	g_assert_true (davit_storage_rootfs_remove (store->storage, ID, &error));
	g_assert_no_error (error);
}

static void
assert_corrupt (TestStore *store, guint number)
{
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_storage_verify (store->storage, test_chain_id (number), &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, test_chain_id (number)));
	g_assert_nonnull (strstr (error->message, "remove the image and get it again"));
}

static void
test_verify (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *stamp = g_strdup_printf ("layers/%s/stamp", test_chain_id (3));
	g_autofree char *tree = g_strdup_printf ("layers/%s/tree", test_chain_id (4));
	davit_autofd fd = -1;

	for (guint i = 0; i < 5; i++) {
		make_layer (store, i, "file", "content");
		g_assert_true (davit_storage_verify (store->storage, test_chain_id (i), &error));
		g_assert_no_error (error);
	}
	/* What a power cut leaves elsewhere: a file that is empty, or one that is missing. */
	g_assert_true (
		davit_storage_layer_open (store->storage, test_chain_id (0), &fd, NULL, NULL));
	test_write (fd, "file", "");
	assert_corrupt (store, 0);
	davit_fd_close (&fd);
	g_assert_true (
		davit_storage_layer_open (store->storage, test_chain_id (1), &fd, NULL, NULL));
	g_assert_cmpint (unlinkat (fd, "file", 0), ==, 0);
	assert_corrupt (store, 1);
	davit_fd_close (&fd);
	/* The same size, written to. */
	g_assert_true (
		davit_storage_layer_open (store->storage, test_chain_id (2), &fd, NULL, NULL));
	test_write (fd, "file", "CONTENT");
	assert_corrupt (store, 2);
	test_write (store->state_fd, stamp, "");
	assert_corrupt (store, 3);
	g_assert_cmpint (renameat (store->state_fd, tree, store->state_fd, "tombs/tree"), ==, 0);
	assert_corrupt (store, 4);
	g_assert_false (davit_storage_verify (store->storage, test_chain_id (9), &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
}

static void
test_probe (TestStore *store, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitPluginReport) report = NULL;

	g_assert_true (davit_storage_probe (store->storage, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (test_count (store, "tombs"), ==, 0);
	/* Only looked at, without a store. */
	report = davit_drivers_report (store->drivers, DAVIT_KIND_STORAGE, store->driver, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (report->reason, ==, NULL);
	g_assert_true (report->usable);
}

/* No descriptor is left, whatever was opened. */
static void
test_leaves_nothing (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	int before = dup (store->state_fd);
	int after;
	int fd;

	close (before);
	make_layer (store, 0, "file", "x");
	fd = test_rootfs_mount (store, &request);
	close (fd);
	g_assert_true (davit_storage_changes (store->storage, &request, NULL, NULL));
	g_assert_true (davit_storage_probe (store->storage, NULL));
	g_assert_true (davit_storage_verify (store->storage, test_chain_id (0), NULL));
	after = dup (store->state_fd);
	g_assert_cmpint (after, ==, before);
	close (after);
}

void
test_scenarios_add (const char *driver)
{
	test_store_add (driver, "layers", test_layers);
	test_store_add (driver, "bad-names", test_bad_names);
	test_store_add (driver, "abort", test_abort);
	test_store_add (driver, "killed", test_killed);
	test_store_add (driver, "prune", test_prune);
	test_store_add (driver, "remove", test_remove);
	test_store_add (driver, "rootfs", test_rootfs);
	test_store_add (driver, "quota", test_quota);
	test_store_add (driver, "memory", test_memory);
	test_store_add (driver, "no-layers", test_no_layers);
	test_store_add (driver, "read-only", test_read_only);
	test_store_add (driver, "commit-late", test_commit_late);
	test_store_add (driver, "commit-many", test_commit_many);
	test_store_add (driver, "many-layers", test_many_layers);
	test_store_add (driver, "probe", test_probe);
	test_store_add (driver, "leaves-nothing", test_leaves_nothing);
}

void
test_trees_add (const char *driver)
{
	test_store_add (driver, "verify", test_verify);
}
