/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Control groups of this host: paths, limits as the kernel has taken them, processes, removal. */

#include "native-cgroup-private.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "driver/facts.h"
#include "driver/result.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef struct {
	DavitFacts facts;
	DavitHost host;
	char id[17];
	RuntimeCgroup *cgroup;
	GArray *children;
} Fixture;

static void
result_integer (DavitResult *result, const char *key, gint64 value)
{
	davit_result_add_integer (result, key, value);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	davit_facts_read (&fixture->facts, "davit-test");
	fixture->host.size = sizeof fixture->host;
	fixture->host.facts = &fixture->facts;
	fixture->host.json = &davit_json_ops;
	fixture->host.result_integer = result_integer;
	davit_digest_random_hex (fixture->id, 16);
	fixture->children = g_array_new (FALSE, FALSE, sizeof (pid_t));
	runtime_cgroup_plan (&fixture->host, fixture->id, NULL, &fixture->cgroup, &error);
	g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	runtime_cgroup_remove (fixture->cgroup, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < fixture->children->len; i++)
		waitpid (g_array_index (fixture->children, pid_t, i), NULL, 0);
	for (guint i = 0; i < fixture->cgroup->groups->len; i++) {
		RuntimeGroup *group = fixture->cgroup->groups->pdata[i];
		g_autofree char *parent = g_path_get_dirname (group->path);

		/* Fails while another test uses it. */
		unlinkat (group->root_fd, parent + 1, AT_REMOVEDIR);
	}
	runtime_cgroup_free (fixture->cgroup);
	g_array_unref (fixture->children);
}

static gboolean
can_make (const Fixture *fixture)
{
	if (geteuid () == 0 && fixture->facts.cgroups != DAVIT_CGROUP_NONE)
		return TRUE;
	g_test_skip ("needs root and control groups");
	return FALSE;
}

static DavitJson *
json (const char *text)
{
	GError *error = NULL;
	DavitJson *root = davit_json_parse (text, -1, &error);

	g_assert_no_error (error);
	return root;
}

static void
make (Fixture *fixture, const char *text)
{
	g_autoptr (DavitJson) resources = text == NULL ? NULL : json (text);
	GError *error = NULL;

	native_cgroup_make (fixture->cgroup, resources, &error);
	g_assert_no_error (error);
	native_cgroup_apply (fixture->cgroup, resources, &error);
	g_assert_no_error (error);
}

/* A child in the groups that waits for a signal. */
static pid_t
child_start (Fixture *fixture)
{
	int pipes[2];
	char byte = 0;
	pid_t pid;

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	pid = fork ();
	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		int result = native_cgroup_enter_self (fixture->cgroup);
		RuntimeGroup *v2 = runtime_cgroup_group_v2 (fixture->cgroup);

		if (result == 0 && v2 != NULL && v2->fd >= 0)
			result = runtime_cgroup_put (v2->fd, "cgroup.procs", "0");
		byte = (char) -result;
		if (write (pipes[1], &byte, 1) != 1)
			_exit (1);
		for (;;)
			pause ();
	}
	close (pipes[1]);
	g_assert_cmpint (read (pipes[0], &byte, 1), ==, 1);
	close (pipes[0]);
	g_assert_cmpint (byte, ==, 0);
	g_array_append_val (fixture->children, pid);
	return pid;
}

static void
file_is (const Fixture *fixture, const char *controller, const char *file, const char *wanted)
{
	RuntimeGroup *group = runtime_cgroup_group_of (fixture->cgroup, controller);
	char buffer[4096] = "";

	g_assert_nonnull (group);
	g_assert_cmpint (runtime_cgroup_get (group->fd, file, buffer, sizeof buffer), >=, 0);
	g_assert_cmpstr (buffer, ==, wanted);
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
	static const char *const bad[] = {"/",	 "/a/../b", "a//b", "../a",
					  "a/.", "/a/b/",   "a\nb", ".."};
	GError *error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS (bad) && fixture->cgroup->groups->len > 0; i++) {
		RuntimeCgroup *cgroup = NULL;

		g_assert_false (runtime_cgroup_plan (&fixture->host, "x", bad[i], &cgroup, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
		g_assert_true (g_str_has_prefix (error->message, "linux.cgroupsPath: \""));
		g_assert_null (cgroup);
		g_clear_error (&error);
	}
	for (guint i = 0; i < fixture->cgroup->groups->len; i++) {
		const RuntimeGroup *group = fixture->cgroup->groups->pdata[i];
		g_autofree char *end = g_strdup_printf ("/davit-test/%s", fixture->id);

		g_assert_true (g_str_has_suffix (group->path, end));
		g_assert_false (group->kept);
	}
}

static void
test_systemd (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;
	RuntimeCgroup *cgroup = NULL;

	g_assert_false (runtime_cgroup_plan (&fixture->host, "x", "machine.slice:davit:x", &cgroup,
					     &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_cmpstr (error->message, ==,
			 "linux.cgroupsPath: \"machine.slice:davit:x\" asks for a unit of systemd; "
			 "give the path of a control group");
	g_clear_error (&error);
}

static void
test_record (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = runtime_cgroup_to_text (fixture->cgroup);
	g_autofree char *again = NULL;
	g_autoptr (RuntimeCgroup) cgroup = NULL;
	GError *error = NULL;

	runtime_cgroup_from_text (&fixture->host, text, &cgroup, &error);
	g_assert_no_error (error);
	again = runtime_cgroup_to_text (cgroup);
	g_assert_cmpstr (again, ==, text);
}

static void
test_record_wrong (Fixture *fixture, gconstpointer data)
{
	static const char *const paths[] = {"/", "/a/../b", "a", "/process/../.."};
	const RuntimeGroup *group;
	RuntimeCgroup *cgroup = NULL;
	GError *error = NULL;

	if (fixture->cgroup->groups->len == 0)
		return;
	group = fixture->cgroup->groups->pdata[0];
	for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
		g_autofree char *text =
			g_strdup_printf ("{\"id\":\"x\",\"groups\":[{\"hierarchy\":\"%s\","
					 "\"path\":\"%s\",\"kept\":false}]}",
					 group->name, paths[i]);

		g_assert_false (runtime_cgroup_from_text (&fixture->host, text, &cgroup, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_true (g_str_has_suffix (error->message, "is not a path of a group"));
		g_clear_error (&error);
	}
	g_assert_false (runtime_cgroup_from_text (&fixture->host, "{}", &cgroup, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, "control groups: \"id\" or \"groups\" is missing");
	g_clear_error (&error);
	g_assert_null (cgroup);
}

static void
test_life (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GArray) pids = NULL;
	g_auto (GStrv) paths = NULL;
	GError *error = NULL;
	pid_t child;
	int status = 0;

	if (!can_make (fixture))
		return;
	g_assert_false (native_cgroup_open (fixture->cgroup, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	make (fixture, NULL);
	make (fixture, NULL);
	child = child_start (fixture);
	runtime_cgroup_processes (fixture->cgroup, &pids, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (pids->len, ==, 1);
	g_assert_cmpint (g_array_index (pids, pid_t, 0), ==, child);
	paths = runtime_cgroup_paths (fixture->cgroup);
	g_assert_cmpuint (g_strv_length (paths), >=, 1);
	for (gsize i = 0; paths[i] != NULL; i++)
		g_assert_true (g_file_test (paths[i], G_FILE_TEST_IS_DIR));
	runtime_cgroup_kill (fixture->cgroup, SIGTERM, &error);
	g_assert_no_error (error);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
	child_start (fixture);
	runtime_cgroup_remove (fixture->cgroup, &error);
	g_assert_no_error (error);
	for (gsize i = 0; paths[i] != NULL; i++)
		g_assert_false (g_file_test (paths[i], G_FILE_TEST_EXISTS));
	runtime_cgroup_remove (fixture->cgroup, &error);
	g_assert_no_error (error);
	g_assert_false (runtime_cgroup_processes (fixture->cgroup, &pids, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE);
	g_clear_error (&error);
}

/* From the record alone, as another process would; with groups nested below. */
static void
test_remove_again (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = runtime_cgroup_to_text (fixture->cgroup);
	g_autoptr (RuntimeCgroup) other = NULL;
	GError *error = NULL;
	RuntimeGroup *holder;
	int at;

	if (!can_make (fixture))
		return;
	make (fixture, NULL);
	child_start (fixture);
	holder = runtime_cgroup_group_holder (fixture->cgroup);
	at = fcntl (holder->fd, F_DUPFD_CLOEXEC, 3);
	for (guint i = 0; i < 100; i++) {
		int next;

		g_assert_cmpint (mkdirat (at, "nested", 0755), ==, 0);
		g_assert_cmpint (mkdirat (at, "beside", 0755), ==, 0);
		next = openat (at, "nested", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		g_assert_cmpint (next, >=, 0);
		close (at);
		at = next;
	}
	close (at);
	runtime_cgroup_from_text (&fixture->host, text, &other, &error);
	g_assert_no_error (error);
	runtime_cgroup_remove (other, &error);
	g_assert_no_error (error);
	runtime_cgroup_remove (other, &error);
	g_assert_no_error (error);
}

static void
assert_kills_nobody (gboolean done, pid_t child, GError *error)
{
	g_assert_false (done);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_true (g_str_has_suffix (error->message,
					 "\" holds the caller, too; nothing in it is killed"));
	g_error_free (error);
	g_assert_cmpint (waitpid (child, NULL, WNOHANG), ==, 0);
}

/*
 * Whatever led to a descriptor: the root's processes and ours live. The group is made to look like
 * theirs, and not the reverse: a failure must kill no more.
 */
static void
test_holds_caller (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;
	RuntimeGroup *group;
	gboolean done;
	pid_t child;
	char *own;
	int root;

	if (!can_make (fixture))
		return;
	make (fixture, NULL);
	child = child_start (fixture);
	group = runtime_cgroup_group_holder (fixture->cgroup);
	own = group->own;
	root = group->root_fd;
	for (int i = 0; i < 3; i++) {
		group->root_fd = i == 0 ? group->fd : root;
		group->own = g_strconcat (group->path, i == 2 ? "/below" : "", NULL);
		done = runtime_cgroup_kill (fixture->cgroup, SIGKILL, &error);
		assert_kills_nobody (done, child, g_steal_pointer (&error));
		g_free (g_steal_pointer (&group->own));
	}
	group->own = g_strdup (group->path);
	done = runtime_cgroup_remove (fixture->cgroup, &error);
	assert_kills_nobody (done, child, g_steal_pointer (&error));
	g_free (group->own);
	group->own = own;
}

static void
test_enter (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GArray) pids = NULL;
	GError *error = NULL;
	pid_t child;

	if (!can_make (fixture))
		return;
	make (fixture, NULL);
	child = fork ();
	if (child == 0) {
		for (;;)
			pause ();
	}
	g_array_append_val (fixture->children, child);
	native_cgroup_enter (fixture->cgroup, child, &error);
	g_assert_no_error (error);
	runtime_cgroup_processes (fixture->cgroup, &pids, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (pids->len, ==, 1);
	g_assert_false (native_cgroup_enter (fixture->cgroup, 0x7ffffff0, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_assert_true (g_str_has_prefix (error->message, "move process 2147483632 into control "));
	g_clear_error (&error);
}

static void
test_kept (Fixture *fixture, gconstpointer data)
{
	g_autoptr (RuntimeCgroup) second = NULL;
	RuntimeGroup *group;
	GError *error = NULL;
	struct stat status;
	pid_t child;

	if (!can_make (fixture))
		return;
	make (fixture, NULL);
	child = child_start (fixture);
	runtime_cgroup_plan (&fixture->host, fixture->id, NULL, &second, &error);
	g_assert_no_error (error);
	g_assert_false (native_cgroup_make (second, NULL, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_BUSY);
	g_assert_true (g_str_has_suffix (error->message,
					 ": there are processes in it; choose another path"));
	g_clear_error (&error);
	kill (child, SIGKILL);
	waitpid (child, NULL, 0);
	native_cgroup_make (second, NULL, &error);
	g_assert_no_error (error);
	runtime_cgroup_remove (second, &error);
	g_assert_no_error (error);
	group = runtime_cgroup_group_holder (fixture->cgroup);
	g_assert_cmpint (fstatat (group->root_fd, group->path + 1, &status, 0), ==, 0);
}

static void
test_freeze (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	if (!can_make (fixture))
		return;
	make (fixture, NULL);
	g_assert_false (runtime_cgroup_freeze (fixture->cgroup, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE);
	g_assert_true (g_str_has_suffix (error->message, "has no process to freeze"));
	g_clear_error (&error);
	child_start (fixture);
	g_assert_false (runtime_cgroup_is_frozen (fixture->cgroup));
	runtime_cgroup_freeze (fixture->cgroup, &error);
	g_assert_no_error (error);
	g_assert_true (runtime_cgroup_is_frozen (fixture->cgroup));
	runtime_cgroup_thaw (fixture->cgroup, &error);
	g_assert_no_error (error);
	g_assert_false (runtime_cgroup_is_frozen (fixture->cgroup));
	/* Removal has to thaw. */
	runtime_cgroup_freeze (fixture->cgroup, &error);
	g_assert_no_error (error);
}

static gboolean
is_v2 (const Fixture *fixture, const char *controller)
{
	RuntimeGroup *group = runtime_cgroup_group_of (fixture->cgroup, controller);

	g_assert_nonnull (group);
	return group->v2;
}

static void
limits_v1 (Fixture *fixture)
{
	make (fixture, "{\"memory\":{\"limit\":67108864,\"reservation\":33554432,"
		       "\"swap\":134217728,\"swappiness\":10},"
		       "\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,\"cpus\":\"0\"},"
		       "\"pids\":{\"limit\":17}}");
	file_is (fixture, "memory", "memory.limit_in_bytes", "67108864");
	file_is (fixture, "memory", "memory.soft_limit_in_bytes", "33554432");
	file_is (fixture, "memory", "memory.memsw.limit_in_bytes", "134217728");
	file_is (fixture, "memory", "memory.swappiness", "10");
	file_is (fixture, "cpu", "cpu.shares", "512");
	file_is (fixture, "cpu", "cpu.cfs_quota_us", "50000");
	file_is (fixture, "cpu", "cpu.cfs_period_us", "200000");
	file_is (fixture, "cpuset", "cpuset.cpus", "0");
	file_is (fixture, "pids", "pids.max", "17");
	child_start (fixture);
}

static void
update (Fixture *fixture, const char *text, GError **error)
{
	g_autoptr (DavitJson) resources = json (text);

	native_cgroup_update (fixture->cgroup, resources, error);
}

static void
update_v1 (Fixture *fixture)
{
	GError *error = NULL;

	make (fixture, "{\"memory\":{\"limit\":67108864,\"swap\":67108864},"
		       "\"cpu\":{\"shares\":512},\"pids\":{\"limit\":17}}");
	/* Upwards and downwards, where one limit may not pass the other. */
	update (fixture, "{\"memory\":{\"limit\":268435456,\"swap\":268435456}}", &error);
	g_assert_no_error (error);
	file_is (fixture, "memory", "memory.limit_in_bytes", "268435456");
	update (fixture, "{\"memory\":{\"limit\":33554432,\"swap\":33554432}}", &error);
	g_assert_no_error (error);
	file_is (fixture, "memory", "memory.memsw.limit_in_bytes", "33554432");
	update (fixture, "{\"memory\":{\"limit\":-1,\"swap\":-1},\"pids\":{\"limit\":-1}}", &error);
	g_assert_no_error (error);
	file_is (fixture, "pids", "pids.max", "max");
	/* The period is out of bounds: shares, which were set before it, are as they were. */
	update (fixture, "{\"cpu\":{\"shares\":1000,\"period\":1}}", &error);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_true (g_str_has_prefix (error->message,
					 "linux.resources.cpu.period: write \"1\" to \"/"));
	g_assert_true (g_str_has_suffix (error->message,
					 "Invalid argument; it is out of the kernel's bounds or "
					 "above what the group above has"));
	g_clear_error (&error);
	file_is (fixture, "cpu", "cpu.shares", "512");
	update (fixture, "{\"devices\":[]}", &error);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);
	g_assert_true (g_str_has_prefix (error->message, "linux.resources.devices: "));
	g_clear_error (&error);
}

static void
refuse (Fixture *fixture, const char *text, DavitErrorCode code, const char *wanted)
{
	g_autoptr (DavitJson) resources = json (text);
	GError *error = NULL;

	g_test_message ("%s", text);
	g_assert_false (native_cgroup_make (fixture->cgroup, resources, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, wanted);
	g_clear_error (&error);
}

static void
test_limits_wrong (Fixture *fixture, gconstpointer data)
{
	refuse (fixture, "{\"memory\":{\"limit\":\"1g\"}}", DAVIT_ERROR_CONFIG,
		"memory.limit: must be an integer");
	refuse (fixture, "{\"memory\":{\"swap\":5}}", DAVIT_ERROR_CONFIG,
		"linux.resources.memory.swap: it holds memory, too, and needs "
		"linux.resources.memory.limit beside it");
	refuse (fixture, "{\"memory\":{\"limit\":6,\"swap\":5}}", DAVIT_ERROR_CONFIG,
		"linux.resources.memory.swap: 5 is less than the limit of memory that it holds, 6");
	refuse (fixture, "{\"memory\":{\"swappiness\":101}}", DAVIT_ERROR_CONFIG,
		"memory.swappiness: must be an integer from 0 to 100");
	refuse (fixture, "{\"memory\":{\"kernel\":5}}", DAVIT_ERROR_UNSUPPORTED,
		"linux.resources.memory.kernel: kernels no longer limit their own memory apart; "
		"set linux.resources.memory.limit");
	refuse (fixture, "{\"cpu\":{\"cpus\":\"0;1\"}}", DAVIT_ERROR_CONFIG,
		"linux.resources.cpu.cpus: \"0;1\" must be a list such as 0-3,7");
	refuse (fixture, "{\"blockIO\":{\"weight\":5}}", DAVIT_ERROR_CONFIG,
		"blockIO.weight: must be an integer from 10 to 1000");
	refuse (fixture, "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"rate\":1}]}}",
		DAVIT_ERROR_CONFIG, "blockIO.throttleReadBpsDevice[0]: major and minor are needed");
	refuse (fixture, "{\"hugepageLimits\":[{\"pageSize\":\"2MB/../..\",\"limit\":1}]}",
		DAVIT_ERROR_CONFIG,
		"linux.resources.hugepageLimits[0]: needs a limit and a page size such as 2MB, not "
		"\"2MB/../..\"");
	refuse (fixture, "{\"unified\":{\"../../memory.max\":\"1\"}}", DAVIT_ERROR_CONFIG,
		"linux.resources.unified.../../memory.max: must be the name of a file of cgroup v2 "
		"that sets a limit, and its value a string");
	refuse (fixture, "{\"unified\":{\"cgroup.procs\":\"1\"}}", DAVIT_ERROR_CONFIG,
		"linux.resources.unified.cgroup.procs: must be the name of a file of cgroup v2 "
		"that sets a limit, and its value a string");
}

/* A limit is never dropped in silence. */
static void
test_controller_missing (Fixture *fixture, gconstpointer data)
{
	if (!can_make (fixture))
		return;
	for (guint i = fixture->cgroup->groups->len; i-- > 0;) {
		RuntimeGroup *group = fixture->cgroup->groups->pdata[i];

		if (g_strv_contains ((const char *const *) group->controllers, "pids")) {
			g_strfreev (group->controllers);
			group->controllers = g_new0 (char *, 1);
		}
	}
	refuse (fixture, "{\"pids\":{\"limit\":5}}", DAVIT_ERROR_UNAVAILABLE,
		"linux.resources.pids.limit: limit \"5\" needs the controller \"pids\", which this "
		"host has not got; mount it or enable it in the kernel");
}

static void
test_unified (Fixture *fixture, gconstpointer data)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (fixture->cgroup);
	char buffer[64] = "";

	if (!can_make (fixture))
		return;
	if (v2 == NULL) {
		g_test_skip ("needs cgroup v2");
		return;
	}
	make (fixture, "{\"unified\":{\"cgroup.max.depth\":\"7\"}}");
	g_assert_cmpint (runtime_cgroup_get (v2->fd, "cgroup.max.depth", buffer, sizeof buffer), >,
			 0);
	g_assert_cmpstr (buffer, ==, "7");
	if (!is_v2 (fixture, "memory"))
		refuse (fixture, "{\"unified\":{\"memory.high\":\"1000000\"}}",
			DAVIT_ERROR_UNAVAILABLE,
			"linux.resources.unified.memory.high: limit \"1000000\" needs the "
			"controller \"memory\" in cgroup v2, but this host has it in v1");
}

static void
limits_v2 (Fixture *fixture)
{
	make (fixture, "{\"memory\":{\"limit\":67108864,\"reservation\":33554432,"
		       "\"swap\":100663296},"
		       "\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,\"cpus\":\"0\"},"
		       "\"pids\":{\"limit\":17},\"blockIO\":{\"weight\":500},"
		       "\"unified\":{\"memory.high\":\"60000000\"}}");
	file_is (fixture, "memory", "memory.max", "67108864");
	file_is (fixture, "memory", "memory.low", "33554432");
	file_is (fixture, "memory", "memory.swap.max", "33554432");
	file_is (fixture, "memory", "memory.high", "59998208");
	file_is (fixture, "cpu", "cpu.weight", "59");
	file_is (fixture, "cpu", "cpu.max", "50000 200000");
	file_is (fixture, "cpuset", "cpuset.cpus", "0");
	file_is (fixture, "pids", "pids.max", "17");
	child_start (fixture);
}

static void
update_v2 (Fixture *fixture)
{
	GError *error = NULL;

	make (fixture, "{\"memory\":{\"limit\":67108864,\"swap\":67108864},"
		       "\"cpu\":{\"shares\":512,\"quota\":50000}}");
	file_is (fixture, "memory", "memory.swap.max", "0");
	/* What is not named stays as it is. */
	update (fixture, "{\"cpu\":{\"period\":200000}}", &error);
	g_assert_no_error (error);
	file_is (fixture, "cpu", "cpu.max", "50000 200000");
	update (fixture, "{\"cpu\":{\"quota\":-1}}", &error);
	g_assert_no_error (error);
	file_is (fixture, "cpu", "cpu.max", "max 200000");
	/* The period is out of bounds: the weight, which was set before it, is as it was. */
	update (fixture, "{\"cpu\":{\"shares\":1000,\"period\":1}}", &error);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED);
	g_assert_true (g_str_has_prefix (error->message,
					 "linux.resources.cpu.period: write \"max 1\" to \"/"));
	g_clear_error (&error);
	file_is (fixture, "cpu", "cpu.weight", "59");
	update (fixture, "{\"memory\":{\"swappiness\":5}}", &error);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE);
	g_assert_cmpstr (error->message, ==,
			 "linux.resources.memory.swappiness: cgroup v2 does not have it");
	g_clear_error (&error);
}

/* Of the version that this host has. */
static void
test_limits (Fixture *fixture, gconstpointer data)
{
	if (!can_make (fixture))
		return;
	if (is_v2 (fixture, "memory"))
		limits_v2 (fixture);
	else
		limits_v1 (fixture);
}

static void
test_update (Fixture *fixture, gconstpointer data)
{
	if (!can_make (fixture))
		return;
	if (is_v2 (fixture, "memory"))
		update_v2 (fixture);
	else
		update_v1 (fixture);
}

/* What a process finds that begins in a delegated group. Exit status 0: all is as it should be. */
static int
delegated_run (Fixture *fixture, const char *own)
{
	g_autoptr (DavitJson) resources = json ("{\"pids\":{\"limit\":9}}");
	g_autofree char *wanted = g_strdup_printf ("%s/davit-test/x", own);
	g_autofree char *caller = g_strconcat (own, "/" RUNTIME_CGROUP_CALLER, NULL);
	gboolean limited = is_v2 (fixture, "pids");
	g_autoptr (RuntimeCgroup) cgroup = NULL;
	g_autoptr (RuntimeCgroup) again = NULL;
	g_autofree char *now = NULL;
	g_autoptr (GError) error = NULL;
	RuntimeGroup *v2;

	if (!runtime_cgroup_plan (&fixture->host, "x", NULL, &cgroup, NULL))
		return 1;
	v2 = runtime_cgroup_group_v2 (cgroup);
	if (strcmp (v2->path, wanted) != 0)
		return 2;
	if (!native_cgroup_make (cgroup, resources, &error) ||
	    !native_cgroup_apply (cgroup, resources, &error)) {
		g_printerr ("%s\n", error->message);
		return 3;
	}
	now = runtime_cgroup_get_all (AT_FDCWD, "/proc/self/cgroup");
	/* Moved aside for a limit, and only for that. */
	if ((strstr (now, caller) != NULL) != limited)
		return 4;
	if (!runtime_cgroup_plan (&fixture->host, "x", NULL, &again, NULL) ||
	    strcmp (runtime_cgroup_group_v2 (again)->path, wanted) != 0)
		return 5;
	return runtime_cgroup_remove (cgroup, NULL) ? 0 : 6;
}

static void
test_delegated (Fixture *fixture, gconstpointer data)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (fixture->cgroup);
	g_autofree char *own = g_strconcat ("/davit-test-", fixture->id, NULL);
	g_autofree char *path = NULL;
	static const char *const below[] = {"/davit-test", ("/" RUNTIME_CGROUP_CALLER), ""};
	int status = 0;
	pid_t pid;

	if (!can_make (fixture))
		return;
	if (v2 == NULL) {
		g_test_skip ("needs cgroup v2");
		return;
	}
	runtime_cgroup_put (v2->root_fd, "cgroup.subtree_control", "+pids");
	path = g_strconcat (v2->mount, own, NULL);
	g_assert_cmpint (mkdir (path, 0755), ==, 0);
	g_assert_cmpint (setxattr (path, "trusted.delegate", "1", 1, 0), ==, 0);
	pid = fork ();
	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		g_autofree char *procs = g_strconcat (path, "/cgroup.procs", NULL);

		_exit (runtime_cgroup_put (AT_FDCWD, procs, "0") == 0 ? delegated_run (fixture, own)
								      : 7);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	for (gsize i = 0; i < G_N_ELEMENTS (below); i++) {
		g_autofree char *directory = g_strconcat (path, below[i], NULL);

		rmdir (directory);
	}
	g_assert_cmpint (status, ==, 0);
	g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* The kernel's own numbers, after it was asked to count. */
static void
test_stats (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	GError *error = NULL;
	gint64 value = -1;

	if (!can_make (fixture))
		return;
	make (fixture, "{\"pids\":{\"limit\":9},\"memory\":{\"limit\":67108864}}");
	child_start (fixture);
	runtime_cgroup_stats (fixture->cgroup, result, &error);
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (result, "pids", &value));
	g_assert_cmpint (value, ==, 1);
	g_assert_true (davit_result_integer (result, "pids-limit", &value));
	g_assert_cmpint (value, ==, 9);
	g_assert_true (davit_result_integer (result, "memory-limit-bytes", &value));
	g_assert_cmpint (value, ==, 67108864);
	g_assert_true (davit_result_integer (result, "cpu-nsec", &value));
	g_assert_true (davit_result_integer (result, "oom-kills", &value));
	g_assert_cmpint (value, ==, 0);
}

static void
test_weight (void)
{
	g_assert_cmpuint (native_cgroup_weight_from_shares (2), ==, 1);
	g_assert_cmpuint (native_cgroup_weight_from_shares (1024), ==, 100);
	g_assert_cmpuint (native_cgroup_weight_from_shares (262144), ==, 10000);
	g_assert_cmpuint (native_cgroup_weight_from_shares (0), ==, 1);
	g_assert_cmpuint (native_cgroup_weight_from_shares (G_MAXUINT64), ==, 10000);
	g_assert_cmpuint (native_cgroup_weight_from_shares (512), <, 100);
	g_assert_cmpuint (native_cgroup_weight_from_shares (2048), >, 100);
}

int
main (int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function) (Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"/cgroup/paths", test_paths},
		{"/cgroup/systemd", test_systemd},
		{"/cgroup/record", test_record},
		{"/cgroup/record-wrong", test_record_wrong},
		{"/cgroup/life", test_life},
		{"/cgroup/remove-again", test_remove_again},
		{"/cgroup/holds-caller", test_holds_caller},
		{"/cgroup/enter", test_enter},
		{"/cgroup/kept", test_kept},
		{"/cgroup/freeze", test_freeze},
		{"/cgroup/limits", test_limits},
		{"/cgroup/update", test_update},
		{"/cgroup/delegated", test_delegated},
		{"/cgroup/limits-wrong", test_limits_wrong},
		{"/cgroup/controller-missing", test_controller_missing},
		{"/cgroup/unified", test_unified},
		{"/cgroup/stats", test_stats},
	};

	g_test_init (&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
		g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
	g_test_add_func ("/cgroup/weight", test_weight);
	return g_test_run ();
}
