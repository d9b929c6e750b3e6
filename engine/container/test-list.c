/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finding and listing: many, damaged ones, and some that come and go meanwhile. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/names.h"
#include "container/test-container-support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 1000

static void
test_find_all (TestEngine *test, gconstpointer data)
{
	static const char *const wrong[] = {"no", "", "..", "../../etc", "web/", "abcdeg"};
	const char *one = "abcd000000000000000000000000000000000000000000000000000000000001";
	const char *two = "abcd100000000000000000000000000000000000000000000000000000000002";
	g_autoptr (GError) error = NULL;

	test_record_write (test, one, "web", 1, "");
	test_record_write (test, two, "db", 2, "");
	/* A name goes before the beginning of an id. */
	g_assert_true (davit_name_claim (test->directories.names_fd, "abcd1", one, &error));
	{
		const char *const names[] = {one, "web", "abcd0", "abcd1"};

		for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
			g_autoptr (DavitContainer) container = test_find (test, names[i]);

			g_assert_cmpstr (container->id, ==, one);
			g_assert_cmpstr (container->name, ==, "web");
			g_assert_cmpstr (container->command, ==, "sleep 1000");
			g_assert_cmpstr (container->image, ==, "localhost/box:latest");
			g_assert_cmpstr (container->labels[0], ==, "app=web");
			g_assert_nonnull (davit_container_record (container, &error));
		}
	}
	g_assert_null (davit_container_find (test->engine, "abcd", &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE,
				  "container \"abcd\": the ids of several containers begin so; "
				  "give more digits");
	for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
		g_autofree char *text =
			g_strdup_printf ("no container with name or id \"%s\"", wrong[i]);

		g_assert_null (davit_container_find (test->engine, wrong[i], &error));
		test_engine_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND, text);
	}
}

static DavitContainer *
nth (GPtrArray *containers, guint index)
{
	return (DavitContainer *) g_ptr_array_index (containers, index);
}

static void
test_damaged (TestEngine *test, gconstpointer data)
{
	g_autofree char *whole = test_id (1);
	g_autofree char *empty = test_id (2);
	g_autofree char *foreign = test_id (3);
	g_autofree char *newer = test_id (4);
	g_autofree char *unfinished = test_id (5);
	g_autofree char *file = test_id (6);
	g_autoptr (GPtrArray) containers = NULL;
	g_auto (GStrv) ids = NULL;
	g_auto (GStrv) chain_ids = NULL;
	g_autoptr (DavitContainer) found = NULL;
	g_autoptr (GError) error = NULL;
	guint damaged = 0;

	test_record_write (test, whole, "whole", 7, "");
	test_record_write (test, empty, "empty", 7, "");
	test_file_write (test, empty, "record.json", "");
	test_record_write (test, newer, "newer", 7, "");
	test_file_write (test, newer, "record.json", "{\"version\": 99}");
	test_record_write (test, foreign, "foreign", 7, "");
	{
		g_autofree char *path =
			g_build_filename (test->root, "containers", whole, "record.json", NULL);
		g_autofree char *text = NULL;

		g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
		test_file_write (test, foreign, "record.json", text);
	}
	test_file_write (test, unfinished, "other", "");
	/* Nor do others suffer from what is not even a directory. */
	g_assert_true (davit_path_replace_file (test->directories.containers_fd, file, "", 0, 0600,
						FALSE, &error));

	containers = davit_container_list (test->engine, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (containers->len, ==, 4);
	for (guint i = 0; i < containers->len; i++) {
		DavitContainer *container = nth (containers, i);

		g_assert_cmpint (container->dirfd, ==, -1);
		if (container->status != DAVIT_STATUS_DAMAGED) {
			g_assert_cmpstr (container->id, ==, whole);
			continue;
		}
		damaged++;
		g_assert_nonnull (container->damage);
		g_assert_nonnull (container->name);
		g_assert_null (davit_container_record (container, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_nonnull (strstr (error->message, "; davit rm --force removes it"));
		g_clear_error (&error);
	}
	g_assert_cmpuint (damaged, ==, 3);
	/* None of them runs. */
	g_clear_pointer (&containers, g_ptr_array_unref);
	containers = davit_container_list_running (test->engine, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (containers->len, ==, 0);
	found = test_find (test, "foreign");
	g_assert_cmpstr (found->damage, ==, "its record is that of container 000000000000");
	g_assert_null (davit_container_find (test->engine, unfinished, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);

	g_assert_true (davit_container_used_images (test->engine, &ids, &chain_ids, &error));
	g_assert_cmpuint (g_strv_length (ids), ==, 1);
	g_assert_true (g_str_has_suffix (ids[0], whole));
	g_assert_cmpuint (g_strv_length (chain_ids), ==, 1);
	g_assert_cmpstr (chain_ids[0], ==, whole);
}

static void
test_many (TestEngine *test, gconstpointer data)
{
	g_autoptr (GPtrArray) containers = NULL;
	g_autoptr (GError) error = NULL;
	struct rlimit limit;
	gint64 best = G_MAXINT64;

	/* As at a shell. */
	g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
	limit.rlim_cur = MIN (limit.rlim_cur, 256);
	g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
	for (guint i = 0; i < MANY; i++) {
		g_autofree char *id = test_id (i + 1);
		g_autofree char *name = g_strdup_printf ("c%u", i);

		test_record_write (test, id, name, i + 1, "");
	}
	for (guint round = 0; round < 5; round++) {
		gint64 begin = g_get_monotonic_time ();

		g_clear_pointer (&containers, g_ptr_array_unref);
		containers = davit_container_list (test->engine, &error);
		best = MIN (best, g_get_monotonic_time () - begin);
		g_assert_no_error (error);
		g_assert_cmpuint (containers->len, ==, MANY);
	}
	g_test_message ("%d containers in %" G_GINT64_FORMAT " us", MANY, best);
	for (guint i = 0; i < MANY; i++)
		g_assert_cmpint (nth (containers, i)->created, ==, MANY - i);
	/* Opened when it is needed. */
	g_assert_true (davit_container_refresh (nth (containers, 0), &error));
	g_assert_no_error (error);
}

/* A container is there or it is not: nobody ever sees half of one, nor an error. */
static void
test_come_and_go (TestEngine *test, gconstpointer data)
{
	g_autofree char *stays = test_id (1);
	g_autofree char *goes = test_id (2);
	g_autoptr (GError) error = NULL;
	pid_t child;

	test_record_write (test, stays, "stays", 1, "");
	child = fork ();
	g_assert_cmpint (child, >=, 0);
	while (child == 0) {
		test_record_write (test, goes, "goes", 2, "");
		test_file_write (test, goes, "state.json", "{\"version\": 1}");
		if (!davit_path_remove_tree (test->directories.containers_fd, goes, NULL))
			_exit (1);
	}
	for (guint i = 0; i < 500; i++) {
		g_autoptr (GPtrArray) containers = davit_container_list (test->engine, &error);

		g_assert_no_error (error);
		g_assert_cmpuint (containers->len, >=, 1);
		g_assert_cmpuint (containers->len, <=, 2);
		g_assert_cmpint (nth (containers, 0)->status, ==, DAVIT_STATUS_CREATED);
	}
	g_assert_cmpint (waitpid (child, NULL, WNOHANG), ==, 0);
	kill (child, SIGKILL);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
}

/* Each thing that a crash can leave is found, and is mended by a repair. */
static void
test_check (TestEngine *test, gconstpointer data)
{
	static const char *const expected[] = {
		"container 000000000000: its creation was broken off",
		"container 000000000000: its name \"nameless\" is not held",
		"container name \"lost\": leads to no container",
		"containers/rubbish: was not made by davit",
	};
	g_autofree char *unfinished = test_id (1);
	g_autofree char *nameless = test_id (2);
	g_autoptr (GPtrArray) findings = NULL;
	g_autoptr (GError) error = NULL;

	test_file_write (test, unfinished, "other", "");
	test_record_write (test, nameless, "nameless", 1, "");
	g_assert_true (
		davit_name_release (test->directories.names_fd, "nameless", nameless, &error));
	g_assert_true (davit_name_claim (test->directories.names_fd, "lost", unfinished, &error));
	g_assert_true (davit_path_replace_file (test->directories.containers_fd, "rubbish", "", 0,
						0600, FALSE, &error));
	g_assert_true (davit_container_check (test->engine, FALSE, &findings, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (findings->len, ==, G_N_ELEMENTS (expected));
	for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
		g_assert_true (g_ptr_array_find_with_equal_func (findings, expected[i], g_str_equal,
								 NULL));
	g_clear_pointer (&findings, g_ptr_array_unref);
	g_assert_true (davit_container_check (test->engine, TRUE, &findings, &error));
	g_assert_no_error (error);
	g_clear_pointer (&findings, g_ptr_array_unref);
	g_assert_true (davit_container_check (test->engine, FALSE, &findings, &error));
	g_assert_no_error (error);
	/* What nobody knows nobody removes. */
	g_assert_cmpuint (findings->len, ==, 1);
	g_assert_cmpstr ((const char *) findings->pdata[0], ==, expected[3]);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/list/find", test_find_all);
	test_engine_add ("/list/damaged", test_damaged);
	test_engine_add ("/list/come-and-go", test_come_and_go);
	test_engine_add ("/list/check", test_check);
	test_engine_add ("/list/many", test_many);
	return g_test_run ();
}
