/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making a container that was another once: what it brings is in it from its first moment on. */

#include "container/test-container-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/create-private.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const brought[] = {"checkpoint", "log", "absent", NULL};

/* What an archive was unpacked to. */
static int
stage_make (TestEngine *test)
{
	g_autoptr (GError) error = NULL;
	davit_autofd parent = open (test->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;

	davit_path_open_subdirectory (parent, "stage", 0700, &fd, &error);
	g_assert_no_error (error);
	g_assert_cmpint (mkdirat (fd, "checkpoint", 0700), ==, 0);
	davit_path_replace_file (fd, "log", "said", 4, 0600, FALSE, &error);
	g_assert_no_error (error);
	return fd;
}

static gboolean
make (TestEngine *test, int stage_fd, GError **error)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	g_autoptr (DavitContainer) container = NULL;
	g_autofree char *text = NULL;
	DavitCreation creation;
	gboolean made;

	g_assert_true (davit_create_request_set (request, "name", "web", NULL));
	davit_creation_init (&creation, test->engine, request);
	text = g_strdup_printf (
		"{\"version\": 1, \"id\": \"%s\", \"name\": \"web\", \"created\": 7, "
		"\"image\": \"localhost/box:latest\", \"imageId\": \"sha256:%s\", "
		"\"layers\": [\"%s\"], \"storage\": \"toy-storage\", "
		"\"runtime\": \"toy-runtime\", \"network\": \"toy-network\", "
		"\"seccomp\": {\"profile\": \"unconfined\"}, \"args\": [\"sleep\"]}",
		creation.id, creation.id, creation.id);
	creation.record_text = text;
	creation.moved = brought;
	creation.moved_dirfd = stage_fd;
	creation.storage = davit_drivers_storage (test->engine->drivers, "toy-storage", error);
	made = creation.storage != NULL && davit_creation_make (&creation, &container, error);
	davit_creation_clear (&creation);
	return made;
}

static void
assert_brought (TestEngine *test)
{
	g_autoptr (DavitContainer) container = test_find (test, "web");
	g_autofree char *path = g_build_filename (test->root, "containers", container->id, NULL);
	davit_autofd fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_cmpint (container->status, ==, DAVIT_STATUS_CREATED);
	g_assert_cmpint (faccessat (fd, "checkpoint", F_OK, 0), ==, 0);
	g_assert_cmpint (faccessat (fd, "log", F_OK, 0), ==, 0);
}

static void
test_made (TestEngine *test, gconstpointer data)
{
	davit_autofd stage_fd = stage_make (test);
	g_autoptr (GError) error = NULL;

	make (test, stage_fd, &error);
	g_assert_no_error (error);
	assert_brought (test);
}

/* Behind its record nobody but itself can take it away: it must be whole. */
static void
test_killed (TestEngine *test, gconstpointer data)
{
	static const char *const die[] = {"storage.toy-storage.die=rootfs_create", NULL};
	davit_autofd stage_fd = stage_make (test);
	pid_t child = fork ();
	int status = 0;

	g_assert_cmpint (child, >=, 0);
	if (child == 0) {
		test_engine_reopen (test, die);
		make (test, stage_fd, NULL);
		_exit (1);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
	assert_brought (test);
}

/* Whatever fails, nothing is left. */
static void
test_undone (TestEngine *test, gconstpointer data)
{
	static const char *const fail[] = {"storage.toy-storage.fail=rootfs_create", NULL};
	davit_autofd stage_fd = stage_make (test);
	g_autoptr (GPtrArray) names = NULL;
	g_autoptr (GError) error = NULL;

	test_engine_reopen (test, fail);
	g_assert_false (make (test, stage_fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_clear_error (&error);
	davit_path_list (test->directories.containers_fd, &names, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (names->len, ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/creation/made", test_made);
	test_engine_add ("/creation/killed", test_killed);
	test_engine_add ("/creation/undone", test_undone);
	return g_test_run ();
}
