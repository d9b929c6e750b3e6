/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A name is never taken twice, is free when its container is gone, and nobody waits for a crash. */

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "container/names.h"
#include "container/test-container-support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RACERS 16

static void
test_claim (TestEngine *test, gconstpointer data)
{
	int names_fd = test->directories.names_fd;
	g_autofree char *one = test_id (0xabc);
	g_autofree char *two = test_id (2);
	g_autofree char *found = NULL;
	g_autoptr (GError) error = NULL;

	test_record_write (test, one, "web", 1, "");
	/* Again by the same one: nothing new. */
	g_assert_true (davit_name_claim (names_fd, "web", one, &error));
	g_assert_no_error (error);
	g_assert_false (davit_name_claim (names_fd, "web", two, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_EXISTS,
				  "container name \"web\" is in use by container 000000000000; "
				  "remove that one first, or choose another name");
	g_assert_true (davit_name_lookup (names_fd, "web", &found, &error));
	g_assert_cmpstr (found, ==, one);
	g_clear_pointer (&found, g_free);

	/* Not by somebody else. */
	g_assert_true (davit_name_release (names_fd, "web", two, &error));
	g_assert_true (davit_name_lookup (names_fd, "web", &found, &error));
	g_assert_true (davit_name_release (names_fd, "web", one, &error));
	g_assert_true (davit_name_release (names_fd, "web", one, &error));
	g_assert_false (davit_name_lookup (names_fd, "web", &found, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_NOT_FOUND,
				  "no container with name \"web\"");
}

static void
test_wrong (TestEngine *test, gconstpointer data)
{
	static const char *const names[] = {"", "../x", "a/b", ".x", "-x", "a b"};
	int names_fd = test->directories.names_fd;
	g_autofree char *id = test_id (1);
	g_autofree char *found = NULL;
	g_autoptr (GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *text = g_strdup_printf (
			"container name \"%s\": must begin with a letter or digit, and hold only "
			"letters, digits, \"_\", \".\" and \"-\"",
			names[i]);

		g_assert_false (davit_name_claim (names_fd, names[i], id, &error));
		test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE, text);
		g_assert_false (davit_name_release (names_fd, names[i], id, &error));
		test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE, text);
		g_assert_false (davit_name_lookup (names_fd, names[i], &found, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
		g_clear_error (&error);
	}
	g_assert_false (davit_name_claim (names_fd, "x", "abc", &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_USAGE, "container id \"abc\": is none");
}

/* What a crash has left of a creation does not hold a name; what is under way does. */
static void
test_stale (TestEngine *test, gconstpointer data)
{
	int names_fd = test->directories.names_fd;
	g_autofree char *gone = test_id (1);
	g_autofree char *broken = test_id (2);
	g_autofree char *heir = test_id (3);
	g_autofree char *found = NULL;
	davit_autofd fd = -1;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_name_claim (names_fd, "web", gone, &error));
	g_assert_true (davit_path_open_subdirectory (test->directories.containers_fd, broken, 0700,
						     &fd, &error));
	g_assert_true (davit_name_claim (names_fd, "web", broken, &error));
	g_assert_true (davit_lock_take (fd, 0, "x", &error));
	g_assert_false (davit_name_claim (names_fd, "web", heir, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_EXISTS);
	g_clear_error (&error);
	davit_lock_release (fd);
	g_assert_true (davit_name_claim (names_fd, "web", heir, &error));
	g_assert_true (davit_name_lookup (names_fd, "web", &found, &error));
	g_assert_cmpstr (found, ==, heir);
}

static void
test_foreign (TestEngine *test, gconstpointer data)
{
	int names_fd = test->directories.names_fd;
	g_autofree char *id = test_id (1);
	g_autofree char *found = NULL;
	g_autoptr (GError) error = NULL;
	gboolean stale = FALSE;

	g_assert_true (davit_path_replace_file (names_fd, "web", "x", 1, 0600, FALSE, &error));
	g_assert_false (davit_name_lookup (names_fd, "web", &found, &error));
	test_engine_assert_error (test, &error, DAVIT_ERROR_CORRUPT,
				  "container name \"web\": what stands in its place was not made "
				  "by davit; davit system check --repair removes it");
	g_assert_true (davit_name_check_stale (names_fd, "web", FALSE, &stale, &error));
	g_assert_true (stale);
	g_assert_true (davit_name_claim (names_fd, "web", id, &error));
	g_assert_no_error (error);
	/* A link that leads out is none of ours either. */
	g_assert_cmpint (symlinkat ("/etc", names_fd, "etc"), ==, 0);
	g_assert_true (davit_name_check_stale (names_fd, "etc", TRUE, &stale, &error));
	g_assert_true (stale);
	g_assert_cmpint (faccessat (names_fd, "etc", F_OK, AT_SYMLINK_NOFOLLOW), !=, 0);
	g_assert_true (g_file_test ("/etc", G_FILE_TEST_IS_DIR));
}

static void
test_release_all (TestEngine *test, gconstpointer data)
{
	int names_fd = test->directories.names_fd;
	g_autofree char *one = test_id (1);
	g_autofree char *two = test_id (2);
	g_autofree char *name = NULL;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_name_claim (names_fd, "a", one, &error));
	g_assert_true (davit_name_claim (names_fd, "b", one, &error));
	g_assert_true (davit_name_claim (names_fd, "c", two, &error));
	name = davit_name_of (names_fd, two);
	g_assert_cmpstr (name, ==, "c");
	g_assert_true (davit_name_release_all (names_fd, one, &error));
	g_assert_null (davit_name_of (names_fd, one));
	g_free (name);
	name = davit_name_of (names_fd, two);
	g_assert_cmpstr (name, ==, "c");
}

/* Many want the same stale name; each has its directory, as a creation has. */
static void
test_race (TestEngine *test, gconstpointer data)
{
	int names_fd = test->directories.names_fd;
	g_autofree char *gone = test_id (1);
	g_autofree char *found = NULL;
	g_autoptr (GError) error = NULL;
	pid_t children[RACERS];
	guint winners = 0, winner = 0;
	int gate[2];

	g_assert_true (davit_name_claim (names_fd, "web", gone, &error));
	g_assert_cmpint (pipe2 (gate, O_CLOEXEC), ==, 0);
	for (guint i = 0; i < RACERS; i++) {
		g_autofree char *id = test_id (0x100 + i);
		davit_autofd fd = -1;
		char byte;

		g_assert_true (davit_path_open_subdirectory (test->directories.containers_fd, id,
							     0700, &fd, &error));
		test_file_write (test, id, "record.json", "{}");
		children[i] = fork ();
		g_assert_cmpint (children[i], >=, 0);
		if (children[i] > 0)
			continue;
		close (gate[1]);
		if (read (gate[0], &byte, 1) != 0)
			_exit (3);
		if (davit_name_claim (names_fd, "web", id, &error))
			_exit (0);
		_exit (davit_error_matches (error, DAVIT_ERROR_EXISTS) ? 1 : 2);
	}
	close (gate[0]);
	close (gate[1]);
	for (guint i = 0; i < RACERS; i++) {
		int status = 0;

		g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
		g_assert_true (WIFEXITED (status));
		g_assert_cmpint (WEXITSTATUS (status), <=, 1);
		if (WEXITSTATUS (status) == 0) {
			winners++;
			winner = i;
		}
	}
	g_assert_cmpuint (winners, ==, 1);
	g_assert_true (davit_name_lookup (names_fd, "web", &found, &error));
	{
		g_autofree char *id = test_id (0x100 + winner);

		g_assert_cmpstr (found, ==, id);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/names/claim", test_claim);
	test_engine_add ("/names/wrong", test_wrong);
	test_engine_add ("/names/stale", test_stale);
	test_engine_add ("/names/foreign", test_foreign);
	test_engine_add ("/names/release-all", test_release_all);
	test_engine_add ("/names/race", test_race);
	return g_test_run ();
}
