/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a container's file system looks like from inside, and what a hostile one can't do. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNT_POINT 4
#define MOUNT_OPTIONS 5

static char *
mount_options (const char *mountinfo, const char *point)
{
	g_autofree char *line = find_line (mountinfo, MOUNT_POINT, point);
	g_auto (GStrv) words = line != NULL ? g_strsplit (line, " ", -1) : NULL;

	if (words == NULL)
		g_error ("\"%s\" is not mounted: %s", point, mountinfo);
	return g_strdup (words[MOUNT_OPTIONS]);
}

static void
assert_options (const char *mountinfo, const char *point, const char *expected)
{
	g_autofree char *options = mount_options (mountinfo, point);

	g_assert_cmpstr (options, ==, expected);
}

/* For mounts that take flags over from what the host has there: all of these, none of those. */
static void
assert_flags (const char *mountinfo, const char *point, const char *present, const char *absent)
{
	g_autofree char *options = mount_options (mountinfo, point);
	g_auto (GStrv) have = g_strsplit (options, ",", -1);
	g_auto (GStrv) wanted = g_strsplit (present, ",", -1);
	g_auto (GStrv) unwanted = g_strsplit (absent, ",", -1);

	for (guint i = 0; wanted[i] != NULL; i++)
		if (!g_strv_contains ((const char *const *) have, wanted[i]))
			g_error ("%s: \"%s\" is not in %s", point, wanted[i], options);
	for (guint i = 0; unwanted[i] != NULL; i++)
		if (g_strv_contains ((const char *const *) have, unwanted[i]))
			g_error ("%s: \"%s\" is in %s", point, unwanted[i], options);
}

static void
test_usual_mounts (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat /proc/self/mountinfo"};
	g_autofree char *text = fixture_run (fixture, &parts);
	g_autofree char *root = find_line (text, MOUNT_POINT, "/");

	assert_flags (text, "/", "rw", "ro");
	assert_options (text, "/proc", "rw,nosuid,nodev,noexec,relatime");
	assert_options (text, "/dev", "rw,nosuid");
	assert_options (text, "/dev/pts", "rw,nosuid,noexec,relatime");
	assert_options (text, "/dev/shm", "rw,nosuid,nodev,noexec,relatime");
	assert_options (text, "/dev/mqueue", "rw,nosuid,nodev,noexec,relatime");
	assert_options (text, "/sys", "ro,nosuid,nodev,noexec,relatime");
	assert_options (text, "/sys/fs/cgroup", "ro,nosuid,nodev,noexec,relatime");
	/* Nothing of the host, and nothing that gets its mounts. */
	assert_contains (root, "/bundle/rootfs / ");
	assert_lacks (text, "shared:");
	assert_lacks (text, "master:");
	g_assert_null (find_line (text, MOUNT_POINT, "/mnt"));
}

static void
test_usual_devices (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.script = "cd /dev; stat -c '%n %F %t:%T %a' null zero full random urandom "
			  "tty; for l in fd stdin stdout stderr ptmx; do readlink $l; done; ls; "
			  "echo x > null; "
			  "head -c 4 zero | cat | grep -c ."};
	g_autofree char *text = fixture_run (fixture, &parts);

	assert_contains (text, "null character special file 1:3 666\n");
	assert_contains (text, "zero character special file 1:5 666\n");
	assert_contains (text, "full character special file 1:7 666\n");
	assert_contains (text, "random character special file 1:8 666\n");
	assert_contains (text, "urandom character special file 1:9 666\n");
	assert_contains (text, "tty character special file 5:0 666\n");
	assert_contains (text, "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n"
			       "pts/ptmx\n");
	assert_contains (text, "fd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\n"
			       "stdout\ntty\nurandom\nzero\n");
}

/* Without a mount at /dev the container gets one of ours all the same. */
static void
test_own_dev (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "stat -c '%n %t:%T' /dev/null; test ! -e /dev/evil && echo own",
		       .all_mounts = "[]"};
	g_autofree char *text = NULL;

	fixture_put (fixture, "dev/", NULL, 0755);
	fixture_put (fixture, "dev/evil", "x", 0644);
	fixture_put (fixture, "dev/null", "a file of the image", 0644);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==, "/dev/null 1:3\nown\n");
}

static void
test_devices (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.script = "stat -c '%n %F %t:%T %a %u:%g' /dev/net/tun /dev/pipe /opt/zero "
			  "/dev/null",
		.linux_more =
			",\"devices\":["
			"{\"path\":\"/dev/net/tun\",\"type\":\"c\",\"major\":10,\"minor\":200,"
			"\"fileMode\":384,\"uid\":5,\"gid\":6},"
			"{\"path\":\"/dev/pipe\",\"type\":\"p\"},"
			"{\"path\":\"/opt/zero\",\"type\":\"c\",\"major\":1,\"minor\":5},"
			"{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,"
			"\"fileMode\":420},"
			"{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":5}],"
			"\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	assert_contains (text, "/dev/net/tun character special file a:c8 600 5:6\n");
	assert_contains (text, "/dev/pipe fifo 0:0 666 0:0\n");
	assert_contains (text, "/opt/zero character special file 1:5 666 0:0\n");
	assert_contains (text, "/dev/null character special file 1:3 644 0:0\n");
}

static void
test_device_taken (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.linux_more = ",\"devices\":[{\"path\":\"/etc/x\",\"type\":\"c\","
				     "\"major\":1,\"minor\":5}]"};

	fixture_put (fixture, "etc/x", "", 0644);
	fixture_refuse (fixture, &parts, DAVIT_ERROR_EXISTS,
			"make the device \"/etc/x\": there is something else already");
}

static char *
source_mount (Fixture *fixture, const char *name, const char *destination, const char *options)
{
	g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

	return g_strdup_printf (",{\"destination\":\"%s\",\"source\":\"%s\",\"options\":[%s]}",
				destination, path, options);
}

static void
put_source (Fixture *fixture, const char *name, const char *contents)
{
	g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

	if (contents == NULL)
		g_assert_cmpint (mkdir (path, 0755), ==, 0);
	else
		g_assert_true (g_file_set_contents (path, contents, -1, NULL));
}

static void
test_bind (Fixture *fixture, gconstpointer data)
{
	g_autofree char *directory = NULL;
	g_autofree char *file = NULL;
	g_autofree char *mounts = NULL;
	Parts parts = {.script = "cat /a/b/dir/file /a/file; echo new > /a/b/dir/other;"
				 "echo x > /a/file || echo read-only; cat /proc/self/mountinfo"};
	g_autofree char *text = NULL;
	g_autofree char *other = g_build_filename (fixture->directory, "dir/other", NULL);

	put_source (fixture, "dir", NULL);
	put_source (fixture, "dir/file", "in the directory\n");
	put_source (fixture, "file", "a file\n");
	directory = source_mount (fixture, "dir", "/a/b/dir", "\"rbind\",\"nosuid\",\"noexec\"");
	file = source_mount (fixture, "file", "/a/file", "\"bind\",\"ro\",\"nodev\"");
	parts.mounts = mounts = g_strconcat (directory, file, NULL);
	text = fixture_run (fixture, &parts);
	assert_contains (text, "in the directory\na file\n");
	assert_contains (text, "read-only\n");
	assert_flags (text, "/a/b/dir", "rw,nosuid,noexec", "ro");
	assert_flags (text, "/a/file", "ro,nodev", "rw,noexec");
	g_assert_cmpint (access (other, F_OK), ==, 0);
}

/* A source that is a relative path is one of the bundle. */
static void
test_bind_relative (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat /copy/mark",
		       .mounts = ",{\"destination\":\"/copy\",\"source\":\"rootfs/etc\","
				 "\"type\":\"bind\"}"};
	g_autofree char *text = NULL;

	fixture_put (fixture, "etc/mark", "relative\n", 0644);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==, "relative\n");
}

/* "ro" is for the mount itself, "rro" for all below it. */
static void
test_recursive_options (Fixture *fixture, gconstpointer data)
{
	g_autofree char *top = g_build_filename (fixture->directory, "tree", NULL);
	g_autofree char *below = g_build_filename (top, "below", NULL);
	g_autofree char *one = NULL;
	g_autofree char *two = NULL;
	g_autofree char *mounts = NULL;
	g_autofree char *text = NULL;
	Parts parts = {.script = "cat /proc/self/mountinfo"};

	g_assert_cmpint (g_mkdir_with_parents (below, 0755), ==, 0);
	g_assert_cmpint (mount ("tmpfs", below, "tmpfs", 0, "size=1m"), ==, 0);
	one = source_mount (fixture, "tree", "/one", "\"rbind\",\"ro\"");
	two = source_mount (fixture, "tree", "/two", "\"rbind\",\"rro\",\"rnoexec\"");
	parts.mounts = mounts = g_strconcat (one, two, NULL);
	text = fixture_run (fixture, &parts);
	assert_flags (text, "/one", "ro", "rw,noexec");
	assert_options (text, "/one/below", "rw,relatime");
	assert_flags (text, "/two", "ro,noexec", "rw");
	assert_options (text, "/two/below", "ro,noexec,relatime");
	g_assert_cmpint (umount (below), ==, 0);
}

static void
test_propagation (Fixture *fixture, gconstpointer data)
{
	g_autofree char *shared = g_build_filename (fixture->directory, "shared", NULL);
	g_autofree char *one = NULL;
	g_autofree char *two = NULL;
	g_autofree char *three = NULL;
	g_autofree char *mounts = NULL;
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;
	Parts parts = {.script = "cat /proc/self/mountinfo",
		       .linux_more = ",\"rootfsPropagation\":\"shared\""};

	g_assert_cmpint (mkdir (shared, 0755), ==, 0);
	g_assert_cmpint (mount ("tmpfs", shared, "tmpfs", 0, "size=1m"), ==, 0);
	g_assert_cmpint (mount (NULL, shared, NULL, MS_SHARED, NULL), ==, 0);
	one = source_mount (fixture, "shared", "/one", "\"rbind\"");
	two = source_mount (fixture, "shared", "/two", "\"rbind\",\"rslave\"");
	three = source_mount (fixture, "shared", "/three", "\"rbind\",\"rshared\"");
	parts.mounts = mounts = g_strconcat (one, two, three, NULL);
	text = fixture_run (fixture, &parts);
	g_assert_cmpint (umount (shared), ==, 0);
	line = find_line (text, MOUNT_POINT, "/one");
	assert_lacks (line, "master:");
	assert_lacks (line, "shared:");
	g_free (line);
	line = find_line (text, MOUNT_POINT, "/two");
	assert_contains (line, "master:");
	g_free (line);
	line = find_line (text, MOUNT_POINT, "/three");
	assert_contains (line, "shared:");
	g_free (line);
	line = find_line (text, MOUNT_POINT, "/");
	assert_contains (line, "shared:");
}

static void
test_tmpfs (Fixture *fixture, gconstpointer data)
{
	Parts parts = {
		.script = "grep ' /scratch ' /proc/self/mountinfo; stat -c %a /scratch; "
			  "ls -l /etc; stat -c %a /etc; cat /etc/deep/file; readlink /etc/link; "
			  "echo y > /etc/new; echo done",
		.mounts = ",{\"destination\":\"/scratch\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
			  "\"options\":[\"size=1m\",\"mode=1700\",\"noexec\",\"noatime\"]},"
			  "{\"destination\":\"/etc\",\"type\":\"tmpfs\","
			  "\"options\":[\"tmpcopyup\",\"mode=0711\"]}"};
	g_autofree char *text = NULL;
	g_autofree char *outside = g_build_filename (fixture->rootfs, "etc/new", NULL);

	fixture_put (fixture, "etc/deep/", NULL, 0750);
	fixture_put (fixture, "etc/deep/file", "copied\n", 0640);
	fixture_link (fixture, "etc/link", "/nowhere");
	text = fixture_run (fixture, &parts);
	assert_contains (text, " /scratch rw,noexec,noatime - tmpfs tmpfs rw,size=1024k,mode=1700");
	assert_contains (text, "\n1700\n");
	assert_contains (text, "drwxr-x---");
	assert_contains (text, "\n711\ncopied\n/nowhere\ndone\n");
	g_assert_cmpint (access (outside, F_OK), ==, -1);
}

static void
test_mount_errors (Fixture *fixture, gconstpointer data)
{
	Parts unknown = {.mounts = ",{\"destination\":\"/x\",\"type\":\"nosuchfs\"}"};
	Parts option = {.mounts = ",{\"destination\":\"/x\",\"type\":\"tmpfs\","
				  "\"options\":[\"frobnicate\"]}"};
	Parts absent = {.mounts = ",{\"destination\":\"/x\",\"source\":\"/no/such\","
				  "\"options\":[\"bind\"]}"};
	Parts bind = {.mounts = ",{\"destination\":\"/x\",\"source\":\"/tmp\","
				"\"options\":[\"bind\",\"size=4k\"]}"};
	Parts idmap = {.mounts = ",{\"destination\":\"/x\",\"source\":\"/tmp\","
				 "\"options\":[\"bind\",\"idmap\"]}"};
	Parts relative = {.mounts = ",{\"destination\":\"x\",\"type\":\"tmpfs\"}"};
	Parts root = {.mounts = ",{\"destination\":\"/x/..\",\"type\":\"tmpfs\"}"};

	fixture_refuse (fixture, &unknown, DAVIT_ERROR_FAILED,
			"mount \"/x\": open the file system type: No such device; this kernel has "
			"no such file system");
	fixture_refuse (fixture, &option, DAVIT_ERROR_CONFIG,
			"mount \"/x\": option refused: tmpfs: Unknown parameter 'frobnicate': "
			"Invalid argument");
	fixture_refuse (fixture, &absent, DAVIT_ERROR_NOT_FOUND,
			"mount \"/x\": source \"/no/such\": No such file or directory");
	fixture_refuse (fixture, &bind, DAVIT_ERROR_CONFIG,
			"config.json: mounts[7].options: \"size=4k\" is no option of a bind "
			"mount");
	fixture_refuse (fixture, &idmap, DAVIT_ERROR_UNSUPPORTED,
			"config.json: mounts[7].options[1]: this runtime does not do the mount "
			"option \"idmap\"");
	fixture_refuse (fixture, &relative, DAVIT_ERROR_CONFIG,
			"config.json: mounts[7].destination: \"x\" is no absolute path");
	fixture_refuse (fixture, &root, DAVIT_ERROR_CONFIG,
			"config.json: mounts[7].destination: \"/\" is the root file system "
			"itself");
}

static void
test_cgroup_mount (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "ls /sys/fs/cgroup; cat /proc/self/cgroup; "
				 "cat /sys/fs/cgroup/pids/cgroup.procs | head -n 1; "
				 "echo 1 > /sys/fs/cgroup/pids/pids.max || echo refused; "
				 "find_agent() { ls /sys/fs/cgroup/*/release_agent; }; "
				 "find_agent || echo none"};
	g_autofree char *text = NULL;

	if (access ("/sys/fs/cgroup/pids", F_OK) < 0) {
		g_test_skip ("needs the v1 controller pids");
		return;
	}
	text = fixture_run (fixture, &parts);
	assert_contains (text, "pids\n");
	/* Its own group is the root of what it sees. */
	assert_contains (text, ":pids:/\n");
	assert_contains (text, "\n1\n");
	assert_contains (text, "refused\n");
	assert_contains (text, "none\n");
}

static void
test_masked_paths (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat /proc/version /etc/secret; ls -A /proc/irq /etc/hidden; "
				 "stat -c '%t:%T' /proc/version; "
				 "echo x > /etc/hidden/new || echo read-only; "
				 "grep -c ' /etc/' /proc/self/mountinfo",
		       .linux_more = ",\"maskedPaths\":[\"/proc/version\",\"/proc/irq\","
				     "\"/no/such\",\"/etc/secret/x\",\"/etc/secret\","
				     "\"/etc/hidden\"]"};
	g_autofree char *text = NULL;

	fixture_put (fixture, "etc/secret", "secret\n", 0644);
	fixture_put (fixture, "etc/hidden/", NULL, 0755);
	fixture_put (fixture, "etc/hidden/file", "hidden\n", 0644);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==,
			 "/etc/hidden:\n\n/proc/irq:\n1:3\n"
			 "/bin/sh: can't create /etc/hidden/new: Read-only file system\n"
			 "read-only\n2\n");
}

static void
test_read_only_paths (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "for f in /proc/sys/kernel/hostname /etc/file /dev/shm/x; do "
				 "echo x > $f || echo read-only; done; cat /etc/file; "
				 "grep -c ' /dev/shm ' /proc/self/mountinfo",
		       .linux_more = ",\"readonlyPaths\":[\"/proc/sys\",\"/etc/file\","
				     "\"/no/such\",\"/dev/shm\"]"};
	g_autofree char *text = NULL;

	fixture_put (fixture, "etc/file", "as it was\n", 0644);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==,
			 "/bin/sh: can't create /proc/sys/kernel/hostname: Read-only file system\n"
			 "read-only\n"
			 "/bin/sh: can't create /etc/file: Read-only file system\n"
			 "read-only\n"
			 "/bin/sh: can't create /dev/shm/x: Read-only file system\n"
			 "read-only\nas it was\n1\n");
}

static void
test_read_only_root (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo x > /new || echo read-only; echo y > /dev/shm/new && "
				 "echo writable",
		       .root = "{\"path\":\"rootfs\",\"readonly\":true}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==,
			 "/bin/sh: can't create /new: Read-only file system\nread-only\n"
			 "writable\n");
}

/* CVE-2026-41579 and its like: the image decides where /dev or /proc is. */
static void
test_link_attacks (Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = {"proc", "dev", "sys"};
	Parts parts = {.script = "true"};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *link = g_strdup_printf (
			"mount \"/%s\": the root file system has a symbolic link or a file there; "
			"it is refused since it may lead out of the container: Too many levels of "
			"symbolic links",
			names[i]);
		g_autofree char *file = g_strdup_printf (
			"mount \"/%s\": the root file system has a symbolic link or a file there; "
			"it is refused since it may lead out of the container: Not a directory",
			names[i]);
		g_autofree char *target = g_build_filename ("/", names[i], NULL);

		fixture_link (fixture, names[i], "/tmp");
		fixture_refuse (fixture, &parts, DAVIT_ERROR_PERMISSION, link);
		fixture_remove (fixture, names[i]);
		fixture_link (fixture, names[i], target);
		fixture_refuse (fixture, &parts, DAVIT_ERROR_PERMISSION, link);
		fixture_remove (fixture, names[i]);
		fixture_put (fixture, names[i], "", 0644);
		fixture_refuse (fixture, &parts, DAVIT_ERROR_PERMISSION, file);
		fixture_remove (fixture, names[i]);
	}
}

/* A link in the path of a mount point stays inside, even if it is absolute or climbs. */
static void
test_confined_links (Fixture *fixture, gconstpointer data)
{
	g_autofree char *source = NULL;
	Parts parts = {.script = "cat /inside/dir/file; readlink /absolute; readlink /climbing"};
	g_autofree char *canary = g_build_filename (fixture->directory, "canary", NULL);
	g_autofree char *outside = g_build_filename (canary, "dir", NULL);
	g_autofree char *mounts = NULL;
	g_autofree char *second = NULL;
	g_autofree char *text = NULL;

	g_assert_cmpint (mkdir (canary, 0755), ==, 0);
	put_source (fixture, "src", NULL);
	put_source (fixture, "src/file", "mounted\n");
	fixture_put (fixture, "inside/", NULL, 0755);
	fixture_link (fixture, "absolute", "/inside");
	fixture_link (fixture, "climbing", "../../../../../../inside");
	source = source_mount (fixture, "src", "/absolute/dir", "\"rbind\"");
	second = source_mount (fixture, "src", "/climbing/second", "\"rbind\"");
	parts.mounts = mounts = g_strconcat (source, second, NULL);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==, "mounted\n/inside\n../../../../../../inside\n");
	g_assert_cmpint (access (outside, F_OK), ==, -1);
	/* A link to a path of the host: that path, inside, also if it must be made there. */
	fixture_remove (fixture, "absolute");
	fixture_link (fixture, "absolute", canary);
	parts.script = "cat /absolute/dir/file";
	g_free (text);
	text = fixture_run (fixture, &parts);
	g_assert_cmpstr (text, ==, "mounted\n");
	g_assert_cmpint (access (outside, F_OK), ==, -1);
	/* Links in a circle. */
	fixture_remove (fixture, "absolute");
	fixture_link (fixture, "absolute", "absolute");
	fixture_refuse (fixture, &parts, DAVIT_ERROR_FAILED,
			"mount \"/absolute/dir\": make the mount point: Too many levels of "
			"symbolic links");
}

static G_GNUC_NORETURN void
swap_for_ever (const char *one, const char *other)
{
	for (;;)
		renameat2 (AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

/*
 * CVE-2021-30465: while containers are made, somebody exchanges a directory in their volume for a
 * link that leads out of it. Whichever it was, nothing outside is made or covered.
 */
static void
test_swap_race (Fixture *fixture, gconstpointer data)
{
	g_autofree char *canary = g_build_filename (fixture->directory, "canary", NULL);
	g_autofree char *directory = g_build_filename (fixture->rootfs, "real", NULL);
	g_autofree char *link = g_build_filename (fixture->rootfs, "fake", NULL);
	g_autofree char *climbing = g_strconcat ("../../..", canary, NULL);
	g_autofree char *device = NULL;
	g_autoptr (GDir) listing = NULL;
	Parts parts = {.args = "[\"/bin/true\"]",
		       .mounts = ",{\"destination\":\"/real/mount\",\"type\":\"tmpfs\"},"
				 "{\"destination\":\"/fake/other\",\"source\":\"rootfs/etc\","
				 "\"options\":[\"rbind\"]}",
		       .linux_more = ",\"maskedPaths\":[\"/real/mask\",\"/fake/mask\"],"
				     "\"devices\":[{\"path\":\"/real/zero\",\"type\":\"c\","
				     "\"major\":1,\"minor\":5}]"};
	pid_t child;

	g_assert_cmpint (mkdir (canary, 0755), ==, 0);
	fixture_put (fixture, "real/", NULL, 0755);
	fixture_link (fixture, "fake", climbing);
	child = fork ();
	if (child == 0)
		swap_for_ever (directory, link);
	fixture_configure (fixture, &parts);
	for (int i = 0; i < 100; i++) {
		g_autoptr (GError) error = NULL;

		if (fixture_create (fixture, NULL) && fixture_start (fixture, NULL))
			g_assert_cmpint (fixture_wait (fixture), ==, 0);
		g_assert_true (fixture_delete (fixture, TRUE, &error));
		g_assert_no_error (error);
		if (fixture->pidfd >= 0)
			fixture_wait (fixture);
	}
	g_assert_cmpint (kill (child, SIGKILL), ==, 0);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	listing = g_dir_open (canary, 0, NULL);
	g_assert_nonnull (listing);
	g_assert_null (g_dir_read_name (listing));
	device = g_build_filename (canary, "zero", NULL);
	g_assert_cmpint (access (device, F_OK), ==, -1);
}

/* Masks and rules of /proc can't be taken away by a mount over it. */
static void
test_proc_covered (Fixture *fixture, gconstpointer data)
{
	Parts over = {.mounts = ",{\"destination\":\"/proc\",\"source\":\"/tmp\","
				"\"options\":[\"bind\"]}"};
	Parts tmpfs = {.mounts = ",{\"destination\":\"/proc\",\"type\":\"tmpfs\"}"};
	Parts below = {.mounts = ",{\"destination\":\"/proc/sys/kernel\",\"source\":\"/tmp\","
				 "\"options\":[\"bind\"]}"};
	Parts by_link = {.mounts = ",{\"destination\":\"/door/sys\",\"source\":\"/tmp\","
				   "\"options\":[\"bind\"]}"};
	Parts allowed = {.script = "cat /proc/uptime"};
	g_autofree char *mount = NULL;
	g_autofree char *text = NULL;

	fixture_refuse (fixture, &over, DAVIT_ERROR_PERMISSION,
			"mount \"/proc\": it would cover a part of /proc, which is refused; only "
			"proc itself may be mounted there");
	fixture_refuse (fixture, &tmpfs, DAVIT_ERROR_PERMISSION,
			"config.json: mounts[7].destination: \"/proc\": only proc itself may be "
			"mounted on /proc, since what the container's safety rests on is there");
	fixture_refuse (
		fixture, &below, DAVIT_ERROR_PERMISSION,
		"config.json: mounts[7].destination: \"/proc/sys/kernel\": only proc itself "
		"may be mounted on /proc, since what the container's safety rests on is "
		"there");
	fixture_link (fixture, "door", "/proc");
	fixture_refuse (fixture, &by_link, DAVIT_ERROR_PERMISSION,
			"mount \"/door/sys\": it would cover a part of /proc, which is refused; "
			"only proc itself may be mounted there");
	put_source (fixture, "uptime", "12.00 1.00\n");
	allowed.mounts = mount = source_mount (fixture, "uptime", "/proc/uptime", "\"bind\"");
	text = fixture_run (fixture, &allowed);
	g_assert_cmpstr (text, ==, "12.00 1.00\n");
}

/* The root file system as a mount that is attached nowhere. */
static void
test_detached_root (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo from a mount; cat /proc/self/mountinfo | head -n 1",
		       .root = "{\"path\":\"/nowhere\"}"};
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	davit_autofd null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	davit_autofd tree =
		open_tree (AT_FDCWD, fixture->rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int pipes[2];
	DavitRuntimeCreate request = {
		.size = sizeof request,
		.container = fixture_container (fixture),
		.bundle_dirfd = fixture->bundle_dirfd,
		.rootfs_mount_fd = tree,
	};

	g_assert_cmpint (tree, >=, 0);
	fixture_configure (fixture, &parts);
	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	request.stdio[0] = null_fd;
	request.stdio[1] = pipes[1];
	request.stdio[2] = pipes[1];
	davit_runtime_create (fixture->runtime, &request, &fixture->pidfd, result, &error);
	g_assert_no_error (error);
	close (pipes[1]);
	fixture->output = pipes[0];
	g_assert_true (fixture_start (fixture, &error));
	text = fixture_read (fixture);
	assert_contains (text, "from a mount\n");
	assert_contains (text, "/bundle/rootfs / ");
	g_assert_cmpint (fixture_wait (fixture), ==, 0);
}

/* What was mounted for a container was mounted in its namespace only. */
static void
test_host_untouched (Fixture *fixture, gconstpointer data)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autoptr (GError) error = NULL;
	Parts parts = {.script = "exec sleep 1000"};

	fixture_configure (fixture, &parts);
	g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &before, NULL, NULL));
	g_assert_true (fixture_create (fixture, &error));
	g_assert_true (fixture_start (fixture, &error));
	g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &after, NULL, NULL));
	assert_lacks (after, fixture->rootfs);
	g_assert_true (fixture_delete (fixture, TRUE, &error));
	g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/root/usual-mounts", test_usual_mounts);
	fixture_add ("/root/usual-devices", test_usual_devices);
	fixture_add ("/root/own-dev", test_own_dev);
	fixture_add ("/root/devices", test_devices);
	fixture_add ("/root/device-taken", test_device_taken);
	fixture_add ("/root/bind", test_bind);
	fixture_add ("/root/bind-relative", test_bind_relative);
	fixture_add ("/root/recursive-options", test_recursive_options);
	fixture_add ("/root/propagation", test_propagation);
	fixture_add ("/root/tmpfs", test_tmpfs);
	fixture_add ("/root/mount-errors", test_mount_errors);
	fixture_add ("/root/cgroup-mount", test_cgroup_mount);
	fixture_add ("/root/masked-paths", test_masked_paths);
	fixture_add ("/root/read-only-paths", test_read_only_paths);
	fixture_add ("/root/read-only-root", test_read_only_root);
	fixture_add ("/root/link-attacks", test_link_attacks);
	fixture_add ("/root/confined-links", test_confined_links);
	fixture_add ("/root/swap-race", test_swap_race);
	fixture_add ("/root/proc-covered", test_proc_covered);
	fixture_add ("/root/detached-root", test_detached_root);
	fixture_add ("/root/host-untouched", test_host_untouched);
	return g_test_run ();
}
