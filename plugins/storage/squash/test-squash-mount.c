/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who mounts a layer, how long it lasts, and what is left: nothing. */

#include "test-squash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_MOUNTS 64
#define END_MSEC 20000
#define FIRST_UID 0xf0000000u

static int
process_open (pid_t pid)
{
	int fd = (int) syscall (SYS_pidfd_open, pid, 0);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

static gboolean
process_has_ended (int pidfd, int msec)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
	int ready = poll (&poll_fd, 1, msec);

	g_assert_cmpint (ready, >=, 0);
	return ready > 0;
}

/* What is mounted already is shared; the device goes with the last user, whoever it is. */
static void
test_loop (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest one = test_request ("one", 2);
	DavitRootfsRequest two = test_request ("two", 2);
	davit_autofd first = -1;
	davit_autofd second = -1;
	davit_autofd layer = -1;

	test_store_configure (store, "storage.squash.mount=kernel");
	test_squash_layer (store, 0);
	test_squash_layer (store, 1);
	g_assert_cmpuint (test_squash_loops (store), ==, 0);
	first = test_rootfs_mount (store, &one);
	g_assert_cmpuint (test_squash_loops (store), ==, 2);
	test_store_reopen (store);
	second = test_rootfs_mount (store, &two);
	g_assert_true (
		davit_storage_layer_open (store->storage, test_chain_id (0), &layer, NULL, NULL));
	g_assert_cmpuint (test_squash_loops (store), ==, 2);
	davit_fd_close (&first);
	test_assert_content (second, "file", "content");
	davit_fd_close (&second);
	g_assert_cmpuint (test_squash_loops (store), ==, 1);
	test_assert_content (layer, "file", "content");
	davit_fd_close (&layer);
	g_assert_cmpuint (test_squash_loops (store), ==, 0);
}

/* What programs begin with is noted, and read ahead by somebody who is nobody's child. */
static void
test_first (TestStore *store, gconstpointer data)
{
	g_autofree char *note = g_build_filename ("layers", test_chain_id (0), "first", NULL);
	DavitRootfsRequest request = test_request ("x", 1);
	davit_autofd layer = test_layer_begin (store, 0, NULL);
	davit_autofd fd = -1;

	g_assert_cmpint (mkdirat (layer, "lib", 0755), ==, 0);
	test_write (layer, "lib/libc.so.6", "library");
	g_assert_cmpint (mkdirat (layer, "ld-linux.so.2", 0755), ==, 0);
	test_write (layer, "lib/ld-linux\n.so", "a name that can't be noted");
	test_write (layer, "other", "x");
	g_assert_cmpint (mkdirat (layer, "etc", 0755), ==, 0);
	test_write (layer, "etc/passwd", "x");
	test_write (layer, "lib/passwd", "another one");
	g_assert_cmpint (symlinkat ("lib", layer, "lib64"), ==, 0);
	test_write (layer, "lib/ld-linux.so.2", "linker");
	test_layer_commit (store, 0);
	/* In the order in which it is needed. */
	test_assert_content (store->state_fd, note,
			     "etc/passwd\nlib64\nlib/ld-linux.so.2\nlib/libc.so.6\n");
	fd = test_rootfs_mount (store, &request);
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
	test_assert_content (fd, "lib/libc.so.6", "library");
	davit_fd_close (&fd);
	/* Whatever it says: what is not there is not read. */
	g_assert_cmpint (unlinkat (store->state_fd, note, 0), ==, 0);
	test_write (store->state_fd, note, "\n\n/\n../../..\nlib\nabsent\nlib/libc.so.6");
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "lib/libc.so.6", "library");
}

/* Whoever of this program runs on in a session of its own. */
static pid_t
keeper_find (void)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
	davit_autofd proc = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true (davit_path_list (proc, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		pid_t pid = (pid_t) g_ascii_strtoll (name, NULL, 10);
		g_autofree char *link = g_build_filename ("/proc", name, "exe", NULL);
		g_autofree char *exe = pid > 0 ? g_file_read_link (link, NULL) : NULL;

		if (g_strcmp0 (exe, own) == 0 && pid != getpid () && getsid (pid) == pid)
			return pid;
	}
	return 0;
}

static void
keeper_end (void)
{
	pid_t pid = keeper_find ();
	davit_autofd process = -1;

	g_assert_cmpint (pid, >, 0);
	process = process_open (pid);
	g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
	g_assert_true (process_has_ended (process, END_MSEC));
	g_assert_cmpint (keeper_find (), ==, 0);
}

/* All layers of a container by one process, for the next one, and no longer than that lives. */
static void
test_keep (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request ("x", 2);
	davit_autofd fd = -1;

	test_store_configure (store, "storage.squash.keep-mounted=1h");
	test_squash_layer (store, 0);
	test_squash_layer (store, 1);
	for (guint read_only = 0; read_only < 2; read_only++) {
		request.read_only = read_only == 1;
		for (guint i = 0; i < 3; i++) {
			fd = test_rootfs_mount (store, &request);
			test_assert_content (fd, "file", "content");
			davit_fd_close (&fd);
			g_assert_cmpuint (test_squash_loops (store), ==, 2);
		}
		keeper_end ();
		g_assert_cmpuint (test_squash_loops (store), ==, 0);
	}
}

static char *
note_path (TestStore *store)
{
	return g_build_filename (store->directory, "run", "plugins", "storage", "squash", "loop",
				 test_chain_id (0), NULL);
}

static gboolean
link_exists (const char *path)
{
	return faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What the note says may be anything: another device, one that is not in use, or nonsense. */
static void
test_stale_note (TestStore *store, gconstpointer data)
{
	static const char *const targets[] = {"0", "999999", "-1", "../../etc", "x"};
	DavitRootfsRequest request = test_request ("x", 1);
	g_autofree char *note = note_path (store);
	g_autofree char *note_new = g_strconcat (note, ".new", NULL);

	test_squash_layer (store, 0);
	/* Of one that was killed before it had its name. */
	close (test_rootfs_mount (store, &request));
	g_assert_cmpint (unlink (note), ==, 0);
	g_assert_cmpint (symlink ("0", note_new), ==, 0);
	close (test_rootfs_mount (store, &request));
	g_assert_false (link_exists (note_new));
	g_assert_cmpint (symlink ("0", note_new), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
		davit_autofd fd = -1;

		g_assert_cmpint (unlink (note), ==, 0);
		g_assert_cmpint (symlink (targets[i], note), ==, 0);
		fd = test_rootfs_mount (store, &request);
		test_assert_content (fd, "file", "content");
		g_assert_cmpuint (test_squash_loops (store), ==, 1);
	}
	g_assert_cmpint (symlink ("0", note_new), ==, 0);
	g_assert_true (davit_storage_layer_remove (store->storage, test_chain_id (0), NULL));
	g_assert_false (link_exists (note));
	g_assert_false (link_exists (note_new));
}

/* A removal that is broken off behind the layer's end leaves no note that nothing leads to. */
static void
test_note_goes_first (TestStore *store, gconstpointer data)
{
	g_autofree char *path = g_build_filename (store->directory, "root", "storage", "squash",
						  "layers", test_chain_id (0), "root", NULL);
	g_autofree char *note = note_path (store);
	DavitRootfsRequest request = test_request ("x", 1);
	int status = 0;
	pid_t child;

	test_squash_layer (store, 0);
	close (test_rootfs_mount (store, &request));
	g_assert_true (link_exists (note));
	child = fork ();
	if (child == 0) {
		if (unshare (CLONE_NEWNS) < 0 ||
		    mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount ("davit", path, "tmpfs", 0, NULL) < 0)
			_exit (99);
		test_store_reopen (store);
		_exit (davit_storage_layer_remove (store->storage, test_chain_id (0), NULL) ? 1
											    : 0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_cmpint (status, ==, 0);
	g_assert_false (test_layer_exists (store, 0));
	g_assert_false (link_exists (note));
}

typedef struct {
	int ready[2]; /* a byte from each that has mounted */
	int go[2];    /* they end when its other end is closed */
	pid_t children[N_MOUNTS];
} Holders;

/* Mounts a container of its own, says so, and holds it until it is told or killed. */
static void
hold (TestStore *store, const Holders *holders, guint number)
{
	g_autofree char *id = g_strdup_printf ("id-%u", number);
	DavitRootfsRequest request = test_request (id, 2);
	char byte = 0;
	int fd;

	close (holders->go[1]);
	test_store_reopen (store);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "content");
	test_write (fd, "mine", id);
	test_assert_content (fd, "mine", id);
	if (write (holders->ready[1], "x", 1) != 1 || read (holders->go[0], &byte, 1) != 0)
		_exit (1);
	_exit (0);
}

static void
holders_start (TestStore *store, Holders *holders, guint count)
{
	char byte;

	g_assert_cmpint (pipe2 (holders->ready, O_CLOEXEC), ==, 0);
	g_assert_cmpint (pipe2 (holders->go, O_CLOEXEC), ==, 0);
	for (guint i = 0; i < count; i++) {
		holders->children[i] = fork ();
		if (holders->children[i] == 0)
			hold (store, holders, i);
		g_assert_cmpint (holders->children[i], >, 0);
	}
	close (holders->ready[1]);
	close (holders->go[0]);
	/* An end of file instead: one of them failed. */
	for (guint i = 0; i < count; i++)
		g_assert_cmpint (read (holders->ready[0], &byte, 1), ==, 1);
	close (holders->ready[0]);
}

/* Told to end, or as after a crash of the engine. */
static void
holders_end (Holders *holders, guint count, gboolean crash)
{
	for (guint i = 0; crash && i < count; i++)
		kill (holders->children[i], SIGKILL);
	close (holders->go[1]);
	for (guint i = 0; i < count; i++) {
		int status = 0;

		g_assert_cmpint (waitpid (holders->children[i], &status, 0), ==,
				 holders->children[i]);
		g_assert_cmpint (status, ==, crash ? SIGKILL : 0);
	}
}

static void
test_many (TestStore *store, gconstpointer data)
{
	test_squash_layer (store, 0);
	test_squash_layer (store, 1);
	for (guint crash = 0; crash < 2; crash++) {
		Holders holders;

		holders_start (store, &holders, N_MOUNTS);
		g_assert_cmpuint (test_squash_loops (store), >=, 2);
		holders_end (&holders, N_MOUNTS, crash == 1);
		g_assert_cmpuint (test_squash_loops (store), ==, 0);
	}
}

static void
assert_has_not (pid_t pid, const char *target)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) pid);
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true (davit_path_list (directory, &names, NULL));
	g_assert_cmpuint (names->len, >=, 5);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *link =
			g_build_filename (path, (const char *) g_ptr_array_index (names, i), NULL);
		g_autofree char *text = g_file_read_link (link, NULL);

		g_assert_cmpstr (text, !=, target);
	}
}

/* In a session of its own, as somebody who owns nothing, and with nothing of ours open. */
static void
assert_server_is_alone (pid_t pid, const char *ours)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d", (int) pid);
	g_autofree char *input = g_build_filename (path, "fd", "0", NULL);
	g_autofree char *target = g_file_read_link (input, NULL);
	struct stat status;

	g_assert_cmpint (getsid (pid), ==, pid);
	g_assert_cmpint (stat (path, &status), ==, 0);
	g_assert_cmpuint (status.st_uid, ==, FIRST_UID + (guint) pid);
	g_assert_cmpstr (target, ==, "/dev/null");
	assert_has_not (pid, ours);
}

/* Who looks at the layer sees the same, and it ends when nobody does any more. */
static void
test_fuse (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request ("x", 1);
	g_autofree char *link = NULL;
	g_autofree char *pipe_name = NULL;
	davit_autofd fd = -1;
	davit_autofd file = -1;
	davit_autofd process = -1;
	pid_t pid = 0;
	int ends[2];

	/* As of a caller who waits until everybody has closed it; open after exec, too. */
	g_assert_cmpint (pipe (ends), ==, 0);
	link = g_strdup_printf ("/proc/self/fd/%d", ends[1]);
	pipe_name = g_file_read_link (link, NULL);
	g_assert_nonnull (pipe_name);
	test_store_configure (store, "storage.squash.mount=fuse");
	test_squash_layer (store, 0);
	fd = test_rootfs_mount (store, &request);
	g_assert_cmpuint (test_squash_servers (store, &pid), ==, 1);
	g_assert_cmpuint (test_squash_loops (store), ==, 0);
	process = process_open (pid);
	assert_server_is_alone (pid, pipe_name);
	test_assert_content (fd, "file", "content");
	/* A file that is open is a user too. */
	file = openat (fd, "file", O_RDONLY | O_CLOEXEC);
	davit_fd_close (&fd);
	test_store_reopen (store);
	g_assert_false (process_has_ended (process, 0));
	davit_fd_close (&file);
	g_assert_true (process_has_ended (process, END_MSEC));
	test_squash_servers_end (store);
	close (ends[0]);
	close (ends[1]);
}

/* Killed: who uses it gets an error and not a wait, and the next one is served anew. */
static void
test_fuse_killed (TestStore *store, gconstpointer data)
{
	DavitRootfsRequest request = test_request ("x", 1);
	davit_autofd fd = -1;
	davit_autofd process = -1;
	pid_t pid = 0;

	test_store_configure (store, "storage.squash.mount=fuse");
	test_squash_layer (store, 0);
	fd = test_rootfs_mount (store, &request);
	g_assert_cmpuint (test_squash_servers (store, &pid), ==, 1);
	process = process_open (pid);
	kill (pid, SIGKILL);
	g_assert_true (process_has_ended (process, END_MSEC));
	g_assert_cmpint (openat (fd, "file", O_RDONLY | O_CLOEXEC), ==, -1);
	g_assert_cmpint (errno, ==, ENOTCONN);
	davit_fd_close (&fd);
	fd = test_rootfs_mount (store, &request);
	test_assert_content (fd, "file", "content");
}

static void
assert_fuse_fails (TestStore *store, DavitErrorCode code, const char *text)
{
	g_autoptr (GError) error = NULL;
	int fd = -1;

	g_assert_false (
		davit_storage_layer_open (store->storage, test_chain_id (0), &fd, NULL, &error));
	if (strstr (error->message, text) == NULL)
		g_error ("\"%s\" does not say \"%s\"", error->message, text);
	g_assert_error (error, DAVIT_ERROR, (int) code);
	test_squash_servers_end (store);
}

static void
test_fuse_program (TestStore *store, gconstpointer data)
{
	g_autofree char *path = g_strdup (g_getenv ("PATH"));

	test_store_configure (store, "storage.squash.mount=fuse");
	test_squash_layer (store, 0);
	g_setenv ("PATH", "/nowhere", TRUE);
	assert_fuse_fails (store, DAVIT_ERROR_UNAVAILABLE,
			   "\"squashfuse_ll\" is not there; install");
	test_squash_program (store, "squashfuse_ll", "printf 'no\\033 idea\\n'; exit 1");
	assert_fuse_fails (store, DAVIT_ERROR_CORRUPT, "can't serve it: no  idea (");
	/* More than anybody wants to read. */
	test_squash_program (store, "squashfuse_ll", "yes | head -c 1000000; exit 1");
	assert_fuse_fails (store, DAVIT_ERROR_CORRUPT, "can't serve it: y y y");
	/* It lives and does nothing. */
	test_squash_program (store, "squashfuse_ll", "exec tail -f /dev/null");
	assert_fuse_fails (store, DAVIT_ERROR_TIMEOUT, "did not answer within 10 seconds");
	g_setenv ("PATH", path, TRUE);
}

/* Killed while the program does nothing: nobody goes on waiting with what we have open. */
static void
test_fuse_waiter (TestStore *store, gconstpointer data)
{
	g_autofree char *begun = g_build_filename (store->directory, "begun", NULL);
	g_autofree char *script = g_strdup_printf ("echo > %s; read x < %s", begun, begun);
	g_autofree char *path = g_strdup (g_getenv ("PATH"));
	struct pollfd poll_fd = {.events = POLLIN};
	davit_autofd fifo = -1;
	int ends[2];
	char byte;
	pid_t child;
	pid_t server = 0;

	test_store_configure (store, "storage.squash.mount=fuse");
	test_squash_layer (store, 0);
	test_squash_program (store, "squashfuse_ll", script);
	g_assert_true (mkfifo (begun, 0666) == 0 && chmod (begun, 0666) == 0);
	g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
	child = fork ();
	if (child == 0) {
		davit_storage_layer_open (store->storage, test_chain_id (0), &ends[0], NULL, NULL);
		_exit (1);
	}
	close (ends[1]);
	fifo = open (begun, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint (read (fifo, &byte, 1), ==, 1);
	g_assert_cmpuint (test_squash_servers (store, &server), ==, 1);
	g_assert_cmpint (kill (child, SIGKILL), ==, 0);
	g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
	poll_fd.fd = ends[0];
	g_assert_cmpint (poll (&poll_fd, 1, END_MSEC), ==, 1);
	g_assert_cmpint (read (ends[0], &byte, 1), ==, 0);
	g_assert_cmpint (kill (server, SIGKILL), ==, 0);
	test_squash_servers_end (store);
	close (ends[0]);
	g_setenv ("PATH", path, TRUE);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_store_add ("squash", "loop", test_loop);
	test_store_add ("squash", "first", test_first);
	test_store_add ("squash", "keep", test_keep);
	test_store_add ("squash", "stale-note", test_stale_note);
	test_store_add ("squash", "note-goes-first", test_note_goes_first);
	test_store_add ("squash", "many", test_many);
	test_store_add ("squash", "fuse", test_fuse);
	test_store_add ("squash", "fuse-killed", test_fuse_killed);
	test_store_add ("squash", "fuse-program", test_fuse_program);
	test_store_add ("squash", "fuse-waiter", test_fuse_waiter);
	return g_test_run ();
}
