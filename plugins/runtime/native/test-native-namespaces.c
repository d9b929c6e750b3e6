/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All eight namespaces: new, joined, shared with the host. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINKS_SCRIPT                                                                               \
	"for n in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$n; done"

static const char *const files[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

static const char maps[] =
	",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]";

static char *
own_link (const char *file)
{
	g_autofree char *path = g_build_filename ("/proc/self/ns", file, NULL);
	g_autoptr (GError) error = NULL;
	char *link = g_file_read_link (path, &error);

	g_assert_no_error (error);
	return link;
}

/* Which of the eight are the host's: a word of letters, in the order of files. */
static char *
shared_namespaces (const char *output)
{
	g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
	GString *shared = g_string_new (NULL);

	g_assert_cmpuint (g_strv_length (lines), >=, G_N_ELEMENTS (files));
	for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
		g_autofree char *own = own_link (files[i]);

		if (g_str_equal (own, lines[i]))
			g_string_append_printf (shared, "%s ", files[i]);
	}
	return g_string_free (shared, FALSE);
}

static void
assert_shared (Fixture *fixture, const Parts *parts, const char *expected)
{
	g_autofree char *text = fixture_run (fixture, parts);
	g_autofree char *shared = shared_namespaces (text);

	g_assert_cmpstr (shared, ==, expected);
}

static void
test_new (Fixture *fixture, gconstpointer data)
{
	Parts all = {.script = LINKS_SCRIPT,
		     .namespaces = "[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
				   "{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"},"
				   "{\"type\":\"time\"},{\"type\":\"user\"}]",
		     .linux_more = maps};
	Parts usual = {.script = LINKS_SCRIPT};
	Parts few = {.script = LINKS_SCRIPT, .namespaces = "[{\"type\":\"mount\"}]"};

	assert_shared (fixture, &usual, "time user ");
	assert_shared (fixture, &few, "cgroup ipc net pid time user uts ");
	/* Last: the container's root made mount points for itself, and they are nobody's now. */
	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	assert_shared (fixture, &all, "");
}

static void
test_user (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map; "
				 "cat /proc/self/setgroups; stat -c '%n %t:%T' /dev/null /dev/tty; "
				 "echo x > /dev/null && echo writable; touch /mine; "
				 "grep -E '^(CapEff|Groups)' /proc/self/status",
		       .user = "{\"uid\":0,\"gid\":0,\"additionalGids\":[3]}",
		       .namespaces =
			       "[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
			       "{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"},"
			       "{\"type\":\"user\"}]",
		       .linux_more = maps};
	g_autofree char *mine = g_build_filename (fixture->rootfs, "mine", NULL);
	g_autofree char *text = NULL;
	struct stat status;

	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	text = fixture_run (fixture, &parts);
	assert_contains (text, "0\n0\n         0     100000      65536\n"
			       "         0     200000      65536\nallow\n"
			       "/dev/null 1:3\n/dev/tty 5:0\nwritable\n");
	assert_contains (text, "Groups:\t3 \nCapEff:\t00000000080000eb\n");
	g_assert_cmpint (stat (mine, &status), ==, 0);
	g_assert_cmpuint (status.st_uid, ==, 100000);
	g_assert_cmpuint (status.st_gid, ==, 200000);
}

static void
test_user_refused (Fixture *fixture, gconstpointer data)
{
	static const char with_user[] = "[{\"type\":\"mount\"},{\"type\":\"user\"}]";
	Parts no_maps = {.namespaces = with_user};
	Parts no_namespace = {.linux_more = maps};
	Parts outside = {.namespaces = with_user,
			 .linux_more = maps,
			 .user = "{\"uid\":70000,\"gid\":0}"};
	Parts groups = {.namespaces = with_user,
			.linux_more = maps,
			.user = "{\"uid\":0,\"gid\":0,\"additionalGids\":[65536]}"};
	Parts overlap = {.namespaces = with_user,
			 .linux_more = ",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,"
				       "\"size\":10},{\"containerID\":5,\"hostID\":200000,"
				       "\"size\":10}],\"gidMappings\":[{\"containerID\":0,"
				       "\"hostID\":0,\"size\":1}]"};

	fixture_refuse (fixture, &no_maps, DAVIT_ERROR_CONFIG,
			"config.json: linux: a new user namespace needs uidMappings and "
			"gidMappings that map 0");
	fixture_refuse (fixture, &no_namespace, DAVIT_ERROR_CONFIG,
			"config.json: linux: uidMappings and gidMappings need a user namespace in "
			"namespaces");
	fixture_refuse (fixture, &outside, DAVIT_ERROR_CONFIG,
			"config.json: process.user: the uid 70000 is not mapped into the user "
			"namespace; give it a mapping or choose another");
	fixture_refuse (fixture, &groups, DAVIT_ERROR_CONFIG,
			"config.json: process.user: the gid 65536 is not mapped into the user "
			"namespace; give it a mapping or choose another");
	fixture_refuse (fixture, &overlap, DAVIT_ERROR_CONFIG,
			"write the uid_map of the user namespace: Invalid argument; ranges must "
			"not overlap, and there may be 340");
}

/* A process that has namespaces of its own and waits. */
static pid_t
start_owner (int flags, int *ret_pipe)
{
	int ready[2];
	int end[2];
	char byte = 0;
	pid_t child;

	g_assert_cmpint (pipe2 (ready, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (end, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		close (end[1]);
		byte = unshare (flags) == 0 ? 'y' : 'n';
		if (flags & CLONE_NEWPID) {
			pid_t init = fork ();

			/* Somebody must live in it: the first one's end is the end of it. */
			if (init == 0)
				_exit (read (end[0], &byte, 1) < 0);
		}
		if (write (ready[1], &byte, 1) != 1)
			_exit (1);
		_exit (read (end[0], &byte, 1) < 0 || (wait (NULL) < 0 && (flags & CLONE_NEWPID)));
	}
	close (ready[1]);
	close (end[0]);
	g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
	g_assert_cmpint (byte, ==, 'y');
	close (ready[0]);
	*ret_pipe = end[1];
	return child;
}

static void
end_owner (pid_t owner, int end)
{
	close (end);
	g_assert_cmpint (waitpid (owner, NULL, 0), ==, owner);
}

static char *
owner_link (pid_t owner, const char *file)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/ns/%s", (int) owner, file);
	char *link = g_file_read_link (path, NULL);

	g_assert_nonnull (link);
	return link;
}

static void
test_joined (Fixture *fixture, gconstpointer data)
{
	static const char *const joined[] = {
		"cgroup", "ipc", "net", "uts", "pid_for_children", "time_for_children"};
	int end = -1;
	pid_t owner = start_owner (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS |
					   CLONE_NEWPID | 0x80,
				   &end);
	g_autofree char *namespaces = g_strdup_printf (
		"[{\"type\":\"mount\"},{\"type\":\"cgroup\",\"path\":\"/proc/%d/ns/cgroup\"},"
		"{\"type\":\"ipc\",\"path\":\"/proc/%d/ns/ipc\"},"
		"{\"type\":\"network\",\"path\":\"/proc/%d/ns/net\"},"
		"{\"type\":\"uts\",\"path\":\"/proc/%d/ns/uts\"},"
		"{\"type\":\"pid\",\"path\":\"/proc/%d/ns/pid_for_children\"},"
		"{\"type\":\"time\",\"path\":\"/proc/%d/ns/time_for_children\"}]",
		(int) owner, (int) owner, (int) owner, (int) owner, (int) owner, (int) owner);
	Parts parts = {.script = LINKS_SCRIPT "; cat /proc/1/stat | head -c 2",
		       .namespaces = namespaces};
	g_autofree char *text = fixture_run (fixture, &parts);
	g_autofree char *own_pids = own_link ("pid_for_children");

	for (gsize i = 0; i < G_N_ELEMENTS (joined); i++) {
		g_autofree char *theirs = owner_link (owner, joined[i]);

		/* "pid_for_children" leads to what calls itself "pid". */
		assert_contains (text, theirs);
	}
	end_owner (owner, end);
	/* The engine's own children do not go there. */
	{
		g_autofree char *pids = own_link ("pid");

		g_assert_cmpstr (own_pids, ==, pids);
	}
}

static void
write_map (pid_t pid, const char *file, const char *text)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, file);
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
}

/* New namespaces then belong to the user namespace that is joined. */
static void
test_joined_user (Fixture *fixture, gconstpointer data)
{
	int end = -1;
	pid_t owner = start_owner (CLONE_NEWUSER, &end);
	g_autofree char *namespaces = g_strdup_printf (
		"[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"}"
		",{\"type\":\"cgroup\"},"
		"{\"type\":\"uts\"},{\"type\":\"user\",\"path\":\"/proc/%d/ns/user\"}]",
		(int) owner);
	Parts parts = {.script = "readlink /proc/self/ns/user; id -u; echo $$; hostname inside && "
				 "hostname",
		       .capabilities = "{\"bounding\":[\"CAP_SYS_ADMIN\"],\"effective\":["
				       "\"CAP_SYS_ADMIN\"],\"permitted\":[\"CAP_SYS_ADMIN\"]}",
		       .namespaces = namespaces};
	g_autofree char *theirs = NULL;
	g_autofree char *text = NULL;

	write_map (owner, "uid_map", "0 100000 65536");
	write_map (owner, "gid_map", "0 200000 65536");
	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	theirs = owner_link (owner, "user");
	text = fixture_run (fixture, &parts);
	g_assert_true (g_str_has_prefix (text, theirs));
	assert_contains (text, "\n0\n1\ninside\n");
	end_owner (owner, end);
}

static void
test_join_refused (Fixture *fixture, gconstpointer data)
{
	Parts absent = {.namespaces = "[{\"type\":\"mount\"},{\"type\":\"network\","
				      "\"path\":\"/no/such\"}]"};
	Parts file = {.namespaces = "[{\"type\":\"mount\"},{\"type\":\"network\","
				    "\"path\":\"/dev/null\"}]"};
	Parts other = {.namespaces = "[{\"type\":\"mount\"},{\"type\":\"network\","
				     "\"path\":\"/proc/self/ns/ipc\"}]"};
	Parts twice = {.namespaces = "[{\"type\":\"mount\"},{\"type\":\"ipc\"},"
				     "{\"type\":\"ipc\"}]"};
	Parts unknown = {.namespaces = "[{\"type\":\"mount\"},{\"type\":\"net\"}]"};
	Parts none = {.namespaces = "[{\"type\":\"pid\"}]"};

	fixture_refuse (fixture, &absent, DAVIT_ERROR_NOT_FOUND,
			"config.json: linux.namespaces[1].path: \"/no/such\": No such file or "
			"directory");
	fixture_refuse (fixture, &file, DAVIT_ERROR_CONFIG,
			"config.json: linux.namespaces[1].path: \"/dev/null\" is no network "
			"namespace");
	fixture_refuse (
		fixture, &other, DAVIT_ERROR_CONFIG,
		"config.json: linux.namespaces[1].path: \"/proc/self/ns/ipc\" is no network "
		"namespace");
	fixture_refuse (fixture, &twice, DAVIT_ERROR_CONFIG,
			"config.json: linux.namespaces[2]: namespace \"ipc\" comes twice");
	fixture_refuse (
		fixture, &unknown, DAVIT_ERROR_CONFIG,
		"config.json: linux.namespaces[1].type: \"net\" is no namespace; there are: "
		"cgroup, ipc, mount, network, pid, time, user, uts");
	fixture_refuse (fixture, &none, DAVIT_ERROR_UNSUPPORTED,
			"config.json: linux.namespaces: a container needs a mount namespace of its "
			"own");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "hostname; cat /proc/sys/kernel/domainname",
		       .more = ",\"hostname\":\"box\",\"domainname\":\"example.org\""};
	Parts deceiving = {.more = ",\"hostname\":\"a\\nb\""};
	Parts of_host = {.namespaces = "[{\"type\":\"mount\"}]", .more = ",\"hostname\":\"x\""};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "box\nexample.org\n");
	fixture_refuse (fixture, &deceiving, DAVIT_ERROR_CONFIG,
			"config.json: hostname: holds a control character");
	fixture_refuse (fixture, &of_host, DAVIT_ERROR_CONFIG,
			"config.json: hostname: would change the host's name: the container has no "
			"uts namespace of its own");
}

static void
test_sysctl (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start "
				 "/proc/sys/kernel/shmmni /proc/sys/net/ipv4/conf/lo/forwarding",
		       .linux_more = ",\"sysctl\":{\"net.ipv4.ip_unprivileged_port_start\":\"7\","
				     "\"kernel.shmmni\":\"123\","
				     "\"net/ipv4/conf/lo/forwarding\":\"1\"}"};
	Parts of_host = {.linux_more = ",\"sysctl\":{\"kernel.panic\":\"1\"}"};
	Parts climbing = {.linux_more = ",\"sysctl\":{\"net/../kernel/panic\":\"1\"}"};
	Parts no_network = {.namespaces = "[{\"type\":\"mount\"}]",
			    .linux_more = ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}"};
	Parts unknown = {.linux_more = ",\"sysctl\":{\"net.ipv4.no_such\":\"1\"}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "7\n123\n1\n");
	fixture_refuse (fixture, &of_host, DAVIT_ERROR_CONFIG,
			"config.json: linux.sysctl.kernel.panic: belongs to no namespace: it would "
			"be set for the whole host");
	fixture_refuse (
		fixture, &climbing, DAVIT_ERROR_CONFIG,
		"config.json: linux.sysctl.net/../kernel/panic: belongs to no namespace: it "
		"would be set for the whole host");
	fixture_refuse (fixture, &no_network, DAVIT_ERROR_CONFIG,
			"config.json: linux.sysctl.net.ipv4.ip_forward: would be set for the host: "
			"the container has no network namespace of its own");
	fixture_refuse (fixture, &unknown, DAVIT_ERROR_NOT_FOUND,
			"set linux.sysctl \"net.ipv4.no_such\": No such file or directory; this "
			"kernel has no such parameter");
}

/* What the namespace's root may not mount is said with the reason. */
static void
test_mount_refused (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.namespaces =
			       "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"user\"}]",
		       .linux_more = maps,
		       .all_mounts = "[{\"destination\":\"/sys\",\"type\":\"sysfs\"}]"};

	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	fixture_refuse (
		fixture, &parts, DAVIT_ERROR_PERMISSION,
		"mount \"/sys\": Operation not permitted; in a user namespace sysfs, mqueue "
		"and cgroups need network, ipc and cgroup namespaces that belong to it, and "
		"proc a host that shows all of /proc");
}

static void
test_time (Fixture *fixture, gconstpointer data)
{
	static const char with_time[] = "[{\"type\":\"mount\"},{\"type\":\"pid\"},"
					"{\"type\":\"time\"}]";
	static const char with_both[] = "[{\"type\":\"mount\"},{\"type\":\"pid\"},"
					"{\"type\":\"ipc\"},{\"type\":\"network\"},"
					"{\"type\":\"time\"},{\"type\":\"user\"}]";
	g_autofree char *offsets =
		g_strconcat (",\"timeOffsets\":{\"boottime\":{\"secs\":1000000,\"nanosecs\":5}}",
			     maps, NULL);
	Parts parts = {.script = "cat /proc/uptime",
		       .namespaces = with_time,
		       .linux_more = ",\"timeOffsets\":{\"boottime\":{\"secs\":1000000},"
				     "\"monotonic\":{\"secs\":-1}}"};
	Parts in_user = {.script = parts.script, .namespaces = with_both, .linux_more = offsets};
	Parts nowhere = {.linux_more = ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}"};
	Parts unknown = {.namespaces = with_time,
			 .linux_more = ",\"timeOffsets\":{\"realtime\":{\"secs\":1}}"};
	g_autofree char *text = fixture_run (fixture, &parts);
	g_autofree char *other = NULL;

	g_assert_cmpfloat (g_ascii_strtod (text, NULL), >, 1000000);
	fixture_refuse (fixture, &nowhere, DAVIT_ERROR_CONFIG,
			"config.json: linux.timeOffsets: needs a new time namespace in "
			"linux.namespaces");
	fixture_refuse (fixture, &unknown, DAVIT_ERROR_CONFIG,
			"config.json: linux.timeOffsets.realtime: \"realtime\" is no clock; there "
			"are: boottime, monotonic");
	g_assert_cmpint (chown (fixture->rootfs, 100000, 200000), ==, 0);
	other = fixture_run (fixture, &in_user);
	g_assert_cmpfloat (g_ascii_strtod (other, NULL), >, 1000000);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/namespaces/new", test_new);
	fixture_add ("/namespaces/user", test_user);
	fixture_add ("/namespaces/user-refused", test_user_refused);
	fixture_add ("/namespaces/joined", test_joined);
	fixture_add ("/namespaces/joined-user", test_joined_user);
	fixture_add ("/namespaces/join-refused", test_join_refused);
	fixture_add ("/namespaces/names", test_names);
	fixture_add ("/namespaces/sysctl", test_sysctl);
	fixture_add ("/namespaces/mount-refused", test_mount_refused);
	fixture_add ("/namespaces/time", test_time);
	return g_test_run ();
}
