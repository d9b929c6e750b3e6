/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making containers: what is merged into the record, and that a failure leaves nothing. */

#include "container/test-container-support.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/create-private.h"
#include "container/names.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char image_config[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"User\":\"app\","
	"\"Env\":[\"PATH=/image\",\"A=image\",\"B=image\"],\"Entrypoint\":[\"/entry\"],"
	"\"Cmd\":[\"one\",\"two\"],\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\","
	"\"Labels\":{\"a\":\"image\",\"b\":\"image\"},\"ExposedPorts\":{\"80/tcp\":{}}},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

static const char *const toys[] = {"engine.storage=toy-storage", "engine.network=toy-network",
				   "engine.runtime=toy-runtime", "engine.env=C=config;A=config",
				   NULL};

static void
blob_write (const char *layout, const char *text, char **ret_digest)
{
	g_autofree char *digest = davit_digest_of (text, strlen (text));
	g_autofree char *path =
		g_build_filename (layout, "blobs/sha256", davit_digest_hex (digest), NULL);

	g_assert_true (g_file_set_contents (path, text, -1, NULL));
	*ret_digest = g_steal_pointer (&digest);
}

/* An image without layers, "localhost/box:latest". */
static void
image_add (TestEngine *test)
{
	g_autofree char *layout = g_build_filename (test->directory, "layout", NULL);
	g_autofree char *blobs = g_build_filename (layout, "blobs/sha256", NULL);
	g_autofree char *mark = g_build_filename (layout, "oci-layout", NULL);
	g_autofree char *index = g_build_filename (layout, "index.json", NULL);
	g_autofree char *config = NULL;
	g_autofree char *manifest = NULL;
	g_autofree char *manifest_text = NULL;
	g_autofree char *index_text = NULL;
	g_autoptr (GError) error = NULL;
	g_autoptr (GPtrArray) images = NULL;
	DavitImageLoad load = {.path = layout, .fd = -1, .name = "box"};

	g_assert_cmpint (g_mkdir_with_parents (blobs, 0755), ==, 0);
	blob_write (layout, image_config, &config);
	manifest_text = g_strdup_printf (
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		"\"digest\":\"%s\",\"size\":%" G_GSIZE_FORMAT "},\"layers\":[]}",
		config, strlen (image_config));
	blob_write (layout, manifest_text, &manifest);
	index_text = g_strdup_printf (
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
		"\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"%s\",\"size\":"
		"%" G_GSIZE_FORMAT "}]}",
		manifest, strlen (manifest_text));
	g_assert_true (g_file_set_contents (index, index_text, -1, NULL));
	g_assert_true (g_file_set_contents (mark, "{\"imageLayoutVersion\":\"1.0.0\"}", -1, NULL));
	davit_image_store_load (test->engine->images, &load, &images, &error);
	g_assert_no_error (error);
}

static void
set_up (TestEngine *test, const char *fail)
{
	g_autofree char *option = g_strconcat ("storage.toy-storage.fail=", fail, NULL);
	const char *overrides[] = {toys[0], toys[1], toys[2], toys[3], option, NULL};

	if (fail == NULL)
		overrides[4] = NULL;
	test_engine_reopen (test, overrides);
	image_add (test);
}

static DavitCreateRequest *
request_new (const char *image, const char *const *options)
{
	DavitCreateRequest *request = davit_create_request_new ();
	g_autoptr (GError) error = NULL;

	davit_create_request_set_image (request, image);
	for (; *options != NULL; options++) {
		g_auto (GStrv) parts = g_strsplit (*options, "=", 2);

		davit_create_request_set (request, parts[0], parts[1], &error);
		g_assert_no_error (error);
	}
	return request;
}

static DavitContainer *
create (TestEngine *test, const char *const *options, const char *const *command)
{
	g_autoptr (DavitCreateRequest) request = request_new ("box", options);
	g_autoptr (GError) error = NULL;
	DavitContainer *container = NULL;

	davit_create_request_set_command (request, command);
	davit_container_create (test->engine, request, &container, &error);
	g_assert_no_error (error);
	return container;
}

static void
refused (TestEngine *test, const char *image, const char *const *options, int code,
	 const char *text)
{
	g_autoptr (DavitCreateRequest) request = request_new (image, options);
	g_autoptr (GError) error = NULL;
	DavitContainer *container = NULL;

	g_assert_false (davit_container_create (test->engine, request, &container, &error));
	g_assert_null (container);
	g_assert_error (error, DAVIT_ERROR, code);
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" lacks \"%s\"", error->message, text);
}

static void
assert_count (int dirfd, guint expected)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autoptr (GError) error = NULL;

	davit_path_list (dirfd, &names, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (names->len, ==, expected);
}

static void
assert_member (DavitContainer *container, const char *key, const char *expected)
{
	const DavitJson *value = davit_json_member (davit_container_record (container, NULL), key);
	g_autofree char *text = value != NULL ? davit_json_to_text (value) : NULL;

	g_assert_cmpstr (text, ==, expected);
}

static const char *const no_words[] = {NULL};

static void
test_merged (TestEngine *test, gconstpointer data)
{
	static const char *const options[] = {"name=web",	"env=B=option", "env=D=option",
					      "label=b=option", "unsetenv=C",	NULL};
	g_autoptr (DavitContainer) container = NULL;

	set_up (test, NULL);
	container = create (test, options, no_words);
	g_assert_cmpstr (container->name, ==, "web");
	g_assert_cmpstr (container->image, ==, "localhost/box:latest");
	g_assert_cmpint (container->status, ==, DAVIT_STATUS_CREATED);
	assert_member (container, "args", "[\"/entry\",\"one\",\"two\"]");
	assert_member (container, "env",
		       "[\"container=davit\",\"PATH=/image\",\"A=image\",\"B=option\","
		       "\"D=option\"]");
	assert_member (container, "labels", "{\"a\":\"image\",\"b\":\"option\"}");
	assert_member (container, "user", "\"app\"");
	assert_member (container, "workdir", "\"/w\"");
	assert_member (container, "stopSignal", "2");
	assert_member (container, "stopTimeoutMsec", "10000");
	assert_member (container, "exposedPorts", "[\"80/tcp\"]");
	assert_member (container, "storage", "\"toy-storage\"");
	assert_member (container, "runtime", "\"toy-runtime\"");
	assert_member (container, "network", "\"toy-network\"");
	assert_member (container, "resources", "{\"pids\":{\"limit\":2048}}");
	assert_member (container, "shmSize", "67108864");
	assert_member (container, "seccomp", "{\"profile\":\"default\"}");
	assert_member (container, "noNewPrivileges", "false");
	g_assert_cmpuint (davit_json_length (
				  davit_json_member (davit_container_record (container, NULL),
						     "capabilities")),
			  ==, 11);
}

static void
test_programs (TestEngine *test, gconstpointer data)
{
	static const char *const command[] = {"x", "y", NULL};
	static const char *const named[] = {"entrypoint=/mine", NULL};
	static const char *const none[] = {"entrypoint=", NULL};
	g_autoptr (DavitContainer) first = NULL;
	g_autoptr (DavitContainer) second = NULL;
	g_autoptr (DavitContainer) third = NULL;

	set_up (test, NULL);
	first = create (test, no_words, command);
	assert_member (first, "args", "[\"/entry\",\"x\",\"y\"]");
	/* The image's arguments belong to the image's entry point. */
	second = create (test, named, no_words);
	assert_member (second, "args", "[\"/mine\"]");
	third = create (test, none, command);
	assert_member (third, "args", "[\"x\",\"y\"]");
	refused (test, "box", none, DAVIT_ERROR_USAGE, "does not say which program to run");
}

static void
test_options (TestEngine *test, gconstpointer data)
{
	static const char *const options[] = {
		"cpus=1.5",	  "memory=1m",		 "memory-swap=2m",
		"pids-limit=-1",  "cap-drop=all",	 "cap-add=kill",
		"hostname=h",	  "publish=8080:80/udp", "unsetenv-all=true",
		"tty=true",	  "umask=0077",		 "add-host=a:1.2.3.4",
		"dns=1.1.1.1",	  "ulimit=core=0",	 "rm=true",
		"stop-timeout=3", "log-opt=max-size=1k", NULL};
	g_autoptr (DavitContainer) container = NULL;

	set_up (test, NULL);
	container = create (test, options, no_words);
	g_assert_true (container->auto_remove);
	assert_member (container, "resources",
		       "{\"cpu\":{\"quota\":150000,\"period\":100000},"
		       "\"memory\":{\"limit\":1048576,\"swap\":2097152}}");
	assert_member (container, "capabilities", "[\"CAP_KILL\"]");
	assert_member (container, "hostname", "\"h\"");
	assert_member (container, "env", "[\"TERM=xterm\"]");
	assert_member (container, "umask", "63");
	assert_member (container, "ports",
		       "[{\"hostPort\":8080,\"containerPort\":80,\"count\":1,"
		       "\"protocol\":\"udp\"}]");
	assert_member (container, "hosts", "{\"add\":[{\"name\":\"a\",\"address\":\"1.2.3.4\"}]}");
	assert_member (container, "dns", "{\"servers\":[\"1.1.1.1\"]}");
	assert_member (container, "rlimits",
		       "[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0,\"explicit\":true}]");
	assert_member (container, "stopTimeoutMsec", "3000");
	assert_member (container, "log", "{\"driver\":\"k8s-file\",\"maxSize\":1024}");
}

static void
test_privileged (TestEngine *test, gconstpointer data)
{
	static const char *const options[] = {"privileged=true", "cap-drop=kill", NULL};
	g_autoptr (DavitContainer) container = NULL;
	guint64 available = davit_creation_capabilities_available ();

	set_up (test, NULL);
	container = create (test, options, no_words);
	assert_member (container, "seccomp", "{\"profile\":\"unconfined\"}");
	/* What the caller lacks can't be given; CAP_KILL, which root has, is left out. */
	g_assert_cmpuint (davit_json_length (
				  davit_json_member (davit_container_record (container, NULL),
						     "capabilities")),
			  ==, (guint) __builtin_popcountll (available) - 1);
}

static void
test_names (TestEngine *test, gconstpointer data)
{
	static const char *const named[] = {"name=web", NULL};
	static const char *const replace[] = {"name=web", "replace=true", NULL};
	g_autoptr (DavitContainer) first = NULL;
	g_autoptr (DavitContainer) second = NULL;
	g_autoptr (DavitContainer) third = NULL;

	set_up (test, NULL);
	first = create (test, named, no_words);
	refused (test, "box", named, DAVIT_ERROR_EXISTS, "container name \"web\" is in use");
	assert_count (test->directories.containers_fd, 1);
	second = create (test, no_words, no_words);
	g_assert_nonnull (strchr (second->name, '_'));
	third = create (test, replace, no_words);
	g_assert_cmpstr (third->name, ==, "web");
	g_assert_cmpstr (third->id, !=, first->id);
	assert_count (test->directories.names_fd, 2);
}

static void
test_namespaces (TestEngine *test, gconstpointer data)
{
	static const char *const named[] = {"name=web", NULL};
	static const char *const joined[] = {"pid=container:web", "network=container:web",
					     "uts=host", "timens=private", NULL};
	static const char *const missing[] = {"pid=container:none", NULL};
	static const char *const network[] = {"network=mine", NULL};
	g_autoptr (DavitContainer) first = NULL;
	g_autoptr (DavitContainer) second = NULL;
	g_autoptr (DavitRecord) record = NULL;

	set_up (test, NULL);
	first = create (test, named, no_words);
	second = create (test, joined, no_words);
	record = davit_record_read (second->dirfd, NULL);
	g_assert_cmpint (record->pid_namespace.mode, ==, DAVIT_NAMESPACE_CONTAINER);
	g_assert_cmpstr (record->pid_namespace.target, ==, first->id);
	g_assert_cmpstr (record->network_namespace.target, ==, first->id);
	g_assert_null (record->network);
	g_assert_cmpint (record->time_namespace.mode, ==, DAVIT_NAMESPACE_PRIVATE);
	assert_member (second, "hostname", NULL);
	refused (test, "box", missing, DAVIT_ERROR_NOT_FOUND,
		 "option \"--pid\": no container with name or id \"none\"");
	refused (test, "box", network, DAVIT_ERROR_USAGE,
		 "option \"--network\": no network \"mine\"; there are: none, host, "
		 "container:NAME;");
	refused (test, "box", network, DAVIT_ERROR_USAGE, "; toy-network: one, two");
}

/* Which driver a word leads to, and what the interfaces are called. */
static void
test_networks (TestEngine *test, gconstpointer data)
{
	static const char *const several[] = {"network=one:interface_name=eth1,ip=10.7.0.9,x=y",
					      "network=two", "network-alias=db", NULL};
	static const char *const plugin[] = {"network=toy-network", "ip=10.7.0.9", NULL};
	static const char *const bridge[] = {"network=bridge", NULL};
	static const char *const fixed[] = {"network-driver=toy-network", "network=two", NULL};
	static const char *const other[] = {"network-driver=toy-network", "network=mine", NULL};
	static const char *const twice[] = {"network=one", "network=one", NULL};
	static const char *const same[] = {"network=one:interface_name=a",
					   "network=two:interface_name=a", NULL};
	const char *none[] = {toys[0], "engine.network=host", toys[2], toys[3], NULL};
	const DavitRecordNetwork *network;
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (DavitRecord) record = NULL;

	set_up (test, NULL);
	container = create (test, several, no_words);
	record = davit_record_read (container->dirfd, NULL);
	g_assert_cmpstr (record->network, ==, "toy-network");
	g_assert_cmpuint (record->networks->len, ==, 2);
	network = (const DavitRecordNetwork *) record->networks->pdata[0];
	g_assert_cmpstr (network->network, ==, "one");
	g_assert_cmpstr (network->interface, ==, "eth1");
	g_assert_cmpstr (network->address, ==, "10.7.0.9");
	g_assert_cmpstr (network->options[0], ==, "x=y");
	g_assert_cmpstr (network->aliases[0], ==, "db");
	network = (const DavitRecordNetwork *) record->networks->pdata[1];
	g_assert_cmpstr (network->network, ==, "two");
	g_assert_cmpstr (network->interface, ==, "eth0");
	g_clear_pointer (&record, davit_record_free);
	g_clear_pointer (&container, davit_container_free);

	container = create (test, plugin, no_words);
	record = davit_record_read (container->dirfd, NULL);
	network = (const DavitRecordNetwork *) record->networks->pdata[0];
	g_assert_null (network->network);
	g_assert_cmpstr (network->address, ==, "10.7.0.9");
	g_clear_pointer (&record, davit_record_free);
	g_clear_pointer (&container, davit_container_free);
	container = create (test, bridge, no_words);
	g_clear_pointer (&container, davit_container_free);
	container = create (test, fixed, no_words);
	g_clear_pointer (&container, davit_container_free);

	refused (test, "box", other, DAVIT_ERROR_USAGE,
		 "no network of the driver \"toy-network\" \"mine\"");
	refused (test, "box", twice, DAVIT_ERROR_USAGE, "\"one\" is given twice");
	refused (test, "box", same, DAVIT_ERROR_USAGE, "two interfaces can't be called \"a\"");

	/* Without a driver in the configuration, whoever has the network is it. */
	test_engine_reopen (test, none);
	container = create (test, &fixed[1], no_words);
	record = davit_record_read (container->dirfd, NULL);
	g_assert_cmpstr (record->network, ==, "toy-network");
	g_assert_cmpint (record->network_namespace.mode, ==, DAVIT_NAMESPACE_PRIVATE);
	refused (test, "box", bridge, DAVIT_ERROR_USAGE,
		 "\"bridge\" is the configured network, and there is none");
}

static void
test_refused (TestEngine *test, gconstpointer data)
{
	static const char *const platform[] = {"platform=linux/s390x", NULL};
	static const char *const storage[] = {"storage=none", NULL};
	static const char *const runtime[] = {"runtime=none", NULL};
	static const char *const both[] = {"cap-add=kill", "cap-drop=kill", NULL};
	static const char *const rootfs[] = {"rootfs=true", NULL};

	set_up (test, NULL);
	refused (test, "none", no_words, DAVIT_ERROR_NOT_FOUND, "none");
	refused (test, "box", platform, DAVIT_ERROR_USAGE, "image \"box\" is one for linux/amd64");
	refused (test, "box", storage, DAVIT_ERROR_PLUGIN_FILE, "no storage plugin \"none\"");
	refused (test, "box", runtime, DAVIT_ERROR_PLUGIN_FILE, "no runtime plugin \"none\"");
	refused (test, "box", both, DAVIT_ERROR_USAGE,
		 "\"CAP_KILL\" can't be both added and dropped");
	refused (test, "/nonexistent", rootfs, DAVIT_ERROR_USAGE, "is no directory");
	refused (test, "/", rootfs, DAVIT_ERROR_USAGE, "is the root directory of the host");
	assert_count (test->directories.containers_fd, 0);
	assert_count (test->directories.names_fd, 0);
}

static void
test_rootfs (TestEngine *test, gconstpointer data)
{
	static const char *const options[] = {"rootfs=true", NULL};
	static const char *const command[] = {"sh", NULL};
	g_autoptr (DavitCreateRequest) request = request_new (test->directory, options);
	g_autoptr (DavitRecord) record = NULL;
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) error = NULL;

	set_up (test, NULL);
	davit_create_request_set_command (request, command);
	davit_container_create (test->engine, request, &container, &error);
	g_assert_no_error (error);
	record = davit_record_read (container->dirfd, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (record->rootfs, ==, test->directory);
	g_assert_null (record->storage);
	g_assert_null (record->image_id);
}

static void
test_cidfile (TestEngine *test, gconstpointer data)
{
	g_autofree char *path = g_build_filename (test->directory, "cid", NULL);
	g_autofree char *option = g_strconcat ("cidfile=", path, NULL);
	const char *options[] = {option, NULL};
	g_autoptr (DavitContainer) container = NULL;
	g_autofree char *text = NULL;

	set_up (test, NULL);
	container = create (test, options, no_words);
	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	g_assert_cmpstr (text, ==, container->id);
	refused (test, "box", options, DAVIT_ERROR_EXISTS, "exists already; remove it");
	/* What was there before is left as it was. */
	g_assert_cmpint (access (path, F_OK), ==, 0);
	assert_count (test->directories.containers_fd, 1);
}

/* The last step fails: nothing is left of those before. */
static void
test_undone (TestEngine *test, gconstpointer data)
{
	g_autofree char *path = g_build_filename (test->directory, "cid", NULL);
	g_autofree char *option = g_strconcat ("cidfile=", path, NULL);
	const char *options[] = {"name=web", option, NULL};

	set_up (test, "rootfs_create");
	refused (test, "box", options, DAVIT_ERROR_BUSY, "is to fail");
	assert_count (test->directories.containers_fd, 0);
	assert_count (test->directories.names_fd, 0);
	g_assert_cmpint (access (path, F_OK), <, 0);
}

static void
test_inspect (TestEngine *test, gconstpointer data)
{
	static const char *const options[] = {"name=web",
					      "memory=1m",
					      "volume=/tmp:/d:ro",
					      "publish=8080-8081:80-81",
					      "cap-add=sys_chroot,net_raw",
					      "cap-drop=kill",
					      NULL};
	static const struct {
		const char *path;
		const char *expected;
	} members[] = {
		{"Name", "\"web\""},
		{"Path", "\"/entry\""},
		{"Args", "[\"one\",\"two\"]"},
		{"State.Status", "\"created\""},
		{"State.Running", "false"},
		{"State.StartedAt", "\"0001-01-01T00:00:00Z\""},
		{"ImageName", "\"localhost/box:latest\""},
		{"Config.Cmd", "[\"one\",\"two\"]"},
		{"Config.StopSignal", "\"SIGINT\""},
		{"Config.ExposedPorts", "{\"80/tcp\":{}}"},
		{"Config.Labels", "{\"a\":\"image\",\"b\":\"image\"}"},
		{"HostConfig.Memory", "1048576"},
		{"HostConfig.Binds", "[\"/tmp:/d:ro,rbind,rprivate,rro\"]"},
		{"HostConfig.NetworkMode", "\"toy-network\""},
		{"HostConfig.CapAdd", "[\"CAP_NET_RAW\"]"},
		{"HostConfig.CapDrop", "[\"CAP_KILL\"]"},
		{"NetworkSettings.Ports", "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}],"
					  "\"81/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8081\"}]}"},
	};
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autoptr (DavitJson) json = NULL;
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;

	set_up (test, NULL);
	container = create (test, options, no_words);
	davit_container_inspect (container, FALSE, writer, &error);
	g_assert_no_error (error);
	text = davit_json_writer_finish (writer, NULL);
	json = davit_json_parse (text, -1, &error);
	g_assert_no_error (error);
	for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
		g_auto (GStrv) keys = g_strsplit (members[i].path, ".", -1);
		const DavitJson *value = json;
		g_autofree char *found = NULL;

		for (guint j = 0; keys[j] != NULL; j++)
			value = davit_json_member (value, keys[j]);
		found = davit_json_to_text (value);
		g_assert_cmpstr (found, ==, members[i].expected);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_engine_add ("/create/merged", test_merged);
	test_engine_add ("/create/programs", test_programs);
	test_engine_add ("/create/options", test_options);
	test_engine_add ("/create/privileged", test_privileged);
	test_engine_add ("/create/names", test_names);
	test_engine_add ("/create/namespaces", test_namespaces);
	test_engine_add ("/create/networks", test_networks);
	test_engine_add ("/create/refused", test_refused);
	test_engine_add ("/create/rootfs", test_rootfs);
	test_engine_add ("/create/cidfile", test_cidfile);
	test_engine_add ("/create/undone", test_undone);
	test_engine_add ("/create/inspect", test_inspect);
	return g_test_run ();
}
