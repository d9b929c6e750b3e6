/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The reader of record.json: what it gives, and what it calls damaged. */

#include "container/record.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" ID
#define HEAD "\"version\":1,\"id\":\"" ID "\",\"name\":\"web\",\"created\":17"
#define IMAGE                                                                                      \
	"\"image\":\"localhost/box:latest\",\"imageId\":\"" DIGEST "\",\"layers\":[\"" ID "\"]"
#define PLUGINS "\"storage\":\"overlay\",\"network\":\"none\",\"runtime\":\"native\""
#define ARGS "\"args\":[\"sh\",\"-c\",\"true\"]"
#define MINIMUM HEAD "," IMAGE "," PLUGINS "," ARGS

static DavitRecord *
parse (const char *text, GError **error)
{
	return davit_record_parse (text, strlen (text), error);
}

static void
test_minimum (void)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitRecord) record = parse ("{" MINIMUM "}", &error);

	g_assert_no_error (error);
	g_assert_cmpstr (record->id, ==, ID);
	g_assert_cmpstr (record->name, ==, "web");
	g_assert_cmpint (record->created, ==, 17);
	g_assert_cmpstr (record->image_id, ==, DIGEST);
	g_assert_cmpstr (record->layers[0], ==, ID);
	g_assert_null (record->layers[1]);
	g_assert_null (record->rootfs);
	g_assert_cmpstr (record->args[2], ==, "true");
	g_assert_nonnull (record->env);
	g_assert_null (record->env[0]);
	g_assert_null (record->labels[0]);
	g_assert_null (record->user);
	g_assert_cmpint (record->stop_signal, ==, SIGTERM);
	g_assert_cmpint (record->stop_timeout_msec, ==, 10000);
	g_assert_cmpint (record->timeout_msec, ==, 0);
	g_assert_cmpstr (record->log_driver, ==, "k8s-file");
	g_assert_cmpuint (record->log_max_files, ==, 1);
	g_assert_cmpint (record->pid_namespace.mode, ==, DAVIT_NAMESPACE_PRIVATE);
	g_assert_cmpint (record->time_namespace.mode, ==, DAVIT_NAMESPACE_HOST);
	g_assert_cmpint (record->user_namespace.mode, ==, DAVIT_NAMESPACE_HOST);
	g_assert_false (record->terminal || record->auto_remove || record->privileged);
}

static void
test_members (void)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitRecord) record =
		parse ("{" HEAD ",\"rootfs\":{\"path\":\"/srv/tree\"},\"runtime\":\"native\"," ARGS
		       ",\"env\":[\"A=1\",\"B=\"],\"user\":\"5:6\",\"workdir\":\"/tmp\","
		       "\"labels\":{\"app\":\"a=b\",\"empty\":\"\"},\"terminal\":true,"
		       "\"stdinOpen\":true,\"autoRemove\":true,\"readOnly\":true,"
		       "\"privileged\":true,\"stopSignal\":9,\"stopTimeoutMsec\":0,"
		       "\"timeoutMsec\":500,\"log\":{\"driver\":\"none\",\"maxSize\":4096,"
		       "\"maxFiles\":3},\"pidfile\":\"/run/p\",\"cidfile\":\"/run/c\","
		       "\"namespaces\":{\"pid\":{\"mode\":\"container\",\"target\":\"" ID "\"},"
		       "\"network\":{\"mode\":\"path\",\"target\":\"/run/netns/x\"},"
		       "\"ipc\":{\"mode\":\"none\"},\"time\":{\"mode\":\"private\"}},"
		       "\"tmpfsUpper\":65536,\"unknown\":{\"from\":[\"later\"]}}",
		       &error);

	g_assert_no_error (error);
	g_assert_cmpstr (record->rootfs, ==, "/srv/tree");
	g_assert_null (record->storage);
	g_assert_cmpuint (record->tmpfs_upper, ==, 65536);
	g_assert_cmpstr (record->env[1], ==, "B=");
	g_assert_cmpstr (record->labels[0], ==, "app=a=b");
	g_assert_cmpstr (record->labels[1], ==, "empty=");
	g_assert_true (record->terminal && record->stdin_open && record->auto_remove);
	g_assert_true (record->read_only && record->privileged);
	g_assert_cmpint (record->stop_signal, ==, 9);
	g_assert_cmpint (record->stop_timeout_msec, ==, 0);
	g_assert_cmpint (record->timeout_msec, ==, 500);
	g_assert_cmpstr (record->log_driver, ==, "none");
	g_assert_cmpuint (record->log_max_size, ==, 4096);
	g_assert_cmpuint (record->log_max_files, ==, 3);
	g_assert_cmpstr (record->pidfile, ==, "/run/p");
	g_assert_cmpint (record->pid_namespace.mode, ==, DAVIT_NAMESPACE_CONTAINER);
	g_assert_cmpstr (record->pid_namespace.target, ==, ID);
	g_assert_cmpint (record->network_namespace.mode, ==, DAVIT_NAMESPACE_PATH);
	g_assert_cmpint (record->ipc_namespace.mode, ==, DAVIT_NAMESPACE_NONE);
	g_assert_cmpint (record->time_namespace.mode, ==, DAVIT_NAMESPACE_PRIVATE);
	g_assert_nonnull (davit_json_member (record->json, "unknown"));
}

static void
refused (const char *text, int code, const char *message)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitRecord) record = parse (text, &error);

	g_test_message ("%s", text);
	g_assert_null (record);
	g_assert_error (error, DAVIT_ERROR, code);
	if (strstr (error->message, message) == NULL)
		g_error ("\"%s\" lacks \"%s\"", error->message, message);
}

static void
test_refused (void)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"", "record of a container"},
		{"[]", "must be an object"},
		{"{", "record of a container"},
		{"{}", "version: is missing"},
		{"{\"version\":\"1\"}", "version"},
		{"{\"version\":1}", "id: must be 64 hexadecimal digits"},
		{"{\"version\":1,\"id\":\"../../etc\"}", "id: must be"},
		{"{\"version\":1,\"id\":\"" ID "\",\"name\":\"../x\"}", "name: must be"},
		{"{" HEAD "}", "imageId: is missing"},
		{"{" HEAD ",\"imageId\":\"sha256:00\"}", "imageId: must be a digest"},
		{"{" HEAD ",\"imageId\":\"" DIGEST "\",\"layers\":[\"../x\"]}", "layers"},
		{"{" HEAD ",\"rootfs\":{\"path\":\"tree\"}}", "rootfs.path: must be absolute"},
		{"{" HEAD "," IMAGE "," ARGS "}", "storage: is missing"},
		{"{" HEAD "," IMAGE "," ARGS ",\"storage\":\"a/b\"}", "storage: must be the name"},
		{"{" HEAD "," IMAGE "," PLUGINS "}", "args: must name a program"},
		{"{" HEAD "," IMAGE "," PLUGINS ",\"args\":[\"\"]}", "args: must name a program"},
		{"{" HEAD "," IMAGE "," PLUGINS ",\"args\":[1]}", "args"},
		{"{" MINIMUM ",\"env\":[\"=x\"]}", "env: must hold KEY=VALUE"},
		{"{" MINIMUM ",\"env\":[\"x\"]}", "env: must hold KEY=VALUE"},
		{"{" MINIMUM ",\"labels\":{\"a\":1}}", "labels: must hold strings"},
		{"{" MINIMUM ",\"workdir\":\"tmp\"}", "workdir: must be absolute"},
		{"{" MINIMUM ",\"terminal\":\"true\"}", "terminal"},
		{"{" MINIMUM ",\"stopSignal\":65}", "stopSignal"},
		{"{" MINIMUM ",\"stopTimeoutMsec\":-1}", "stopTimeoutMsec"},
		{"{" MINIMUM ",\"log\":{\"driver\":\"x\"}}", "log.driver"},
		{"{" MINIMUM ",\"log\":{\"maxFiles\":0}}", "log.maxFiles"},
		{"{" MINIMUM ",\"tmpfsUpper\":0}", "tmpfsUpper"},
		{"{" MINIMUM ",\"tmpfsUpper\":\"1m\"}", "tmpfsUpper"},
		{"{" MINIMUM ",\"pidfile\":\"x\"}", "pidfile: must be absolute"},
		{"{" MINIMUM ",\"namespaces\":{\"pid\":{\"mode\":\"mine\"}}}",
		 "namespaces.pid.mode: unknown word \"mine\""},
		{"{" MINIMUM ",\"namespaces\":{\"pid\":{\"mode\":\"container\"}}}",
		 "namespaces.pid.target: must be the id"},
		{"{" MINIMUM ",\"namespaces\":{\"ipc\":{\"mode\":\"path\",\"target\":\"x\"}}}",
		 "namespaces.ipc.target: must be an absolute path"},
		{"{" HEAD "," IMAGE ",\"storage\":\"vfs\",\"runtime\":\"native\"," ARGS "}",
		 "network: is missing"},
		{"{" MINIMUM ",\"networks\":{}}", "networks"},
		{"{" MINIMUM ",\"networks\":[{}]}", "networks: interface must be"},
		{"{" MINIMUM ",\"networks\":[1]}", "networks[0]: must be an object"},
		{"{" MINIMUM ",\"networks\":[{\"interface\":\"lo\"}]}",
		 "networks: interface must be"},
		{"{" MINIMUM ",\"networks\":[{\"interface\":\"a\",\"network\":\"../x\"}]}",
		 "networks: network must be"},
		{"{" MINIMUM ",\"networks\":[{\"interface\":\"a\",\"ip\":1}]}", "ip"},
		{"{" MINIMUM ",\"id\":\"x\"}", "record of a container"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
		refused (cases[i].text, DAVIT_ERROR_CORRUPT, cases[i].message);
	refused ("{\"version\":3,\"id\":\"" ID "\",\"strange\":[]}", DAVIT_ERROR_CONFIG,
		 "record of container \"0123456789ab\": version 3 is that of a newer davit");
}

/* As they are written, and those that version 1 wrote. */
static void
test_networks (void)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitRecord) record =
		parse ("{" MINIMUM ",\"networks\":[{\"interface\":\"eth0\"},{\"network\":\"lan\","
		       "\"interface\":\"lan0\",\"ip\":\"10.0.0.2\",\"ip6\":\"::2\","
		       "\"macAddress\":\"02:00:00:00:00:01\",\"aliases\":[\"db\"],\"options\":[\"a="
		       "b\"]}]}",
		       &error);
	const DavitRecordNetwork *network;

	g_assert_no_error (error);
	g_assert_cmpuint (record->networks->len, ==, 2);
	g_assert_cmpstr (davit_record_network_title (record, 0), ==, "none");
	g_assert_cmpstr (davit_record_network_title (record, 1), ==, "lan");
	network = (const DavitRecordNetwork *) record->networks->pdata[1];
	g_assert_cmpstr (network->interface, ==, "lan0");
	g_assert_cmpstr (network->address, ==, "10.0.0.2");
	g_assert_cmpstr (network->address6, ==, "::2");
	g_assert_cmpstr (network->mac_address, ==, "02:00:00:00:00:01");
	g_assert_cmpstr (network->aliases[0], ==, "db");
	g_assert_cmpstr (network->options[0], ==, "a=b");
	g_clear_pointer (&record, davit_record_free);

	record = parse ("{" MINIMUM ",\"networkName\":\"lan\",\"ip\":\"10.0.0.2\","
			"\"networkAliases\":[\"db\"]}",
			&error);
	g_assert_no_error (error);
	g_assert_cmpuint (record->networks->len, ==, 1);
	network = (const DavitRecordNetwork *) record->networks->pdata[0];
	g_assert_cmpstr (network->network, ==, "lan");
	g_assert_cmpstr (network->interface, ==, "eth0");
	g_assert_cmpstr (network->address, ==, "10.0.0.2");
	g_assert_cmpstr (network->aliases[0], ==, "db");
	g_clear_pointer (&record, davit_record_free);

	record = parse ("{" MINIMUM ",\"namespaces\":{\"network\":{\"mode\":\"host\"}}}", &error);
	g_assert_no_error (error);
	g_assert_cmpuint (record->networks->len, ==, 0);
}

static void
test_read (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *directory = g_dir_make_tmp ("davit-record-XXXXXX", NULL);
	g_autofree char *path = g_build_filename (directory, "record.json", NULL);
	davit_autofd fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (DavitRecord) record = davit_record_read (fd, &error);

	g_assert_null (record);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND);
	g_clear_error (&error);
	g_assert_true (g_file_set_contents (path, "{" MINIMUM "}", -1, NULL));
	record = davit_record_read (fd, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (record->name, ==, "web");
	g_clear_pointer (&record, davit_record_free);
	/* What a power cut leaves of a file that was not synced. */
	g_assert_true (g_file_set_contents (path, "", 0, NULL));
	record = davit_record_read (fd, &error);
	g_assert_null (record);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_nonnull (strstr (error->message, "record.json"));
	g_unlink (path);
	g_rmdir (directory);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/record/minimum", test_minimum);
	g_test_add_func ("/record/members", test_members);
	g_test_add_func ("/record/networks", test_networks);
	g_test_add_func ("/record/refused", test_refused);
	g_test_add_func ("/record/read", test_read);
	return g_test_run ();
}
