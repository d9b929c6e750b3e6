/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The storage "overlay" with real mounts, through the loader as the engine uses it. */

#include "../common/test-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BOOT_ATTRIBUTE "trusted.davit.boot"
#define VOLATILE_MARK "rootfs/" ID "/work/work/incompat/volatile"

static void
make_layer (TestStore *store, guint number)
{
	davit_autofd fd = test_layer_begin (store, number, NULL);

	test_write (fd, "file", "layer");
	test_layer_commit (store, number);
}

static int
open_rootfs (TestStore *store)
{
	return openat (store->state_fd, "rootfs/" ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Changes what says in which boot it was mounted. */
static void
pretend_reboot (TestStore *store)
{
	static const char boot[] = "00000000-0000-0000-0000-000000000000";
	davit_autofd fd = open_rootfs (store);

	g_assert_cmpint (fsetxattr (fd, BOOT_ATTRIBUTE, boot, strlen (boot), 0), ==, 0);
}

/* As after a reboot, however it was noted. */
static void
boot_forget (TestStore *store)
{
	davit_autofd fd = open_rootfs (store);
	g_autoptr (GPtrArray) names = NULL;

	g_assert_true (davit_path_list (fd, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);

		if (g_str_has_prefix (name, "boot-"))
			g_assert_cmpint (unlinkat (fd, name, AT_REMOVEDIR), ==, 0);
	}
	pretend_reboot (store);
}

/* What a file system without extended attributes would have. */
static void
boot_to_directory (TestStore *store)
{
	davit_autofd fd = open_rootfs (store);
	g_autofree char *directory = NULL;
	char boot[64] = "";

	g_assert_cmpint (fgetxattr (fd, BOOT_ATTRIBUTE, boot, sizeof boot - 1), ==, 36);
	g_assert_cmpint (fremovexattr (fd, BOOT_ATTRIBUTE), ==, 0);
	directory = g_strconcat ("boot-", boot, NULL);
	g_assert_cmpint (mkdirat (fd, directory, 0700), ==, 0);
}

static void
test_volatile (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd fd = -1;

	make_layer (store, 0);
	request.volatile_writes = TRUE;
	fd = test_rootfs_mount (store, &request);
	/* The kernel's own sign that it is one. */
	g_assert_true (test_exists (store->state_fd, VOLATILE_MARK));
	test_write (fd, "written", "x");
	davit_fd_close (&fd);
	/* In the same boot nothing is lost. */
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "written", "x");
	davit_fd_close (&fd);
	boot_to_directory (store);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "written", "x");
	davit_fd_close (&fd);

	boot_forget (store);
	fd = test_rootfs_mount (store, &request);
	test_assert_absent (fd, "written");
	test_assert_content (fd, "file", "layer");
	test_write (fd, "written", "y");
	davit_fd_close (&fd);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "written", "y");
}

/* One that is not volatile keeps what it has, whatever the boot. */
static void
test_not_volatile (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd fd = -1;

	make_layer (store, 0);
	fd = test_rootfs_mount (store, &request);
	g_assert_false (test_exists (store->state_fd, VOLATILE_MARK));
	test_write (fd, "written", "x");
	davit_fd_close (&fd);
	pretend_reboot (store);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "written", "x");
}

static void
test_missing_layer (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	g_autoptr (GError) error = NULL;
	int fd = -1;

	make_layer (store, 0);
	g_assert_true (davit_storage_rootfs_create (store->storage, &request, NULL));
	g_assert_true (davit_storage_layer_remove (store->storage, test_chain_id (0), NULL));
	g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, test_chain_id (0)));
	g_assert_nonnull (
		strstr (error->message,
			"No such file or directory; a layer is damaged: remove the image"));
	g_assert_cmpint (fd, ==, -1);
}

static void
test_too_many (TestStore *store, gconstpointer data)
{
	const guint n_layers = 501;
	DavitRootfsRequest request = test_request (ID, n_layers);
	DavitRootfsRequest most = test_request ("most", n_layers - 1);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	for (guint i = 0; i < n_layers; i++)
		close (test_layer_begin (store, i, NULL));
	g_assert_true (davit_storage_layer_commit (store->storage, request.layers, &error));
	g_assert_no_error (error);
	g_assert_true (davit_storage_rootfs_create (store->storage, &request, &error));
	g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_cmpstr (
		error->message, ==,
		"storage/overlay: mount 501 layers: the kernel's overlayfs takes 500 at "
		"most; make an image with fewer layers, or use the storage driver \"vfs\"");
	/* There is no room for a directory of mount points. */
	most.mount_points = (const char *const[]){"/dev/", NULL};
	fd = test_rootfs_mount (store, &most);
	test_assert_absent (fd, "dev");
}

/* Half made, by a process that was killed: the next call finishes it. */
static void
test_half_created (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	g_autoptr (GError) error = NULL;
	davit_autofd fd = -1;

	make_layer (store, 0);
	g_assert_cmpint (mkdirat (store->state_fd, "rootfs/" ID, 0700), ==, 0);
	g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_nonnull (strstr (error->message, "was not made to its end"));
	g_assert_cmpint (mkdirat (store->state_fd, "rootfs/" ID "/new", 0700), ==, 0);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "layer");
	test_assert_absent (store->state_fd, "rootfs/" ID "/new");
}

/* What a container does to "/" itself stays, and creating again does not undo it. */
static void
test_root_directory (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;
	struct stat status;

	g_assert_cmpint (fchmod (layer, 0711), ==, 0);
	test_layer_commit (store, 0);
	fd = test_rootfs_mount (store, &request);
	g_assert_cmpint (fstat (fd, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0711);
	g_assert_cmpint (fchmodat (fd, ".", 0700, 0), ==, 0);
	davit_fd_close (&fd);
	fd = test_rootfs_mount (store, &request);
	g_assert_cmpint (fstat (fd, &status), ==, 0);
	g_assert_cmpint (status.st_mode & 07777, ==, 0700);
}

/* Mount points are there without a byte written, below what layers have in their places. */
static void
test_mount_points (TestStore *store, gconstpointer data)
{
	static const char *const mount_points[] = {"/dev/", "/etc/hosts", "/run/a/b", NULL};
	DavitRootfsRequest request = test_request (ID, 1);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;
	g_autoptr (DavitResult) changes = davit_result_new ();
	g_autofree const char **added = NULL;
	mode_t before = umask (077);
	struct stat status;

	g_assert_cmpint (mkdirat (layer, "etc", 0711), ==, 0);
	g_assert_cmpint (fchmodat (layer, "etc", 0711, 0), ==, 0);
	test_write (layer, "etc/passwd", "of the layer");
	g_assert_cmpint (symlinkat ("etc", layer, "run"), ==, 0);
	test_layer_commit (store, 0);
	request.mount_points = mount_points;
	fd = test_rootfs_mount (store, &request);
	umask (before);
	g_assert_cmpint (fstatat (fd, "dev", &status, 0), ==, 0);
	g_assert_cmpint (status.st_mode, ==, S_IFDIR | 0755);
	g_assert_cmpint (fstatat (fd, "etc/hosts", &status, 0), ==, 0);
	g_assert_cmpint (status.st_mode, ==, S_IFREG | 0644);
	g_assert_cmpint (status.st_size, ==, 0);
	g_assert_cmpint (fstatat (fd, "etc", &status, 0), ==, 0);
	g_assert_cmpint (status.st_mode, ==, S_IFDIR | 0711);
	test_assert_content (fd, "etc/passwd", "of the layer");
	/* What an image has in the way stays. */
	g_assert_cmpint (fstatat (fd, "run", &status, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_true (S_ISLNK (status.st_mode));
	test_assert_absent (store->state_fd, "rootfs/" ID "/upper/dev");
	test_assert_absent (store->state_fd, "rootfs/" ID "/upper/etc");
	g_assert_true (davit_storage_changes (store->storage, &request, changes, NULL));
	added = davit_result_strings (changes, "added");
	g_assert_null (added[0]);
	/* What is written there is the container's own. */
	test_write (fd, "etc/hosts", "x");
	davit_fd_close (&fd);
	request = test_request ("other", 1);
	request.mount_points = mount_points;
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "etc/hosts", "");
}

static void
test_mount_points_refused (TestStore *store, gconstpointer data)
{
	static const char *const refused[] = {"etc", "/", "/../etc", "/a/./b", "/a//b", NULL};

	make_layer (store, 0);
	for (guint i = 0; refused[i] != NULL; i++) {
		const char *const mount_points[] = {refused[i], NULL};
		DavitRootfsRequest request = test_request (ID, 1);
		g_autofree char *text = g_strdup_printf ("storage/overlay: mount point \"%s\": not "
							 "a plain absolute path",
							 refused[i]);
		g_autoptr (GError) error = NULL;
		int fd = -1;

		request.mount_points = mount_points;
		g_assert_true (davit_storage_rootfs_create (store->storage, &request, NULL));
		g_assert_false (davit_storage_rootfs_mount (store->storage, &request, &fd, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
		g_assert_cmpstr (error->message, ==, text);
	}
}

/* Removal takes no new block: on a disk that is full to the last one. */
static int
run_full_disk (TestStore *store)
{
	DavitRootfsRequest request = test_request (ID, 1);
	g_autofree char *block = g_strnfill (65536, 'x');
	davit_autofd fd = -1;
	int file;

	make_layer (store, 0);
	fd = test_rootfs_mount (store, &request);
	file = openat (fd, "fill", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write (file, block, 65536) > 0)
		continue;
	while (write (file, block, 1) > 0)
		continue;
	if (errno != ENOSPC)
		return 1;
	close (file);
	for (guint i = 0; i < 100000; i++) {
		g_autofree char *name = g_strdup_printf ("inode-%u", i);

		if (mknodat (fd, name, S_IFREG | 0600, 0) < 0)
			break;
	}
	davit_fd_close (&fd);
	if (!davit_storage_rootfs_remove (store->storage, ID, NULL) ||
	    !davit_storage_layer_remove (store->storage, test_chain_id (0), NULL))
		return 2;
	return test_count (store, "rootfs") == 0 && test_count (store, "layers") == 0 ? 0 : 3;
}

static void
test_full_disk (void)
{
	g_autofree char *directory = g_dir_make_tmp ("davit-full-XXXXXX", NULL);
	int status = 0;
	pid_t child = fork ();

	if (child == 0) {
		TestStore store = {.parent = directory};
		int result;

		if (unshare (CLONE_NEWNS) < 0 ||
		    mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount ("davit", directory, "tmpfs", 0, "size=4m,nr_inodes=300") < 0)
			_exit (99);
		test_store_set_up (&store, "overlay");
		result = run_full_disk (&store);
		_exit (result);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (rmdir (directory), ==, 0);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* As root of a user namespace, who is nobody outside of it. */
static int
run_rootless (const char *directory)
{
	TestStore store = {.parent = directory, .plugins = directory};
	DavitRootfsRequest request = test_request (ID, 2);
	DavitWhiteouts whiteouts;
	davit_autofd low = -1;
	davit_autofd high = -1;
	davit_autofd fd = -1;

	test_store_set_up (&store, "overlay");
	low = test_layer_begin (&store, 0, &whiteouts);
	g_assert_cmpint (whiteouts, ==, DAVIT_WHITEOUTS_OVERLAY_USER);
	test_write (low, "gone", "x");
	g_assert_cmpint (mkdirat (low, "dir", 0755), ==, 0);
	test_write (low, "dir/old", "x");
	test_layer_commit (&store, 0);
	high = test_layer_begin (&store, 1, NULL);
	test_whiteout (high, "gone", whiteouts);
	g_assert_cmpint (mkdirat (high, "dir", 0755), ==, 0);
	test_opaque (high, "dir", whiteouts);
	test_write (high, "dir/new", "y");
	test_layer_commit (&store, 1);
	fd = test_rootfs_mount (&store, &request);
	test_assert_absent (fd, "gone");
	test_assert_absent (fd, "dir/old");
	test_assert_content (fd, "dir/new", "y");
	test_write (fd, "written", "z");
	davit_fd_close (&fd);
	g_assert_true (davit_storage_probe (store.storage, NULL));
	g_assert_true (davit_storage_changes (store.storage, &request, NULL, NULL));
	g_assert_true (davit_storage_rootfs_remove (store.storage, ID, NULL));
	g_assert_cmpuint (test_count (&store, "tombs"), ==, 0);
	test_store_tear_down (&store, "overlay");
	return 0;
}

static void
write_map (pid_t child, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) child, name);
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	g_assert_cmpint (write (fd, "0 200000 65536", 14), ==, 14);
}

/* The plugin belongs to somebody unknown there; a copy belongs to its root. */
static void
copy_plugin (const char *directory)
{
	g_autofree char *from = g_test_build_filename (G_TEST_BUILT, "overlay.so", NULL);
	g_autofree char *to = g_build_filename (directory, "overlay.so", NULL);
	g_autofree char *content = NULL;
	gsize length = 0;

	g_assert_true (g_file_get_contents (from, &content, &length, NULL));
	g_assert_true (g_file_set_contents (to, content, (gssize) length, NULL));
	g_assert_cmpint (chmod (to, 0644), ==, 0);
	g_assert_cmpint (chown (to, 200000, 200000), ==, 0);
	g_assert_cmpint (chown (directory, 200000, 200000), ==, 0);
}

static void
test_rootless (void)
{
	g_autofree char *directory = g_dir_make_tmp ("davit-rootless-XXXXXX", NULL);
	g_autofree char *plugin = g_build_filename (directory, "overlay.so", NULL);
	int status = 0;
	int ends[2][2];
	char byte = 0;
	pid_t child;

	copy_plugin (directory);
	g_assert_cmpint (pipe2 (ends[0], O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (ends[1], O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0 || write (ends[0][1], "x", 1) != 1 ||
		    read (ends[1][0], &byte, 1) != 1 || setresgid (0, 0, 0) < 0 ||
		    setresuid (0, 0, 0) < 0)
			_exit (99);
		_exit (run_rootless (directory));
	}
	g_assert_cmpint (read (ends[0][0], &byte, 1), ==, 1);
	write_map (child, "uid_map");
	write_map (child, "gid_map");
	g_assert_cmpint (write (ends[1][1], "x", 1), ==, 1);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	for (int i = 0; i < 4; i++)
		close (ends[i / 2][i % 2]);
	g_assert_cmpint (unlink (plugin), ==, 0);
	g_assert_cmpint (rmdir (directory), ==, 0);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* It is on the path of every start: half a millisecond for both is its share. */
static void
test_speed (TestStore *store, gconstpointer data)
{
	const guint rounds = 100;
	gint64 best = G_MAXINT64;

	for (guint i = 0; i < 8; i++)
		make_layer (store, i);
	for (guint i = 0; i < rounds; i++) {
		DavitRootfsRequest request = test_request (ID, 8);
		gint64 start = g_get_monotonic_time ();

		close (test_rootfs_mount (store, &request));
		best = MIN (best, g_get_monotonic_time () - start);
		g_assert_true (davit_storage_rootfs_remove (store->storage, ID, NULL));
	}
	g_test_minimized_result ((double) best, "create and mount: %d microseconds at best",
				 (int) best);
	/* Ten times the budget: a machine that is busy must not fail the test. */
	g_assert_cmpint (best, <, 5000);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("overlay");
	test_contents_add ("overlay");
	test_trees_add ("overlay");
	test_store_add ("overlay", "volatile", test_volatile);
	test_store_add ("overlay", "not-volatile", test_not_volatile);
	test_store_add ("overlay", "missing-layer", test_missing_layer);
	test_store_add ("overlay", "too-many", test_too_many);
	test_store_add ("overlay", "half-created", test_half_created);
	test_store_add ("overlay", "root-directory", test_root_directory);
	test_store_add ("overlay", "mount-points", test_mount_points);
	test_store_add ("overlay", "mount-points-refused", test_mount_points_refused);
	test_store_add ("overlay", "speed", test_speed);
	g_test_add_func ("/overlay/full-disk", test_full_disk);
	g_test_add_func ("/overlay/rootless", test_rootless);
	return g_test_run ();
}
