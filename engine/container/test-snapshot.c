/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A checkpoint on disk: whole, broken off at each step, and what the end of a run makes of it. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/snapshot.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	char *path;
	int dirfd;
} Test;

static void
set_up (Test *test, gconstpointer data)
{
	test->path = g_dir_make_tmp ("davit-snapshot-XXXXXX", NULL);
	test->dirfd = open (test->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (test->dirfd, >=, 0);
}

static void
tear_down (Test *test, gconstpointer data)
{
	g_autofree char *name = g_path_get_basename (test->path);
	davit_autofd parent = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	davit_fd_close (&test->dirfd);
	g_assert_true (davit_path_remove_tree (parent, name, NULL));
	g_free (test->path);
}

/* One that is written and has its old name still. */
static void
begin (Test *test, gint64 created, gboolean left_running)
{
	DavitSnapshot snapshot = {
		.driver = "criu",
		.created = created,
		.left_running = left_running,
		.tcp_established = TRUE,
		.kernel = "6.1",
	};
	DavitSnapshotFiles files;
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_snapshot_begin (test->dirfd, &files, &error));
	g_assert_no_error (error);
	if (created > 0)
		g_assert_true (davit_snapshot_write (&files, &snapshot, &error));
	davit_snapshot_files_clear (&files);
}

static gboolean
exists (Test *test)
{
	DavitSnapshotFiles files;
	DavitSnapshot snapshot;

	if (!davit_snapshot_open (test->dirfd, &files, &snapshot, NULL))
		return FALSE;
	g_assert_cmpstr (snapshot.driver, ==, "criu");
	g_assert_cmpstr (snapshot.kernel, ==, "6.1");
	g_assert_true (snapshot.tcp_established);
	davit_snapshot_files_clear (&files);
	davit_snapshot_clear (&snapshot);
	return TRUE;
}

static void
test_whole (Test *test, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	begin (test, 7, FALSE);
	g_assert_true (davit_snapshot_is_broken_off (test->dirfd));
	g_assert_false (exists (test));
	g_assert_true (davit_snapshot_commit (test->dirfd, &error));
	g_assert_no_error (error);
	g_assert_false (davit_snapshot_is_broken_off (test->dirfd));
	g_assert_true (exists (test));
	/* The next one takes its place. */
	begin (test, 8, FALSE);
	g_assert_true (exists (test));
	g_assert_true (davit_snapshot_commit (test->dirfd, &error));
	g_assert_true (exists (test));
	g_assert_true (davit_snapshot_remove (test->dirfd, &error));
	g_assert_true (davit_snapshot_remove (test->dirfd, &error));
	g_assert_false (exists (test));
}

static void
test_broken_off (Test *test, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	begin (test, 0, FALSE);
	g_assert_true (davit_snapshot_is_broken_off (test->dirfd));
	g_assert_true (davit_snapshot_mend (test->dirfd, &error));
	g_assert_false (davit_snapshot_is_broken_off (test->dirfd));
	/* A removal that went half the way. */
	g_assert_cmpint (mkdirat (test->dirfd, "checkpoint", 0700), ==, 0);
	g_assert_true (davit_snapshot_is_broken_off (test->dirfd));
	g_assert_true (davit_snapshot_mend (test->dirfd, &error));
	g_assert_cmpint (faccessat (test->dirfd, "checkpoint", F_OK, 0), ==, -1);
	/* Kept for who wants to read what the driver said. */
	begin (test, 0, FALSE);
	g_assert_true (davit_snapshot_abort (test->dirfd, TRUE, &error));
	g_assert_cmpint (faccessat (test->dirfd, "checkpoint.failed/work", F_OK, 0), ==, 0);
	g_assert_false (davit_snapshot_is_broken_off (test->dirfd));
}

/* Whether a run that began at 5 and ended so was ended by the checkpoint. */
static void
test_settle (Test *test, gconstpointer data)
{
	static const struct {
		gint64 created;
		gboolean left_running;
		DavitExit ended;
		gboolean expected;
	} cases[] = {
		{7, FALSE, {.status = 137, .signal = SIGKILL, .finished = 8}, TRUE},
		{7, FALSE, {.status = 255}, TRUE}, /* nobody saw it */
		{7, FALSE, {.status = 0, .finished = 8}, FALSE},
		{7, TRUE, {.status = 137, .signal = SIGKILL, .finished = 8}, FALSE},
		{3, FALSE, {.status = 137, .signal = SIGKILL, .finished = 8}, FALSE},
		{0, FALSE, {.status = 137, .signal = SIGKILL, .finished = 8}, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		gint64 created = 0;

		begin (test, cases[i].created, cases[i].left_running);
		g_assert_cmpint (davit_snapshot_settle (test->dirfd, 5, &cases[i].ended, &created),
				 ==, cases[i].expected);
		g_assert_cmpint (created, ==, cases[i].expected ? 7 : 0);
		g_assert_cmpint (exists (test), ==, cases[i].expected);
		g_assert_false (davit_snapshot_is_broken_off (test->dirfd));
		g_assert_true (davit_snapshot_remove (test->dirfd, NULL));
	}
}

static void
test_damaged (Test *test, gconstpointer data)
{
	static const struct {
		const char *text;
		DavitErrorCode code;
		const char *reason;
	} cases[] = {
		{"{\"version\":99}", DAVIT_ERROR_UNSUPPORTED, "is that of a newer davit"},
		{"{\"version\":1,\"created\":\"x\"}", DAVIT_ERROR_CORRUPT, "created"},
		{"{\"version\":1,\"created\":1,\"driver\":\"../x\"}", DAVIT_ERROR_CORRUPT,
		 "driver: must be the name of a plugin"},
		{"{", DAVIT_ERROR_CORRUPT, "snapshot.json"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		DavitSnapshotFiles files;
		DavitSnapshot snapshot;
		g_autoptr (GError) error = NULL;
		davit_autofd fd = -1;

		begin (test, 7, FALSE);
		g_assert_true (davit_snapshot_commit (test->dirfd, &error));
		fd = openat (test->dirfd, "checkpoint/snapshot.json", O_WRONLY | O_TRUNC);
		g_assert_cmpint (write (fd, cases[i].text, strlen (cases[i].text)), >, 0);
		g_assert_false (davit_snapshot_open (test->dirfd, &files, &snapshot, &error));
		g_assert_true (davit_error_matches (error, cases[i].code));
		g_assert_nonnull (strstr (error->message, cases[i].reason));
	}
}

static void
add (const char *path, void (*function) (Test *, gconstpointer))
{
	g_test_add (path, Test, NULL, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	add ("/snapshot/whole", test_whole);
	add ("/snapshot/broken-off", test_broken_off);
	add ("/snapshot/settle", test_settle);
	add ("/snapshot/damaged", test_damaged);
	return g_test_run ();
}
