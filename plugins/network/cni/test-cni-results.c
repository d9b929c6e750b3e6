/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Results of every version: what is read, what is refused, and what the next plugin gets. */

#include "cni-result.h"

#include "base/error.h"
#include "base/json.h"

#include <davit/error.h>

static char *
convert (const char *text, CniVersion version, CniSandbox sandbox, GError **error)
{
	g_autoptr (DavitJson) root = davit_json_ops.parse (text, -1, error);
	g_auto (CniResult) result = {0};
	GString *out = g_string_new (NULL);
	gboolean done;

	g_assert_nonnull (root);
	done = cni_result_read (&davit_json_ops, root, CNI_VERSION_1_0_0, &result, error) &&
	       cni_result_write (&result, version, sandbox, out, error);
	return g_string_free (out, !done);
}

static void
assert_converts (const char *text, CniVersion version, const char *expected)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *output = convert (text, version, (CniSandbox){0}, &error);

	g_assert_no_error (error);
	g_assert_cmpstr (output, ==, expected);
}

static void
assert_refused (const char *text, CniVersion version, DavitErrorCode code, const char *expected)
{
	g_autoptr (GError) error = NULL;

	g_assert_null (convert (text, version, (CniSandbox){0}, &error));
	g_assert_cmpstr (error->message, ==, expected);
	g_assert_error (error, DAVIT_ERROR, (int) code);
}

static void
test_versions (void)
{
	static const char new[] = "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.0.0.2/8\","
				  "\"gateway\":\"10.0.0.1\"},{\"address\":\"fd00::2/64\"}],"
				  "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":1400}]}";
	static const char middle[] =
		"{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\",\"address\":\"10.0.0.2/8\","
		"\"gateway\":\"10.0.0.1\"},{\"version\":\"6\",\"address\":\"fd00::2/64\"}],"
		"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":1400}]}";
	static const char old[] =
		"{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.0.0.2/8\",\"gateway\":\"10.0.0.1\","
		"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":1400}]},\"ip6\":{\"ip\":\"fd00::2/"
		"64\"}}";

	assert_converts (new, CNI_VERSION_0_3_1, middle);
	assert_converts (middle, CNI_VERSION_1_1_0, new);
	assert_converts (old, CNI_VERSION_1_1_0, new);
	assert_converts (old, CNI_VERSION_0_3_1, middle);
	assert_converts (old, CNI_VERSION_0_2_0, old);
	assert_refused (
		middle, CNI_VERSION_0_2_0, DAVIT_ERROR_UNSUPPORTED,
		"a result of version 0.3.1 can't be told to a plugin in version 0.2.0; raise "
		"\"cniVersion\"");
	/* One that does not say has the version of the configuration. */
	assert_converts ("{}", CNI_VERSION_0_4_0, "{\"cniVersion\":\"0.4.0\"}");
}

static void
test_sandbox (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *output =
		convert ("{\"interfaces\":[{\"name\":\"a\",\"sandbox\":\"/proc/1/fd/2\"},{\"name\":"
			 "\"b\",\"sandbox\":\"/other\",\"mtu\":9}]}",
			 CNI_VERSION_1_0_0, (CniSandbox){"/proc/1/fd/2", "/proc/7/fd/8"}, &error);

	g_assert_no_error (error);
	g_assert_cmpstr (output, ==,
			 "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"a\",\"sandbox\":"
			 "\"/proc/7/fd/8\"},{\"name\":\"b\",\"sandbox\":\"/other\",\"mtu\":9}]}");
}

static void
test_refused (void)
{
	static const char *const cases[][2] = {
		{"{\"cniVersion\":1}", "cniVersion: must be a string"},
		{"{\"cniVersion\":\"0.9\"}",
		 "cniVersion: \"0.9\" is not known; davit knows 0.1.0 to 1.1.0"},
		{"{\"ips\":{}}", "ips: must be an array"},
		{"{\"ips\":[1]}", "ips[0]: must be an object"},
		{"{\"ips\":[{}]}", "ips[0]: is without an address"},
		{"{\"ips\":[{\"address\":\"10.0.0.1/33\"}]}",
		 "ips[0].address: \"10.0.0.1/33\" is no address with a prefix"},
		{"{\"ips\":[{\"address\":\"fd00::1/129\"}]}",
		 "ips[0].address: \"fd00::1/129\" is no address with a prefix"},
		{"{\"ips\":[{\"address\":\"10.0.0.1/8/9\"}]}",
		 "ips[0].address: \"10.0.0.1/8/9\" is no address with a prefix"},
		{"{\"ips\":[{\"address\":\"10.0.0.1/8\",\"gateway\":\"gate\\nnameserver\"}]}",
		 "ips[0].gateway: \"gate nameserver\" is no address"},
		{"{\"interfaces\":[{}]}", "interfaces[0]: is without a name"},
		{"{\"interfaces\":[{\"name\":\"a b\"}]}",
		 "interfaces[0].name: \"a b\" is no name of an interface"},
		{"{\"interfaces\":[{\"name\":\"0123456789abcdef\"}]}",
		 "interfaces[0].name: \"0123456789abcdef\" is no name of an interface"},
		{"{\"interfaces\":[{\"name\":\"a\",\"mac\":\"xy\"}]}",
		 "interfaces[0].mac: \"xy\" is no MAC address"},
		{"{\"dns\":{\"nameservers\":[\"10.0.0.1\\noptions x\"]}}",
		 "dns.nameservers[0]: \"10.0.0.1 options x\" is no address"},
		{"{\"dns\":{\"search\":[\"a b\"]}}",
		 "dns.search[0]: \"a b\" is no word for resolv.conf"},
		{"{\"dns\":{\"domain\":\"a;b\"}}",
		 "dns.domain: \"a;b\" is no word for resolv.conf"},
		{"{\"cniVersion\":\"0.2.0\",\"ip4\":{}}", "ip4: is without an address"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
		assert_refused (cases[i][0], CNI_VERSION_1_0_0, DAVIT_ERROR_HELPER, cases[i][1]);
}

/* An index that leads to no interface. */
static void
test_interface (void)
{
	static const char *const indexes[] = {"1", "-2", "99999999999", "0.5"};

	for (guint i = 0; i < G_N_ELEMENTS (indexes); i++) {
		g_autofree char *text = g_strdup_printf (
			"{\"interfaces\":[{\"name\":\"a\"}],\"ips\":[{\"address\":\"10.0.0.1/8\","
			"\"interface\":%s}]}",
			indexes[i]);
		g_autoptr (GError) error = NULL;

		g_assert_null (convert (text, CNI_VERSION_1_0_0, (CniSandbox){0}, &error));
		g_assert_true (g_str_has_prefix (error->message, "ips[0].interface: "));
	}
}

static void
test_fields (void)
{
	g_autoptr (DavitJson) root = davit_json_ops.parse (
		"{\"interfaces\":[{\"name\":\"host\"},{\"name\":\"in\",\"mac\":\"\",\"sandbox\":"
		"\"/x\"}],\"ips\":[{\"address\":\"10.0.0.1/8\",\"interface\":0},{\"address\":"
		"\"10.0.0.2/8\",\"interface\":1,\"gateway\":\"\"},{\"address\":\"10.0.0.3/8\"}],"
		"\"dns\":{\"nameservers\":[\"10.0.0.9\",\"fd00::9\"],\"domain\":\"a.b\","
		"\"options\":"
		"[\"ndots:5\"]}}",
		-1, NULL);
	g_auto (CniResult) result = {0};
	g_autoptr (GError) error = NULL;
	const CniAddress *addresses;

	cni_result_read (&davit_json_ops, root, CNI_VERSION_0_4_0, &result, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (result.addresses->len, ==, 3);
	addresses = (const CniAddress *) (gpointer) result.addresses->data;
	g_assert_null (cni_result_interface_of (&result, &addresses[0], "eth0"));
	g_assert_cmpstr (cni_result_interface_of (&result, &addresses[1], "eth0"), ==, "in");
	g_assert_null (addresses[1].gateway);
	g_assert_cmpstr (cni_result_interface_of (&result, &addresses[2], "eth0"), ==, "eth0");
	g_assert_cmpstr (result.nameservers[1], ==, "fd00::9");
	g_assert_cmpstr (result.domain, ==, "a.b");
	g_assert_cmpstr (result.options[0], ==, "ndots:5");
	g_assert_null (result.search);
	g_assert_null (g_array_index (result.interfaces, CniInterface, 1).mac);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cni-results/versions", test_versions);
	g_test_add_func ("/cni-results/sandbox", test_sandbox);
	g_test_add_func ("/cni-results/refused", test_refused);
	g_test_add_func ("/cni-results/interface", test_interface);
	g_test_add_func ("/cni-results/fields", test_fields);
	return g_test_run ();
}
