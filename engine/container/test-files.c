/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The files that a container gets: what is in them, and where they go. */

#include "container/test-spec-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "container/files.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const addresses[] = {"10.0.0.2", "fd00::2", NULL};
static const char *const nameservers[] = {"10.0.0.1", "10.0.0.9\nevil", NULL};
static const char *const search[] = {"driver.example", NULL};

typedef struct {
	DavitFilesRequest request;
	char *run_dir;
	int run_fd;
	char **binds;
} Made;

static void
made_clear (Made *made)
{
	davit_fd_close (&made->run_fd);
	g_free (made->run_dir);
	g_strfreev (made->binds);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Made, made_clear)

static gboolean
try_make (TestSpec *test, Made *made, const char *name, const DavitRecord *record, GError **error)
{
	made->run_dir = g_build_filename (test->directory, name, NULL);
	g_mkdir (made->run_dir, 0700);
	made->run_fd = open (made->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (made->run_fd, >=, 0);
	made->request.engine = &test->engine;
	made->request.record = record;
	made->request.run_dirfd = made->run_fd;
	made->request.run_dir = made->run_dir;
	made->request.rootfs_fd = test->rootfs_fd;
	return davit_files_make (&made->request, &made->binds, error);
}

static void
make (TestSpec *test, Made *made, const char *name, const char *more)
{
	g_autoptr (DavitRecord) record = test_spec_record (more);
	g_autoptr (GError) error = NULL;

	try_make (test, made, name, record, &error);
	g_assert_no_error (error);
	made->request.record = NULL;
}

static char *
content (const Made *made, const char *name)
{
	g_autofree char *path = g_build_filename (made->run_dir, "files", name, NULL);
	char *text = NULL;

	g_file_get_contents (path, &text, NULL, NULL);
	return text;
}

static void
assert_content (const Made *made, const char *name, const char *expected)
{
	g_autofree char *text = content (made, name);

	g_assert_cmpstr (text, ==, expected);
}

static gboolean
is_bound (const Made *made, const char *name, const char *destination)
{
	g_autofree char *bind =
		g_strdup_printf ("%s/files/%s:%s", made->run_dir, name, destination);

	return g_strv_contains ((const char *const *) made->binds, bind);
}

#define HOSTS_NONE ",\"hosts\":{\"file\":\"none\"}"

static void
test_defaults (TestSpec *test, gconstpointer data)
{
	g_auto (Made) made = {0};
	g_autofree char *hosts = NULL;
	g_autofree char *path = NULL;
	struct stat status;

	make (test, &made, "a", ",\"hostname\":\"h\"" HOSTS_NONE);
	g_assert_cmpuint (g_strv_length (made.binds), ==, 4);
	g_assert_true (is_bound (&made, "resolv.conf", "/etc/resolv.conf"));
	g_assert_true (is_bound (&made, "hosts", "/etc/hosts"));
	g_assert_true (is_bound (&made, "hostname", "/etc/hostname"));
	g_assert_true (is_bound (&made, "containerenv", "/run/.containerenv"));
	assert_content (&made, "hostname", "h\n");
	assert_content (&made, "hosts",
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			"127.0.1.1\th web\n");
	hosts = content (&made, "containerenv");
	g_assert_nonnull (strstr (hosts, "engine=\"davit-"));
	g_assert_nonnull (strstr (hosts, "\nid=\"" TEST_ID "\"\nimage=\"localhost/box:latest\"\n"));
	path = g_build_filename (made.run_dir, "files", "hosts", NULL);
	g_assert_cmpint (stat (path, &status), ==, 0);
	g_assert_cmpuint (status.st_mode & 07777, ==, 0644);
}

static void
test_repeated (TestSpec *test, gconstpointer data)
{
	g_auto (Made) first = {0};
	g_auto (Made) second = {0};

	make (test, &first, "a", ",\"hostname\":\"one\"" HOSTS_NONE);
	make (test, &second, "a", ",\"hostname\":\"two\"" HOSTS_NONE);
	assert_content (&second, "hostname", "two\n");
}

static void
test_resolv_conf (TestSpec *test, gconstpointer data)
{
	g_auto (Made) given = {0};
	g_auto (Made) driver = {0};
	g_auto (Made) kept = {0};
	g_auto (Made) none = {0};

	make (test, &given, "given",
	      ",\"dns\":{\"servers\":[\"1.1.1.1\",\"127.0.0.1\"],\"search\":[\"a.example\","
	      "\"b.example\"],\"options\":[\"ndots:2\"]}" HOSTS_NONE);
	/* A name server that was asked for stays, wherever it is. */
	assert_content (&given, "resolv.conf",
			"search a.example b.example\nnameserver 1.1.1.1\nnameserver 127.0.0.1\n"
			"options ndots:2\n");
	driver.request.nameservers = nameservers;
	driver.request.search = search;
	make (test, &driver, "driver", ",\"dns\":{\"options\":[\"edns0\"]}" HOSTS_NONE);
	/* What would write a line of its own is left out. */
	assert_content (&driver, "resolv.conf",
			"search driver.example\nnameserver 10.0.0.1\noptions edns0\n");
	make (test, &kept, "kept", ",\"keepResolvConf\":true" HOSTS_NONE);
	g_assert_false (is_bound (&kept, "resolv.conf", "/etc/resolv.conf"));
	make (test, &none, "none",
	      ",\"dns\":{\"servers\":[\"1.1.1.1\"],\"search\":[\".\"],\"options\":[\"a\"]"
	      "}" HOSTS_NONE);
	assert_content (&none, "resolv.conf", "nameserver 1.1.1.1\noptions a\n");
}

static void
test_hosts (TestSpec *test, gconstpointer data)
{
	g_autofree char *base = g_build_filename (test->directory, "base", NULL);
	g_autofree char *more = g_strdup_printf (
		",\"hostname\":\"h\",\"hosts\":{\"file\":\"%s\",\"add\":[{\"name\":\"db\","
		"\"address\":\"1.2.3.4\"}]}",
		base);
	g_auto (Made) made = {0};
	g_auto (Made) image = {0};
	g_auto (Made) kept = {0};

	g_assert_true (
		g_file_set_contents (base, "127.0.0.1 localhost # x\n5.6.7.8 other", -1, NULL));
	made.request.addresses = addresses;
	make (test, &made, "made", more);
	assert_content (&made, "hosts",
			"1.2.3.4\tdb\n127.0.0.1 localhost # x\n5.6.7.8 other\n10.0.0.2\th web\n"
			"fd00::2\th web\n");
	test_spec_write (test, "etc/hosts", "127.0.0.1 localhost inside\n", -1);
	make (test, &image, "image", ",\"hostname\":\"web\",\"hosts\":{\"file\":\"image\"}");
	assert_content (&image, "hosts", "127.0.0.1 localhost inside\n127.0.1.1\tweb\n");
	make (test, &kept, "kept",
	      ",\"hosts\":{\"keep\":true},\"keepHostname\":true,\"hostname\":\"h\"");
	g_assert_false (is_bound (&kept, "hosts", "/etc/hosts"));
	g_assert_false (is_bound (&kept, "hostname", "/etc/hostname"));
}

/* The image's own file may be anything. */
static void
test_hosts_hostile (TestSpec *test, gconstpointer data)
{
	g_autofree char *path = test_spec_path (test, "etc/hosts");
	g_autoptr (DavitRecord) record = test_spec_record (",\"hosts\":{\"file\":\"image\"}");
	g_autoptr (GError) error = NULL;
	g_auto (Made) fifo = {0};
	g_auto (Made) link = {0};

	g_assert_cmpint (mkfifo (path, 0644), ==, 0);
	g_assert_false (try_make (test, &fifo, "fifo", record, &error));
	test_spec_assert_error (&error, DAVIT_ERROR_FAILED, "files of container \"web\"");
	g_assert_cmpint (unlink (path), ==, 0);
	g_assert_cmpint (symlink ("/../../../../etc/shadow", path), ==, 0);
	make (test, &link, "link", ",\"hostname\":\"web\",\"hosts\":{\"file\":\"image\"}");
	assert_content (&link, "hosts",
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			"127.0.1.1\tweb\n");
}

static void
test_shared (TestSpec *test, gconstpointer data)
{
	static const char joined[] =
		",\"namespaces\":{\"network\":{\"mode\":\"container\",\"target\":\"" TEST_ID
		"\"}},\"hosts\":{\"add\":[{\"name\":\"db\",\"address\":\"1.2.3.4\"}]}";
	g_auto (Made) owner = {0};
	g_auto (Made) user = {0};
	g_auto (Made) again = {0};
	g_auto (Made) third = {0};
	g_autofree char *file = NULL;

	make (test, &owner, "owner", ",\"hostname\":\"h\"" HOSTS_NONE);
	user.request.owner_run_dir = owner.run_dir;
	make (test, &user, "user", joined);
	again.request.owner_run_dir = owner.run_dir;
	make (test, &again, "user", joined);
	/* A third one joins the second, and the first is gone meanwhile. */
	file = g_build_filename (owner.run_dir, "files", "hosts", NULL);
	assert_content (&owner, "hosts",
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			"127.0.1.1\th web\n1.2.3.4\tdb\n");
	g_assert_cmpint (unlink (file), ==, 0);
	third.request.owner_run_dir = user.run_dir;
	make (test, &third, "third", joined);
	assert_content (&third, "hosts",
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			"127.0.1.1\th web\n1.2.3.4\tdb\n");
	g_assert_true (is_bound (&third, "resolv.conf", "/etc/resolv.conf"));
}

#define BIND(destination_)                                                                         \
	",\"mounts\":[{\"destination\":\"" destination_                                            \
	"\",\"type\":\"bind\",\"source\":\"/tmp\",\"options\":[]}]"

static void
test_covered (TestSpec *test, gconstpointer data)
{
	g_auto (Made) file = {0};
	g_auto (Made) directory = {0};
	g_auto (Made) tmpfs = {0};

	make (test, &file, "file", ",\"hostname\":\"h\"" BIND ("/etc/hosts"));
	g_assert_false (is_bound (&file, "hosts", "/etc/hosts"));
	g_assert_true (is_bound (&file, "hostname", "/etc/hostname"));
	make (test, &directory, "directory", ",\"hostname\":\"h\"" BIND ("/etc"));
	g_assert_cmpuint (g_strv_length (directory.binds), ==, 1);
	g_assert_true (is_bound (&directory, "containerenv", "/run/.containerenv"));
	make (test, &tmpfs, "tmpfs",
	      ",\"mounts\":[{\"destination\":\"/run\",\"type\":\"tmpfs\",\"options\":[]}]");
	g_assert_true (is_bound (&tmpfs, "containerenv", "/run/.containerenv"));
}

static void
test_timezone (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitRecord) none = test_spec_record (",\"timezone\":\"Mars/Olympus\"");
	g_autoptr (DavitRecord) evil = test_spec_record (",\"timezone\":\"../../etc/shadow\"");
	g_autoptr (GError) error = NULL;
	g_auto (Made) first = {0};
	g_auto (Made) second = {0};

	g_assert_false (try_make (test, &first, "first", none, &error));
	test_spec_assert_error (&error, DAVIT_ERROR_CONFIG, "time zone \"Mars/Olympus\"");
	g_assert_false (try_make (test, &second, "second", evil, &error));
	test_spec_assert_error (&error, DAVIT_ERROR_CONFIG, "time zone \"../../etc/shadow\"");
}

static void
test_passwd (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *groups = test_spec_path (test, "etc/group");
	g_autofree char *text = NULL;
	g_autofree char *group = NULL;
	g_auto (Made) made = {0};
	g_auto (Made) again = {0};
	g_auto (Made) known = {0};

	test_spec_write (test, "etc/passwd", "root:x:0:0::/root:/bin/sh", -1);
	test_spec_write (test, "etc/group", "root:x:0:\n", -1);
	make (test, &made, "made", ",\"user\":\"5:6\",\"workdir\":\"/w\"" HOSTS_NONE);
	/* In the file itself: a program may want to replace it by rename. */
	g_assert_false (is_bound (&made, "passwd", "/etc/passwd"));
	make (test, &again, "again", ",\"user\":\"5:6\",\"workdir\":\"/w\"" HOSTS_NONE);
	make (test, &known, "known", ",\"user\":\"0\"" HOSTS_NONE);
	g_assert_true (g_file_get_contents (users, &text, NULL, NULL));
	g_assert_cmpstr (text, ==,
			 "root:x:0:0::/root:/bin/sh\n5:*:5:6:container user:/w:/bin/sh\n");
	g_assert_true (g_file_get_contents (groups, &group, NULL, NULL));
	g_assert_cmpstr (group, ==, "root:x:0:\n6:x:6:\n");
}

static void
test_passwd_bound (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *text = NULL;
	g_auto (Made) made = {0};
	g_auto (Made) off = {0};

	test_spec_write (test, "etc/passwd", "root:x:0:0::/root:/bin/sh\n", -1);
	/* A home that would begin a line of its own is none. */
	make (test, &made, "made",
	      ",\"user\":\"5\",\"readOnly\":true,\"workdir\":\"/w\\nevil::0:0:::\"" HOSTS_NONE);
	g_assert_true (is_bound (&made, "passwd", "/etc/passwd"));
	assert_content (&made, "passwd",
			"root:x:0:0::/root:/bin/sh\n5:*:5:0:container user:/:/bin/sh\n");
	g_assert_true (g_file_get_contents (users, &text, NULL, NULL));
	g_assert_cmpstr (text, ==, "root:x:0:0::/root:/bin/sh\n");
	make (test, &off, "off", ",\"user\":\"5\",\"readOnly\":true,\"passwd\":false" HOSTS_NONE);
	g_assert_false (is_bound (&off, "passwd", "/etc/passwd"));
}

/* Nothing is made where nothing was, and nothing outside is ever written to. */
static void
test_passwd_hostile (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *outside = g_build_filename (test->directory, "outside", NULL);
	g_autofree char *text = NULL;
	g_auto (Made) absent = {0};
	g_auto (Made) link = {0};
	g_auto (Made) fifo = {0};

	make (test, &absent, "absent", ",\"user\":\"5\"" HOSTS_NONE);
	g_assert_cmpint (access (users, F_OK), <, 0);
	g_assert_true (g_file_set_contents (outside, "canary:x:1:1::/:/\n", -1, NULL));
	g_assert_cmpint (symlink (outside, users), ==, 0);
	make (test, &link, "link", ",\"user\":\"5\"" HOSTS_NONE);
	g_assert_true (g_file_get_contents (outside, &text, NULL, NULL));
	g_assert_cmpstr (text, ==, "canary:x:1:1::/:/\n");
	g_assert_cmpint (unlink (users), ==, 0);
	g_assert_cmpint (mkfifo (users, 0644), ==, 0);
	make (test, &fifo, "fifo", ",\"user\":\"5\"" HOSTS_NONE);
	g_assert_false (is_bound (&fifo, "passwd", "/etc/passwd"));
}

/* A link inside the root: the file that it leads to is not written to, but bound. */
static void
test_passwd_link (TestSpec *test, gconstpointer data)
{
	g_autofree char *users = test_spec_path (test, "etc/passwd");
	g_autofree char *text = NULL;
	g_autofree char *real = test_spec_path (test, "etc/real");
	g_auto (Made) made = {0};

	test_spec_write (test, "etc/real", "root:x:0:0::/root:/bin/sh\n", -1);
	g_assert_cmpint (symlink ("real", users), ==, 0);
	make (test, &made, "made", ",\"user\":\"5\"" HOSTS_NONE);
	g_assert_true (is_bound (&made, "passwd", "/etc/passwd"));
	g_assert_true (g_file_get_contents (real, &text, NULL, NULL));
	g_assert_cmpstr (text, ==, "root:x:0:0::/root:/bin/sh\n");
}

/* What is a mount point for certain is what is bound, and the rest no container may see. */
static void
test_mount_points (TestSpec *test, gconstpointer data)
{
	static const struct {
		const char *more;
		gboolean with_files;
	} cases[] = {
		{",\"hostname\":\"h\"", TRUE},
		{"", FALSE},
		{",\"hostname\":\"h\",\"keepHostname\":true", FALSE},
		{",\"hostname\":\"h\",\"keepResolvConf\":true", FALSE},
		{",\"hostname\":\"h\",\"hosts\":{\"keep\":true}", FALSE},
		{",\"hostname\":\"h\",\"mounts\":[{\"type\":\"bind\",\"destination\":\"/etc\"}]",
		 FALSE},
		{",\"hostname\":\"h\",\"mounts\":[{\"type\":\"bind\",\"destination\":\"/data\"}]",
		 TRUE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *name = g_strdup_printf ("mount-points-%d", (int) i);
		g_autoptr (DavitRecord) record = test_spec_record (cases[i].more);
		const char *const *places = davit_files_mount_points (record);
		g_auto (Made) made = {0};
		guint n_files = 0;

		g_assert_true (g_strv_contains (places, "/proc/"));
		make (test, &made, name, cases[i].more);
		for (guint j = 0; places[j] != NULL; j++) {
			const char *file = strrchr (places[j], '/') + 1;

			if (*file == '\0')
				continue;
			n_files++;
			g_assert_true (is_bound (&made, *file == '.' ? file + 1 : file, places[j]));
		}
		g_assert_cmpuint (n_files, ==, cases[i].with_files ? 4 : 0);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_spec_add ("/files/defaults", test_defaults);
	test_spec_add ("/files/repeated", test_repeated);
	test_spec_add ("/files/resolv-conf", test_resolv_conf);
	test_spec_add ("/files/hosts", test_hosts);
	test_spec_add ("/files/hosts-hostile", test_hosts_hostile);
	test_spec_add ("/files/shared", test_shared);
	test_spec_add ("/files/covered", test_covered);
	test_spec_add ("/files/timezone", test_timezone);
	test_spec_add ("/files/mount-points", test_mount_points);
	test_spec_add ("/files/passwd", test_passwd);
	test_spec_add ("/files/passwd-bound", test_passwd_bound);
	test_spec_add ("/files/passwd-hostile", test_passwd_hostile);
	test_spec_add ("/files/passwd-link", test_passwd_link);
	return g_test_run ();
}
