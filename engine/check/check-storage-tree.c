/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What layers hold comes out of a root file system as it went in. */

#include "check/check-storage.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ID DAVIT_CHECK_ID
#define MIB ((off_t) 1024 * 1024)

/* For a check that makes files itself: "make dir: Permission denied". */
static gboolean
call_failed (const char *name, GError **error)
{
	return davit_error_errno (error, errno, "make \"%s\" for the check", name);
}

/* As the engine writes them when it unpacks. */
static gboolean
whiteout_make (int dirfd, const char *name, DavitWhiteouts whiteouts, GError **error)
{
	if (whiteouts == DAVIT_WHITEOUTS_APPLY)
		return davit_path_remove_tree (dirfd, name, error);
	return mknodat (dirfd, name, S_IFCHR, makedev (0, 0)) == 0 || call_failed (name, error);
}

static gboolean
opaque_make (int dirfd, const char *name, DavitWhiteouts whiteouts, GError **error)
{
	const char *mark = whiteouts == DAVIT_WHITEOUTS_OVERLAY_USER ? "user.overlay.opaque"
								     : "trusted.overlay.opaque";
	davit_autofd fd = -1;

	if (whiteouts == DAVIT_WHITEOUTS_APPLY && !davit_path_remove_tree (dirfd, name, error))
		return FALSE;
	if (mkdirat (dirfd, name, 0755) < 0)
		return call_failed (name, error);
	if (whiteouts == DAVIT_WHITEOUTS_APPLY)
		return TRUE;
	fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (fd >= 0 && fsetxattr (fd, mark, "y", 1, 0) == 0) || call_failed (name, error);
}

static gboolean
directory_make (int dirfd, const char *name, GError **error)
{
	return mkdirat (dirfd, name, 0755) == 0 || errno == EEXIST || call_failed (name, error);
}

static gboolean
lower_fill (int fd, GError **error)
{
	return davit_check_write (fd, "gone", "x", error) &&
	       davit_check_write (fd, "file-then-dir", "x", error) &&
	       directory_make (fd, "gone-dir", error) &&
	       davit_check_write (fd, "gone-dir/inside", "x", error) &&
	       directory_make (fd, "opaque", error) &&
	       davit_check_write (fd, "opaque/old", "x", error) &&
	       directory_make (fd, "merged", error) &&
	       davit_check_write (fd, "merged/old", "low", error) &&
	       davit_check_write (fd, "merged/both", "low", error);
}

static gboolean
upper_fill (int fd, DavitWhiteouts whiteouts, GError **error)
{
	if (!whiteout_make (fd, "gone", whiteouts, error) ||
	    !whiteout_make (fd, "gone-dir", whiteouts, error))
		return FALSE;
	if (whiteouts == DAVIT_WHITEOUTS_APPLY &&
	    !whiteout_make (fd, "file-then-dir", whiteouts, error))
		return FALSE;
	return directory_make (fd, "file-then-dir", error) &&
	       davit_check_write (fd, "file-then-dir/new", "high", error) &&
	       opaque_make (fd, "opaque", whiteouts, error) &&
	       davit_check_write (fd, "opaque/new", "high", error) &&
	       directory_make (fd, "merged", error) &&
	       davit_check_write (fd, "merged/both", "high", error) &&
	       davit_check_write (fd, "merged/new", "high", error);
}

static gboolean
storage_whiteouts (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_APPLY;
	davit_autofd low = -1;
	davit_autofd high = -1;
	davit_autofd root = -1;

	if (!davit_check_layer_begin (check, 0, &low, NULL, error) || !lower_fill (low, error) ||
	    !davit_check_layer_commit (check, 0, error) ||
	    !davit_check_layer_begin (check, 1, &high, &whiteouts, error) ||
	    !upper_fill (high, whiteouts, error) || !davit_check_layer_commit (check, 1, error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	return davit_check_absent (root, "gone", error) &&
	       davit_check_absent (root, "gone-dir", error) &&
	       davit_check_content (root, "file-then-dir/new", "high", error) &&
	       davit_check_absent (root, "opaque/old", error) &&
	       davit_check_content (root, "opaque/new", "high", error) &&
	       davit_check_content (root, "merged/old", "low", error) &&
	       davit_check_content (root, "merged/both", "high", error) &&
	       davit_check_content (root, "merged/new", "high", error);
}

/**
 * Node: a file of one kind, as it is made and as it must come out.
 */
typedef struct {
	const char *name;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	gint64 seconds;	    /* when it was changed */
	dev_t device;	    /* of a device */
	const char *target; /* of a symbolic link */
} Node;

static const Node nodes[] = {
	{"directory", S_IFDIR | 0700, 0, 0, 800000000, 0, NULL},
	{"sticky", S_IFDIR | 03777, 0, 0, 800000001, 0, NULL},
	{"file", S_IFREG | 0640, 0, 0, 1000000000, 0, NULL},
	{"setuid", S_IFREG | 04755, 0, 0, 1000000001, 0, NULL},
	{"link", S_IFLNK | 0777, 0, 0, 900000000, 0, "../../etc/passwd"},
	{"fifo", S_IFIFO | 0644, 0, 0, 900000001, 0, NULL},
	{0},
};

/* What only root of the host can make. */
static const Node root_nodes[] = {
	{"owned", S_IFREG | 0600, 1000, 1001, 1000000002, 0, NULL},
	{"owned-link", S_IFLNK | 0777, 7, 8, 1000000003, 0, "nowhere"},
	{"owned-far", S_IFREG | 0600, 100000, 4294967294U, 1000000004, 0, NULL},
	{"setuid-other", S_IFREG | 06755, 1000, 1001, 1000000005, 0, NULL},
	{"character", S_IFCHR | 0640, 0, 6, 1000000006, 0x0103, NULL},
	{"block", S_IFBLK | 0660, 0, 6, 1000000007, 0x0701, NULL},
	{0},
};

static gboolean
node_make (int dirfd, const Node *node, GError **error)
{
	const struct timespec times[] = {{node->seconds, 0}, {node->seconds, 0}};
	mode_t type = node->mode & S_IFMT;
	int result;

	if (type == S_IFDIR)
		result = mkdirat (dirfd, node->name, 0700);
	else if (type == S_IFLNK)
		result = symlinkat (node->target, dirfd, node->name);
	else
		result = mknodat (dirfd, node->name, type | 0600, node->device);
	if (result < 0 ||
	    ((node->uid | node->gid) != 0 &&
	     fchownat (dirfd, node->name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) < 0) ||
	    (type != S_IFLNK && fchmodat (dirfd, node->name, node->mode & 07777, 0) < 0) ||
	    utimensat (dirfd, node->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return call_failed (node->name, error);
	return TRUE;
}

static gboolean
node_check (int dirfd, const Node *node, GError **error)
{
	struct stat status;
	char target[256] = "";

	if (fstatat (dirfd, node->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return davit_error_errno (error, errno, "look at \"%s\"", node->name);
	if (status.st_mode != node->mode)
		return davit_check_fail (error, "\"%s\" went in with mode %o and came out with %o",
					 node->name, node->mode, status.st_mode);
	if (status.st_uid != node->uid || status.st_gid != node->gid)
		return davit_check_fail (error,
					 "\"%s\" went in with owner %u:%u and came out with %u:%u",
					 node->name, node->uid, node->gid, status.st_uid,
					 status.st_gid);
	if (status.st_mtim.tv_sec != node->seconds)
		return davit_check_fail (error, "\"%s\" has lost its time", node->name);
	if (status.st_rdev != node->device)
		return davit_check_fail (error, "\"%s\" is another device", node->name);
	if (node->target == NULL)
		return TRUE;
	if (readlinkat (dirfd, node->name, target, sizeof target - 1) < 0 ||
	    strcmp (target, node->target) != 0)
		return davit_check_fail (error, "the link \"%s\" leads to \"%s\"", node->name,
					 target);
	return TRUE;
}

/* The layer's own, and once more through a layer on top. */
static gboolean
storage_kinds (DavitCheck *check, GError **error)
{
	const Node *table = check->test->data == 0 ? nodes : root_nodes;
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	davit_autofd fd = -1;
	davit_autofd root = -1;

	if (table == root_nodes && check->request->uid != 0)
		return davit_check_skip (check, "needs root: other owners, and devices");
	if (!davit_check_layer_begin (check, 0, &fd, NULL, error))
		return FALSE;
	for (const Node *node = table; node->name != NULL; node++) {
		if (!node_make (fd, node, error))
			return FALSE;
	}
	if (!davit_check_layer_commit (check, 0, error) ||
	    !davit_check_layer_make (check, 1, "top", "x", error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	for (const Node *node = table; node->name != NULL; node++) {
		if (!node_check (root, node, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
attribute_check (int fd, const char *name, const char *expected, gsize length, GError **error)
{
	char value[256];
	gssize got = fgetxattr (fd, name, value, sizeof value);

	if (got < 0)
		return davit_check_fail (error, "the attribute \"%s\" is lost: %s", name,
					 g_strerror (errno));
	return ((gsize) got == length && memcmp (value, expected, length) == 0) ||
	       davit_check_fail (error, "the attribute \"%s\" has another value", name);
}

/* The capability is what makes ping work, and what a copy without attributes loses. */
static gboolean
storage_attributes (DavitCheck *check, GError **error)
{
	/* cap_net_raw=ep, revision 2 */
	static const char capability[20] = "\x01\x00\x00\x02\x00\x20";
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	davit_autofd layer = -1;
	davit_autofd file = -1;
	davit_autofd root = -1;

	if (check->request->uid != 0)
		return davit_check_skip (check, "needs root: attributes of security");
	if (!davit_check_layer_begin (check, 0, &layer, NULL, error) ||
	    !davit_check_write (layer, "file", "x", error))
		return FALSE;
	file = openat (layer, "file", O_RDONLY | O_CLOEXEC);
	if (fsetxattr (file, "security.capability", capability, sizeof capability, 0) < 0 ||
	    fsetxattr (file, "user.note", "a\0b", 3, 0) < 0)
		return call_failed ("file", error);
	davit_fd_close (&file);
	if (!davit_check_layer_commit (check, 0, error) ||
	    !davit_check_layer_make (check, 1, "top", "x", error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	file = openat (root, "file", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return davit_error_errno (error, errno, "open \"file\"");
	return attribute_check (file, "security.capability", capability, sizeof capability,
				error) &&
	       attribute_check (file, "user.note", "a\0b", 3, error);
}

static gboolean
storage_hard_links (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	davit_autofd layer = -1;
	davit_autofd root = -1;
	struct stat first;
	struct stat second;

	if (!davit_check_layer_begin (check, 0, &layer, NULL, error) ||
	    !directory_make (layer, "directory", error) ||
	    !davit_check_write (layer, "directory/file", "x", error))
		return FALSE;
	if (linkat (layer, "directory/file", layer, "hard", 0) < 0)
		return call_failed ("hard", error);
	if (!davit_check_layer_commit (check, 0, error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	if (fstatat (root, "hard", &first, 0) < 0 ||
	    fstatat (root, "directory/file", &second, 0) < 0)
		return davit_error_errno (error, errno, "look at \"hard\"");
	return (first.st_nlink == 2 && first.st_ino == second.st_ino) ||
	       davit_check_fail (error, "two names of one file came out as two files");
}

/* 512 MiB that are nearly all hole: a copy that fills them costs the disk. */
static gboolean
storage_sparse (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	davit_autofd layer = -1;
	davit_autofd file = -1;
	davit_autofd root = -1;
	struct stat status;
	char byte = 0;

	if (!davit_check_layer_begin (check, 0, &layer, NULL, error))
		return FALSE;
	file = openat (layer, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate (file, 512 * MIB) < 0 || pwrite (file, "a", 1, 5 * MIB) != 1 ||
	    pwrite (file, "z", 1, 512 * MIB - 1) != 1)
		return call_failed ("sparse", error);
	davit_fd_close (&file);
	if (!davit_check_layer_commit (check, 0, error) ||
	    !davit_check_layer_make (check, 1, "top", "x", error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	file = openat (root, "sparse", O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat (file, &status) < 0)
		return davit_error_errno (error, errno, "look at \"sparse\"");
	if (status.st_size != 512 * MIB || pread (file, &byte, 1, 5 * MIB) != 1 || byte != 'a' ||
	    pread (file, &byte, 1, 512 * MIB - 1) != 1 || byte != 'z')
		return davit_check_fail (error, "a file with holes came out as another one");
	return (off_t) status.st_blocks * 512 < 16 * MIB ||
	       davit_check_fail (error, "a file with 512 MiB of holes takes %ld MiB",
				 (long) (status.st_blocks * 512 / MIB));
}

/* The kernel takes a map of users only with one of groups. */
static gboolean
ids_map (pid_t pid)
{
	static const char *const names[] = {"uid_map", "gid_map"};

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, names[i]);
		davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write (fd, "0 100000 65536", 14) != 14)
			return FALSE;
	}
	return TRUE;
}

/* A user namespace that maps 0 to 100000; the caller closes it. */
static gboolean
userns_make (int *ret_fd, GError **error)
{
	g_autofree char *path = NULL;
	int ends[2];
	pid_t pid;

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "pipe");
	pid = (pid_t) syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		char byte;

		close (ends[1]);
		_exit (read (ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	close (ends[0]);
	path = g_strdup_printf ("/proc/%d/ns/user", (int) pid);
	if (pid > 0 && ids_map (pid))
		*ret_fd = open (path, O_RDONLY | O_CLOEXEC);
	else
		davit_error_errno (error, errno, "make a user namespace");
	close (ends[1]);
	if (pid > 0)
		waitpid (pid, NULL, 0);
	return *ret_fd >= 0;
}

/* Not promised by the contract: it depends on the file system that the store is on. */
static gboolean
storage_id_map (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP};
	davit_autofd userns = -1;
	davit_autofd root = -1;
	struct stat status;

	if (check->request->uid != 0)
		return davit_check_skip (check, "needs root: a map of many ids");
	if (!davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_check_mount (check, &request, &root, error) || !userns_make (&userns, error))
		return FALSE;
	attributes.userns_fd = (guint64) userns;
	if (mount_setattr (root, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return davit_check_skip (check, "this kind of mount has no id maps: %s",
					 g_strerror (errno));
	if (fstatat (root, "file", &status, 0) < 0)
		return davit_error_errno (error, errno, "look at \"file\"");
	return status.st_uid == 100000 ||
	       davit_check_fail (error, "through a map of ids owner 0 is %u and not 100000",
				 status.st_uid);
}

const DavitCheckCase davit_check_storage_tree_cases[] = {
	{"storage: whiteouts", DAVIT_CHECK_NEEDS_USABLE, storage_whiteouts, 0},
	{"storage: kinds of files, modes and times", DAVIT_CHECK_NEEDS_USABLE, storage_kinds, 0},
	{"storage: owners and devices", DAVIT_CHECK_NEEDS_USABLE, storage_kinds, 1},
	{"storage: extended attributes", DAVIT_CHECK_NEEDS_USABLE, storage_attributes, 0},
	{"storage: hard links", DAVIT_CHECK_NEEDS_USABLE, storage_hard_links, 0},
	{"storage: sparse files", DAVIT_CHECK_NEEDS_USABLE, storage_sparse, 0},
	{"storage: id maps", DAVIT_CHECK_NEEDS_USABLE, storage_id_map, 0},
	{0},
};
