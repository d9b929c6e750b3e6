/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network "slirp4netns" when something is wrong: what is said, and that all of it is undone. */

#include "test-slirp4netns-support.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT "network.slirp4netns.timeout=2s"

/* A world whose helper is a program of that text, DIRECTORY/helper; NULL: it is not there. */
static World *
world_of (const char *text)
{
	static const char *const overrides[] = {TIMEOUT, "network.slirp4netns.program=%s/helper",
						NULL};
	World *world = test_world_new (overrides);

	if (text != NULL)
		g_free (test_program (world, "helper", text));
	return world;
}

static void
assert_option (World *world, const char *option, const char *reason)
{
	const char *const options[] = {option, NULL};
	DavitNetworkRequest request = test_request (world);
	g_autofree char *text = g_strdup_printf ("option \"%s\": %s", option, reason);

	request.options = options;
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE, text);
}

#define MUST_BE_CIDR "must be NETWORK/PREFIX, such as 10.0.2.0/24"
#define MUST_BE_PREFIX                                                                             \
	"the prefix must be from 1 to 25, since the container's address is number 100 of the "     \
	"network"
#define MUST_BE_NETWORK "must be the address of a network, with no bit set behind the prefix"
#define MUST_BE_MTU "must be a number of bytes from 68 to 65521"
#define NO_ADDRESS "neither an IPv4 address nor an interface of the host that has one"

static void
test_options (void)
{
	g_autoptr (World) world = test_world_new (NULL);

	assert_option (world, "cidr=", MUST_BE_CIDR);
	assert_option (world, "cidr=10.0.2.0", MUST_BE_CIDR);
	assert_option (world, "cidr=10.0.2/24", MUST_BE_CIDR);
	assert_option (world, "cidr=10.0.2.0/24 ", MUST_BE_CIDR);
	assert_option (world, "cidr=10.0.2.0/-1", MUST_BE_CIDR);
	assert_option (world, "cidr=fd00::/64", MUST_BE_CIDR);
	assert_option (world, "cidr=10.0.2.0/26", MUST_BE_PREFIX);
	assert_option (world, "cidr=0.0.0.0/0", MUST_BE_PREFIX);
	assert_option (world, "cidr=10.0.2.100/24", MUST_BE_NETWORK);
	assert_option (world, "cidr=127.0.0.0/8", "these addresses can't be given to an interface");
	assert_option (world, "mtu=67", MUST_BE_MTU);
	assert_option (world, "mtu=65522", MUST_BE_MTU);
	assert_option (world, "mtu=+1500", MUST_BE_MTU);
	assert_option (world, "mtu=1500x", MUST_BE_MTU);
	assert_option (world, "mtu=1279", "IPv6 needs 1280 or more; or set enable_ipv6=false");
	assert_option (world, "enable_ipv6=yes", "must be true or false");
	assert_option (world, "allow_host_loopback=", "must be true or false");
	assert_option (world, "outbound_addr=10.0.0.256", NO_ADDRESS);
	assert_option (world, "outbound_addr=none0", NO_ADDRESS);
	assert_option (world, "outbound_addr6=192.0.2.1",
		       "neither an IPv6 address nor an interface of the host that has one");
	assert_option (world, "port_handler=rootlesskit", "the one choice is slirp4netns");
	assert_option (world, "colour=blue",
		       "there is no such option; there are allow_host_loopback, cidr, enable_ipv6, "
		       "mtu, outbound_addr, outbound_addr6 and port_handler");
	assert_option (world, "mtu", "must be KEY=VALUE");
	{
		static const char *const options[] = {"outbound_addr6=::1", "enable_ipv6=false",
						      NULL};
		DavitNetworkRequest request = test_request (world);

		request.options = options;
		test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
				   "option \"outbound_addr6\": needs enable_ipv6=true");
	}
}

static void
test_key_file (void)
{
	static const char *const overrides[] = {"network.slirp4netns.cidr=10.0.2.1/24", NULL};
	static const char *const handler[] = {"network.slirp4netns.port-handler=rootlesskit", NULL};
	g_autoptr (World) world = test_world_new (overrides);
	DavitNetworkRequest request = test_request (world);
	g_autoptr (DavitConfig) config = NULL;
	g_autoptr (DavitDrivers) drivers = NULL;
	g_autoptr (GError) error = NULL;

	test_attach_fails (world, &request, DAVIT_ERROR_CONFIG,
			   "option \"cidr=10.0.2.1/24\": " MUST_BE_NETWORK);
	config = davit_config_load (world->paths, handler, &error);
	g_assert_no_error (error);
	drivers = davit_drivers_new (world->paths, config, NULL);
	g_assert_null (davit_drivers_network (drivers, "slirp4netns", &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_CONFIG));
	g_assert_nonnull (strstr (error->message, "rootlesskit"));
	g_assert_nonnull (strstr (error->message, "slirp4netns"));
}

static void
test_refused (void)
{
	static const char *const aliases[] = {"db", NULL};
	g_autoptr (World) world = test_world_new (NULL);
	DavitNetworkRequest request = test_request (world);

	request.network = "blue";
	test_attach_fails (world, &request, DAVIT_ERROR_NOT_FOUND,
			   "network \"blue\": this driver has no networks to choose from");
	request = test_request (world);
	request.aliases = aliases;
	test_attach_fails (world, &request, DAVIT_ERROR_UNSUPPORTED,
			   "can't give the alias \"db\": no other container is on this network");
	request = test_request (world);
	request.address = "10.0.2.5";
	test_attach_fails (world, &request, DAVIT_ERROR_UNSUPPORTED,
			   "can't give the address \"10.0.2.5\": it is always number 100 of the "
			   "network; choose the network with the option cidr");
	request = test_request (world);
	request.address6 = "fd00::5";
	test_attach_fails (world, &request, DAVIT_ERROR_UNSUPPORTED,
			   "can't give the address \"fd00::5\": the container makes its IPv6 "
			   "address itself, from fd00::/64");
	request = test_request (world);
	request.mac_address = "03:00:00:00:00:01";
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
			   "MAC address \"03:00:00:00:00:01\": must be six bytes in hexadecimal "
			   "with \":\" between, the first one even");
	request = test_request (world);
	request.interface = "a-name-that-is-too-long";
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
			   "interface \"a-name-that-is-too-long\": an interface can't be called "
			   "that");
	request.interface = "../x";
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
			   "interface \"../x\": an interface can't be called that");
	request = test_request (world);
	request.id = "../x";
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
			   "container \"../x\": an id must be of letters, digits and \"_.+-\"");
}

static void
test_ports (void)
{
	static const DavitPort sctp[] = {{NULL, "sctp", 18090, 80, 1}, {0}};
	static const DavitPort six[] = {{"::1", "tcp", 18090, 80, 1}, {0}};
	static const DavitPort many[] = {{NULL, "tcp", 65000, 80, 600}, {0}};
	static const DavitPort foreign[] = {{"198.51.100.1", "tcp", 18090, 80, 1}, {0}};
	static const DavitPort twice[] = {{NULL, "udp", 18090, 80, 1},
					  {TEST_HOST_ADDRESS, "udp", 18090, 81, 1},
					  {0}};
	static const DavitPort used[] = {{NULL, "tcp", 18090, 80, 1},
					 {NULL, "tcp", 18091, 81, 3},
					 {0}};
	g_autoptr (World) world = test_world_new (NULL);
	DavitNetworkRequest request = test_request (world);
	Server server = test_server_start (-1, SOCK_STREAM, "127.0.0.1", 18093);
	Server reused;

	request.ports = sctp;
	test_attach_fails (
		world, &request, DAVIT_ERROR_UNSUPPORTED,
		"can't publish a port of protocol \"sctp\": slirp4netns does tcp and udp");
	request.ports = six;
	test_attach_fails (world, &request, DAVIT_ERROR_UNSUPPORTED,
			   "can't publish a port at the address \"::1\": slirp4netns listens to "
			   "IPv4 addresses only");
	request.ports = many;
	test_attach_fails (world, &request, DAVIT_ERROR_USAGE,
			   "can't publish 600 ports from port 80 of the container on: there are "
			   "65535");
	request.ports = foreign;
	test_attach_fails (
		world, &request, DAVIT_ERROR_UNAVAILABLE,
		"publish port 18090/tcp at \"198.51.100.1\": the host has no such address");
	request.ports = twice;
	test_attach_fails (world, &request, DAVIT_ERROR_BUSY,
			   "publish port 18090/udp at \"192.0.2.1\": something listens there "
			   "already; take another port, or stop what does");
	request.ports = used;
	test_attach_fails (world, &request, DAVIT_ERROR_BUSY,
			   "publish port 18093/tcp at \"0.0.0.0\": something listens there "
			   "already; take another port, or stop what does");
	/* The two that it had already are free again. */
	reused = test_server_start (-1, SOCK_STREAM, "127.0.0.1", 18092);
	test_server_stop (&reused);
	test_server_stop (&server);
}

/* Of two containers, the second one is told. */
static void
test_second (void)
{
	static const DavitPort ports[] = {{NULL, "udp", 18095, 80, 1}, {0}};
	g_autoptr (World) first = test_world_new (NULL);
	g_autoptr (World) second = test_world_new (NULL);
	DavitNetworkRequest request = test_request (first);
	DavitNetworkRequest other = test_request (second);
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;

	request.ports = ports;
	other.ports = ports;
	test_attach (first, &request);
	g_assert_false (davit_network_attach (second->network, &other, NULL, &error));
	g_assert_cmpstr (error->message, ==,
			 "network/slirp4netns: publish port 18095/udp at \"0.0.0.0\": something "
			 "listens there already; take another port, or stop what does");
	g_clear_error (&error);
	/* And the same container twice: the first connection stays. */
	g_assert_false (davit_network_attach (first->network, &request, NULL, &error));
	text = g_strdup_printf ("network/slirp4netns: container \"" TEST_ID
				"\" is connected already, by process %d",
				(int) test_helper_pid (first));
	g_assert_cmpstr (error->message, ==, text);
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_EXISTS));
	g_clear_error (&error);
	davit_network_check (first->network, &request, &error);
	g_assert_no_error (error);
	/* Reaps its helper, which the other world would miss. */
	test_detach (first);
}

typedef struct {
	const char *name;
	const char *script; /* NULL: there is none */
	DavitErrorCode code;
	const char *text;
} Case;

static const Case cases[] = {
	{"missing", NULL, DAVIT_ERROR_UNAVAILABLE,
	 "program \"%s/helper\" is not there or can't be run; the option program names it"},
	{"not-a-program", "\1\2\3", DAVIT_ERROR_UNAVAILABLE,
	 "program \"%s/helper\" can't be run: Exec format error"},
	{"no-interpreter", "#!/nonexistent/sh\n", DAVIT_ERROR_UNAVAILABLE,
	 "program \"%s/helper\" can't be run: No such file or directory"},
	{"old",
	 "#!/bin/sh\n"
	 "[ \"$1\" = --version ] && { echo slirp4netns version 0.3.3; exit 0; }\n"
	 "echo \"slirp4netns: unrecognized option '--netns-type=path'\" >&2\n"
	 "exit 1\n",
	 DAVIT_ERROR_UNAVAILABLE,
	 "program \"%s/helper\" has version 0.3.3, which is too old; 0.4.0 or newer is needed"},
	{"no-version",
	 "#!/bin/sh\n"
	 "[ \"$1\" = --version ] && { echo frobnicator 1; exit 0; }\n"
	 "echo \"x: unrecognized option '--netns-type=path'\" >&2\n"
	 "exit 1\n",
	 DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" says \"frobnicator 1\" where its version was expected; it may be "
	 "another program"},
	{"killed", "#!/bin/sh\nkill -9 $$\n", DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" was killed by signal 9 before the network was ready"},
	{"complains", "#!/bin/sh\nprintf 'one\\ntwo\\033[31m\\nchild failed(1)\\n' >&2\nexit 3\n",
	 DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" ended with status 3 before the network was ready: one, two?[31m"},
	{"silent", "#!/bin/sh\nexit 0\n", DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" ended with status 0 before the network was ready"},
	{"hangs", "#!/bin/sh\necho waiting >&2\n/bin/sleep 1000 &\nwait\n", DAVIT_ERROR_TIMEOUT,
	 "program \"%s/helper\": the network was not ready after 2000 ms, and it was killed: "
	 "waiting"},
	{"hangs-mute", "#!/bin/sh\nexec 3>&-\nexec /bin/sleep 1000\n", DAVIT_ERROR_TIMEOUT,
	 "program \"%s/helper\": the network was not ready after 2000 ms, and it was killed"},
	{"garbage", "#!/bin/sh\nprintf 'hello\\nworld' >&3\nexec /bin/sleep 1000\n",
	 DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" said \"hello world\" where \"1\" was expected; it may be another "
	 "program"},
	{"liar", "#!/bin/sh\nprintf 1 >&3\nexec /bin/sleep 1000\n", DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" says that it is ready, but interface \"tap0\" is not there"},
	/* What it prints is cut, and does not kill it. */
	{"chatterbox",
	 "#!/bin/sh\n/usr/bin/head -c 1000000 /dev/zero >&2\nprintf 1 >&3\nexec /bin/sleep 1000\n",
	 DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" says that it is ready, but interface \"tap0\" is not there"},
	{"tun-missing",
	 "#!/bin/sh\necho 'open(\"/dev/net/tun\"): No such file or directory' >&2\nexit 255\n",
	 DAVIT_ERROR_HELPER,
	 "program \"%s/helper\" ended with status 255 before the network was ready: "
	 "open(\"/dev/net/tun\"): No such file or directory; load the kernel module tun"},
};

static void
test_helper (gconstpointer data)
{
	const Case *test = data;
	g_autoptr (World) world = world_of (test->script);
	DavitNetworkRequest request = test_request (world);

	test_attach_fails (world, &request, test->code, test->text);
}

/* The real helper, but another one answers at its API socket. */
#define IMPOSTOR(before, after)                                                                    \
	"#!/usr/bin/python3\n"                                                                     \
	"import os, signal, socket, sys\n"                                                         \
	"listener = socket.socket(socket.AF_UNIX)\n"                                               \
	"listener.bind('api')\n" before                                                            \
	"arguments = [a.replace('=api', '=real') for a in sys.argv[1:]]\n"                         \
	"if os.fork() == 0:\n"                                                                     \
	"    os.execvp('slirp4netns', ['slirp4netns'] + arguments)\n"                              \
	"os.close(3)\n" after

#define ANSWERING(what)                                                                            \
	IMPOSTOR ("listener.listen(8)\n", "while True:\n"                                          \
					  "    peer, _ = listener.accept()\n"                      \
					  "    peer.recv(4096)\n"                                  \
					  "    " what "\n"                                         \
					  "    peer.close()\n")

static const Case impostors[] = {
	{"garbage", ANSWERING ("peer.sendall(b'what?\\x1b')"), DAVIT_ERROR_HELPER,
	 "API socket of slirp4netns: the answer \"what??\" is not understood"},
	{"empty", ANSWERING ("pass"), DAVIT_ERROR_HELPER,
	 "API socket of slirp4netns: the answer \"\" is not understood"},
	{"no-id", ANSWERING ("peer.sendall(b'{\"return\":{}}')"), DAVIT_ERROR_HELPER,
	 "API socket of slirp4netns: the answer to add_hostfwd has no id"},
	{"other-object", ANSWERING ("peer.sendall(b'{\"a\":1}')"), DAVIT_ERROR_HELPER,
	 "API socket of slirp4netns: the answer \"{\"a\":1}\" is not understood"},
	{"refuses", ANSWERING ("peer.sendall(b'{\"error\":{\"desc\":\"bad\\\\nday\"}}')"),
	 DAVIT_ERROR_HELPER,
	 "publish port 18096/tcp at \"0.0.0.0\": API socket of slirp4netns: it refuses: bad day"},
	{"silent", ANSWERING ("signal.pause()"), DAVIT_ERROR_TIMEOUT,
	 "API socket of slirp4netns: read the answer: it does not answer in time"},
	{"endless", ANSWERING ("[peer.sendall(b'x' * 65536) for i in range(1000)]"),
	 DAVIT_ERROR_HELPER, "API socket of slirp4netns: read the answer: Message too long"},
	{"deaf", IMPOSTOR ("", "signal.pause()\n"), DAVIT_ERROR_HELPER,
	 "API socket of slirp4netns: connect: Connection refused"},
};

static void
test_api (gconstpointer data)
{
	static const DavitPort ports[] = {{NULL, "tcp", 18096, 80, 1}, {0}};
	const Case *test = data;
	g_autoptr (World) world = world_of (test->script);
	DavitNetworkRequest request = test_request (world);

	request.ports = ports;
	test_attach_fails (world, &request, test->code, test->text);
}

/* Whoever listens must be the process that was started. */
static void
test_api_peer (void)
{
	static const char script[] = IMPOSTOR ("mine, its = os.pipe()\n"
					       "if os.fork() == 0:\n"
					       "    listener.listen(8)\n"
					       "    os.write(its, b'x')\n"
					       "    signal.pause()\n"
					       "os.read(mine, 1)\n",
					       "signal.pause()\n");
	static const DavitPort ports[] = {{NULL, "tcp", 18096, 80, 1}, {0}};
	g_autoptr (World) world = world_of (script);
	DavitNetworkRequest request = test_request (world);
	g_autoptr (GError) error = NULL;

	request.ports = ports;
	g_assert_false (davit_network_attach (world->network, &request, NULL, &error));
	g_assert_true (
		g_regex_match_simple ("^network/slirp4netns: API socket of slirp4netns: "
				      "process [0-9]+ listens there, and not process [0-9]+$",
				      error->message, 0, 0));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_HELPER));
	test_assert_nothing_left (world);
}

/* Options that an old version lacks are found before anything is made. */
static void
test_versions (void)
{
	static const char *const outbound[] = {"outbound_addr=192.0.2.1", NULL};
	g_autoptr (World) world = world_of ("#!/bin/sh\necho slirp4netns version 1.0.1\n");
	DavitNetworkRequest request = test_request (world);

	request.options = outbound;
	test_attach_fails (world, &request, DAVIT_ERROR_UNAVAILABLE,
			   "program \"%s/helper\" has version 1.0.1, which is too old; for the "
			   "option outbound_addr: 1.1.0 or newer is needed");
	request = test_request (world);
	request.mac_address = "02:00:00:00:00:01";
	test_attach_fails (world, &request, DAVIT_ERROR_UNAVAILABLE,
			   "program \"%s/helper\" has version 1.0.1, which is too old; for a MAC "
			   "address: 1.1.9 or newer is needed");
}

static void
add_cases (const char *prefix, const Case *list, guint count, void (*function) (gconstpointer))
{
	for (guint i = 0; i < count; i++) {
		g_autofree char *name = g_strconcat (prefix, list[i].name, NULL);

		g_test_add_data_func (name, &list[i], function);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_host_make ();
	g_test_add_func ("/slirp4netns/options", test_options);
	g_test_add_func ("/slirp4netns/key-file", test_key_file);
	g_test_add_func ("/slirp4netns/refused", test_refused);
	g_test_add_func ("/slirp4netns/ports", test_ports);
	g_test_add_func ("/slirp4netns/second", test_second);
	g_test_add_func ("/slirp4netns/versions", test_versions);
	g_test_add_func ("/slirp4netns/api-peer", test_api_peer);
	add_cases ("/slirp4netns/helper-", cases, G_N_ELEMENTS (cases), test_helper);
	add_cases ("/slirp4netns/api-", impostors, G_N_ELEMENTS (impostors), test_api);
	return g_test_run ();
}
