/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Device rules, asked of the kernel: what a process in the group can open and make. */

#include "native-cgroup-private.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "driver/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	DavitFacts facts;
	DavitHost host;
	RuntimeCgroup *cgroup;
	char *directory;
	gboolean v2; /* by a program, even where there is the controller of v1 */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
	char id[17];
	GError *error = NULL;

	davit_facts_read (&fixture->facts, "davit-test-devices");
	fixture->host.size = sizeof fixture->host;
	fixture->host.facts = &fixture->facts;
	fixture->host.json = &davit_json_ops;
	fixture->v2 = data != NULL;
	fixture->directory = g_dir_make_tmp ("davit-test-devices-XXXXXX", &error);
	g_assert_no_error (error);
	davit_digest_random_hex (id, 16);
	runtime_cgroup_plan (&fixture->host, id, NULL, &fixture->cgroup, &error);
	g_assert_no_error (error);
	for (guint i = fixture->cgroup->groups->len; fixture->v2 && i-- > 0;) {
		if (!((RuntimeGroup *) fixture->cgroup->groups->pdata[i])->v2)
			g_ptr_array_remove_index (fixture->cgroup->groups, i);
	}
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	runtime_cgroup_remove (fixture->cgroup, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < fixture->cgroup->groups->len; i++) {
		RuntimeGroup *group = fixture->cgroup->groups->pdata[i];
		g_autofree char *parent = g_path_get_dirname (group->path);

		unlinkat (group->root_fd, parent + 1, AT_REMOVEDIR);
	}
	runtime_cgroup_free (fixture->cgroup);
	g_assert_cmpint (rmdir (fixture->directory), ==, 0);
	g_free (fixture->directory);
}

static gboolean
can_test (const Fixture *fixture)
{
	RuntimeGroup *v1 = runtime_cgroup_group_of (fixture->cgroup, "devices");

	if (geteuid () == 0 &&
	    (fixture->v2 ? runtime_cgroup_group_v2 (fixture->cgroup) != NULL : v1 != NULL))
		return TRUE;
	g_test_skip ("needs root and device rules of this version");
	return FALSE;
}

static gboolean
device_opens (const char *path, int flags)
{
	int fd = open (path, flags | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close (fd);
	return fd >= 0 || errno != EPERM;
}

static gboolean
device_makes (const char *path, mode_t type, unsigned int major, unsigned int minor)
{
	gboolean made = mknod (path, type | 0600, makedev (major, minor)) == 0;

	unlink (path);
	return made;
}

#define NULL_READ 1
#define NULL_WRITE 2
#define KMSG_READ 4
#define NULL_MAKE 8
#define MEM_MAKE 16
#define BLOCK_MAKE 32
#define KMSG_WRITE 64
#define PTMX 128

/* What a process in the groups may, as bits. */
static guint
powers (Fixture *fixture)
{
	g_autofree char *path = g_build_filename (fixture->directory, "node", NULL);
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (fixture->cgroup);
	int status = 0;
	pid_t pid = fork ();

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		guint bits = 0;

		if (native_cgroup_enter_self (fixture->cgroup) < 0 ||
		    (v2 != NULL && v2->fd >= 0 &&
		     runtime_cgroup_put (v2->fd, "cgroup.procs", "0") < 0))
			_exit (255);
		bits |= device_opens ("/dev/null", O_RDONLY) ? NULL_READ : 0;
		bits |= device_opens ("/dev/null", O_WRONLY) ? NULL_WRITE : 0;
		bits |= device_opens ("/dev/kmsg", O_RDONLY) ? KMSG_READ : 0;
		bits |= device_opens ("/dev/kmsg", O_WRONLY) ? KMSG_WRITE : 0;
		bits |= device_makes (path, S_IFCHR, 1, 3) ? NULL_MAKE : 0;
		bits |= device_makes (path, S_IFCHR, 1, 1) ? MEM_MAKE : 0;
		bits |= device_makes (path, S_IFBLK, 7, 0) ? BLOCK_MAKE : 0;
		bits |= device_opens ("/dev/ptmx", O_RDWR) ? PTMX : 0;
		_exit ((int) bits);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_true (WIFEXITED (status));
	return (guint) WEXITSTATUS (status);
}

static void
apply (Fixture *fixture, const char *text)
{
	g_autoptr (DavitJson) resources = text == NULL ? NULL : davit_json_parse (text, -1, NULL);
	GError *error = NULL;

	g_assert_true (text == NULL || resources != NULL);
	native_cgroup_make (fixture->cgroup, resources, &error);
	g_assert_no_error (error);
	native_cgroup_apply (fixture->cgroup, resources, &error);
	g_assert_no_error (error);
}

#define ALWAYS (NULL_READ | NULL_WRITE | NULL_MAKE | PTMX)

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
	if (!can_test (fixture))
		return;
	apply (fixture, NULL);
	g_assert_cmphex (powers (fixture), ==, ALWAYS);
}

/* /dev/kmsg is c 1:11. */
static void
test_allow (Fixture *fixture, gconstpointer data)
{
	if (!can_test (fixture))
		return;
	apply (fixture, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
			"{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":11,\"access\":\"r\"},"
			"{\"allow\":true,\"type\":\"b\",\"major\":7,\"access\":\"m\"}]}");
	g_assert_cmphex (powers (fixture), ==, ALWAYS | KMSG_READ | BLOCK_MAKE);
}

static void
test_all (Fixture *fixture, gconstpointer data)
{
	if (!can_test (fixture))
		return;
	apply (fixture, "{\"devices\":[{\"allow\":true}]}");
	g_assert_cmphex (powers (fixture), ==,
			 ALWAYS | KMSG_READ | KMSG_WRITE | MEM_MAKE | BLOCK_MAKE);
}

/* All but writing to the log and the making of block devices of major 7. */
static void
test_all_but (Fixture *fixture, gconstpointer data)
{
	if (!can_test (fixture))
		return;
	apply (fixture, "{\"devices\":[{\"allow\":true,\"type\":\"a\"},"
			"{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":11,"
			"\"access\":\"w\"},"
			"{\"allow\":false,\"type\":\"b\",\"major\":7,\"access\":\"m\"}]}");
	g_assert_cmphex (powers (fixture), ==, ALWAYS | KMSG_READ | MEM_MAKE);
}

/* What cgroup v1 can't express is refused there; v2 does as it is told. */
static void
test_taken_back (Fixture *fixture, gconstpointer data)
{
	static const char text[] =
		"{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"access\":\"rwm\"},"
		"{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":11,\"access\":\"rw\"}]}";
	g_autoptr (DavitJson) resources = davit_json_parse (text, -1, NULL);
	g_autoptr (GError) error = NULL;

	if (!can_test (fixture))
		return;
	g_assert_true (native_cgroup_make (fixture->cgroup, resources, NULL));
	if (fixture->v2) {
		apply (fixture, text);
		g_assert_cmphex (powers (fixture), ==, ALWAYS | MEM_MAKE);
		return;
	}
	g_assert_false (native_cgroup_apply (fixture->cgroup, resources, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_cmpstr (error->message, ==,
			 "linux.resources.devices: \"c 1:11 rw\" in \"devices.deny\" would be "
			 "without effect in cgroup v1, since an earlier rule is wider or narrower");
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{"{\"devices\":[{\"type\":\"x\"}]}",
		 "linux.resources.devices[0].type: \"x\" must be a, b or c"},
		{"{\"devices\":[{\"type\":\"c\",\"access\":\"rx\"}]}",
		 "linux.resources.devices[0].access: \"rx\" must be made of r, w and m"},
		{"{\"devices\":[{\"type\":\"c\",\"access\":\"\"}]}",
		 "linux.resources.devices[0].access: \"\" must be made of r, w and m"},
		{"{\"devices\":[{\"type\":\"a\",\"major\":1}]}",
		 "linux.resources.devices[0]: type \"a\" is all devices with all access; name b "
		 "and c for less"},
		{"{\"devices\":[{\"type\":\"c\",\"major\":-2}]}",
		 "devices[0].major: must be an integer from -1 to 4294967295"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autoptr (DavitJson) resources = davit_json_parse (cases[i].text, -1, NULL);
		g_autoptr (GError) error = NULL;
		GArray *rules = NULL;

		g_assert_false (
			native_cgroup_devices_parse (&fixture->host, resources, &rules, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
		g_assert_cmpstr (error->message, ==, cases[i].error);
		g_assert_null (rules);
	}
}

int
main (int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function) (Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"defaults", test_defaults}, {"allow", test_allow},	      {"all", test_all},
		{"all-but", test_all_but},   {"taken-back", test_taken_back}, {"wrong", test_wrong},
	};

	g_test_init (&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
		g_autofree char *v1 = g_strconcat ("/cgroup-devices/v1/", tests[i].name, NULL);
		g_autofree char *v2 = g_strconcat ("/cgroup-devices/v2/", tests[i].name, NULL);

		g_test_add (v1, Fixture, NULL, set_up, tests[i].function, tear_down);
		g_test_add (v2, Fixture, "v2", set_up, tests[i].function, tear_down);
	}
	return g_test_run ();
}
