/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every option of run and create: values that are right, and what is said of wrong ones. */

#include "container/create-request-private.h"

#include "base/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	const char *option;
	const char *value;
	const char *message; /* NULL: the value is right */
	int code;	     /* 0: USAGE */
} Case;

#define GOOD(option_, value_)                                                                      \
	{                                                                                          \
		(option_), (value_), NULL, 0                                                       \
	}
#define BAD(option_, value_, message_)                                                             \
	{                                                                                          \
		(option_), (value_), (message_), 0                                                 \
	}
#define LATER(option_, value_, message_)                                                           \
	{                                                                                          \
		(option_), (value_), (message_), DAVIT_ERROR_UNSUPPORTED                           \
	}

static void
case_run (const Case *test)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	g_autoptr (GError) error = NULL;
	gboolean done = davit_create_request_set (request, test->option, test->value, &error);
	g_autofree char *name = g_strconcat ("--", test->option, NULL);
	g_autofree char *shown = g_strescape (test->value, NULL);

	g_test_message ("--%s=%s", test->option, shown);
	if (test->message == NULL) {
		g_assert_no_error (error);
		g_assert_true (done);
		return;
	}
	g_assert_false (done);
	g_assert_error (error, DAVIT_ERROR, (test->code != 0 ? test->code : DAVIT_ERROR_USAGE));
	if (strstr (error->message, test->message) == NULL || strstr (error->message, name) == NULL)
		g_error ("\"%s\" lacks \"%s\" or \"%s\"", error->message, test->message, name);
}

static const Case switches[] = {
	GOOD ("replace", "true"),
	BAD ("replace", "yes", "must be true or false"),
	GOOD ("env-host", "false"),
	BAD ("env-host", "", "must be true or false"),
	GOOD ("unsetenv-all", "true"),
	BAD ("unsetenv-all", "1", "must be true or false"),
	GOOD ("init", "true"),
	BAD ("init", "x", "must be true or false"),
	GOOD ("passwd", "false"),
	BAD ("passwd", "x", "must be true or false"),
	GOOD ("interactive", "true"),
	BAD ("interactive", "x", "must be true or false"),
	GOOD ("tty", "true"),
	BAD ("tty", "x", "must be true or false"),
	GOOD ("oom-kill-disable", "true"),
	BAD ("oom-kill-disable", "x", "must be true or false"),
	GOOD ("privileged", "true"),
	BAD ("privileged", "x", "must be true or false"),
	GOOD ("read-only", "true"),
	BAD ("read-only", "x", "must be true or false"),
	GOOD ("read-only-tmpfs", "false"),
	BAD ("read-only-tmpfs", "x", "must be true or false"),
	GOOD ("no-hosts", "true"),
	BAD ("no-hosts", "x", "must be true or false"),
	GOOD ("no-hostname", "true"),
	BAD ("no-hostname", "x", "must be true or false"),
	GOOD ("publish-all", "true"),
	BAD ("publish-all", "x", "must be true or false"),
	GOOD ("rootfs", "true"),
	BAD ("rootfs", "x", "must be true or false"),
	GOOD ("rm", "true"),
	BAD ("rm", "x", "must be true or false"),
};

static const Case identity[] = {
	GOOD ("name", "web-1.a_b"),
	BAD ("name", "../x", "\"../x\" must begin with a letter or digit"),
	GOOD ("name", ""),
	GOOD ("hostname", "a.b-c"),
	BAD ("hostname", "a\nb", "must hold 1 to 64 letters"),
	BAD ("hostname", "-x", "must hold"),
	GOOD ("label", "a=b"),
	GOOD ("label", "bare"),
	BAD ("label", "=b", "must be KEY=VALUE"),
	BAD ("label", "a=\xff", "is not UTF-8"),
	BAD ("label-file", "/nonexistent/labels", "No such file"),
	GOOD ("annotation", "a=b"),
	BAD ("annotation", "a", "must be KEY=VALUE"),
	GOOD ("cidfile", "/tmp/cid"),
	BAD ("cidfile", "/nonexistent/cid", "there is no directory \"/nonexistent\""),
	GOOD ("pidfile", "/tmp/pid"),
	BAD ("pidfile", "", "must be a path"),
};

static const Case process[] = {
	GOOD ("entrypoint", ""),
	GOOD ("entrypoint", "/bin/sh"),
	GOOD ("entrypoint", "[\"/bin/sh\", \"-c\"]"),
	BAD ("entrypoint", "[1]", "must hold words only"),
	BAD ("entrypoint", "[\"a\"", "JSON array of words"),
	GOOD ("workdir", "/tmp"),
	BAD ("workdir", "tmp", "must be an absolute path"),
	GOOD ("user", "root"),
	GOOD ("user", "4294967294:0"),
	BAD ("user", "4294967295", "must be USER or USER:GROUP"),
	BAD ("user", "0:4294967296", "up to 4294967294"),
	BAD ("user", "a:b:c", "must be USER or USER:GROUP"),
	GOOD ("user", ":5"),
	BAD ("user", ":", "must be USER or USER:GROUP"),
	BAD ("user", "", "must be USER or USER:GROUP"),
	BAD ("user", "-1", "must be USER or USER:GROUP"),
	BAD ("user", "a\nroot::0:0", "must be USER or USER:GROUP"),
	GOOD ("group-add", "video"),
	BAD ("group-add", "99999999999", "must be a group"),
	LATER ("group-add", "keep-groups", "not there yet"),
	GOOD ("env", "A=1"),
	GOOD ("env", "DAVIT_TEST_UNSET"),
	BAD ("env", "=1", "must be KEY or KEY=VALUE"),
	BAD ("env-file", "/nonexistent/env", "No such file"),
	GOOD ("unsetenv", "A"),
	BAD ("unsetenv", "A=1", "must be the name of a variable"),
	GOOD ("umask", "0022"),
	GOOD ("umask", "77"),
	BAD ("umask", "0888", "octal number from 0000 to 0777"),
	BAD ("umask", "1777", "octal number from 0000 to 0777"),
	GOOD ("init-path", "/bin/sh"),
	BAD ("init-path", "/etc/passwd", "is no executable file"),
	GOOD ("tz", "local"),
	BAD ("tz", "../../etc/passwd", "must be a time zone"),
	BAD ("tz", "Mars/Olympus", "is no time zone"),
	GOOD ("stop-signal", "SIGINT"),
	GOOD ("stop-signal", "term"),
	BAD ("stop-signal", "SIGFOO", "is no signal"),
	GOOD ("stop-timeout", "0"),
	BAD ("stop-timeout", "-5", "must be a number of seconds"),
	GOOD ("timeout", "3"),
	BAD ("timeout", "3x", "must be a number of seconds"),
	GOOD ("attach", "STDOUT"),
	BAD ("attach", "stdlog", "must be stdin, stdout or stderr"),
};

static const Case limits[] = {
	GOOD ("cpus", "1.5"),
	GOOD ("cpus", "0.01"),
	GOOD ("cpus", "0"),
	BAD ("cpus", "nan", "number of processors"),
	BAD ("cpus", "-1", "number of processors"),
	BAD ("cpus", "0.001", "from 0.01 on"),
	BAD ("cpus", "1e3", "number of processors"),
	GOOD ("cpu-shares", "1024"),
	BAD ("cpu-shares", "1", "from 2 to 262144"),
	GOOD ("cpu-period", "100000"),
	BAD ("cpu-period", "1", "from 1000 to 1000000"),
	GOOD ("cpu-quota", "-1"),
	BAD ("cpu-quota", "5", "-1: no limit"),
	GOOD ("cpuset-cpus", "0-1,3"),
	BAD ("cpuset-cpus", "3-1", "must be a list"),
	BAD ("cpuset-cpus", "", "must be a list"),
	BAD ("cpuset-cpus", "0,,1", "must be a list"),
	GOOD ("cpuset-mems", "0"),
	BAD ("cpuset-mems", "a", "must be a list"),
	GOOD ("memory", "64m"),
	BAD ("memory", "99999999999999999999g", "must be a size"),
	BAD ("memory", "4k", "512k is the least"),
	BAD ("memory", "-1", "must be a size"),
	GOOD ("memory-reservation", "1m"),
	BAD ("memory-reservation", "x", "must be a size"),
	GOOD ("memory-swap", "-1"),
	BAD ("memory-swap", "-2", "-1: any amount"),
	GOOD ("memory-swappiness", "60"),
	BAD ("memory-swappiness", "101", "from 0 to 100"),
	GOOD ("oom-score-adj", "-1000"),
	BAD ("oom-score-adj", "1001", "from -1000 to 1000"),
	BAD ("oom-score-adj", "--5", "from -1000 to 1000"),
	GOOD ("pids-limit", "-1"),
	BAD ("pids-limit", "-2", "-1: any"),
	GOOD ("shm-size", "1g"),
	BAD ("shm-size", "0", "must be more than 0"),
	GOOD ("ulimit", "nofile=64:128"),
	GOOD ("ulimit", "RLIMIT_CORE=0"),
	LATER ("ulimit", "host", "\"host\" is not there yet"),
	BAD ("ulimit", "nofiles=1", "must begin with one of as, core"),
	BAD ("ulimit", "nofile=3:2", "soft limit above the hard one"),
	BAD ("ulimit", "nofile=x", "with numbers"),
	BAD ("ulimit", "nofile", "must be NAME=SOFT[:HARD]"),
	GOOD ("blkio-weight", "10"),
	BAD ("blkio-weight", "5", "from 10 to 1000"),
	BAD ("device-read-bps", "/dev/null:1m", "is no block device"),
	BAD ("device-write-bps", "sda", "must be DEVICE:RATE"),
	BAD ("device-read-iops", "/nonexistent:5", "is no block device"),
	BAD ("device-write-iops", "x:5", "must be DEVICE:RATE"),
	GOOD ("cgroup-conf", "memory.high=1000"),
	BAD ("cgroup-conf", "../memory.high=1", "a file of cgroup v2"),
	GOOD ("cgroup-parent", "/a/b"),
	BAD ("cgroup-parent", "/a/../b", "without \".\" and \"..\""),
	GOOD ("cgroups", "enabled"),
	BAD ("cgroups", "on", "must be enabled"),
	LATER ("cgroups", "disabled", "not there yet"),
};

static const Case security[] = {
	GOOD ("cap-add", "all"),
	GOOD ("cap-add", "net_raw,CAP_SYS_ADMIN"),
	BAD ("cap-add", "CAP_FLY", "\"CAP_FLY\" is no capability"),
	BAD ("cap-add", "", "must name a capability"),
	GOOD ("cap-drop", "ALL"),
	BAD ("cap-drop", "x", "is no capability"),
	GOOD ("security-opt", "seccomp=unconfined"),
	BAD ("security-opt", "seccomp=/nonexistent", "neither unconfined nor a file"),
	BAD ("security-opt", "seccomp=/dev/zero", "neither unconfined nor a file"),
	BAD ("security-opt", "seccomp", "must be KEY=VALUE"),
	GOOD ("security-opt", "no-new-privileges"),
	GOOD ("security-opt", "no-new-privileges:false"),
	BAD ("security-opt", "no-new-privileges=maybe", "must be true or false"),
	GOOD ("security-opt", "mask=/proc/x:/sys/y"),
	BAD ("security-opt", "mask=x", "must be an absolute path"),
	GOOD ("security-opt", "unmask=ALL"),
	GOOD ("security-opt", "unmask=/proc/*"),
	BAD ("security-opt", "unmask=/proc/../x", "must not hold \"..\""),
	GOOD ("security-opt", "systempaths=unconfined"),
	BAD ("security-opt", "systempaths=x", "must be unconfined"),
	GOOD ("security-opt", "label=disable"),
	GOOD ("security-opt", "apparmor=unconfined"),
	BAD ("security-opt", "colour=red", "must begin with one of seccomp"),
	LATER ("security-opt", "proc-opts=hidepid=2", "is not there yet"),
	LATER ("security-opt", "writable-cgroups=true", "is not there yet"),
};

static const Case namespaces[] = {
	GOOD ("pid", "host"),
	GOOD ("pid", "container:web"),
	GOOD ("pid", "ns:/proc/self/ns/pid"),
	BAD ("pid", "shareable", "must be private, host, container:NAME or ns:PATH"),
	BAD ("pid", "container:", "must name a container"),
	BAD ("pid", "ns:/nonexistent", "must name the file of a namespace"),
	GOOD ("ipc", "none"),
	LATER ("ipc", "shareable", "\"shareable\" is not there yet"),
	BAD ("ipc", "x", "must be private, shareable, none, host"),
	GOOD ("uts", "private"),
	BAD ("uts", "none", "must be private, host"),
	GOOD ("cgroupns", "host"),
	BAD ("cgroupns", "x", "must be private, host"),
	GOOD ("network", "none"),
	GOOD ("network", "host"),
	GOOD ("network", "mine"),
	GOOD ("network", "default"),
	GOOD ("network", "one,two"),
	GOOD ("network", "slirp4netns:mtu=1400,cidr=10.1.0.0/24,outbound_addr6=::1"),
	GOOD ("network", "mine:ip=10.0.0.2,mac=92:d0:c6:0a:29:33,interface_name=lan0,alias=db"),
	GOOD ("network", "mine:ip=fd00::2"),
	GOOD ("network", "name=mine,ip6=fd00::2,mac-address=92-d0-c6-0a-29-33,driver-opt=a=b"),
	BAD ("network", "", "must be none, default"),
	BAD ("network", "a b", "must be none, default"),
	BAD ("network", "one,", "must be none, default"),
	BAD ("network", "none:mtu=5", "\"none\" takes no options"),
	BAD ("network", "host:mtu=5", "\"host\" takes no options"),
	BAD ("network", "container:", "must name a container"),
	BAD ("network", "mine:ip", "\"ip\" must be KEY=VALUE"),
	BAD ("network", "mine:", "has no options behind its name"),
	BAD ("network", "mine:=x", "\"=x\" must be KEY=VALUE"),
	BAD ("network", "mine:ip=10.0.0", "ip: \"10.0.0\" must be an address"),
	BAD ("network", "mine:ip6=10.0.0.2", "ip6: \"10.0.0.2\" must be an IPv6 address"),
	BAD ("network", "mine:mac=93:d0:c6:0a:29:33", "must be a MAC address"),
	BAD ("network", "mine:interface_name=0123456789abcdef", "must be the name of an interface"),
	BAD ("network", "mine:interface_name=lo", "must be the name of an interface"),
	BAD ("network", "mine:interface_name=a/b", "must be the name of an interface"),
	BAD ("network", "mine:alias=-x", "must be a host name"),
	BAD ("network", "name=mine,driver-opt=a", "must be KEY=VALUE"),
	GOOD ("timens", "private"),
	BAD ("timens", "none", "must be private, host"),
	GOOD ("time-offset", "monotonic=86400"),
	GOOD ("time-offset", "boottime=-1.25"),
	BAD ("time-offset", "realtime=5", "must be monotonic=SECONDS or boottime=SECONDS"),
	BAD ("time-offset", "monotonic=1.x", "must be monotonic=SECONDS"),
	GOOD ("userns", "host"),
	LATER ("userns", "keep-id", "\"keep-id\" is not there yet"),
	LATER ("uidmap", "0:1:1", "is not there yet"),
	LATER ("gidmap", "0:1:1", "is not there yet"),
};

static const Case network[] = {
	GOOD ("dns", "1.1.1.1"),
	GOOD ("dns", "::1"),
	GOOD ("dns", "none"),
	BAD ("dns", "1.1.1.1\nsearch evil", "must be the address of a name server"),
	GOOD ("dns-search", "."),
	GOOD ("dns-search", "example.org"),
	BAD ("dns-search", "a b", "must be a domain"),
	GOOD ("dns-option", "ndots:2"),
	BAD ("dns-option", "a b", "must be one word"),
	GOOD ("add-host", "a:1.2.3.4"),
	GOOD ("add-host", "a=[::1]"),
	GOOD ("add-host", "a;b:1.2.3.4"),
	BAD ("add-host", "a", "must be NAME:ADDRESS"),
	BAD ("add-host", "a b:1.2.3.4", "must be NAME:ADDRESS"),
	BAD ("add-host", "a:1.2.3", "IPv4 or IPv6 address"),
	LATER ("add-host", "a:host-gateway", "needs a network"),
	GOOD ("hosts-file", "image"),
	BAD ("hosts-file", "/nonexistent", "must be none, image or a file"),
	GOOD ("publish", "80"),
	GOOD ("publish", "8080:80/udp"),
	GOOD ("publish", "127.0.0.1::80"),
	GOOD ("publish", "[::1]:8000-8010:80-90"),
	BAD ("publish", "0:80", "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL]"),
	BAD ("publish", "80/xyz", "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL]"),
	BAD ("publish", "80-90:80", "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL]"),
	BAD ("publish", "70000", "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL]"),
	BAD ("publish", "host:80:80", "must be [[ADDRESS:]PORT:]PORT[/PROTOCOL]"),
	GOOD ("expose", "80-81/sctp"),
	BAD ("expose", "x", "must be PORT[/PROTOCOL]"),
	GOOD ("ip", "10.0.0.1"),
	BAD ("ip", "::1", "must be an IPv4 address"),
	GOOD ("ip6", "fd00::1"),
	BAD ("ip6", "10.0.0.1", "must be an IPv6 address"),
	GOOD ("mac-address", "92:d0:c6:0a:29:33"),
	BAD ("mac-address", "93:d0:c6:0a:29:33", "must be a MAC address"),
	GOOD ("network-alias", "db"),
	BAD ("network-alias", "a b", "must be a host name"),
};

static const Case files[] = {
	GOOD ("volume", "/tmp:/data"),
	GOOD ("volume", "./:/data:ro,nosuid,rslave"),
	BAD ("volume", "/nonexistent:/data", "there is no \"/nonexistent\""),
	BAD ("volume", "/tmp:data", "must be an absolute path"),
	BAD ("volume", "/tmp:/", "is the root file system itself"),
	BAD ("volume", "/tmp:/proc", "nothing may lie over /proc"),
	BAD ("volume", "/tmp:/proc/self", "nothing may lie over /proc"),
	BAD ("volume", "/tmp:/a/../proc", "must not hold \"..\""),
	BAD ("volume", "/tmp:/data:ro,rw", "\"rw\" excludes \"ro\""),
	BAD ("volume", "/tmp:/data:fast", "\"fast\" is no option of a mount"),
	BAD ("volume", "/tmp:/data:ro:x", "must be SOURCE:TARGET[:OPTIONS]"),
	BAD ("volume", "", "must be SOURCE:TARGET[:OPTIONS]"),
	LATER ("volume", "data:/data", "named volumes are not there yet"),
	LATER ("volume", "/data", "anonymous volume"),
	LATER ("volume", "/tmp:/data:U", "\"U\" is not there yet"),
	LATER ("volume", "/tmp:/data:O", "\"O\" is not there yet"),
	GOOD ("mount", "type=bind,src=/tmp,dst=/data,ro,bind-propagation=rslave"),
	GOOD ("mount", "type=bind,\"source=/tmp\",target=/data,readonly=false"),
	GOOD ("mount", "type=tmpfs,target=/data,tmpfs-size=1m,tmpfs-mode=1777"),
	BAD ("mount", "type=bind,target=/data", "has no source"),
	BAD ("mount", "type=bind,source=/tmp", "has no target"),
	BAD ("mount", "type=tmpfs,source=/tmp,target=/data", "a tmpfs can't have"),
	BAD ("mount", "type=tmpfs,target=/data,tmpfs-mode=9", "octal number"),
	BAD ("mount", "type=bind,source=/tmp,target=/data,fast", "is no key of a mount"),
	BAD ("mount", "type=floppy,target=/data", "is no type; write bind or tmpfs"),
	BAD ("mount", "type=bind,\"source=/tmp", "a quote that is not closed"),
	BAD ("mount", "type=bind,type=bind", "once for each key"),
	GOOD ("mount", "type=bind,source=/tmp,target=/data,bind-recursive=disabled"),
	BAD ("mount", "type=bind,source=/tmp,target=/data,bind-recursive=x", "must be enabled"),
	LATER ("mount", "type=bind,source=/tmp,target=/d,bind-recursive=writable",
	       "is not there yet"),
	LATER ("mount", "source=x,target=/data", "mounts of type \"volume\""),
	LATER ("mount", "type=bind,source=/tmp,target=/data,idmap", "key \"idmap\""),
	GOOD ("tmpfs", "/tmp"),
	GOOD ("tmpfs", "/tmp:size=1m,mode=700,exec"),
	BAD ("tmpfs", "tmp", "must be an absolute path"),
	BAD ("tmpfs", "/tmp:size=x", "must be a size"),
	BAD ("tmpfs", "/tmp:huge=always", "is no option of a tmpfs"),
	BAD ("tmpfs", "/tmp:exec,noexec", "\"noexec\" excludes \"exec\""),
	GOOD ("device", "/dev/null"),
	GOOD ("device", "/dev/null:/dev/x:rw"),
	BAD ("device", "/dev/null:/../../x", "must not hold \"..\""),
	BAD ("device", "/dev/null:/x", "must lie below /dev"),
	BAD ("device", "/etc/passwd", "is no device"),
	BAD ("device", "/dev/none", "there is no device"),
	BAD ("device", "/dev/null:/dev/x:rr", "must be HOST[:INSIDE][:rwm]"),
	LATER ("device", "vendor.com/gpu=0", "CDI device"),
	LATER ("device", "/dev", "is a directory"),
	GOOD ("device-cgroup-rule", "c 10:200 rwm"),
	GOOD ("device-cgroup-rule", "b *:* r"),
	BAD ("device-cgroup-rule", "c 10 r", "must be TYPE MAJOR:MINOR ACCESS"),
	GOOD ("sysctl", "net.ipv4.ip_forward=1"),
	GOOD ("sysctl", "kernel.msgmax=65536"),
	BAD ("sysctl", "kernel.core_pattern=|/x", "would change the host"),
	BAD ("sysctl", "net/../kernel.core_pattern=1", "must be KEY=VALUE"),
	BAD ("sysctl", "kernel.hostname=x", "use --hostname"),
	BAD ("sysctl", "net.x=", "must be KEY=VALUE"),
};

static const Case life[] = {
	GOOD ("restart", "no"),
	BAD ("restart", "sometimes", "must be no"),
	LATER ("restart", "always", "\"always\" is not there yet"),
	LATER ("restart", "on-failure:3", "is not there yet"),
	GOOD ("pull", "never"),
	BAD ("pull", "often", "must be missing or never"),
	LATER ("pull", "always", "needs registries"),
	GOOD ("platform", "linux/amd64"),
	BAD ("platform", "linux/", "must be OS[/ARCHITECTURE[/VARIANT]]"),
	GOOD ("log-driver", "none"),
	BAD ("log-driver", "paper", "must be k8s-file or none"),
	LATER ("log-driver", "journald", "\"journald\" is not there yet"),
	GOOD ("log-opt", "max-size=1m"),
	GOOD ("log-opt", "max-file=3"),
	BAD ("log-opt", "max-file=0", "from 1 to 1000"),
	BAD ("log-opt", "x=y", "must be max-size=SIZE or max-file=NUMBER"),
	LATER ("log-opt", "tag=x", "is not there yet"),
	GOOD ("tmpfs-upper", "64m"),
	GOOD ("tmpfs-upper", "4k"),
	BAD ("tmpfs-upper", "0", "4k is the least"),
	BAD ("tmpfs-upper", "4095", "4k is the least"),
	BAD ("tmpfs-upper", "-1", "must be a size"),
	BAD ("tmpfs-upper", "half", "must be a size"),
	BAD ("tmpfs-upper", "99999999999999999999g", "must be a size"),
	GOOD ("storage", "vfs"),
	BAD ("storage", "a/b", "must be the name of a plugin"),
	GOOD ("network-driver", "none"),
	BAD ("network-driver", "", "must be the name of a plugin"),
	GOOD ("runtime", "native"),
	BAD ("runtime", "../x", "must be the name of a plugin"),
	GOOD ("checkpoint", "criu"),
	BAD ("checkpoint", "X", "must be the name of a plugin"),
};

static const struct {
	const Case *cases;
	gsize count;
} topics[] = {
	{switches, G_N_ELEMENTS (switches)}, {identity, G_N_ELEMENTS (identity)},
	{process, G_N_ELEMENTS (process)},   {limits, G_N_ELEMENTS (limits)},
	{security, G_N_ELEMENTS (security)}, {namespaces, G_N_ELEMENTS (namespaces)},
	{network, G_N_ELEMENTS (network)},   {files, G_N_ELEMENTS (files)},
	{life, G_N_ELEMENTS (life)},
};

static void
test_values (void)
{
	for (guint i = 0; i < G_N_ELEMENTS (topics); i++) {
		for (gsize j = 0; j < topics[i].count; j++)
			case_run (&topics[i].cases[j]);
	}
}

/* No option is without a value that it refuses. */
static void
test_complete (void)
{
	g_autoptr (GHashTable) refused = g_hash_table_new (g_str_hash, g_str_equal);
	const char *const *words = davit_create_request_options ();

	for (guint i = 0; i < G_N_ELEMENTS (topics); i++) {
		for (gsize j = 0; j < topics[i].count; j++) {
			if (topics[i].cases[j].message != NULL)
				g_hash_table_add (refused, (gpointer) topics[i].cases[j].option);
		}
	}
	for (guint i = 0; words[i] != NULL; i++) {
		g_test_message ("%s", words[i]);
		g_assert_true (g_hash_table_contains (refused, words[i]));
		g_assert_true (i == 0 || strcmp (words[i - 1], words[i]) < 0);
	}
}

static void
test_unknown (void)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_create_request_set (request, "colour", "red", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==, "unknown option \"--colour\"");
}

/* "option=value" words, then what the whole is said to be. */
static void
combination (const char *const *words, const char *message)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	g_autoptr (GError) error = NULL;

	for (; *words != NULL; words++) {
		g_auto (GStrv) parts = g_strsplit (*words, "=", 2);

		g_test_message ("--%s", *words);
		g_assert_true (davit_create_request_set (request, parts[0], parts[1], &error));
	}
	if (message == NULL) {
		davit_request_check (request, &error);
		g_assert_no_error (error);
		return;
	}
	g_assert_false (davit_request_check (request, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	if (strstr (error->message, message) == NULL)
		g_error ("\"%s\" lacks \"%s\"", error->message, message);
}

/* A mode of the network leaves no room for another one, nor for networks. */
static void
test_network_modes (void)
{
	static const struct {
		const char *first;
		const char *second;
		const char *text;
	} cases[] = {
		{"host", "one", "can't be combined with \"host\""},
		{"one", "none", "can't be combined with networks"},
		{"none", "host", "can't be combined with \"none\""},
		{"container:web", "one", "can't be combined with \"container:web\""},
		{"default", "one", "can't be combined with \"default\""},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
		g_autoptr (GError) error = NULL;

		g_assert_true (
			davit_create_request_set (request, "network", cases[i].first, &error));
		g_assert_no_error (error);
		g_assert_false (
			davit_create_request_set (request, "network", cases[i].second, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
		g_assert_nonnull (strstr (error->message, cases[i].text));
	}
}

static void
test_combinations (void)
{
	static const struct {
		const char *words;
		const char *message;
	} cases[] = {
		{"cpus=1|cpu-quota=5000", "\"--cpus\" and \"--cpu-quota\" exclude each other"},
		{"cpus=1|cpu-period=5000", "\"--cpus\" and \"--cpu-period\" exclude"},
		{"cpu-period=5000", "\"--cpu-period\" has no effect without"},
		{"memory-swap=1m", "\"--memory-swap\" needs \"--memory\""},
		{"memory=2m|memory-swap=1m", "must not be less than"},
		{"memory=2m|memory-swap=2m", NULL},
		{"memory=1m|memory-reservation=2m", "must not be more than"},
		{"hostname=x|uts=host", "can't be used with a shared UTS"},
		{"time-offset=monotonic=1|timens=host", "needs \"--timens private\""},
		{"time-offset=monotonic=1", NULL},
		{"ipc=host|shm-size=1m", "\"--shm-size\" has no effect"},
		{"ipc=none|shm-size=1m", "\"--shm-size\" has no effect"},
		{"sysctl=net.a=1|network=host", "the network namespace is shared"},
		{"sysctl=kernel.msgmax=1|ipc=host", "the ipc namespace is shared"},
		{"sysctl=kernel.domainname=1|uts=host", "the uts namespace is shared"},
		{"sysctl=net.a=1|network=none", NULL},
		{"dns=none|dns=1.1.1.1", "exclude each other"},
		{"dns=none|dns-search=a", "\"--dns-search\" and \"--dns-option\" would have"},
		{"no-hosts=true|add-host=a:1.2.3.4", "\"--no-hosts\" and \"--add-host\""},
		{"network=container:x|publish=80", "\"--publish\" and \"--network container"},
		{"network=host|ip=1.2.3.4", "\"--ip\" needs a network of its own"},
		{"network=none|mac-address=92:d0:c6:0a:29:33", "\"--mac-address\" needs"},
		{"network=host|network-driver=none", "\"--network-driver\" has no effect"},
		{"network=none|network-driver=none", NULL},
		{"network=none|network-driver=cni",
		 "\"--network none\" and \"--network-driver cni\""},
		{"network=host|network=host", NULL},
		{"network=one|network=two", NULL},
		{"network=one,two|ip=10.0.0.2", "\"--ip\" is for a single network"},
		{"network=one|network=two|ip6=::2", "write --network NAME:ip6=VALUE"},
		{"network=one,two|mac-address=92:d0:c6:0a:29:33", "\"--mac-address\" is for"},
		{"network=one:ip=10.0.0.2|ip=10.0.0.3", "\"--ip\" and \"--network one:ip=\""},
		{"tmpfs=/a|volume=/tmp:/a", "two mounts have the target \"/a\""},
		{"replace=true", "\"--replace\" needs \"--name\""},
		{"init-path=/bin/sh", "\"--init-path\" has no effect without"},
		{"init=true|pid=host", "\"--init\" needs a process namespace"},
		{"log-driver=none|log-opt=max-size=1m", "\"--log-opt\" has no effect"},
		{"rootfs=true|storage=vfs", "\"--rootfs\" and \"--storage\" exclude"},
		{"rootfs=true|tmpfs-upper=1m", "\"--rootfs\" and \"--tmpfs-upper\" exclude"},
		{"read-only=true|tmpfs-upper=1m", "\"--read-only\" and \"--tmpfs-upper\" exclude"},
		{"rootfs=true|platform=linux", "\"--rootfs\" and \"--platform\" exclude"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_auto (GStrv) words = g_strsplit (cases[i].words, "|", -1);

		combination ((const char *const *) words, cases[i].message);
	}
}

static void
set (DavitCreateRequest *request, const char *option, const char *value)
{
	g_autoptr (GError) error = NULL;

	davit_create_request_set (request, option, value, &error);
	g_assert_no_error (error);
}

static const char *
nth (const GPtrArray *array, guint index)
{
	g_assert_cmpuint (index, <, array->len);
	return (const char *) array->pdata[index];
}

static void
test_parsed (void)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	const DavitRequestMount *mount;
	const DavitRequestPort *port;

	set (request, "cpus", "1.25");
	g_assert_cmpuint (request->limits.nano_cpus, ==, 1250000000);
	set (request, "umask", "027");
	g_assert_cmpint (request->umask, ==, 027);
	set (request, "time-offset", "monotonic=-1.25");
	g_assert_cmpint (request->namespaces.monotonic.seconds, ==, -2);
	g_assert_cmpuint (request->namespaces.monotonic.nanoseconds, ==, 750000000);
	set (request, "label", "a=1");
	set (request, "label", "b=2");
	set (request, "label", "a=3");
	g_assert_cmpuint (request->labels->len, ==, 2);
	g_assert_cmpstr (nth (request->labels, 1), ==, "a=3");
	set (request, "publish", "[::1]:8000-8001:80-81/udp");
	port = (const DavitRequestPort *) request->network.ports->pdata[0];
	g_assert_cmpstr (port->host_address, ==, "::1");
	g_assert_cmpuint (port->host_port, ==, 8000);
	g_assert_cmpuint (port->container_port, ==, 80);
	g_assert_cmpuint (port->count, ==, 2);
	g_assert_cmpstr (port->protocol, ==, "udp");
	set (request, "mount", "type=tmpfs,target=/a//b/,tmpfs-size=1k");
	mount = (const DavitRequestMount *) request->mounts->pdata[0];
	g_assert_cmpstr (mount->destination, ==, "/a/b");
	g_assert_cmpstr (mount->options[0], ==, "size=1024");
	g_assert_true (g_strv_contains ((const char *const *) mount->options, "nosuid"));
	set (request, "volume", "/tmp:/c:ro");
	mount = (const DavitRequestMount *) request->mounts->pdata[1];
	g_assert_cmpstr (mount->options[0], ==, "ro");
	g_assert_cmpstr (mount->options[1], ==, "rbind");
	g_assert_cmpstr (mount->options[2], ==, "rprivate");
	g_assert_cmpstr (mount->options[3], ==, "rro");
	set (request, "entrypoint", "[\"a\",\"b\"]");
	g_assert_cmpstr (request->entrypoint[1], ==, "b");
	set (request, "entrypoint", "");
	g_assert_null (request->entrypoint[0]);
}

static void
test_env (void)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp ("davit-env-XXXXXX", &path, NULL);

	g_assert_cmpint (fd, >=, 0);
	close (fd);
	g_setenv ("DAVIT_TEST_HOST", "h", TRUE);
	g_unsetenv ("DAVIT_TEST_NONE");
	g_assert_true (g_file_set_contents (
		path, "# comment\n\n  A=1 # kept\r\nDAVIT_TEST_HOST\nDAVIT_TEST_NONE\n", -1, NULL));
	set (request, "env-file", path);
	g_assert_cmpuint (request->env.files->len, ==, 3);
	g_assert_cmpstr (nth (request->env.files, 0), ==, "A=1 # kept");
	g_assert_cmpstr (nth (request->env.files, 1), ==, "DAVIT_TEST_HOST=h");
	g_assert_cmpstr (nth (request->env.files, 2), ==, "DAVIT_TEST_NONE");
	g_assert_true (g_file_set_contents (path, "A=1\n=2\n", -1, NULL));
	g_assert_false (davit_create_request_set (request, "env-file", path, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_nonnull (strstr (error->message, "line 2: option \"--env-file\": \"=2\""));
	g_clear_error (&error);
	g_assert_true (g_file_set_contents (path, "A=1\0B", 5, NULL));
	g_assert_false (davit_create_request_set (request, "env-file", path, &error));
	g_assert_nonnull (strstr (error->message, "is no text in UTF-8"));
	g_clear_error (&error);
	g_assert_true (g_file_set_contents (path, "a=b\nc\n", -1, NULL));
	set (request, "label-file", path);
	g_assert_cmpstr (nth (request->labels, 1), ==, "c=");
	g_unlink (path);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/create-request/values", test_values);
	g_test_add_func ("/create-request/complete", test_complete);
	g_test_add_func ("/create-request/unknown", test_unknown);
	g_test_add_func ("/create-request/combinations", test_combinations);
	g_test_add_func ("/create-request/network-modes", test_network_modes);
	g_test_add_func ("/create-request/parsed", test_parsed);
	g_test_add_func ("/create-request/env", test_env);
	return g_test_run ();
}
