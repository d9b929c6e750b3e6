/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ways to tell the kernel about layers, each of them, whichever this kernel would be given. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "overlay-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define OVERLAY_MAGIC 0x794c7630

typedef struct {
	char *directory;
	int fd;
	char *names[OVERLAY_LAYERS_LIMIT + 3]; /* of the layers made so far */
	guint n_names;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = {"layers", "upper", "work", "tombs"};

	fixture->directory = g_dir_make_tmp ("davit-mount-XXXXXX", NULL);
	fixture->fd = open (fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (fixture->fd, >=, 0);
	for (guint i = 0; i < G_N_ELEMENTS (names); i++)
		g_assert_cmpint (mkdirat (fixture->fd, names[i], 0755), ==, 0);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname (fixture->directory);
	g_autofree char *name = g_path_get_basename (fixture->directory);
	g_autofree char *mounts = NULL;
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Nothing was ever seen on the host, and no child is left. */
	g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &mounts, NULL, NULL));
	g_assert_null (strstr (mounts, name));
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	close (fixture->fd);
	g_assert_true (davit_path_remove_tree (fd, name, NULL));
	for (guint i = 0; i < fixture->n_names; i++)
		g_free (fixture->names[i]);
	g_free (fixture->directory);
}

/* Layers with a long name each, as real ones have. */
static void
make_layers (Fixture *fixture, guint n_layers)
{
	for (guint i = fixture->n_names; i < n_layers; i++) {
		char *name = g_strdup_printf ("layers/%064u", i);
		g_autofree char *file = g_strdup_printf ("%s/file-%u", name, i);

		g_assert_cmpint (mkdirat (fixture->fd, name, 0755), ==, 0);
		g_assert_cmpint (mkdirat (fixture->fd, file, 0755), ==, 0);
		fixture->names[i] = name;
		fixture->n_names = i + 1;
	}
}

static OverlayMount
make_mount (Fixture *fixture, OverlayWay way)
{
	return (OverlayMount){
		.state_dirfd = fixture->fd,
		.lower = (const char *const *) fixture->names,
		.upper = "upper",
		.work = "work",
		.way = way,
	};
}

static void
assert_mounts (Fixture *fixture, OverlayWay way)
{
	OverlayMount mount = make_mount (fixture, way);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;
	struct statfs status;

	overlay_mount (&mount, &fd, &error);
	g_assert_no_error (error);
	g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
	g_assert_cmpint (fstatfs (fd, &status), ==, 0);
	g_assert_cmpint ((int) status.f_type, ==, OVERLAY_MAGIC);
	for (guint i = 0; i < fixture->n_names; i++) {
		g_autofree char *file = g_strdup_printf ("file-%u", i);

		g_assert_cmpint (faccessat (fd, file, F_OK, 0), ==, 0);
	}
	g_assert_cmpint (mkdirat (fd, "written", 0755), ==, 0);
	g_assert_cmpint (unlinkat (fd, "written", AT_REMOVEDIR), ==, 0);
	davit_fd_close (&fd);

	/* Without upper. */
	mount.upper = NULL;
	mount.work = NULL;
	g_assert_true (overlay_mount (&mount, &fd, &error));
	g_assert_cmpint (mkdirat (fd, "written", 0755), ==, -1);
	g_assert_cmpint (errno, ==, EROFS);
}

static void
test_ways (Fixture *fixture, gconstpointer data)
{
	make_layers (fixture, 5);
	for (int way = OVERLAY_WAY_AUTO; way <= OVERLAY_WAY_PRIVATE; way++)
		assert_mounts (fixture, (OverlayWay) way);
}

/* As many as the kernel takes; a page of options would hold 53 with their names. */
static void
test_most (Fixture *fixture, gconstpointer data)
{
	static const OverlayWay ways[] = {OVERLAY_WAY_AUTO, OVERLAY_WAY_DESCRIPTORS,
					  OVERLAY_WAY_PATHS, OVERLAY_WAY_PRIVATE};

	make_layers (fixture, OVERLAY_LAYERS_LIMIT);
	for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
		assert_mounts (fixture, ways[i]);
}

static void
assert_fails (const OverlayMount *mount, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (overlay_mount (mount, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" does not say \"%s\"", error->message, text);
	g_assert_cmpint (fd, ==, -1);
}

static void
test_too_many (Fixture *fixture, gconstpointer data)
{
	OverlayMount mount = make_mount (fixture, OVERLAY_WAY_STRING);

	make_layers (fixture, 30);
	/* What this way can't do it says, and the choice between the ways knows it. */
	assert_fails (&mount, DAVIT_ERROR_FAILED, "File name too long");
	make_layers (fixture, OVERLAY_LAYERS_LIMIT + 1);
	mount.way = OVERLAY_WAY_AUTO;
	assert_fails (&mount, DAVIT_ERROR_UNSUPPORTED,
		      "mount 501 layers: the kernel's overlayfs takes 500 at most");
}

static int
detach (int dirfd, const char *path)
{
	int fd = open_tree (dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

/* Layers, and what is on top, may be mounts that are attached nowhere; on any kernel. */
static void
test_detached (Fixture *fixture, gconstpointer data)
{
	static const OverlayWay ways[] = {OVERLAY_WAY_AUTO, OVERLAY_WAY_PRIVATE};

	make_layers (fixture, 3);
	g_assert_cmpint (mkdirat (fixture->fd, "top", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "top/upper", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fixture->fd, "top/work", 0755), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
		int fds[] = {detach (fixture->fd, fixture->names[0]), -1,
			     detach (fixture->fd, fixture->names[2])};
		OverlayMount mount = make_mount (fixture, ways[i]);
		g_autoptr (GError) error = NULL;
		davit_autofd top = detach (fixture->fd, "top");
		davit_autofd fd = -1;

		mount.lower_fds = fds;
		mount.upper_fd = top;
		overlay_mount (&mount, &fd, &error);
		g_assert_no_error (error);
		davit_fd_close (&fds[0]);
		davit_fd_close (&fds[2]);
		for (guint k = 0; k < 3; k++) {
			g_autofree char *file = g_strdup_printf ("file-%u", k);

			g_assert_cmpint (faccessat (fd, file, F_OK, 0), ==, 0);
		}
		g_assert_cmpint (mkdirat (fd, "written", 0755), ==, 0);
		g_assert_cmpint (faccessat (fixture->fd, "top/upper/written", F_OK, 0), ==, 0);
		g_assert_cmpint (unlinkat (fd, "written", AT_REMOVEDIR), ==, 0);
	}
}

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
	OverlayMount mount = make_mount (fixture, OVERLAY_WAY_AUTO);
	g_autofree char *kept = NULL;

	make_layers (fixture, 3);
	kept = fixture->names[1];
	for (int way = OVERLAY_WAY_AUTO; way <= OVERLAY_WAY_PRIVATE; way++) {
		mount.way = (OverlayWay) way;
		fixture->names[1] = (char *) "layers/absent";
		assert_fails (&mount, DAVIT_ERROR_CORRUPT, "a layer is damaged");
		fixture->names[1] = fixture->names[0];
		assert_fails (&mount, DAVIT_ERROR_CORRUPT, "the same layer is given twice");
	}
	fixture->names[1] = g_steal_pointer (&kept);
}

/* A store on an overlay, as inside a container: the reason is named. */
static void
test_on_overlay (Fixture *fixture, gconstpointer data)
{
	OverlayMount outer = make_mount (fixture, OVERLAY_WAY_AUTO);
	OverlayMount inner = outer;
	davit_autofd fd = -1;

	make_layers (fixture, 1);
	g_assert_true (overlay_mount (&outer, &fd, NULL));
	g_assert_cmpint (mkdirat (fd, "upper", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fd, "work", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fd, "layers", 0755), ==, 0);
	g_assert_cmpint (mkdirat (fd, fixture->names[0], 0755), ==, 0);
	inner.state_dirfd = fd;
	assert_fails (&inner, DAVIT_ERROR_UNAVAILABLE, "the store lies on an overlay file system");
}

static void
test_no_privilege (Fixture *fixture, gconstpointer data)
{
	OverlayMount mount = make_mount (fixture, OVERLAY_WAY_AUTO);
	int status = 0;
	pid_t child;

	make_layers (fixture, 1);
	child = fork ();
	if (child == 0) {
		if (setresuid (65534, 65534, 65534) < 0)
			_exit (1);
		assert_fails (&mount, DAVIT_ERROR_PERMISSION, "CAP_SYS_ADMIN is needed");
		_exit (0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

static void
add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	add ("/overlay-mount/ways", test_ways);
	add ("/overlay-mount/most", test_most);
	add ("/overlay-mount/too-many", test_too_many);
	add ("/overlay-mount/detached", test_detached);
	add ("/overlay-mount/damaged", test_damaged);
	add ("/overlay-mount/on-overlay", test_on_overlay);
	add ("/overlay-mount/no-privilege", test_no_privilege);
	return g_test_run ();
}
