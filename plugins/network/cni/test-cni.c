/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network "cni" with the plugins that everybody has: bridge, host-local, portmap, firewall. */

#include "test-cni-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAL "/usr/lib/cni"
#define CROWD 64

/* As podman's own, but with leases in the directory of the test. */
static const char bridge_list[] =
	"{\"cniVersion\": \"0.4.0\", \"name\": \"net\", \"plugins\": ["
	"{\"type\": \"bridge\", \"bridge\": \"cni-test0\", \"isGateway\": true, \"ipMasq\": true,"
	" \"hairpinMode\": true, \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"@/leases\","
	" \"routes\": [{\"dst\": \"0.0.0.0/0\"}],"
	" \"ranges\": [[{\"subnet\": \"10.88.0.0/16\", \"gateway\": \"10.88.0.1\"}]]}},"
	"{\"type\": \"portmap\", \"capabilities\": {\"portMappings\": true}},"
	"{\"type\": \"firewall\"}, {\"type\": \"tuning\"}]}";

static const char dual_list[] =
	"{\"cniVersion\": \"1.0.0\", \"name\": \"dual\", \"plugins\": ["
	"{\"type\": \"bridge\", \"bridge\": \"cni-test1\", \"isGateway\": true,"
	" \"capabilities\": {\"ips\": true, \"mac\": true},"
	" \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"@/leases\","
	" \"ranges\": [[{\"subnet\": \"10.89.0.0/24\"}], [{\"subnet\": \"fd00:89::/64\"}]]}}]}";

static void
open_real (TestCni *test)
{
	test_cni_open (test, REAL, NULL);
	test_cni_conf (test, "10-net.conflist", bridge_list);
	test_cni_conf (test, "20-dual.conflist", dual_list);
}

/* No rule, no lease, no interface of a container, no record. The bridge itself stays. */
static void
assert_nothing_left (TestCni *test)
{
	g_autofree char *leases = g_strdup_printf (
		"find %s/leases -type f ! -name lock ! -name 'last_reserved_ip*' 2>/dev/null || :",
		test->directory);

	test_cni_no_entries (test);
	test_cni_assert_shell (-1, leases, "");
	test_cni_assert_shell (-1, "ip -o link show type veth", "");
	test_cni_assert_shell (
		-1,
		"iptables-save | grep -E '10\\.8|CNI-(DN|SN)-|cni.*id: ' | grep -v '^:' || :", "");
}

static void
assert_result (const DavitResult *result, const char *key, const char *expected)
{
	g_autofree const char **values = davit_result_strings (result, key);
	g_autofree char *text = g_strjoinv ("|", (char **) values);

	g_assert_cmpstr (text, ==, expected);
}

static void
test_attach (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "a1");
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (GError) error = NULL;
	g_autofree char *mac = NULL;
	g_autofree char *mode = NULL;

	open_real (test);
	result = test_cni_attach (test, &request);
	mac = test_cni_shell (
		test->netns_fd,
		"printf 'eth0 %s' $(ip -o link show eth0 | sed 's/.*ether //;s/ .*//')");
	assert_result (result, "interface", "eth0");
	assert_result (result, "address", "eth0 10.88.0.2/16");
	assert_result (result, "gateway", "10.88.0.1");
	assert_result (result, "mac-address", mac);
	assert_result (result, "port", "");
	g_assert_true (g_str_has_prefix (davit_result_string (result, "status"),
					 "{\"cniVersion\":\"0.4.0\","));
	test_cni_assert_shell (test->netns_fd, "ip -o -4 addr show | awk '{print $2, $4}'",
			       "lo 127.0.0.1/8\neth0 10.88.0.2/16\n");
	test_cni_assert_shell (test->netns_fd, "ip -4 route show default | awk '{print $3}'",
			       "10.88.0.1\n");
	mode = g_strdup_printf ("stat -c %%a %s/root/plugins/network/cni/a1@net@eth0.json",
				test->directory);
	test_cni_assert_shell (-1, mode, "600\n");

	/* Another process, another descriptor, and so another path of the namespace. */
	request.netns_fd = fcntl (test->netns_fd, F_DUPFD_CLOEXEC, 100);
	davit_network_check (test->network, &request, &error);
	g_assert_no_error (error);
	close (request.netns_fd);
	request.netns_fd = test->netns_fd;
	test_cni_refused (test, &request, DAVIT_ERROR_STATE,
			  "network/cni: network \"net\": the container is attached to it as "
			  "\"eth0\" already");
	test_cni_detach (test, &request);
	test_cni_assert_shell (test->netns_fd, "ip -o link show | wc -l", "1\n");
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

/* The namespace and the configuration are gone, and the ids are all that is known. */
static void
test_detach_late (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "b1");
	const DavitPort ports[] = {
		{.protocol = "tcp", .host_port = 8080, .container_port = 80, .count = 1}, {0}};
	g_autoptr (DavitResult) result = NULL;
	g_autofree char *remove = g_strdup_printf ("rm %s/10-net.conflist", test->conf);

	open_real (test);
	request.ports = ports;
	result = test_cni_attach (test, &request);
	test_cni_assert_shell (-1, remove, "");
	test_cni_open (test, REAL, NULL);
	davit_fd_close (&test->netns_fd);
	request = (DavitNetworkRequest){
		.size = sizeof request, .id = "b1", .netns_fd = -1, .userns_fd = -1, .pidfd = -1};
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

static void
test_check (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "c1");
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (GError) error = NULL;

	open_real (test);
	g_assert_false (davit_network_check (test->network, &request, &error));
	test_cni_error (test, error, DAVIT_ERROR_STATE,
			"network/cni: network \"\": the container is not attached to it");
	g_clear_error (&error);
	result = test_cni_attach (test, &request);
	g_free (test_cni_shell (test->netns_fd, "ip addr flush dev eth0"));
	g_assert_false (davit_network_check (test->network, &request, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER);
	g_assert_true (
		g_str_has_prefix (error->message,
				  "network/cni: network \"net\": plugin \"bridge\" (CHECK): "));
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

/* Answers one connection with "here" on PORT of a namespace. */
static pid_t
serve (int netns_fd, const char *type, guint port)
{
	g_autofree char *script =
		g_strdup_printf ("import socket,sys\n"
				 "s=socket.socket(socket.AF_INET,socket.SOCK_%s)\n"
				 "s.bind(('0.0.0.0',%u))\n"
				 "if '%s'=='STREAM':\n"
				 " s.listen()\n"
				 " open(1,'w').write('ready')\n"
				 " c,a=s.accept(); c.sendall(b'here'); c.close()\n"
				 "else:\n"
				 " open(1,'w').write('ready')\n"
				 " d,a=s.recvfrom(9); s.sendto(b'here',a)\n",
				 type, port, type);
	int ends[2];
	char ready[5];
	pid_t child;

	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		if (setns (netns_fd, CLONE_NEWNET) < 0 || dup2 (ends[1], 1) < 0)
			_exit (1);
		execlp ("python3", "python3", "-c", script, NULL);
		_exit (2);
	}
	close (ends[1]);
	g_assert_cmpint (read (ends[0], ready, sizeof ready), ==, 5);
	close (ends[0]);
	return child;
}

static void
assert_reached (int from_fd, const char *type, const char *address, guint port)
{
	g_autofree char *command = g_strdup_printf (
		"python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_%s); "
		"s.settimeout(20); s.connect(('%s',%u)); s.send(b'x'); print(s.recv(9).decode())\"",
		type, address, port);

	test_cni_assert_shell (from_fd, command, "here\n");
}

static void
assert_published (int serving_fd, int from_fd, const char *type, const char *address)
{
	pid_t child = serve (serving_fd, type, 80);
	int status = -1;

	assert_reached (from_fd, type, address, 8080);
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

static void
test_ports (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "d1");
	DavitNetworkRequest other = test_cni_request (test, "d2");
	const DavitPort ports[] = {
		{.protocol = "tcp", .host_port = 8080, .container_port = 80, .count = 2},
		{.protocol = "udp", .host_port = 8080, .container_port = 80, .count = 1},
		{.protocol = "tcp",
		 .host_address = "127.0.0.1",
		 .host_port = 0,
		 .container_port = 90,
		 .count = 1},
		{0}};
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (DavitResult) second = NULL;
	g_autofree const char **lines = NULL;
	davit_autofd other_fd = test_cni_make_netns ();
	pid_t child;

	open_real (test);
	request.ports = ports;
	result = test_cni_attach (test, &request);
	lines = davit_result_strings (result, "port");
	g_assert_cmpstr (lines[0], ==, "0.0.0.0 8080 tcp 80");
	g_assert_cmpstr (lines[1], ==, "0.0.0.0 8081 tcp 81");
	g_assert_cmpstr (lines[2], ==, "0.0.0.0 8080 udp 80");
	g_assert_true (g_str_has_prefix (lines[3], "127.0.0.1 "));
	g_assert_true (g_str_has_suffix (lines[3], " tcp 90"));
	g_assert_cmpint (g_ascii_strtoll (lines[3] + 10, NULL, 10), >, 1023);
	g_assert_null (lines[4]);

	/* From the host, from another container by the host's address, and each other directly. */
	other.netns_fd = other_fd;
	other.name = "other";
	second = test_cni_attach (test, &other);
	assert_published (test->netns_fd, -1, "STREAM", "127.0.0.1");
	assert_published (test->netns_fd, -1, "STREAM", "10.88.0.1");
	assert_published (test->netns_fd, other_fd, "STREAM", "10.88.0.1");
	assert_published (test->netns_fd, other_fd, "DGRAM", "10.88.0.1");
	child = serve (test->netns_fd, "STREAM", 7000);
	assert_reached (other_fd, "STREAM", "10.88.0.2", 7000);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	test_cni_detach (test, &other);

	/* A container has it. */
	other.ports = ports;
	test_cni_refused (
		test, &other, DAVIT_ERROR_BUSY,
		"network/cni: port \"8080/tcp\" of the host is published by the container "
		"\"box\"");
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

static void
test_port_in_use (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "e1");
	DavitPort ports[] = {
		{.protocol = "tcp", .host_port = 8090, .container_port = 80, .count = 1}, {0}};
	int own = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	pid_t child = serve (own, "STREAM", 8090);

	open_real (test);
	request.ports = ports;
	test_cni_refused (
		test, &request, DAVIT_ERROR_BUSY,
		"network/cni: port \"8090/tcp\" of the host (all addresses) is in use by a "
		"program of the host");
	ports[0].host_address = "192.0.2.1";
	test_cni_refused (
		test, &request, DAVIT_ERROR_USAGE,
		"network/cni: port \"8090/tcp\": \"192.0.2.1\" is no address of this host");
	ports[0].host_address = "x";
	test_cni_refused (test, &request, DAVIT_ERROR_USAGE,
			  "network/cni: port 80: the host address \"x\" is none");
	ports[0] = (DavitPort){.protocol = "tcp",
			       .host_port = 65535,
			       .container_port = 80,
			       .count = 2};
	test_cni_refused (test, &request, DAVIT_ERROR_USAGE,
			  "network/cni: port 65535: a range of 2 ends above 65535");
	assert_nothing_left (test);
	assert_reached (-1, "STREAM", "127.0.0.1", 8090);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	close (own);
}

static void
test_addresses (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "f1");
	g_autoptr (DavitResult) result = NULL;
	g_autoptr (DavitResult) again = NULL;

	open_real (test);
	request.network = "dual";
	request.address = "10.89.0.77";
	request.address6 = "fd00:89::0:77";
	request.mac_address = "02:00:00:AB:cd:ef";
	result = test_cni_attach (test, &request);
	assert_result (result, "address", "eth0 10.89.0.77/24|eth0 fd00:89::77/64");
	assert_result (result, "gateway", "10.89.0.1|fd00:89::1");
	assert_result (result, "mac-address", "eth0 02:00:00:ab:cd:ef");
	test_cni_detach (test, &request);

	/* By CNI_ARGS, where no capability is declared. */
	request.network = "net";
	request.address = "10.88.3.4";
	request.address6 = NULL;
	again = test_cni_attach (test, &request);
	assert_result (again, "address", "eth0 10.88.3.4/16");
	assert_result (again, "mac-address", "eth0 02:00:00:ab:cd:ef");
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

static void
test_address_refused (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "g1");
	DavitNetworkRequest other = test_cni_request (test, "g2");
	g_autoptr (DavitResult) result = NULL;
	davit_autofd other_fd = test_cni_make_netns ();

	open_real (test);
	request.network = "dual";
	request.address = "10.200.0.1";
	test_cni_refused (
		test, &request, DAVIT_ERROR_HELPER,
		"network/cni: network \"dual\": plugin \"bridge\" (ADD): failed to allocate all "
		"requested IPs: 10.200.0.1 (code 999); it lies outside of the network's ranges");
	assert_nothing_left (test);
	request.address = "10.89.0.5";
	result = test_cni_attach (test, &request);
	other.network = "dual";
	other.address = "10.89.0.5";
	other.netns_fd = other_fd;
	test_cni_refused (test, &other, DAVIT_ERROR_HELPER,
			  "network/cni: network \"dual\": plugin \"bridge\" (ADD): failed to "
			  "allocate for range "
			  "0: requested IP address 10.89.0.5 is not available in range set "
			  "10.89.0.1-10.89.0.254 (code 999); it is leased already, or outside of "
			  "the range in "
			  "the network's file");
	test_cni_detach (test, &request);
	request.network = "net";
	request.address = "10.88.0.9";
	request.address6 = "fd00::1";
	test_cni_refused (
		test, &request, DAVIT_ERROR_UNSUPPORTED,
		"network/cni: network \"net\": no plugin of its chain can give an IPv4 and "
		"an IPv6 address at once; set \"capabilities\": {\"ips\": true} in "
		"\"@/conf/10-net.conflist\"");
	assert_nothing_left (test);
}

/* eth0 and eth1 of one container. */
static void
test_several (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest first = test_cni_request (test, "h1");
	DavitNetworkRequest second = first;
	DavitNetworkRequest again = first;
	g_autoptr (DavitResult) one = NULL;
	g_autoptr (DavitResult) two = NULL;
	g_autoptr (DavitResult) three = NULL;

	open_real (test);
	second.network = "dual";
	second.interface = "eth1";
	one = test_cni_attach (test, &first);
	two = test_cni_attach (test, &second);
	assert_result (two, "address", "eth1 10.89.0.2/24|eth1 fd00:89::2/64");
	g_assert_cmpuint (test_cni_entries (test), ==, 2);
	again.interface = "eth2";
	test_cni_refused (test, &again, DAVIT_ERROR_STATE,
			  "network/cni: network \"net\": the container is attached to it as "
			  "\"eth0\" already");
	test_cni_detach (test, &second);
	g_assert_cmpuint (test_cni_entries (test), ==, 1);
	test_cni_assert_shell (test->netns_fd, "ip -o link show | grep -o 'eth[0-9]'", "eth0\n");
	three = test_cni_attach (test, &second);
	/* Without network and interface: all of the container. */
	first.interface = NULL;
	first.network = NULL;
	test_cni_detach (test, &first);
	assert_nothing_left (test);
}

/* Other plugins, and a version without chains; the namespace is gone before DEL. */
static void
test_others (TestCni *test, gconstpointer data)
{
	static const char *const networks[][2] = {
		{"{\"cniVersion\":\"0.2.0\",\"name\":\"x\",\"type\":\"bridge\",\"bridge\":\"cni-"
		 "test2\","
		 "\"ipMasq\":true,\"isGateway\":true,\"ipam\":{\"type\":\"host-local\","
		 "\"dataDir\":\"@/leases\",\"subnet\":\"10.87.1.0/24\"}}",
		 "eth0 10.87.1.2/24"},
		{"{\"cniVersion\":\"0.3.1\",\"name\":\"x\",\"type\":\"ptp\",\"ipMasq\":true,"
		 "\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"@/leases\","
		 "\"subnet\":\"10.87.2.0/24\"}}",
		 "eth0 10.87.2.2/24"},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"type\":\"macvlan\",\"master\":\"cni-"
		 "test2\","
		 "\"ipam\":{\"type\":\"static\",\"addresses\":[{\"address\":\"10.87.3.7/24\","
		 "\"gateway\":\"10.87.3.1\"}]}}",
		 "eth0 10.87.3.7/24"},
	};

	open_real (test);
	for (guint i = 0; i < G_N_ELEMENTS (networks); i++) {
		DavitNetworkRequest request = test_cni_request (test, "o1");
		g_autoptr (DavitResult) result = NULL;

		request.network = "x";
		test_cni_conf (test, "30-x.conf", networks[i][0]);
		result = test_cni_attach (test, &request);
		assert_result (result, "interface", "eth0");
		assert_result (result, "address", networks[i][1]);
		davit_fd_close (&test->netns_fd);
		request.netns_fd = -1;
		test_cni_detach (test, &request);
		assert_nothing_left (test);
		test->netns_fd = test_cni_make_netns ();
	}
}

static void
test_gc (TestCni *test, gconstpointer data)
{
	DavitNetworkRequest request = test_cni_request (test, "i1");
	const char *const living[] = {"i1", NULL};
	const char *const nobody[] = {NULL};
	g_autoptr (DavitResult) attached = NULL;
	g_autoptr (DavitResult) kept = davit_result_new ();
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	open_real (test);
	attached = test_cni_attach (test, &request);
	davit_network_gc (test->network, living, kept, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (davit_result_length (kept), ==, 0);
	g_assert_cmpuint (test_cni_entries (test), ==, 1);
	davit_fd_close (&test->netns_fd);
	davit_network_gc (test->network, nobody, result, &error);
	g_assert_no_error (error);
	assert_result (result, "removed", "i1");
	assert_nothing_left (test);
}

/* Begins together with the others, tells its address, and ends. */
static int
crowd_member (TestCni *test, guint index, int go_fd, int out_fd)
{
	g_autofree char *id = g_strdup_printf ("crowd%u", index);
	DavitNetworkRequest request = test_cni_request (test, id);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	DavitPort ports[] = {{.protocol = "tcp", .container_port = 80, .count = 1}, {0}};
	g_autofree char *line = NULL;
	char byte;

	request.netns_fd = test_cni_make_netns ();
	request.ports = ports;
	if (read (go_fd, &byte, 1) != 0)
		return 1;
	if (!davit_network_attach (test->network, &request, result, &error)) {
		g_printerr ("%s: %s\n", id, error->message);
		return 2;
	}
	line = g_strdup_printf ("%s %s\n", davit_result_string (result, "address"),
				davit_result_string (result, "port"));
	return write (out_fd, line, strlen (line)) == (gssize) strlen (line) ? 0 : 3;
}

static int
crowd_leave (TestCni *test, guint index, int go_fd)
{
	g_autofree char *id = g_strdup_printf ("crowd%u", index);
	const DavitNetworkRequest request = {
		.size = sizeof request, .id = id, .netns_fd = -1, .userns_fd = -1, .pidfd = -1};
	char byte;

	if (read (go_fd, &byte, 1) != 0)
		return 1;
	return davit_network_detach (test->network, &request, NULL) ? 0 : 2;
}

static void
crowd_run (TestCni *test, int out_fd)
{
	pid_t children[CROWD];
	int go[2];

	g_assert_cmpint (pipe2 (go, O_CLOEXEC), ==, 0);
	for (guint i = 0; i < CROWD; i++) {
		children[i] = fork ();
		if (children[i] == 0) {
			close (go[1]);
			_exit (out_fd >= 0 ? crowd_member (test, i, go[0], out_fd)
					   : crowd_leave (test, i, go[0]));
		}
	}
	close (go[0]);
	close (go[1]);
	for (guint i = 0; i < CROWD; i++) {
		int status = -1;

		g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
		g_assert_cmpint (status, ==, 0);
	}
}

/* Each starts at the same time: no address and no port is given twice, and nothing is left. */
static void
test_crowd (TestCni *test, gconstpointer data)
{
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
	g_auto (GStrv) lines = NULL;
	char text[CROWD * 100] = "";
	gsize length = 0;
	gssize got;
	int out[2];

	open_real (test);
	g_assert_cmpint (pipe2 (out, O_CLOEXEC), ==, 0);
	crowd_run (test, out[1]);
	close (out[1]);
	while ((got = read (out[0], text + length, sizeof text - 1 - length)) > 0)
		length += (gsize) got;
	close (out[0]);
	text[length] = '\0';
	lines = g_strsplit (text, "\n", -1);
	g_assert_cmpuint (g_strv_length (lines), ==, CROWD + 1);
	for (guint i = 0; i < CROWD; i++) {
		char *port = strstr (lines[i], " 0.0.0.0 ");

		g_assert_nonnull (port);
		*port = '\0';
		g_assert_true (g_hash_table_add (seen, lines[i]));
		g_assert_true (g_hash_table_add (seen, port + 1));
	}
	g_assert_cmpuint (test_cni_entries (test), ==, CROWD);
	crowd_run (test, -1);
	assert_nothing_left (test);
}

/* The engine is killed in the middle: what it had begun is undone from its record. */
static void
test_killed (TestCni *test, gconstpointer data)
{
	static const char slow[] =
		"{\"cniVersion\": \"0.4.0\", \"name\": \"net\", \"plugins\": ["
		"{\"type\": \"bridge\", \"bridge\": \"cni-test0\","
		" \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"@/leases\","
		" \"subnet\": \"10.88.0.0/16\"}}, {\"type\": \"stuck\"}]}";
	DavitNetworkRequest request = test_cni_request (test, "j1");
	g_autofree char *both = g_strconcat (REAL, ";", test->plugins, NULL);
	g_autofree char *fifo = g_build_filename (test->work, "fifo", NULL);
	pid_t child;
	int fd;

	test_cni_open (test, both, NULL);
	test_cni_conf (test, "10-net.conflist", slow);
	test_cni_fake (test, "stuck", "");
	test_cni_behave (test, "stuck", "ADD", "echo > $w/fifo; exec tail -f /dev/null");
	g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
	child = fork ();
	if (child == 0)
		_exit (davit_network_attach (test->network, &request, NULL, NULL) ? 1 : 2);
	fd = open (fifo, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (fd, >=, 0);
	close (fd);
	g_assert_cmpint (kill (child, SIGKILL), ==, 0);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	g_assert_cmpuint (test_cni_entries (test), ==, 1);
	test_cni_assert_shell (test->netns_fd, "ip -o -4 addr show eth0 | awk '{print $4}'",
			       "10.88.0.2/16\n");
	test_cni_detach (test, &request);
	assert_nothing_left (test);
}

static void
test_probe (TestCni *test, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	open_real (test);
	davit_network_probe (test->network, &error);
	g_assert_no_error (error);
	test_cni_open (test, NULL, NULL);
	g_assert_false (davit_network_probe (test->network, &error));
	test_cni_error (test, error, DAVIT_ERROR_UNAVAILABLE,
			"network/cni: can't work here: CNI plugin \"bridge\" is missing; there is "
			"no such program in "
			"\"@/plugins\"; install it, or name its directory in the option "
			"plugin-directories");
}

int
main (int argc, char **argv)
{
	if (!test_cni_enter (&argc, &argv))
		return 0;
	test_cni_add ("/cni/attach", test_attach);
	test_cni_add ("/cni/detach-late", test_detach_late);
	test_cni_add ("/cni/check", test_check);
	test_cni_add ("/cni/ports", test_ports);
	test_cni_add ("/cni/port-in-use", test_port_in_use);
	test_cni_add ("/cni/addresses", test_addresses);
	test_cni_add ("/cni/address-refused", test_address_refused);
	test_cni_add ("/cni/several", test_several);
	test_cni_add ("/cni/others", test_others);
	test_cni_add ("/cni/gc", test_gc);
	test_cni_add ("/cni/killed", test_killed);
	test_cni_add ("/cni/crowd", test_crowd);
	test_cni_add ("/cni/probe", test_probe);
	return g_test_run ();
}
