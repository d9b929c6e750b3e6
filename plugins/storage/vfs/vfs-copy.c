/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies trees, entry by entry. */

#include "vfs-copy.h"

#include "store-copy.h"
#include "store-error.h"
#include "store-walk.h"
#include "store-xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	int to_dirfd;	   /* the top of the copy */
	StoreCursor to;	   /* where the walk is in it */
	GHashTable *links; /* inode of the original → path of its copy, from the top */
	StoreCopy data;
} Copy;

static void
copy_clear (Copy *copy)
{
	store_cursor_clear (&copy->to);
	g_hash_table_unref (copy->links);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Copy, copy_clear)

static gboolean
copy_failed (const StoreEntry *entry, const char *what, GError **error)
{
	return store_error_errno (error, errno, "copy \"%s/%s\": %s", entry->path, entry->name,
				  what);
}

static gboolean
file_make (Copy *copy, const StoreEntry *entry, GError **error)
{
	store_autofd from = openat (entry->dirfd, entry->name,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	store_autofd to = -1;
	struct stat status;

	if (from < 0 || fstat (from, &status) < 0)
		return copy_failed (entry, "open", error);
	if (!S_ISREG (status.st_mode)) {
		errno = EBUSY;
		return copy_failed (entry, "it was replaced meanwhile", error);
	}
	to = openat (copy->to.fd, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	if (to < 0)
		return copy_failed (entry, "make", error);
	if (!store_copy_data (&copy->data, from, to, status.st_size))
		return copy_failed (entry, "content", error);
	return TRUE;
}

static gboolean
link_make (Copy *copy, const StoreEntry *entry, GError **error)
{
	char target[PATH_MAX];
	gssize length = readlinkat (entry->dirfd, entry->name, target, sizeof target - 1);

	if (length < 0)
		return copy_failed (entry, "read link", error);
	target[length] = '\0';
	if (symlinkat (target, copy->to.fd, entry->name) < 0)
		return copy_failed (entry, "make", error);
	return TRUE;
}

static gboolean
entry_make (Copy *copy, const StoreEntry *entry, GError **error)
{
	mode_t type = entry->status.st_mode & S_IFMT;
	int result;

	if (type == S_IFREG)
		return file_make (copy, entry, error);
	if (type == S_IFLNK)
		return link_make (copy, entry, error);
	if (type == S_IFDIR)
		result = mkdirat (copy->to.fd, entry->name, 0700);
	else
		result = mknodat (copy->to.fd, entry->name, type | 0600, entry->status.st_rdev);
	return result == 0 || copy_failed (entry, "make", error);
}

/* The owner first: to change it takes bits of the mode and capabilities away. The times last. */
static gboolean
attributes_copy (Copy *copy, const StoreEntry *entry, GError **error)
{
	const struct timespec times[] = {entry->status.st_atim, entry->status.st_mtim};
	g_autoptr (GPtrArray) xattrs = NULL;
	int to = copy->to.fd;

	if (fchownat (to, entry->name, entry->status.st_uid, entry->status.st_gid,
		      AT_SYMLINK_NOFOLLOW) < 0)
		return copy_failed (entry, "owner", error);
	if (!store_xattr_read (entry->dirfd, entry->name, &xattrs, error) ||
	    !store_xattr_write (to, entry->name, xattrs, error))
		return FALSE;
	/* The copy is ours alone, and a symbolic link has no mode: nothing is followed. */
	if (!S_ISLNK (entry->status.st_mode) &&
	    fchmodat (to, entry->name, entry->status.st_mode & 07777, 0) < 0)
		return copy_failed (entry, "mode", error);
	if (utimensat (to, entry->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return copy_failed (entry, "times", error);
	return TRUE;
}

/* TRUE with *ret_done: another name of the same file is copied already, and was linked. */
static gboolean
hard_link_make (Copy *copy, const StoreEntry *entry, gboolean *ret_done, GError **error)
{
	gint64 inode = (gint64) entry->status.st_ino;
	const char *first;

	*ret_done = FALSE;
	if (S_ISDIR (entry->status.st_mode) || entry->status.st_nlink < 2)
		return TRUE;
	first = (const char *) g_hash_table_lookup (copy->links, &inode);
	if (first == NULL) {
		g_hash_table_insert (copy->links, g_memdup2 (&inode, sizeof inode),
				     g_strconcat (entry->path + (entry->path[0] == '/'),
						  entry->path[0] == '/' ? "/" : "", entry->name,
						  NULL));
		return TRUE;
	}
	if (linkat (copy->to_dirfd, first, copy->to.fd, entry->name, 0) < 0)
		return copy_failed (entry, "hard link", error);
	*ret_done = TRUE;
	return TRUE;
}

static gboolean
copy_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Copy *copy = (Copy *) data;
	gboolean done = FALSE;

	if (!hard_link_make (copy, entry, &done, error))
		return FALSE;
	if (done)
		return TRUE;
	if (!entry_make (copy, entry, error))
		return FALSE;
	/* Of a directory when all is in it: what is made there changes its time. */
	if (S_ISDIR (entry->status.st_mode))
		return store_cursor_enter (&copy->to, entry->name, error);
	return attributes_copy (copy, entry, error);
}

static gboolean
copy_leave (const StoreEntry *entry, gpointer data, GError **error)
{
	Copy *copy = (Copy *) data;

	return store_cursor_leave (&copy->to, error) && attributes_copy (copy, entry, error);
}

/* The two tops: both are open, and may have any name. */
static gboolean
top_copy_attributes (int from, int to, GError **error)
{
	g_autoptr (GPtrArray) xattrs = NULL;
	struct timespec times[2];
	struct stat status;

	if (fstat (from, &status) < 0)
		return store_error_errno (error, errno, "copy \"/\"");
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	if (fchown (to, status.st_uid, status.st_gid) < 0)
		return store_error_errno (error, errno, "copy \"/\": owner");
	if (!store_xattr_read (from, ".", &xattrs, error) ||
	    !store_xattr_write (to, ".", xattrs, error))
		return FALSE;
	if (fchmod (to, status.st_mode & 07777) < 0 || futimens (to, times) < 0)
		return store_error_errno (error, errno, "copy \"/\": mode and times");
	return TRUE;
}

gboolean
vfs_copy_tree (int from_dirfd, int to_dirfd, GError **error)
{
	static const StoreVisitor visitor = {.entry = copy_entry, .leave = copy_leave};
	g_auto (Copy) copy = {
		.to_dirfd = to_dirfd,
		.links = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free),
	};

	return store_cursor_init (&copy.to, to_dirfd, error) &&
	       store_walk (from_dirfd, &visitor, &copy, error) &&
	       top_copy_attributes (from_dirfd, to_dirfd, error);
}
