/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The flags of run and create. Those that the request knows (container/create-request.h) are handed
 * to it by their names; what they may hold is checked there. test-commands.c sees to it that the
 * two tables agree.
 */

#include "cli/cmd.h"

/* One line a flag: here a macro shows the table better than designators do. */
#define SWITCH(name_, letter_, help_)                                                              \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .type = DAVIT_FLAG_SWITCH, .help = (help_)   \
	}
#define TEXT(name_, letter_, argument_, help_, ...)                                                \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .type = DAVIT_FLAG_TEXT,                     \
		.argument = (argument_), .help = (help_), __VA_ARGS__                              \
	}
#define LIST(name_, letter_, argument_, help_, ...)                                                \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .type = DAVIT_FLAG_LIST,                     \
		.argument = (argument_), .help = (help_), __VA_ARGS__                              \
	}
#define ALIAS(name_, alias_)                                                                       \
	{                                                                                          \
		.name = (name_), .alias = (alias_)                                                 \
	}

const DavitFlag davit_create_flags[] = {
	/* identity */
	TEXT ("name", 0, "NAME", "name of the container", .fallback = "a made-up one"),
	TEXT ("hostname", 'h', "NAME", "host name inside", .fallback = "the beginning of the id"),
	LIST ("label", 'l', "KEY=VALUE", "a label (may be repeated)"),
	LIST ("label-file", 0, "FILE", "read labels from a file, one a line", .complete = "file"),
	LIST ("annotation", 0, "KEY=VALUE", "an annotation for the runtime (may be repeated)"),
	TEXT ("cidfile", 0, "FILE", "write the id to a file, which must not exist",
	      .complete = "file"),
	TEXT ("pidfile", 0, "FILE", "write the pid of the first process to a file",
	      .complete = "file"),
	SWITCH ("replace", 0, "remove the container that has the name already"),
	/* process */
	TEXT ("entrypoint", 0, "COMMAND", "instead of the image's entry point; \"\" for none"),
	TEXT ("workdir", 'w', "DIRECTORY", "working directory inside"),
	TEXT ("user", 'u', "USER[:GROUP]", "the user, by name or number"),
	LIST ("group-add", 0, "GROUP", "a further group (may be repeated)"),
	LIST ("env", 'e', "KEY[=VALUE]", "an environment variable; without a value: the caller's"),
	LIST ("env-file", 0, "FILE", "read environment variables from a file, one a line",
	      .complete = "file"),
	SWITCH ("env-host", 0, "pass the caller's whole environment on"),
	LIST ("unsetenv", 0, "KEY", "leave out a variable of the image"),
	SWITCH ("unsetenv-all", 0, "leave out all variables of the image and of the engine"),
	TEXT ("umask", 0, "OCTAL", "file mode creation mask", .fallback = "0022"),
	SWITCH ("init", 0, "put a small init in front, which reaps processes"),
	TEXT ("init-path", 0, "FILE", "the program that --init uses", .complete = "file"),
	TEXT ("tz", 0, "ZONE", "time zone, or local"),
	TEXT ("stop-signal", 0, "SIGNAL", "what stop sends first",
	      .fallback = "the image's, or SIGTERM", .complete = "signal"),
	TEXT ("stop-timeout", 0, "SECONDS", "how long stop waits before it kills",
	      .fallback = "10"),
	TEXT ("timeout", 0, "SECONDS", "end the container after this time", .fallback = "never"),
	{.name = "passwd",
	 .letter = 0,
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "add an entry for a numeric user to /etc/passwd",
	 .fallback = "true"},
	/* streams */
	SWITCH ("interactive", 'i', "keep standard input open"),
	SWITCH ("tty", 't', "give it a terminal"),
	LIST ("attach", 'a', "STREAM", "connect stdin, stdout or stderr (may be repeated)",
	      .complete = "stream"),
	/* limits */
	TEXT ("cpus", 0, "NUMBER", "how many processors' time it may use"),
	TEXT ("cpu-shares", 'c', "NUMBER", "relative weight of its processor time"),
	TEXT ("cpu-period", 0, "MICROSECONDS", "period of the processor quota"),
	TEXT ("cpu-quota", 0, "MICROSECONDS", "processor time in each period"),
	TEXT ("cpuset-cpus", 0, "LIST", "processors that it may use: 0-2,7"),
	TEXT ("cpuset-mems", 0, "LIST", "memory nodes that it may use"),
	TEXT ("memory", 'm', "SIZE", "memory that it may use"),
	TEXT ("memory-reservation", 0, "SIZE", "memory that it is left with when memory is short"),
	TEXT ("memory-swap", 0, "SIZE", "memory and swap together; -1: any"),
	TEXT ("memory-swappiness", 0, "NUMBER", "0 to 100, or -1: the host's", .fallback = "-1"),
	SWITCH ("oom-kill-disable", 0, "don't kill it when its memory is used up"),
	TEXT ("oom-score-adj", 0, "NUMBER",
	      "how soon it is killed when the host's memory is used up"),
	TEXT ("pids-limit", 0, "NUMBER", "how many processes; -1: any", .fallback = "2048"),
	TEXT ("shm-size", 0, "SIZE", "size of /dev/shm", .fallback = "64m"),
	LIST ("ulimit", 0, "NAME=SOFT[:HARD]", "a resource limit (may be repeated)"),
	TEXT ("blkio-weight", 0, "NUMBER", "relative weight of its disk access, 10 to 1000"),
	LIST ("device-read-bps", 0, "DEVICE:SIZE", "bytes a second that it may read"),
	LIST ("device-write-bps", 0, "DEVICE:SIZE", "bytes a second that it may write"),
	LIST ("device-read-iops", 0, "DEVICE:NUMBER", "reads a second"),
	LIST ("device-write-iops", 0, "DEVICE:NUMBER", "writes a second"),
	LIST ("cgroup-conf", 0, "KEY=VALUE", "a file of cgroup v2 (may be repeated)"),
	TEXT ("cgroup-parent", 0, "PATH", "cgroup to make its cgroup in"),
	TEXT ("cgroups", 0, "MODE", "whether it has a cgroup of its own", .fallback = "enabled"),
	/* security */
	LIST ("cap-add", 0, "CAPABILITY", "a capability more, or all", .complete = "capability"),
	LIST ("cap-drop", 0, "CAPABILITY", "a capability less, or all", .complete = "capability"),
	LIST ("security-opt", 0, "OPTION",
	      "one of seccomp=FILE, no-new-privileges, mask=, unmask=, label=, apparmor="),
	SWITCH ("privileged", 0, "no confinement: all capabilities and devices, no seccomp filter"),
	SWITCH ("read-only", 0, "the root file system can't be written to"),
	{.name = "read-only-tmpfs",
	 .letter = 0,
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "with --read-only: writable /run, /tmp and /var/tmp",
	 .fallback = "true"},
	/* namespaces */
	TEXT ("pid", 0, "MODE", "whose processes it sees: private, host or container:NAME",
	      .fallback = "private"),
	TEXT ("ipc", 0, "MODE", "shared memory: private, shareable, none, host or container:NAME",
	      .fallback = "private"),
	TEXT ("uts", 0, "MODE", "whose host name it has: private, host or container:NAME",
	      .fallback = "private"),
	TEXT ("cgroupns", 0, "MODE", "which cgroups it sees: private or host"),
	LIST ("network", 0, "NETWORK[:KEY=VALUE,...]",
	      "what it is connected to: none, host, container:NAME, a network, or a network plugin "
	      "(networks may be repeated)"),
	TEXT ("timens", 0, "MODE", "whose clocks it has: private, host or container:NAME",
	      .fallback = "host"),
	LIST ("time-offset", 0, "CLOCK=SECONDS",
	      "shift monotonic or boottime, in a private time namespace"),
	TEXT ("userns", 0, "MODE", "whose user ids it has: host, so far", .fallback = "host"),
	LIST ("uidmap", 0, "INSIDE:OUTSIDE:COUNT", "user ids of a user namespace; not there yet"),
	LIST ("gidmap", 0, "INSIDE:OUTSIDE:COUNT", "group ids of a user namespace; not there yet"),
	/* network */
	LIST ("dns", 0, "ADDRESS", "a name server; none: leave resolv.conf alone"),
	LIST ("dns-search", 0, "DOMAIN", "a domain to search names in; .: none"),
	LIST ("dns-option", 0, "OPTION", "an option of resolv.conf"),
	LIST ("add-host", 0, "NAME:ADDRESS", "a line in /etc/hosts (may be repeated)"),
	SWITCH ("no-hosts", 0, "leave the image's /etc/hosts alone"),
	SWITCH ("no-hostname", 0, "leave the image's /etc/hostname alone"),
	TEXT ("hosts-file", 0, "FILE", "what /etc/hosts begins with; none, image or a path",
	      .complete = "file"),
	LIST ("publish", 'p', "[[ADDRESS:]PORT:]PORT", "make a port reachable from outside"),
	SWITCH ("publish-all", 'P', "publish all ports that the image exposes"),
	LIST ("expose", 0, "PORT[/PROTOCOL]", "a port that it serves"),
	TEXT ("ip", 0, "ADDRESS", "its IPv4 address, in a single network"),
	TEXT ("ip6", 0, "ADDRESS", "its IPv6 address, in a single network"),
	TEXT ("mac-address", 0, "ADDRESS", "its MAC address, in a single network"),
	LIST ("network-alias", 0, "NAME", "a further name in its networks"),
	/* files */
	LIST ("volume", 'v', "SOURCE:TARGET[:OPTIONS]",
	      "mount a directory or file of the host; options: ro, noexec ... (may be repeated)",
	      .complete = "directory"),
	LIST ("mount", 0, "KEY=VALUE,...",
	      "what to mount: type=bind|tmpfs, source=, target=, and options"),
	LIST ("tmpfs", 0, "TARGET[:OPTIONS]", "mount a temporary file system (may be repeated)"),
	SWITCH ("rootfs", 0, "IMAGE is a directory with a root file system"),
	LIST ("device", 0, "HOST[:INSIDE][:rwm]", "a device of the host (may be repeated)",
	      .complete = "file"),
	LIST ("device-cgroup-rule", 0, "RULE", "allow devices by number: c 10:200 rwm"),
	LIST ("sysctl", 0, "KEY=VALUE", "a kernel parameter of its namespaces"),
	/* life */
	SWITCH ("rm", 0, "remove it when it has ended"),
	TEXT ("restart", 0, "POLICY", "whether to start it again when it ends: no, so far",
	      .fallback = "no"),
	TEXT ("pull", 0, "POLICY",
	      "where the image may come from: missing or never, the store alone",
	      .fallback = "missing"),
	TEXT ("platform", 0, "OS[/ARCHITECTURE]", "which image of several"),
	SWITCH ("quiet", 'q', "no progress"),
	/* log */
	TEXT ("log-driver", 0, "NAME", "how to keep its output: k8s-file or none",
	      .fallback = "k8s-file"),
	LIST ("log-opt", 0, "KEY=VALUE", "when the log is cut: max-size=SIZE, max-file=NUMBER"),
	/* plugins */
	TEXT ("tmpfs-upper", 0, "SIZE", "keep what it writes in so much memory, until it ends"),
	TEXT ("storage", 0, "NAME", "storage plugin, instead of the configured one",
	      .complete = "plugin-storage"),
	TEXT ("network-driver", 0, "NAME", "network plugin, instead of the configured one",
	      .complete = "plugin-network"),
	TEXT ("runtime", 0, "NAME",
	      "runtime plugin, or PLUGIN:NAME as in oci:crun, instead of the configured one",
	      .complete = "plugin-runtime"),
	TEXT ("checkpoint", 0, "NAME", "checkpoint plugin, instead of the configured one",
	      .complete = "plugin-checkpoint"),
	/* spellings of docker */
	ALIAS ("net", "network"),
	ALIAS ("net-alias", "network-alias"),
	ALIAS ("dns-opt", "dns-option"),
	{.name = NULL},
};
