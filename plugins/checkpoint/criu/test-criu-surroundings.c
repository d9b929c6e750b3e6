/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a container has of its surroundings: mounts, namespaces, connections, locks. */

#include "test-criu-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOP "; echo ready; while read line; do eval \"$line\"; done"
#define MASKS                                                                                      \
	",\"maskedPaths\":[\"/proc/acpi\",\"/proc/keys\",\"/proc/kcore\",\"/sys/firmware\","       \
	"\"/nonexistent\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/sys\"]"

static char *
outside (const World *world, const char *name)
{
	return g_build_filename (world->native.directory, name, NULL);
}

static void
put (const char *path, const char *text)
{
	g_autoptr (GError) error = NULL;

	g_file_set_contents (path, text, -1, &error);
	g_assert_no_error (error);
}

static char *
bind_entry (const char *source, const char *destination, const char *options)
{
	return g_strdup_printf (",{\"destination\":\"%s\",\"type\":\"bind\",\"source\":\"%s\","
				"\"options\":[%s]}",
				destination, source, options);
}

/* All kinds at once; the second config.json has other sources. */
static void
test_mounts (World *world, gconstpointer data)
{
	g_autofree char *file = outside (world, "file");
	g_autofree char *other = outside (world, "other");
	g_autofree char *tree = outside (world, "tree");
	g_autofree char *sub = outside (world, "tree/sub");
	g_autofree char *leaf = outside (world, "tree/sub/leaf");
	g_autofree char *first = bind_entry (file, "/link/file", "\"bind\",\"ro\"");
	g_autofree char *second = bind_entry (other, "/link/file", "\"bind\",\"ro\"");
	g_autofree char *rest = bind_entry (tree, "/tree", "\"rbind\"");
	g_autofree char *mounts =
		g_strconcat (first, rest,
			     ",{\"destination\":\"/scratch\",\"type\":\"tmpfs\",\"source\":"
			     "\"tmpfs\",\"options\":[\"size=1m\"]}",
			     NULL);
	g_autofree char *later =
		g_strconcat (second, rest,
			     ",{\"destination\":\"/scratch\",\"type\":\"tmpfs\",\"source\":"
			     "\"tmpfs\",\"options\":[\"size=1m\"]}",
			     NULL);
	const Parts parts = {.script = "echo kept > /scratch/x" LOOP,
			     .mounts = mounts,
			     .linux_more = MASKS};
	const Parts today = {.script = "true", .mounts = later, .linux_more = MASKS};
	g_autoptr (GError) error = NULL;

	put (file, "first\n");
	put (other, "second\n");
	g_assert_cmpint (mkdir (tree, 0755), ==, 0);
	g_assert_cmpint (mkdir (sub, 0755), ==, 0);
	g_assert_cmpint (mount ("tmpfs", sub, "tmpfs", 0, NULL), ==, 0);
	put (leaf, "leaf\n");
	fixture_put (&world->native, "real/", NULL, 0755);
	fixture_link (&world->native, "link", "real");
	fixture_link (&world->native, "bin/cmp", "busybox");
	world->overlay = TRUE;
	world_start (world, &parts);
	world_expect (world, "ready");
	world_say (world, "cat /link/file; ls -R /sys/fs/cgroup > /tmp/before\n");
	world_expect (world, "first");
	world_say (world, "echo looked\n");
	world_expect (world, "looked");
	world_dump (world, 0, &error);
	g_assert_no_error (error);
	g_assert_cmpint (fixture_wait (&world->native), ==, 128 + SIGKILL);
	fixture_configure (&world->native, &today);
	world_restore (world, 0, &error);
	g_assert_no_error (error);
	world_say (world, "cat /link/file /scratch/x /tree/sub/leaf\n");
	world_expect (world, "second");
	world_expect (world, "kept");
	world_expect (world, "leaf");
	/* Its control groups are where they were, and can't be changed. */
	world_say (world, "ls -R /sys/fs/cgroup > /tmp/after; cmp /tmp/before /tmp/after && "
			  "echo same; touch /sys/fs/cgroup/x 2> /dev/null || echo closed\n");
	world_expect (world, "same");
	world_expect (world, "closed");
	world_say (world, "echo x 2>&1 > /link/file; echo y > /tree/sub/new; echo z\n");
	world_expect (world, "z");
	world_say (world, "cat /tree/sub/new; ls /proc/acpi /sys/firmware | grep -v : ; "
			  "head -c 9 /proc/keys; mknod /sys/firmware/x p; "
			  "echo 1 > /proc/sys/kernel/domainname; echo done\n");
	world_expect (world, "y");
	for (;;) {
		g_autofree char *line = world_line (world);

		if (g_str_equal (line, "done"))
			break;
		assert_lacks (line, "keyring");
		if (line[0] != '\0')
			assert_contains (line, "ead-only file system");
	}
	world_stop (world);
	g_assert_cmpint (umount2 (sub, MNT_DETACH), ==, 0);
	{
		g_autofree char *text = NULL;

		g_assert_true (g_file_get_contents (other, &text, NULL, NULL));
		g_assert_cmpstr (text, ==, "second\n");
	}
}

/* A record that came with images can't name what config.json of today does not have. */
static void
test_mount_is_gone (World *world, gconstpointer data)
{
	g_autofree char *file = outside (world, "file");
	g_autofree char *entry = bind_entry (file, "/file", "\"bind\"");
	const Parts parts = {.script = "true" LOOP, .mounts = entry};
	const Parts today = {.script = "true"};
	g_autoptr (GError) error = NULL;

	put (file, "x");
	world_start (world, &parts);
	world_expect (world, "ready");
	world_dump (world, 0, &error);
	g_assert_no_error (error);
	fixture_wait (&world->native);
	fixture_configure (&world->native, &today);
	world_restore_fails (world, 0, DAVIT_ERROR_CONFIG,
			     "checkpoint/criu: mount \"/file\": the container had it, and "
			     "config.json has the bind mount \"/file\" no more");
	fixture_configure (&world->native, &parts);
	g_assert_cmpint (unlink (file), ==, 0);
	world_restore_fails (world, 0, DAVIT_ERROR_NOT_FOUND, "mount \"/file\": source \"");
}

/* Switches on the loopback interface of the container. */
static void
loopback_up (const World *world)
{
	pid_t child = fork ();
	int status = 0;

	if (child == 0) {
		g_autofree char *path =
			g_strdup_printf ("/proc/%d/ns/net", (int) world->native.pid);
		struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
		int fd = open (path, O_RDONLY | O_CLOEXEC);

		if (setns (fd, CLONE_NEWNET) < 0)
			_exit (1);
		fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		_exit (ioctl (fd, SIOCSIFFLAGS, &request) < 0 ? 2 : 0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
}

/* Programs of the host's, Python among them. */
static void
host_programs (World *world)
{
	fixture_put (&world->native, "usr/", NULL, 0755);
	fixture_link (&world->native, "lib", "usr/lib");
	fixture_link (&world->native, "lib64", "usr/lib64");
}

#define HOST_PROGRAMS                                                                              \
	",{\"destination\":\"/usr\",\"type\":\"bind\",\"source\":\"/usr\",\"options\":"            \
	"[\"rbind\",\"ro\"]}"

/* In the network of the container. */
static char *
tables_list (const World *world)
{
	g_autofree char *network =
		g_strdup_printf ("--net=/proc/%d/ns/net", (int) world->native.pid);
	const char *const argv[] = {"nsenter", network, "nft", "list", "tables", NULL};
	g_autoptr (GError) error = NULL;
	char *text = NULL;

	g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &text, NULL,
		      NULL, &error);
	g_assert_no_error (error);
	return text;
}

static gboolean
frozen_locked (gpointer data, GError **error)
{
	g_autofree char *text = tables_list ((const World *) data);

	assert_contains (text, "table inet CRIU-");
	return world_kill_criu (data, error);
}

/* The rules that hold up packets go even if CRIU dies. */
static void
test_lock (World *world, gconstpointer data)
{
	const Parts parts = {.script = "nc -l -p 7000 -e cat & nc -l -p 7001 & true" LOOP};
	g_autofree char *text = NULL;

	fixture_link (&world->native, "bin/nc", "busybox");
	world_start (world, &parts);
	world_expect (world, "ready");
	world->frozen = frozen_locked;
	world_dump_fails (world, DAVIT_CHECKPOINT_TCP_ESTABLISHED, DAVIT_ERROR_HELPER,
			  "was killed by signal 9");
	text = tables_list (world);
	g_assert_cmpstr (text, ==, "");
	world_say (world, "echo here\n");
	world_expect (world, "here");
}

/* A server on the loopback of the container and its client, both inside. */
static void
test_connection (World *world, gconstpointer data)
{
	const Parts parts = {
		.script = "mkfifo /tmp/in; exec 6<>/tmp/in; read line; "
			  "nc -l -p 7000 -e cat & "
			  "while ! grep -q :1B58 /proc/net/tcp /proc/net/tcp6; do true; done; "
			  "nc 127.0.0.1 7000 < /tmp/in & true" LOOP,
	};

	fixture_link (&world->native, "bin/nc", "busybox");
	fixture_link (&world->native, "bin/mkfifo", "busybox");
	world_start (world, &parts);
	loopback_up (world);
	world_say (world, "go\n");
	world_expect (world, "ready");
	world_say (world, "echo one >&6\n");
	world_expect (world, "one");
	world_dump_fails (world, 0, DAVIT_ERROR_UNSUPPORTED,
			  "checkpoint/criu: checkpoint: a TCP connection is open: \"");
	world_say (world, "echo two >&6\n");
	world_expect (world, "two");
	world_cycle (world, DAVIT_CHECKPOINT_TCP_ESTABLISHED);
	world_say (world, "echo three >&6\n");
	world_expect (world, "three");
}

static void
test_locks (World *world, gconstpointer data)
{
	const Parts parts = {.script = "exec 7>/tmp/lock; /usr/bin/flock -n 7" LOOP,
			     .mounts = HOST_PROGRAMS};

	host_programs (world);
	world_start (world, &parts);
	world_expect (world, "ready");
	world_dump_fails (world, 0, DAVIT_ERROR_UNSUPPORTED,
			  "checkpoint/criu: checkpoint: a process holds a file lock: \"Some file "
			  "locks are hold by dumping tasks! You can try --file-locks to dump "
			  "them\"; keep it with file-locks");
	world_cycle (world, DAVIT_CHECKPOINT_FILE_LOCKS);
	world_say (world, "/usr/bin/flock -n /tmp/lock true && echo free || echo held\n");
	world_expect (world, "held");
}

/* Threads, a timer, a pipe, a socket pair, memory that is shared, epoll. */
static const char python[] =
	"import os, sys, threading, time, socket, mmap, select, signal\n"
	"m = mmap.mmap(-1, 4096)\n"
	"a, b = socket.socketpair()\n"
	"e = select.epoll(); e.register(b, select.EPOLLIN)\n"
	"r, w = os.pipe()\n"
	"def work():\n"
	"    while True:\n"
	"        e.poll(); x = b.recv(100); m[0:len(x)] = x; os.write(w, x)\n"
	"threading.Thread(target=work, daemon=True).start()\n"
	"signal.signal(signal.SIGALRM, lambda *_: None)\n"
	"signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n"
	"began = time.monotonic()\n"
	"print('ready', flush=True)\n"
	"for line in sys.stdin:\n"
	"    a.send(line.strip().encode()); got = os.read(r, 100).decode()\n"
	"    signal.pause()\n"
	"    print(got, m[0:len(got)].decode(), time.monotonic() >= began, flush=True)\n";

static void
test_python (World *world, gconstpointer data)
{
	const Parts parts = {.script = "exec /usr/bin/python3 /program", .mounts = HOST_PROGRAMS};

	host_programs (world);
	fixture_put (&world->native, "program", python, 0644);
	world_start (world, &parts);
	world_expect (world, "ready");
	for (guint i = 0; i < 3; i++) {
		world_say (world, "word\n");
		world_expect (world, "word word True");
		world_cycle (world, 0);
	}
}

static void
test_seccomp (World *world, gconstpointer data)
{
	const Parts parts = {
		.script = "true" LOOP,
		.process = ",\"noNewPrivileges\":true",
		.linux_more = ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{"
			      "\"names\":[\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\"}]}",
	};

	world_start (world, &parts);
	world_expect (world, "ready");
	world_cycle (world, 0);
	world_say (world, "mkdir /tmp/x && echo made || echo refused\n");
	world_expect (world, "refused");
	world_say (world, "grep -E 'Seccomp:|NoNewPrivs|CapEff' /proc/self/status\n");
	world_expect (world, "CapEff:\t00000000080000eb");
	world_expect (world, "NoNewPrivs:\t1");
	world_expect (world, "Seccomp:\t2");
}

/* What the host has, what another container has, and groups that are the container's own. */
static void
test_namespaces (World *world, gconstpointer data)
{
	const Parts parts = {
		.script = "true" LOOP,
		.namespaces = "[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"mount\"}]",
	};
	const Parts host_pid = {
		.script = "true" LOOP,
		.namespaces = "[{\"type\":\"network\"},{\"type\":\"mount\"}]",
	};

	world_start (world, &parts);
	world_expect (world, "ready");
	world_cycle (world, 0);
	world_say (world, "echo here\n");
	world_expect (world, "here");
	world_stop (world);
	g_assert_true (fixture_delete (&world->native, TRUE, NULL));
	world_start (world, &host_pid);
	world_expect (world, "ready");
	world_dump_fails (world, 0, DAVIT_ERROR_UNSUPPORTED,
			  "checkpoint/criu: the container is in the pid namespace of the host, "
			  "which can't be restored; give it one of its own");
}

/* What came from outside would be lost. */
static void
test_exec (World *world, gconstpointer data)
{
	const Parts parts = {.script = "true" LOOP};
	g_autofree char *process = fixture_process ("read line", NULL);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	gint64 pid = 0;
	int pidfd = -1;
	int pipes[2];
	DavitRuntimeExec request = {
		.size = sizeof request,
		.container = fixture_container (&world->native),
		.process = process,
		.stdio = {-1, -1, -1},
	};

	g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
	request.stdio[0] = pipes[0];
	world_start (world, &parts);
	world_expect (world, "ready");
	davit_runtime_exec (world->native.runtime, &request, &pidfd, result, &error);
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (result, "pid", &pid));
	text = g_strdup_printf (
		"checkpoint/criu: process %d (\"sh\") came into the container by exec "
		"and would be lost; end it first",
		(int) pid);
	world_dump_fails (world, 0, DAVIT_ERROR_UNSUPPORTED, text);
	close (pipes[0]);
	close (pipes[1]);
	g_assert_cmpint (waitid (P_PIDFD, (id_t) pidfd, &(siginfo_t){0}, WEXITED), ==, 0);
	close (pidfd);
	world_cycle (world, 0);
	world_say (world, "echo here\n");
	world_expect (world, "here");
}

/* Another user: saved where davit may, refused in words where it may not. */
static void
test_user (World *world, gconstpointer data)
{
	const Parts parts = {.script = "true" LOOP, .user = "{\"uid\":1000,\"gid\":1000}"};
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	if (!world_dump (world, DAVIT_CHECKPOINT_LEAVE_RUNNING, &error)) {
		g_assert_cmpint (error->code, ==, DAVIT_ERROR_UNAVAILABLE);
		assert_contains (error->message,
				 "(\"sh\") runs as user 1000: its limits can be read only with "
				 "CAP_SYS_RESOURCE");
	}
	world_say (world, "echo here\n");
	world_expect (world, "here");
}

/* With a user namespace of its own davit may anyway. */
static void
test_own_users (World *world, gconstpointer data)
{
	static const char *const points[] = {"proc/", "dev/", "sys/"};
	const Parts parts = {
		.script = "true" LOOP,
		.user = "{\"uid\":1000,\"gid\":1000}",
		.namespaces = "[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"mount\"},"
			      "{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"user\"}]",
		.linux_more = ",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":"
			      "65536}],\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,"
			      "\"size\":65536}]",
	};

	for (guint i = 0; i < G_N_ELEMENTS (points); i++)
		fixture_put (&world->native, points[i], NULL, 0755);
	world_start (world, &parts);
	world_expect (world, "ready");
	world_cycle (world, 0);
	world_say (world, "id -u\n");
	world_expect (world, "1000");
}

static gint
compare (gconstpointer a, gconstpointer b)
{
	const gint64 *x = a;
	const gint64 *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* No assertion about time: what it takes is only said. */
static void
test_speed (World *world, gconstpointer data)
{
	const Parts parts = {.script = "true" LOOP, .linux_more = MASKS};
	gint64 dumps[10];
	gint64 restores[10];

	world->overlay = TRUE;
	world_start (world, &parts);
	world_expect (world, "ready");
	world_cycle (world, 0);
	for (guint i = 0; i < G_N_ELEMENTS (dumps); i++) {
		g_autoptr (GError) error = NULL;

		dumps[i] = g_get_monotonic_time ();
		world_dump (world, 0, &error);
		dumps[i] = g_get_monotonic_time () - dumps[i];
		g_assert_no_error (error);
		fixture_wait (&world->native);
		restores[i] = g_get_monotonic_time ();
		world_restore (world, 0, &error);
		restores[i] = g_get_monotonic_time () - restores[i];
		g_assert_no_error (error);
	}
	qsort (dumps, G_N_ELEMENTS (dumps), sizeof *dumps, compare);
	qsort (restores, G_N_ELEMENTS (restores), sizeof *restores, compare);
	g_test_message ("dump %d microseconds, %d at best; restore %d, %d at best", (int) dumps[5],
			(int) dumps[0], (int) restores[5], (int) restores[0]);
	world_say (world, "echo here\n");
	world_expect (world, "here");
}

/* Much memory: against what CRIU itself says that it took. */
static void
test_memory (World *world, gconstpointer data)
{
	const Parts parts = {
		.script =
			"exec /usr/bin/python3 -c 'import os, sys\nb = os.urandom(1 << 20) * 256\n"
			"print(\"ready\", flush=True)\n"
			"for line in sys.stdin: print(b[:9] == b[255 << 20:(255 << 20) + 9], "
			"flush=True)'",
		.mounts = HOST_PROGRAMS,
	};
	gint64 frozen = 0;
	gint64 restored = 0;
	gint64 dump;
	gint64 restore;
	g_autoptr (GError) error = NULL;

	host_programs (world);
	world_start (world, &parts);
	world_expect (world, "ready");
	dump = g_get_monotonic_time ();
	world_dump (world, 0, &error);
	dump = g_get_monotonic_time () - dump;
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (world->result, "frozen-usec", &frozen));
	fixture_wait (&world->native);
	restore = g_get_monotonic_time ();
	world_restore (world, 0, &error);
	restore = g_get_monotonic_time () - restore;
	g_assert_no_error (error);
	g_assert_true (davit_result_integer (world->result, "restore-usec", &restored));
	g_test_message ("256 MiB: dump %d microseconds, frozen for %d; restore %d, CRIU %d",
			(int) dump, (int) frozen, (int) restore, (int) restored);
	world_say (world, "check\n");
	world_expect (world, "True");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	/* lo of the host may be what a test of another plugin changes; mounts are ours. */
	g_assert_cmpint (unshare (CLONE_NEWNS), ==, 0);
	g_assert_cmpint (mount (NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), ==, 0);
	world_add ("/criu/mounts", test_mounts);
	world_add ("/criu/mount-is-gone", test_mount_is_gone);
	world_add ("/criu/connection", test_connection);
	world_add ("/criu/lock", test_lock);
	world_add ("/criu/locks", test_locks);
	world_add ("/criu/python", test_python);
	world_add ("/criu/seccomp", test_seccomp);
	world_add ("/criu/namespaces", test_namespaces);
	world_add ("/criu/exec", test_exec);
	world_add ("/criu/user", test_user);
	world_add ("/criu/own-users", test_own_users);
	world_add ("/criu/memory", test_memory);
	world_add ("/criu/speed", test_speed);
	return world_run ();
}
