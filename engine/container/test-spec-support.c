/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "container/test-spec-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const char profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"syscalls\":["
	"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
	"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\","
	"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}}]}";

void
test_spec_set_up (TestSpec *test, gconstpointer data)
{
	g_autofree char *etc = NULL;
	g_autofree char *seccomp = NULL;

	test->directory = g_dir_make_tmp ("davit-test-spec-XXXXXX", NULL);
	g_assert_nonnull (test->directory);
	test->rootfs = g_build_filename (test->directory, "rootfs", NULL);
	etc = g_build_filename (test->rootfs, "etc", NULL);
	g_assert_cmpint (g_mkdir_with_parents (etc, 0755), ==, 0);
	test->rootfs_fd = open (test->rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (test->rootfs_fd, >=, 0);
	test->engine.paths = davit_paths_new ();
	davit_paths_set (&test->engine.paths->datadir, test->directory);
	/* There is no cache below it. */
	davit_paths_set (&test->engine.paths->root, test->directory);
	seccomp = g_build_filename (test->directory, "seccomp.json", NULL);
	g_assert_true (g_file_set_contents (seccomp, profile, -1, NULL));
}

void
test_spec_tear_down (TestSpec *test, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname (test->directory);
	g_autofree char *name = g_path_get_basename (test->directory);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	davit_fd_close (&test->rootfs_fd);
	davit_path_remove_tree (fd, name, &error);
	g_assert_no_error (error);
	davit_paths_free (test->engine.paths);
	g_free (test->rootfs);
	g_free (test->directory);
}

void
test_spec_add (const char *path, void (*function) (TestSpec *, gconstpointer))
{
	g_test_add (path, TestSpec, NULL, test_spec_set_up, function, test_spec_tear_down);
}

DavitRecord *
test_spec_record (const char *more)
{
	g_autofree char *text = g_strdup_printf (
		"{\"version\":1,\"id\":\"" TEST_ID "\",\"name\":\"web\",\"created\":1,"
		"\"image\":\"localhost/box:latest\",\"imageId\":\"sha256:" TEST_ID "\","
		"\"storage\":\"overlay\",\"network\":\"none\",\"runtime\":\"native\","
		"\"args\":[\"sh\",\"-c\",\"true\"]%s}",
		more);
	g_autoptr (GError) error = NULL;
	DavitRecord *record = davit_record_parse (text, strlen (text), &error);

	g_assert_no_error (error);
	return record;
}

char *
test_spec_path (TestSpec *test, const char *path)
{
	return g_build_filename (test->rootfs, path, NULL);
}

void
test_spec_write (TestSpec *test, const char *path, const char *text, gssize length)
{
	g_autofree char *full = test_spec_path (test, path);
	g_autoptr (GError) error = NULL;

	g_unlink (full);
	g_file_set_contents (full, text, length, &error);
	g_assert_no_error (error);
}

void
test_spec_remove (TestSpec *test, const char *path)
{
	g_autofree char *full = test_spec_path (test, path);

	g_assert_cmpint (g_remove (full), ==, 0);
}

void
test_spec_assert_error (GError **error, int code, const char *text)
{
	g_assert_error (*error, DAVIT_ERROR, code);
	if (strstr ((*error)->message, text) == NULL)
		g_error ("\"%s\" lacks \"%s\"", (*error)->message, text);
	g_clear_error (error);
}
