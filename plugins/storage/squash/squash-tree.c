/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is different in a squashfs: times are seconds from 1970 to 2106, there are no access control
 * lists, and a hole in a file is found by reading it. A time before 1970 would come out as one in
 * 2106, so that it is brought into range in the tree, which is ours.
 */

#include "squash-tree.h"

#include "squash-order.h"
#include "store-walk.h"
#include "store-xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define TIME_MAX ((gint64) G_MAXUINT32)
/* A file of 8 EiB takes no room as long as it is a hole, and years to pack. */
#define BYTES_LIMIT (G_GUINT64_CONSTANT (1) << 40)
#define ACL_PREFIX "system.posix_acl_"
/* Entries of tag, permissions and id, as linux/posix_acl_xattr.h has them. */
#define ACL_HEADER 4
#define ACL_ENTRY 8
#define ACL_GROUP_OBJ 0x04
#define ACL_MASK 0x10

static gboolean
time_fix (int dirfd, const char *name, const struct stat *status, GError **error)
{
	gint64 seconds = CLAMP ((gint64) status->st_mtim.tv_sec, 0, TIME_MAX);
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t) seconds}};

	if (seconds == (gint64) status->st_mtim.tv_sec ||
	    utimensat (dirfd, name, times, AT_SYMLINK_NOFOLLOW) == 0)
		return TRUE;
	return store_error_errno (error, errno, "set the time of \"%s\"", name);
}

/* Of a list as the kernel keeps it: what the owning group may do. -1: there is no such list. */
static int
list_group (const StoreXattr *list)
{
	const guint8 *at = (const guint8 *) list->value + ACL_HEADER;
	int group = -1;
	int mask = 07;

	if (!g_str_equal (list->name, ACL_PREFIX "access"))
		return -1;
	for (gsize left = list->size; left >= ACL_HEADER + ACL_ENTRY; left -= ACL_ENTRY) {
		guint tag = (guint) at[0] | (guint) at[1] << 8;

		if (tag == ACL_GROUP_OBJ)
			group = at[2] & 07;
		else if (tag == ACL_MASK)
			mask = at[2] & 07;
		at += ACL_ENTRY;
	}
	return group < 0 ? -1 : group & mask;
}

/*
 * With a list, what the mode says of the group is the most that anybody on the list may do. Without
 * it the owning group could do all of that.
 */
static gboolean
group_fix (int dirfd, const char *name, const StoreXattr *list, GError **error)
{
	int group = list_group (list);
	struct stat status;

	if (group < 0)
		return TRUE;
	if (fstatat (dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return store_error_errno (error, errno, "look at \"%s\"", name);
	/* No link has a list. */
	if (fchmodat (dirfd, name, (status.st_mode & 07707) | (mode_t) group << 3, 0) == 0)
		return TRUE;
	return store_error_errno (error, errno, "set the mode of \"%s\"", name);
}

static gboolean
attributes_look (SquashTree *tree, int dirfd, const char *name, GError **error)
{
	g_autoptr (GPtrArray) xattrs = NULL;
	gboolean has_list = FALSE;

	if (!store_xattr_read (dirfd, name, &xattrs, error))
		return FALSE;
	for (guint i = 0; i < xattrs->len; i++) {
		const StoreXattr *xattr = (const StoreXattr *) g_ptr_array_index (xattrs, i);

		has_list |= g_str_has_prefix (xattr->name, ACL_PREFIX);
		if (!group_fix (dirfd, name, xattr, error))
			return FALSE;
		tree->attributes |= g_str_has_prefix (xattr->name, "trusted.") ||
				    g_str_has_prefix (xattr->name, "security.");
	}
	tree->lists += has_list ? 1 : 0;
	return TRUE;
}

static void
order_look (SquashTree *tree, const StoreEntry *entry)
{
	const char *directory = entry->path + strspn (entry->path, "/");
	g_autofree char *path = directory[0] != '\0'
					? g_build_filename (directory, entry->name, NULL)
					: g_strdup (entry->name);
	SquashOrder order = squash_order_of (path);

	if (order & SQUASH_ORDER_READ)
		g_ptr_array_add (tree->first, g_strdup (path));
	if ((order & SQUASH_ORDER_PACK) && S_ISREG (entry->status.st_mode))
		g_ptr_array_add (tree->together, g_steal_pointer (&path));
}

static gboolean
tree_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	SquashTree *tree = (SquashTree *) data;

	if (S_ISREG (entry->status.st_mode) || S_ISLNK (entry->status.st_mode))
		order_look (tree, entry);
	if (S_ISREG (entry->status.st_mode))
		tree->bytes += (guint64) entry->status.st_size;
	if (tree->bytes > BYTES_LIMIT)
		return store_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"\"%s/%s\": the files are larger than %" G_GUINT64_FORMAT
			" bytes, holes included, which would take hours to pack; use the "
			"storage driver \"overlay\"",
			entry->path, entry->name, BYTES_LIMIT);
	return time_fix (entry->dirfd, entry->name, &entry->status, error) &&
	       attributes_look (tree, entry->dirfd, entry->name, error);
}

gboolean
squash_tree_prepare (Store *store, const char *chain_id, int fd, SquashTree *ret_tree,
		     GError **error)
{
	static const StoreVisitor visitor = {.entry = tree_entry};
	struct stat status;

	/* The directory itself is not shown by a walk. */
	if (fstat (fd, &status) < 0)
		return store_error_errno (error, errno, "look at a directory");
	if (!time_fix (fd, ".", &status, error) || !attributes_look (ret_tree, fd, ".", error) ||
	    !store_walk (fd, &visitor, ret_tree, error))
		return FALSE;
	if (ret_tree->lists > 0) {
		g_autofree char *text = g_strdup_printf (
			"layer %s: squashfs has no access control lists; %" G_GUINT64_FORMAT
			" files lose theirs",
			chain_id, ret_tree->lists);

		store->host->log (store->host, DAVIT_LOG_WARNING, text);
	}
	return TRUE;
}
