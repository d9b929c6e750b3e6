/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network "cni" with plugins that the test writes: what they get, and every way to fail. */

#include "test-cni-support.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/spawn.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_RESULT                                                                               \
	"{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"v1\"},{\"name\":\"eth0\","          \
	"\"mac\":\"02:00:00:00:00:01\",\"sandbox\":\"/ns\"}],\"ips\":[{\"address\":"               \
	"\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\",\"interface\":1}],\"x\":{\"y\":[1,2.5]}}"

static const char pair[] =
	"{\"cniVersion\": \"1.0.0\", \"name\": \"pair\", \"plugins\": ["
	"{\"type\": \"one\", \"key\": [1, \"a\\\"b\"], \"capabilities\": {\"mac\": true}},"
	"{\"type\": \"two\", \"capabilities\": {\"portMappings\": true, \"ips\": true, "
	"\"aliases\": true}, \"runtimeConfig\": {\"own\": 1}}]}";

static void
set_pair (TestCni *test)
{
	test_cni_conf (test, "10-pair.conflist", pair);
	test_cni_fake (test, "one", FIRST_RESULT);
	test_cni_fake (test, "two", FIRST_RESULT);
}

static void
assert_noted (TestCni *test, const char *name, const char *expected)
{
	g_autofree char *text = test_cni_noted (test, name);

	g_assert_cmpstr (text, ==, expected);
}

static void
assert_values (const DavitResult *result, const char *key, const char *expected)
{
	g_autofree const char **values = davit_result_strings (result, key);
	g_autofree char *text = g_strjoinv ("|", (char **) values);

	g_assert_cmpstr (text, ==, expected);
}

static void
test_protocol (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "p1");
	g_autofree char *environment = g_strdup_printf (
		"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=box;K8S_POD_NAME=box;"
		"K8S_POD_INFRA_CONTAINER_ID=p1\nCNI_COMMAND=ADD\nCNI_CONTAINERID=p1\n"
		"CNI_IFNAME=eth0\nCNI_NETNS=/proc/%d/fd/%d\nCNI_PATH=%s\n",
		(int) getpid (), test->netns_fd, test->plugins);
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (GError) error = NULL;

	set_pair (test);
	result = test_cni_attach (test, &request);
	assert_noted (test, "log", "ADD one\nADD two\n");
	assert_noted (test, "one.ADD.env", environment);
	assert_noted (test, "one.ADD.in",
		      "{\"cniVersion\":\"1.0.0\",\"name\":\"pair\",\"type\":\"one\","
		      "\"key\":[1,\"a\\\"b\"]}");
	assert_noted (test, "two.ADD.in",
		      "{\"cniVersion\":\"1.0.0\",\"name\":\"pair\",\"type\":\"two\","
		      "\"runtimeConfig\":{\"own\":1},\"prevResult\":" FIRST_RESULT "}");
	assert_values (result, "interface", "eth0");
	assert_values (result, "address", "eth0 10.1.0.2/24");
	assert_values (result, "gateway", "10.1.0.1");
	assert_values (result, "status", FIRST_RESULT);

	test_cni_forget (test, "log");
	davit_network_check (test->network, &request, &error);
	g_assert_no_error (error);
	assert_noted (test, "log", "CHECK one\nCHECK two\n");
	assert_noted (test, "one.CHECK.in",
		      "{\"cniVersion\":\"1.0.0\",\"name\":\"pair\",\"type\":\"one\","
		      "\"key\":[1,\"a\\\"b\"],\"prevResult\":" FIRST_RESULT "}");
	test_cni_forget (test, "log");
	test_cni_detach (test, &request);
	assert_noted (test, "log", "DEL two\nDEL one\n");
	assert_noted (test, "one.DEL.in",
		      "{\"cniVersion\":\"1.0.0\",\"name\":\"pair\",\"type\":\"one\","
		      "\"key\":[1,\"a\\\"b\"],\"prevResult\":" FIRST_RESULT "}");
	test_cni_no_entries (test);
	/* What is not attached needs no plugin. */
	test_cni_forget (test, "log");
	test_cni_detach (test, &request);
	assert_noted (test, "log", "");
}

static void
test_capabilities (TestCni *test, gconstpointer data)
{
	static const char *const plain[] = {"network.cni.kubernetes-arguments=false", NULL};
	static const char *const aliases[] = {"web", "www", NULL};
	const DavitPort ports[] = {{.protocol = "udp",
				    .host_address = "127.0.0.1",
				    .host_port = 5300,
				    .container_port = 53,
				    .count = 1},
				   {0}};
	DavitNetworkRequest request = test_cni_request (test, "q1");
	g_autoptr (DavitResult) result = NULL;
	g_autofree char *environment = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	test_cni_open (test, NULL, plain);
	set_pair (test);
	request.ports = ports;
	request.address = "10.1.0.2";
	request.mac_address = "02:00:00:00:00:01";
	request.aliases = aliases;
	result = test_cni_attach (test, &request);
	first = test_cni_noted (test, "one.ADD.in");
	g_assert_nonnull (strstr (first, ",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:01\"}}"));
	second = test_cni_noted (test, "two.ADD.in");
	g_assert_nonnull (
		strstr (second,
			"\"runtimeConfig\":{\"ips\":[\"10.1.0.2\"],\"portMappings\":[{\"hostPort\":"
			"5300,\"containerPort\":53,\"protocol\":\"udp\",\"hostIP\":\"127.0.0.1\"}],"
			"\"aliases\":{\"pair\":[\"web\",\"www\"]}},\"prevResult\""));
	environment = test_cni_noted (test, "one.ADD.env");
	g_assert_true (g_str_has_prefix (environment, "CNI_ARGS=IgnoreUnknown=1\nCNI_COMMAND=ADD"));
	assert_values (result, "port", "127.0.0.1 5300 udp 53");
	test_cni_detach (test, &request);
	/* The same arguments at DEL, from the record. */
	g_free (second);
	second = test_cni_noted (test, "two.DEL.in");
	g_assert_nonnull (strstr (second, "\"portMappings\":[{\"hostPort\":5300"));
}

static void
test_wishes_refused (TestCni *test, gconstpointer data)
{
	static const char *const aliases[] = {"web", NULL};
	static const char *const options[] = {"mtu=9000", NULL};
	const DavitPort ports[] = {{.protocol = "tcp", .container_port = 53, .count = 1}, {0}};
	DavitNetworkRequest request = test_cni_request (test, "r1");
	DavitNetworkRequest wish = request;

	test_cni_conf (test, "10-ptp.conf", "{\"name\":\"plain\",\"type\":\"ptp\"}");
	test_cni_fake (test, "ptp", FIRST_RESULT);
	wish.address = "10.0.0.1";
	test_cni_refused (
		test, &wish, DAVIT_ERROR_UNSUPPORTED,
		"network/cni: network \"plain\": no plugin of its chain can give a wanted "
		"address; leave the address out, or set an \"ipam\" of type "
		"\"host-local\" in \"@/conf/10-ptp.conf\"");
	wish = request;
	wish.mac_address = "02:00:00:00:00:01";
	test_cni_refused (
		test, &wish, DAVIT_ERROR_UNSUPPORTED,
		"network/cni: network \"plain\": no plugin of its chain can give a wanted "
		"MAC address; leave it out, or add the plugin \"tuning\" in "
		"\"@/conf/10-ptp.conf\"");
	wish = request;
	wish.ports = ports;
	test_cni_refused (
		test, &wish, DAVIT_ERROR_UNSUPPORTED,
		"network/cni: network \"plain\": no plugin of its chain can publish ports; "
		"add the plugin \"portmap\" with \"capabilities\": {\"portMappings\": "
		"true} in \"@/conf/10-ptp.conf\"");
	wish = request;
	wish.aliases = aliases;
	test_cni_refused (
		test, &wish, DAVIT_ERROR_UNSUPPORTED,
		"network/cni: network \"plain\": no plugin of its chain can give aliases; "
		"add a plugin with \"capabilities\": {\"aliases\": true} in "
		"\"@/conf/10-ptp.conf\"");
	wish = request;
	wish.options = options;
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: option \"mtu=9000\" is not known: a network of this driver "
			  "has what its file says");
	wish = request;
	wish.address = "10.0.0.256";
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: address \"10.0.0.256\" is no IPv4 address");
	wish = request;
	wish.address6 = "10.0.0.1";
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: address \"10.0.0.1\" is no IPv6 address");
	wish = request;
	wish.mac_address = "02:00:00:00:00";
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: MAC address \"02:00:00:00:00\" is none");
	wish = request;
	wish.interface = "a/b";
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: interface \"a/b\" is no name of a network interface");
	wish = request;
	wish.id = "../x";
	test_cni_refused (test, &wish, DAVIT_ERROR_USAGE,
			  "network/cni: container id \"../x\" is none that plugins take");
	assert_noted (test, "log", "");
	test_cni_no_entries (test);
}

/* A wish that a plugin was told of and did not fulfil. */
static void
test_wish_unheeded (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "s1");

	set_pair (test);
	request.address = "10.1.0.9";
	test_cni_refused (test, &request, DAVIT_ERROR_HELPER,
			  "network/cni: network \"pair\": its plugins gave the address "
			  "\"10.1.0.2/24\" and not \"10.1.0.9\", which was asked for");
	assert_noted (test, "log", "ADD one\nADD two\nDEL two\nDEL one\n");
	test_cni_no_entries (test);
	request.address = NULL;
	request.mac_address = "02:00:00:00:00:02";
	test_cni_refused (
		test, &request, DAVIT_ERROR_HELPER,
		"network/cni: network \"pair\": its plugins gave the MAC address "
		"\"02:00:00:00:00:01\" and not \"02:00:00:00:00:02\", which was asked for");
	test_cni_no_entries (test);
}

/* Each way of the second plugin to fail: the error is its own, and both are undone. */
static void
assert_add_fails (TestCni *test, const char *shell, DavitErrorCode code, const char *text)
{
	DavitNetworkRequest request = test_cni_request (test, "t1");
	g_autofree char *whole =
		g_strconcat ("network/cni: network \"pair\": plugin \"two\" (ADD): ", text, NULL);

	test_cni_forget (test, "log");
	test_cni_behave (test, "two", "ADD", shell);
	test_cni_refused (test, &request, code, whole);
	assert_noted (test, "log", "ADD one\nADD two\nDEL two\nDEL one\n");
	test_cni_no_entries (test);
}

static void
test_failures (TestCni *test, gconstpointer data)
{
	static const char *const hasty[] = {"network.cni.timeout=700ms", NULL};

	test_cni_open (test, NULL, NULL);
	set_pair (test);
	assert_add_fails (test,
			  "echo '{\"code\":7,\"msg\":\"bad\",\"details\":\"line\\\\n2\"}'; exit 1",
			  DAVIT_ERROR_CONFIG, "bad: line 2 (code 7)");
	assert_add_fails (test, "echo '{\"code\":11,\"msg\":\"later\"}'; echo oh >&2; exit 1",
			  DAVIT_ERROR_BUSY, "later (code 11), standard error: oh");
	assert_add_fails (
		test, "echo '{\"code\":1,\"msg\":\"incompatible CNI versions\"}'; exit 1",
		DAVIT_ERROR_CONFIG,
		"incompatible CNI versions (code 1); lower \"cniVersion\" in its file, or "
		"install newer plugins");
	assert_add_fails (
		test, "echo oh no >&2; echo '{}'; exit 3", DAVIT_ERROR_HELPER,
		"program \"@/plugins/two\" ended with status 3, output: {}, standard error: "
		"oh no");
	assert_add_fails (test, "exit 1", DAVIT_ERROR_HELPER,
			  "program \"@/plugins/two\" ended with status 1");
	assert_add_fails (test, "kill -9 $$", DAVIT_ERROR_HELPER,
			  "program \"@/plugins/two\" was killed by signal 9 (SIGKILL)");
	assert_add_fails (test, "exit 0", DAVIT_ERROR_HELPER, "it printed no result");
	assert_add_fails (test, "echo; exit 0", DAVIT_ERROR_HELPER, "it printed no result");
	assert_add_fails (test, "echo garbage; exit 0", DAVIT_ERROR_HELPER,
			  "its result: line 1, column 1: a value is expected here");
	assert_add_fails (test, "echo '[]'; exit 0", DAVIT_ERROR_HELPER,
			  "its result: it is no JSON object");
	assert_add_fails (test, "echo '{\"ips\":[{\"address\":\"10.0.0.1\"}]}'; exit 0",
			  DAVIT_ERROR_HELPER,
			  "its result: ips[0].address: \"10.0.0.1\" is no address with a prefix");
	assert_add_fails (
		test, "echo '{\"cniVersion\":\"7.0.0\"}'; exit 0", DAVIT_ERROR_HELPER,
		"its result: cniVersion: \"7.0.0\" is not known; davit knows 0.1.0 to 1.1.0");
	assert_add_fails (
		test, "head -c 2000000 /dev/zero; exit 0", DAVIT_ERROR_HELPER,
		"program \"@/plugins/two\" printed more than 1048576 bytes and was killed");
	test_cni_open (test, NULL, hasty);
	assert_add_fails (test, "exec tail -f /dev/null", DAVIT_ERROR_TIMEOUT,
			  "program \"@/plugins/two\" did not end within 700 ms and was killed");
}

/* The undoing fails too: the record stays, and detach tries again. */
static void
test_undo_fails (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "u1");
	g_autoptr (GError) error = NULL;

	set_pair (test);
	test_cni_behave (test, "two", "ADD", "exit 1");
	test_cni_behave (test, "one", "DEL", "echo '{\"code\":100,\"msg\":\"stuck\"}'; exit 1");
	test_cni_refused (test, &request, DAVIT_ERROR_HELPER,
			  "network/cni: network \"pair\": plugin \"two\" (ADD): program "
			  "\"@/plugins/two\" ended with status 1");
	g_assert_cmpuint (test_cni_entries (test), ==, 1);
	test_cni_forget (test, "log");
	g_assert_false (davit_network_detach (test->network, &request, &error));
	test_cni_error (test, error, DAVIT_ERROR_HELPER,
			"network/cni: network \"pair\": plugin \"one\" (DEL): stuck (code 100)");
	assert_noted (test, "log", "DEL two\nDEL one\n");
	test_cni_forget (test, "one.DEL.sh");
	test_cni_detach (test, &request);
	test_cni_no_entries (test);
}

/* iptables does not remove a rule of which the chain was not made yet; a second DEL has none. */
static void
test_half_done (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "u2");
	g_autoptr (DavitResult) result = NULL;

	set_pair (test);
	result = test_cni_attach (test, &request);
	test_cni_behave (
		test, "one", "DEL",
		"rm $w/one.DEL.sh; echo '{\"code\":999,\"msg\":\"Chain does not exist\"}'; "
		"exit 1");
	test_cni_forget (test, "log");
	test_cni_detach (test, &request);
	assert_noted (test, "log", "DEL two\nDEL one\nDEL one\n");
	test_cni_no_entries (test);
}

static void
test_programs (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "v1");
	g_autofree char *path = g_build_filename (test->plugins, "two", NULL);

	set_pair (test);
	g_assert_cmpint (unlink (path), ==, 0);
	test_cni_refused (
		test, &request, DAVIT_ERROR_UNAVAILABLE,
		"network/cni: network \"pair\": plugin \"two\": there is no such program in "
		"\"@/plugins\"; install it, or name its directory in the option "
		"plugin-directories");
	g_assert_cmpint (g_mkdir_with_parents (path, 0755), ==, 0);
	test_cni_refused (
		test, &request, DAVIT_ERROR_UNAVAILABLE,
		"network/cni: network \"pair\": plugin \"two\": program \"@/plugins/two\" "
		"is no regular file");
	g_assert_cmpint (rmdir (path), ==, 0);
	test_cni_fake (test, "two", FIRST_RESULT);
	g_assert_cmpint (chmod (path, 0775), ==, 0);
	test_cni_refused (
		test, &request, DAVIT_ERROR_UNAVAILABLE,
		"network/cni: network \"pair\": plugin \"two\": program \"@/plugins/two\" "
		"may be written by others than its owner; chmod go-w helps");
	assert_noted (test, "log", "");
	test_cni_no_entries (test);
}

static void
assert_conf (TestCni *test, const char *text, const char *expected)
{
	DavitNetworkRequest request = test_cni_request (test, "w1");
	g_autofree char *whole =
		g_strconcat ("network/cni: network configuration \"@/conf/10-x.conflist\": ",
			     expected, NULL);

	test_cni_conf (test, "10-x.conflist", text);
	request.network = "x";
	test_cni_refused (test, &request, DAVIT_ERROR_CONFIG, whole);
}

static void
test_bad_configurations (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "w1");
	g_autoptr (GString) many = g_string_new ("{\"name\":\"x\",\"plugins\":[{\"type\":\"a\"}");

	test_cni_refused (test, &request, DAVIT_ERROR_NOT_FOUND,
			  "network/cni: no network is configured: there is no .conflist, .conf or "
			  ".json that can be used in \"@/conf\"");
	request.network = "x";
	test_cni_refused (test, &request, DAVIT_ERROR_NOT_FOUND,
			  "network/cni: network \"x\" does not exist; there is none in \"@/conf\"");
	assert_conf (test, "{\"name\":\"x\"}", "there is no \"type\" and no \"plugins\"");
	assert_conf (test, "{\"name\":\"x\",\"plugins\":[]}", "the list \"plugins\" is empty");
	assert_conf (test, "{\"name\":\"x\",\"plugins\":{}}", "plugins: must be an array");
	assert_conf (test, "{\"name\":\"x\",\"plugins\":[1]}",
		     "the plugin \"plugins[0]\" is no object");
	assert_conf (test, "{\"name\":\"x\",\"plugins\":[{}]}",
		     "the plugin \"plugins[0]\" has no \"type\"");
	assert_conf (test, "{\"name\":\"x\",\"plugins\":[{\"type\":\"../sh\"}]}",
		     "the plugin type \"../sh\" is no name of a program");
	assert_conf (test, "{\"name\":\"x\",\"type\":\"a\",\"cniVersion\":\"2.0.0\"}",
		     "cniVersion \"2.0.0\" is not known; davit knows 0.1.0 to 1.1.0");
	assert_conf (test, "{\"name\":\"x\",\"type\":\"a\",\"disableCheck\":\"maybe\"}",
		     "the key \"disableCheck\" or \"disableGC\" is \"maybe\", not a boolean");
	for (guint i = 0; i < 40; i++)
		g_string_append (many, ",{\"type\":\"a\"}");
	g_string_append (many, "]}");
	assert_conf (test, many->str, "there are more than 32 plugins");
}

/* Files of which not even the name can be read are a warning and hide nothing. */
static void
test_damaged_files (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "x1");
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (DavitResult) list = davit_result_new ();
	g_autoptr (GString) deep = g_string_new (NULL);
	g_autoptr (GString) large = g_string_new ("{\"name\":\"x\",\"y\":\"");
	g_autofree char *fifo = g_build_filename (test->conf, "06-fifo.conf", NULL);
	g_autoptr (GError) error = NULL;

	set_pair (test);
	for (guint i = 0; i < 100000; i++)
		g_string_append_c (deep, '[');
	for (guint i = 0; i < 200000; i++)
		g_string_append (large, "0123456789");
	test_cni_conf (test, "01-bad.conflist", "{");
	test_cni_conf (test, "02-empty.conflist", "");
	test_cni_conf (test, "03-deep.conflist", deep->str);
	test_cni_conf (test, "04-large.conflist", large->str);
	test_cni_conf (test, "05-slash.conflist", "{\"name\":\"a/b\",\"type\":\"one\"}");
	g_assert_cmpint (mkfifo (fifo, 0644), ==, 0);
	result = test_cni_attach (test, &request);
	assert_values (result, "address", "eth0 10.1.0.2/24");
	test_cni_detach (test, &request);
	davit_network_network_list (test->network, list, &error);
	g_assert_no_error (error);
	assert_values (list, "network", "pair");
	assert_values (list, "plugins", "one,two");
}

static void
test_choice (TestCni *test, gconstpointer data)
{
	static const char *const chosen[] = {"network.cni.network=second", NULL};
	DavitNetworkRequest request = test_cni_request (test, "y1");
	g_autoptr (DavitResult) first = NULL;
	g_autoptr (DavitResult) second = NULL;
	g_autofree char *input = NULL;

	set_pair (test);
	test_cni_conf (test, "20-second.json",
		       "{\"name\":\"second\",\"type\":\"one\",\"cniVersion\":\"0.4.0\","
		       "\"cniVersions\":[\"0.3.1\",\"9.9.9\",\"1.1.0\",\"1.0.0\"]}");
	test_cni_conf (test, "05-ignored.txt", "{\"name\":\"ignored\",\"type\":\"one\"}");
	first = test_cni_attach (test, &request);
	assert_noted (test, "log", "ADD one\nADD two\n");
	test_cni_detach (test, &request);
	test_cni_open (test, NULL, chosen);
	test_cni_forget (test, "log");
	second = test_cni_attach (test, &request);
	assert_noted (test, "log", "ADD one\n");
	input = test_cni_noted (test, "one.ADD.in");
	g_assert_cmpstr (input, ==,
			 "{\"cniVersion\":\"1.1.0\",\"name\":\"second\",\"type\":\"one\"}");
	/* Without the network's name, though the default is another one by now. */
	test_cni_open (test, NULL, NULL);
	test_cni_detach (test, &request);
	test_cni_no_entries (test);
}

/* Plugins that others add to a chain, each in a file of its own. */
static void
test_folder (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "z1");
	g_autoptr (DavitResult) first = NULL;
	g_autoptr (DavitResult) second = NULL;

	test_cni_conf (
		test, "10-x.conflist",
		"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"plugins\":[{\"type\":\"one\"}]}");
	test_cni_conf (test, "x/20-b.conf", "{\"type\":\"three\"}");
	test_cni_conf (test, "x/10-a.conf", "{\"type\":\"two\"}");
	test_cni_fake (test, "one", FIRST_RESULT);
	test_cni_fake (test, "two", FIRST_RESULT);
	test_cni_fake (test, "three", FIRST_RESULT);
	first = test_cni_attach (test, &request);
	assert_noted (test, "log", "ADD one\nADD two\nADD three\n");
	test_cni_detach (test, &request);
	test_cni_conf (test, "10-x.conflist",
		       "{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"loadOnlyInlinedPlugins\":true,"
		       "\"plugins\":[{\"type\":\"one\"}]}");
	test_cni_forget (test, "log");
	second = test_cni_attach (test, &request);
	assert_noted (test, "log", "ADD one\n");
	test_cni_detach (test, &request);
	test_cni_conf (test, "x/20-b.conf", "{");
	test_cni_conf (test, "10-x.conflist", "{\"name\":\"x\",\"plugins\":[]}");
	request.network = "x";
	test_cni_refused (
		test, &request, DAVIT_ERROR_CONFIG,
		"network/cni: network configuration \"@/conf/x/20-b.conf\": line 1, column "
		"2: a key in quotation marks is expected here");
}

static void
test_check_refused (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "k1");
	g_autoptr (DavitResult) first = NULL;
	g_autoptr (DavitResult) second = NULL;
	g_autoptr (GError) error = NULL;

	test_cni_fake (test, "one", "{\"cniVersion\":\"0.3.1\"}");
	test_cni_conf (test, "10-x.conf",
		       "{\"cniVersion\":\"0.3.1\",\"name\":\"x\",\"type\":\"one\"}");
	first = test_cni_attach (test, &request);
	g_assert_false (davit_network_check (test->network, &request, &error));
	test_cni_error (test, error, DAVIT_ERROR_UNSUPPORTED,
			"network/cni: network \"x\" can't be checked: that needs cniVersion 0.4.0, "
			"and it is 0.3.1 in \"@/conf/10-x.conf\"");
	g_clear_error (&error);
	test_cni_detach (test, &request);
	test_cni_conf (test, "10-x.conf",
		       "{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"type\":\"one\","
		       "\"disableCheck\":\"true\"}");
	second = test_cni_attach (test, &request);
	g_assert_false (davit_network_check (test->network, &request, &error));
	test_cni_error (test, error, DAVIT_ERROR_UNSUPPORTED,
			"network/cni: network \"x\" can't be checked: \"disableCheck\" is set in "
			"\"@/conf/10-x.conf\"");
	assert_noted (test, "log", "ADD one\nDEL one\nADD one\n");
	test_cni_detach (test, &request);
}

/* A record that is damaged: what the configuration of today says is done, and it is gone. */
static void
test_damaged_record (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "l1");
	g_autofree char *path = g_build_filename (test->directory, "root", "plugins", "network",
						  "cni", "l1@pair@eth0.json", NULL);
	g_autofree char *environment = NULL;
	g_autoptr (DavitResult) result = NULL;

	set_pair (test);
	result = test_cni_attach (test, &request);
	g_assert_true (g_file_set_contents (path, "{\"version\":1", -1, NULL));
	test_cni_forget (test, "log");
	request.netns_fd = -1;
	test_cni_detach (test, &request);
	assert_noted (test, "log", "DEL two\nDEL one\n");
	test_cni_no_entries (test);
	environment = test_cni_noted (test, "one.DEL.env");
	g_assert_nonnull (
		strstr (environment, "\nCNI_CONTAINERID=l1\nCNI_IFNAME=eth0\nCNI_NETNS=\n"));
}

static void
test_gc (TestCni *test, gconstpointer data)
{
	static const char *const living[] = {"m1", NULL};
	DavitNetworkRequest one = test_cni_request (test, "m1");
	DavitNetworkRequest two = test_cni_request (test, "m2");
	DavitResult *results[2];
	g_autoptr (DavitResult) collected = davit_result_new ();
	g_autoptr (GError) error = NULL;

	test_cni_fake (test, "one", "{\"cniVersion\":\"1.1.0\"}");
	test_cni_conf (test, "10-x.conf",
		       "{\"cniVersion\":\"1.1.0\",\"name\":\"x\",\"type\":\"one\"}");
	test_cni_conf (test, "20-old.conf",
		       "{\"cniVersion\":\"1.0.0\",\"name\":\"old\",\"type\":\"one\"}");
	test_cni_conf (test, "30-off.conf",
		       "{\"cniVersion\":\"1.1.0\",\"name\":\"off\",\"type\":\"one\","
		       "\"disableGC\":true}");
	results[0] = test_cni_attach (test, &one);
	results[1] = test_cni_attach (test, &two);
	test_cni_forget (test, "log");
	davit_network_gc (test->network, living, collected, &error);
	g_assert_no_error (error);
	assert_values (collected, "removed", "m2");
	assert_noted (test, "log", "DEL one\nGC one\n");
	assert_noted (
		test, "one.GC.in",
		"{\"cniVersion\":\"1.1.0\",\"name\":\"x\",\"type\":\"one\","
		"\"cni.dev/valid-attachments\":[{\"containerID\":\"m1\",\"ifname\":\"eth0\"}],"
		"\"cni.dev/attachments\":[{\"containerID\":\"m1\",\"ifname\":\"eth0\"}]}");
	test_cni_behave (test, "one", "GC", "echo '{\"code\":100,\"msg\":\"no\"}'; exit 1");
	g_assert_false (davit_network_gc (test->network, living, NULL, &error));
	test_cni_error (test, error, DAVIT_ERROR_HELPER,
			"network/cni: network \"x\": plugin \"one\" (GC): no (code 100)");
	test_cni_detach (test, &one);
	test_cni_no_entries (test);
	for (guint i = 0; i < 2; i++)
		davit_result_free (results[i]);
}

/* What davit adds to the run of the plugins themselves: 3 ms are its share, fsync included. */
static void
test_speed (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "o1");
	g_autofree char *program = g_build_filename (test->plugins, "quick", NULL);
	const char *const argv[] = {program, NULL};
	gint64 attach = G_MAXINT64;
	gint64 alone = G_MAXINT64;
	DavitSpawn spawn;

	test_cni_fake (test, "quick", "");
	g_assert_true (g_file_set_contents (program,
					    "#!/bin/sh\necho '{\"cniVersion\":\"1.0.0\"}'\n", -1,
					    NULL));
	g_assert_cmpint (chmod (program, 0755), ==, 0);
	test_cni_conf (test, "10-x.conflist",
		       "{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"plugins\":[{\"type\":\"quick\"},"
		       "{\"type\":\"quick\"}]}");
	davit_spawn_init (&spawn, argv);
	for (guint i = 0; i < 30; i++) {
		gint64 start = g_get_monotonic_time ();

		davit_result_free (test_cni_attach (test, &request));
		attach = MIN (attach, g_get_monotonic_time () - start);
		test_cni_detach (test, &request);
		start = g_get_monotonic_time ();
		g_assert_true (davit_spawn_run (&spawn, NULL, NULL, NULL));
		g_assert_true (davit_spawn_run (&spawn, NULL, NULL, NULL));
		alone = MIN (alone, g_get_monotonic_time () - start);
	}
	g_test_minimized_result ((double) (attach - alone),
				 "attach: %d microseconds at best beside its plugins' %d",
				 (int) (attach - alone), (int) alone);
	/* Ten times the budget: a machine that is busy must not fail the test. */
	g_assert_cmpint (attach - alone, <, 30000);
}

int
main (int argc, char **argv)
{
	if (!test_cni_enter (&argc, &argv))
		return 0;
	test_cni_add ("/cni-fakes/protocol", test_protocol);
	test_cni_add ("/cni-fakes/capabilities", test_capabilities);
	test_cni_add ("/cni-fakes/wishes-refused", test_wishes_refused);
	test_cni_add ("/cni-fakes/wish-unheeded", test_wish_unheeded);
	test_cni_add ("/cni-fakes/failures", test_failures);
	test_cni_add ("/cni-fakes/undo-fails", test_undo_fails);
	test_cni_add ("/cni-fakes/half-done", test_half_done);
	test_cni_add ("/cni-fakes/programs", test_programs);
	test_cni_add ("/cni-fakes/bad-configurations", test_bad_configurations);
	test_cni_add ("/cni-fakes/damaged-files", test_damaged_files);
	test_cni_add ("/cni-fakes/choice", test_choice);
	test_cni_add ("/cni-fakes/folder", test_folder);
	test_cni_add ("/cni-fakes/check-refused", test_check_refused);
	test_cni_add ("/cni-fakes/damaged-record", test_damaged_record);
	test_cni_add ("/cni-fakes/gc", test_gc);
	test_cni_add ("/cni-fakes/speed", test_speed);
	return g_test_run ();
}
