/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* config.json: what stands in it by default, and what records change. */

#include "container/test-spec-support.h"

#include "base/error.h"
#include "container/create-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *const no_binds[] = {NULL};

static DavitJson *
build_with (TestSpec *test, const char *more, const char *const *binds)
{
	g_autoptr (DavitRecord) record = test_spec_record (more);
	g_autoptr (GError) error = NULL;
	DavitSpecRequest request = {
		.engine = &test->engine,
		.record = record,
		.rootfs_fd = test->rootfs_fd,
		.run_dir = "/run/davit/containers/x",
		.network_path = "/proc/1/fd/7",
		.file_binds = binds,
	};
	gsize length = 0;
	g_autofree char *text = davit_spec_build (&request, &length, &error);
	DavitJson *json;

	g_assert_no_error (error);
	g_assert_cmpuint (strlen (text), ==, length);
	json = davit_json_parse (text, (gssize) length, &error);
	g_assert_no_error (error);
	return json;
}

static DavitJson *
build (TestSpec *test, const char *more)
{
	return build_with (test, more, no_binds);
}

static void
build_refused (TestSpec *test, const char *more, int code, const char *text)
{
	g_autoptr (DavitRecord) record = test_spec_record (more);
	g_autoptr (GError) error = NULL;
	DavitSpecRequest request = {
		.engine = &test->engine,
		.record = record,
		.rootfs_fd = test->rootfs_fd,
		.run_dir = "/run",
		.network_path = "/proc/1/fd/7",
	};

	g_assert_null (davit_spec_build (&request, NULL, &error));
	test_spec_assert_error (&error, code, text);
}

/* The value at "a.b.c". */
static const DavitJson *
at (const DavitJson *json, const char *path)
{
	g_auto (GStrv) keys = g_strsplit (path, ".", -1);

	for (guint i = 0; keys[i] != NULL; i++)
		json = davit_json_member (json, keys[i]);
	return json;
}

static void
assert_text (const DavitJson *json, const char *path, const char *expected)
{
	const DavitJson *value = at (json, path);
	g_autofree char *text = value != NULL ? davit_json_to_text (value) : NULL;

	g_assert_cmpstr (text, ==, expected);
}

/* The element of an array whose member has that text. */
static const DavitJson *
find (const DavitJson *json, const char *array, const char *key, const char *text)
{
	const DavitJson *list = at (json, array);

	for (guint i = 0; i < davit_json_length (list); i++) {
		const DavitJson *element = davit_json_element (list, i);

		if (g_strcmp0 (davit_json_string (davit_json_member (element, key)), text) == 0)
			return element;
	}
	return NULL;
}

static gboolean
holds (const DavitJson *json, const char *array, const char *text)
{
	const DavitJson *list = at (json, array);

	for (guint i = 0; i < davit_json_length (list); i++) {
		if (g_strcmp0 (davit_json_string (davit_json_element (list, i)), text) == 0)
			return TRUE;
	}
	return FALSE;
}

#define CAPABILITIES ",\"capabilities\":[\"CAP_CHOWN\",\"CAP_KILL\"]"

static void
test_defaults (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json =
		build (test, CAPABILITIES ",\"hostname\":\"h\",\"env\":[\"PATH=/bin\"],"
					  "\"resources\":{\"pids\":{\"limit\":2048}}");

	assert_text (json, "ociVersion", "\"1.2.0\"");
	assert_text (json, "process.args", "[\"sh\",\"-c\",\"true\"]");
	assert_text (json, "process.env", "[\"PATH=/bin\",\"HOSTNAME=h\",\"HOME=/\"]");
	assert_text (json, "process.cwd", "\"/\"");
	assert_text (json, "process.user",
		     "{\"uid\":0,\"gid\":0,\"umask\":18,\"additionalGids\":[0]}");
	assert_text (json, "process.capabilities",
		     "{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],\"effective\":[\"CAP_CHOWN\","
		     "\"CAP_KILL\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_KILL\"]}");
	assert_text (json, "process.noNewPrivileges", "false");
	assert_text (json, "process.terminal", NULL);
	assert_text (json, "process.rlimits", NULL);
	assert_text (json, "root", "{\"path\":\"rootfs\",\"readonly\":false}");
	assert_text (json, "hostname", "\"h\"");
	assert_text (json, "linux.namespaces",
		     "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"network\",\"path\":"
		     "\"/proc/1/fd/7\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
		     "{\"type\":\"cgroup\"}]");
	assert_text (
		json, "linux.resources",
		"{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"pids\":{\"limit\":2048}}");
	assert_text (json, "linux.seccomp",
		     "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"syscalls\":["
		     "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}");
	assert_text (json, "linux.cgroupsPath", NULL);
	assert_text (json, "linux.devices", NULL);
	assert_text (json, "linux.rootfsPropagation", NULL);
	g_assert_cmpstr (davit_json_string (davit_json_member (at (json, "annotations"),
							       "io.container.manager")),
			 ==, "davit");
}

static void
test_mounts (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json = build (test, "");
	static const char *const order[] = {"/proc",	   "/dev",     "/sys",		"/dev/pts",
					    "/dev/mqueue", "/dev/shm", "/sys/fs/cgroup"};
	const DavitJson *mounts = at (json, "mounts");

	g_assert_cmpuint (davit_json_length (mounts), ==, G_N_ELEMENTS (order));
	for (guint i = 0; i < G_N_ELEMENTS (order); i++)
		g_assert_cmpstr (davit_json_string (
					 davit_json_member (davit_json_element (mounts, i),
							    "destination")),
				 ==, order[i]);
	assert_text (find (json, "mounts", "destination", "/dev/shm"), "options",
		     "[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=67108864\"]");
	assert_text (find (json, "mounts", "destination", "/sys"), "options",
		     "[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]");
	assert_text (find (json, "mounts", "destination", "/proc"), "type", "\"proc\"");
}

#define MOUNT(destination_, options_)                                                              \
	"{\"destination\":\"" destination_                                                         \
	"\",\"type\":\"bind\",\"source\":\"/tmp\",\"options\":[" options_ "]}"

static void
test_user_mounts (TestSpec *test, gconstpointer data)
{
	static const char *const binds[] = {"/run/x/files/hosts:/etc/hosts",
					    "/run/x/files/hostname:/etc/hostname", NULL};
	g_autoptr (DavitJson) json =
		build_with (test,
			    ",\"mounts\":[" MOUNT ("/a/b/c", "\"rbind\"") "," MOUNT (
				    "/a", "\"rbind\",\"rslave\"") "," MOUNT ("/etc/hosts",
									     "\"bind\"") "]",
			    binds);
	const DavitJson *mounts = at (json, "mounts");
	guint hosts = 0;

	assert_text (find (json, "mounts", "destination", "/etc/hosts"), "source", "\"/tmp\"");
	assert_text (find (json, "mounts", "destination", "/etc/hostname"), "options",
		     "[\"bind\",\"rprivate\",\"nosuid\",\"noexec\",\"nodev\"]");
	for (guint i = 0; i < davit_json_length (mounts); i++)
		hosts += g_strcmp0 (davit_json_string (
					    davit_json_member (davit_json_element (mounts, i),
							       "destination")),
				    "/etc/hosts") == 0;
	g_assert_cmpuint (hosts, ==, 1);
	/* Parents first, however they were given. */
	g_assert_cmpstr (davit_json_string (davit_json_member (
				 davit_json_element (mounts, davit_json_length (mounts) - 1),
				 "destination")),
			 ==, "/a/b/c");
	assert_text (json, "linux.rootfsPropagation", "\"rslave\"");
	build_refused (test,
		       ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"bind\","
		       "\"source\":\"/nonexistent\"}]",
		       DAVIT_ERROR_NOT_FOUND, "there is no \"/nonexistent\" on the host any more");
	build_refused (test, ",\"mounts\":[{\"destination\":\"a\",\"type\":\"bind\"}]",
		       DAVIT_ERROR_CORRUPT, "destination or type is missing");
}

static void
test_read_only (TestSpec *test, gconstpointer data)
{
	static const char *const binds[] = {"/run/x/files/hosts:/etc/hosts", NULL};
	g_autoptr (DavitJson) json =
		build_with (test,
			    ",\"readOnly\":true,\"volumes\":[\"/data\",\"/\",\"/proc/x\","
			    "\"/dev\",\"/device\",\"//sys/fs/../fs/cgroup\"]",
			    binds);
	g_autoptr (DavitJson) bare = build (test, ",\"readOnly\":true,\"readOnlyTmpfs\":false");

	assert_text (json, "root.readonly", "true");
	assert_text (find (json, "mounts", "destination", "/tmp"), "options",
		     "[\"rw\",\"nosuid\",\"nodev\",\"mode=1777\",\"tmpcopyup\"]");
	g_assert_nonnull (find (json, "mounts", "destination", "/run"));
	g_assert_nonnull (find (json, "mounts", "destination", "/var/tmp"));
	g_assert_nonnull (find (json, "mounts", "destination", "/data"));
	g_assert_null (find (json, "mounts", "destination", "/"));
	g_assert_null (find (json, "mounts", "destination", "/proc/x"));
	g_assert_nonnull (find (json, "mounts", "destination", "/device"));
	/* An image can't take the devices away, nor the cgroups. */
	assert_text (find (json, "mounts", "destination", "/dev"), "options",
		     "[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]");
	assert_text (find (json, "mounts", "destination", "/sys/fs/cgroup"), "type", "\"cgroup\"");
	assert_text (find (json, "mounts", "destination", "/etc/hosts"), "options",
		     "[\"bind\",\"rprivate\",\"ro\",\"nosuid\",\"noexec\",\"nodev\"]");
	g_assert_null (find (bare, "mounts", "destination", "/tmp"));
}

static void
test_namespaces (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json =
		build (test,
		       ",\"hostname\":\"h\",\"namespaces\":{\"pid\":{\"mode\":\"host\"},\"ipc\":"
		       "{\"mode\":\"host\"},\"uts\":{\"mode\":\"host\"},\"network\":{\"mode\":"
		       "\"host\"},\"cgroup\":{\"mode\":\"host\"},\"time\":{\"mode\":\"private\"}},"
		       "\"timeOffsets\":{\"monotonic\":{\"secs\":5,\"nanosecs\":0}}");
	g_autoptr (DavitJson) none = build (test, ",\"namespaces\":{\"ipc\":{\"mode\":\"none\"}}");

	assert_text (json, "linux.namespaces", "[{\"type\":\"mount\"},{\"type\":\"time\"}]");
	assert_text (json, "linux.timeOffsets", "{\"monotonic\":{\"secs\":5,\"nanosecs\":0}}");
	assert_text (json, "hostname", NULL);
	assert_text (find (json, "mounts", "destination", "/dev/shm"), "type", "\"bind\"");
	g_assert_null (find (none, "mounts", "destination", "/dev/shm"));
	build_refused (
		test, ",\"namespaces\":{\"pid\":{\"mode\":\"path\",\"target\":\"/proc/1/ns/pid\"}}",
		DAVIT_ERROR_FAILED, "pid namespace to join: not found");
}

static void
test_user (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json = NULL;

	test_spec_write (test, "etc/passwd", "app:x:5:6::/home/app:/bin/sh\n", -1);
	test_spec_write (test, "etc/group", "video:x:44:app\nsix:x:6:app\n", -1);
	json = build (test, CAPABILITIES ",\"user\":\"app\",\"umask\":63,\"groupAdd\":[\"7\"],"
					 "\"noNewPrivileges\":true,\"oomScoreAdj\":5");
	assert_text (json, "process.user",
		     "{\"uid\":5,\"gid\":6,\"umask\":63,\"additionalGids\":[6,7,44]}");
	g_assert_true (holds (json, "process.env", "HOME=/home/app"));
	/* Not root: what it could have is in the bounding set alone. */
	assert_text (json, "process.capabilities", "{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]}");
	assert_text (json, "process.noNewPrivileges", "true");
	assert_text (json, "process.oomScoreAdj", "5");
	build_refused (test, ",\"user\":\"nobody\"", DAVIT_ERROR_NOT_FOUND, "user \"nobody\"");
	json = (davit_json_free (json), build (test, ",\"user\":\"9\",\"workdir\":\"/w\","
						     "\"passwd\":true"));
	g_assert_true (holds (json, "process.env", "HOME=/w"));
}

static void
test_paths (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json =
		build (test, ",\"mask\":[\"/proc/mine\"],\"unmask\":[\"/proc/kc*\",\"/proc/sys\"]");
	g_autoptr (DavitJson) all = build (test, ",\"unmask\":[\"ALL\"]");

	g_assert_true (holds (json, "linux.maskedPaths", "/proc/mine"));
	g_assert_true (holds (json, "linux.maskedPaths", "/proc/keys"));
	g_assert_true (holds (json, "linux.maskedPaths", "/sys/firmware"));
	g_assert_true (holds (json, "linux.maskedPaths", "/proc/asound"));
	g_assert_true (holds (json, "linux.maskedPaths", "/sys/dev/block"));
	g_assert_false (holds (json, "linux.maskedPaths", "/proc/kcore"));
	g_assert_true (holds (json, "linux.readonlyPaths", "/proc/sysrq-trigger"));
	g_assert_false (holds (json, "linux.readonlyPaths", "/proc/sys"));
	assert_text (all, "linux.maskedPaths", "[]");
	assert_text (all, "linux.readonlyPaths", "[]");
}

static void
test_privileged (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json =
		build (test, ",\"privileged\":true,\"seccomp\":{\"profile\":\"unconfined\"}");

	assert_text (json, "linux.maskedPaths", "[]");
	assert_text (json, "linux.readonlyPaths", "[]");
	assert_text (json, "linux.seccomp", NULL);
	assert_text (json, "linux.resources.devices", "[{\"allow\":true,\"access\":\"rwm\"}]");
	assert_text (find (json, "mounts", "destination", "/sys"), "options",
		     "[\"nosuid\",\"noexec\",\"nodev\",\"rw\"]");
	/* Its own are not taken from the host. */
	g_assert_null (find (json, "linux.devices", "path", "/dev/null"));
}

static void
test_devices (TestSpec *test, gconstpointer data)
{
	g_autofree char *expected = NULL;
	g_autofree char *node = NULL;
	g_autoptr (DavitJson) json =
		build (test,
		       ",\"devices\":[{\"path\":\"/dev/full\",\"inside\":\"/dev/x\",\"access\":"
		       "\"rw\"}],\"deviceRules\":[{\"type\":\"c\",\"major\":10,\"access\":\"r\"}]");
	struct stat status;

	g_assert_cmpint (stat ("/dev/full", &status), ==, 0);
	node = g_strdup_printf ("[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":%u,\"minor\":%u,"
				"\"fileMode\":%u,\"uid\":%u,\"gid\":%u}]",
				major (status.st_rdev), minor (status.st_rdev),
				status.st_mode & 07777, status.st_uid, status.st_gid);
	assert_text (json, "linux.devices", node);
	expected =
		g_strdup_printf ("[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
				 "\"type\":\"c\",\"major\":%u,\"minor\":%u,\"access\":\"rw\"},"
				 "{\"allow\":true,\"type\":\"c\",\"major\":10,\"access\":\"r\"}]",
				 major (status.st_rdev), minor (status.st_rdev));
	assert_text (json, "linux.resources.devices", expected);
	build_refused (test,
		       ",\"devices\":[{\"path\":\"/dev/gone\",\"inside\":\"/dev/x\",\"access\":"
		       "\"rw\"}]",
		       DAVIT_ERROR_NOT_FOUND, "device \"/dev/gone\"");
	build_refused (test,
		       ",\"devices\":[{\"path\":\"/etc\",\"inside\":\"/dev/x\",\"access\":\"rw\"}]",
		       DAVIT_ERROR_NOT_FOUND, "\"/etc\" is no device");
}

static void
test_limits (TestSpec *test, gconstpointer data)
{
	g_autofree char *expected = NULL;
	g_autoptr (DavitJson) json =
		build (test,
		       ",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":5,\"hard\":"
		       "\"18446744073709551615\",\"explicit\":false},{\"type\":\"RLIMIT_CORE\","
		       "\"soft\":0,\"hard\":\"18446744073709551615\",\"explicit\":true}],"
		       "\"sysctl\":{\"net.a\":\"1\"},\"cgroupParent\":\"/mine/\","
		       "\"resources\":{\"memory\":{\"limit\":1048576}}");

	/* A default is lowered to what the caller has; the rest is left to the runtime. */
	expected = g_strdup_printf (
		"[{\"type\":\"RLIMIT_NOFILE\",\"soft\":5,\"hard\":%" G_GUINT64_FORMAT
		"},{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}]",
		davit_request_rlimit_maximum ("RLIMIT_NOFILE"));
	assert_text (json, "process.rlimits", expected);
	assert_text (json, "linux.sysctl", "{\"net.a\":\"1\"}");
	assert_text (json, "linux.cgroupsPath", "\"/mine/davit-" TEST_ID "\"");
	assert_text (json, "linux.resources.memory", "{\"limit\":1048576}");
	build_refused (test, ",\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":\"x\"}]",
		       DAVIT_ERROR_CORRUPT, "\"x\" is no number");
	build_refused (test, ",\"shmSize\":-1", DAVIT_ERROR_CONFIG, "shmSize");
}

static void
test_init (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json = build (test, ",\"init\":\"/bin/sh\",\"terminal\":true");

	assert_text (json, "process.args", "[\"/run/davit-init\",\"--\",\"sh\",\"-c\",\"true\"]");
	assert_text (json, "process.terminal", "true");
	assert_text (find (json, "mounts", "destination", "/run/davit-init"), "source",
		     "\"/bin/sh\"");
}

static void
test_seccomp (TestSpec *test, gconstpointer data)
{
	g_autoptr (DavitJson) json = NULL;
	g_autofree char *path = g_build_filename (test->directory, "seccomp.json", NULL);

	json = build (test, ",\"seccomp\":{\"profile\":\"/my\",\"document\":{\"defaultAction\":"
			    "\"SCMP_ACT_KILL\"}}");
	assert_text (json, "linux.seccomp",
		     "{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[]}");
	build_refused (test, ",\"seccomp\":{\"profile\":\"/my\"}", DAVIT_ERROR_CORRUPT,
		       "seccomp profile \"/my\": its content is missing");
	/* A container that would run without the filter does not run. */
	g_assert_cmpint (unlink (path), ==, 0);
	build_refused (test, "", DAVIT_ERROR_NOT_FOUND, "default seccomp profile");
}

static void
assert_default_seccomp (TestSpec *test, const char *expected)
{
	g_autoptr (DavitJson) json = build (test, "");

	assert_text (json, "linux.seccomp", expected);
}

static void
profile_write (TestSpec *test, const char *action)
{
	g_autofree char *path = g_build_filename (test->directory, "seccomp.json", NULL);
	g_autofree char *text = g_strdup_printf ("{\"defaultAction\":\"%s\"}", action);

	g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* The one entry of the cache; its name is for g_free. */
static char *
cache_entry (TestSpec *test)
{
	g_autofree char *path = g_build_filename (test->directory, "cache", "profiles", NULL);
	g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
	const char *name;

	g_assert_nonnull (directory);
	name = g_dir_read_name (directory);
	g_assert_nonnull (name);
	return g_build_filename (path, name, NULL);
}

/* What is kept is used as long as it is whole, and the profile the same file. */
static void
test_seccomp_cache (TestSpec *test, gconstpointer data)
{
	static const char kill[] = "{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[]}";
	static const char trap[] = "{\"defaultAction\":\"SCMP_ACT_TRAP\",\"syscalls\":[]}";
	g_autofree char *cache = g_build_filename (test->directory, "cache", NULL);
	g_autofree char *entry = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	g_assert_cmpint (g_mkdir (cache, 0700), ==, 0);
	profile_write (test, "SCMP_ACT_KILL");
	assert_default_seccomp (test, kill);
	entry = cache_entry (test);
	assert_default_seccomp (test, kill);
	g_assert_true (g_file_get_contents (entry, &text, &length, NULL));
	g_assert_cmpuint (length, ==, 8 + strlen (kill));
	text[length - 20] ^= 1;
	g_assert_true (g_file_set_contents (entry, text, (gssize) length, NULL));
	assert_default_seccomp (test, kill);
	g_assert_true (g_file_set_contents (entry, "", 0, NULL));
	assert_default_seccomp (test, kill);
	g_assert_cmpint (g_chmod (entry, 0666), ==, 0);
	assert_default_seccomp (test, kill);
	profile_write (test, "SCMP_ACT_TRAP");
	assert_default_seccomp (test, trap);
	/* It does not grow for ever, whatever lies in it. */
	for (guint i = 0; i < 64; i++) {
		g_autofree char *stray = g_strdup_printf ("%s/profiles/.tmp-%u", cache, i);

		g_assert_true (g_file_set_contents (stray, "half", -1, NULL));
	}
	profile_write (test, "SCMP_ACT_KILL");
	assert_default_seccomp (test, kill);
	g_clear_pointer (&entry, g_free);
	entry = cache_entry (test);
	g_assert_null (strstr (entry, ".tmp-"));
}

static void
test_process (TestSpec *test, gconstpointer data)
{
	static const char *const command[] = {"id", NULL};
	static const char *const env[] = {"A=2", "B=3", NULL};
	g_autoptr (DavitRecord) record =
		test_spec_record (CAPABILITIES ",\"env\":[\"A=1\",\"HOME=/h\"],\"workdir\":\"/w\","
					       "\"user\":\"5\",\"noNewPrivileges\":true");
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitJson) json = NULL;
	g_autofree char *text = NULL;
	DavitSpecProcess request = {
		.engine = &test->engine,
		.record = record,
		.rootfs_fd = test->rootfs_fd,
		.command = command,
		.env = env,
		.user = "0",
		.terminal = TRUE,
		.rows = 24,
		.columns = 80,
	};

	text = davit_spec_process_build (&request, &error);
	g_assert_no_error (error);
	json = davit_json_parse (text, -1, &error);
	assert_text (json, "args", "[\"id\"]");
	assert_text (json, "cwd", "\"/w\"");
	assert_text (json, "env", "[\"HOME=/h\",\"A=2\",\"B=3\",\"TERM=xterm\"]");
	assert_text (json, "consoleSize", "{\"height\":24,\"width\":80}");
	assert_text (json, "user.uid", "0");
	assert_text (json, "capabilities.effective", "[\"CAP_CHOWN\",\"CAP_KILL\"]");
	assert_text (json, "noNewPrivileges", "true");
	request.workdir = "w";
	g_assert_null (davit_spec_process_build (&request, &error));
	test_spec_assert_error (&error, DAVIT_ERROR_USAGE, "working directory \"w\"");
	request.workdir = NULL;
	request.user = "nobody";
	g_assert_null (davit_spec_process_build (&request, &error));
	test_spec_assert_error (&error, DAVIT_ERROR_NOT_FOUND, "user \"nobody\"");
}

/* Privileged exec: all that the caller has, as root and as another. */
static void
test_process_privileged (TestSpec *test, gconstpointer data)
{
	static const char *const command[] = {"id", NULL};
	g_autoptr (DavitRecord) record = test_spec_record (CAPABILITIES);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitJson) json = NULL;
	g_autofree char *text = NULL;
	DavitSpecProcess request = {
		.engine = &test->engine,
		.record = record,
		.rootfs_fd = test->rootfs_fd,
		.command = command,
		.privileged = TRUE,
	};
	guint64 available = davit_creation_capabilities_available ();

	text = davit_spec_process_build (&request, &error);
	g_assert_no_error (error);
	json = davit_json_parse (text, -1, &error);
	g_assert_cmpuint (davit_json_length (at (json, "capabilities.effective")), ==,
			  (guint) __builtin_popcountll (available));
	assert_text (json, "capabilities.inheritable", NULL);
	assert_text (json, "capabilities.ambient", NULL);
}

/* Only with -m perf: what a start pays. */
static void
test_speed (TestSpec *test, gconstpointer data)
{
	gint64 begin = g_get_monotonic_time ();

	for (guint i = 0; i < 1000; i++)
		davit_json_free (build (test, CAPABILITIES));
	g_test_minimized_result ((double) (g_get_monotonic_time () - begin) / 1000.0,
				 "one specification, in microseconds");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_spec_add ("/spec/defaults", test_defaults);
	test_spec_add ("/spec/mounts", test_mounts);
	test_spec_add ("/spec/user-mounts", test_user_mounts);
	test_spec_add ("/spec/read-only", test_read_only);
	test_spec_add ("/spec/namespaces", test_namespaces);
	test_spec_add ("/spec/user", test_user);
	test_spec_add ("/spec/paths", test_paths);
	test_spec_add ("/spec/privileged", test_privileged);
	test_spec_add ("/spec/devices", test_devices);
	test_spec_add ("/spec/limits", test_limits);
	test_spec_add ("/spec/init", test_init);
	test_spec_add ("/spec/seccomp", test_seccomp);
	test_spec_add ("/spec/seccomp-cache", test_seccomp_cache);
	test_spec_add ("/spec/process", test_process);
	test_spec_add ("/spec/process-privileged", test_process_privileged);
	if (g_test_perf ())
		test_spec_add ("/spec/speed", test_speed);
	return g_test_run ();
}
