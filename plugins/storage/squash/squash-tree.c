/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is different in a squashfs: times are seconds from 1970 to 2106, there are no access control
 * lists, and a hole in a file is found by reading it. A time before 1970 would come out as one in
 * 2106, so that it is brought into range in the tree, which is ours.
 */

#include "squash-tree.h"

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

typedef struct {
	guint64 bytes;
	guint64 lists; /* files with access control lists */
} Tree;

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

static gboolean
entry_has_list (int dirfd, const char *name, gboolean *ret_has, GError **error)
{
	g_autoptr (GPtrArray) xattrs = NULL;

	*ret_has = FALSE;
	if (!store_xattr_read (dirfd, name, &xattrs, error))
		return FALSE;
	for (guint i = 0; i < xattrs->len; i++) {
		const StoreXattr *xattr = (const StoreXattr *) g_ptr_array_index (xattrs, i);

		*ret_has |= g_str_has_prefix (xattr->name, ACL_PREFIX);
	}
	return TRUE;
}

static gboolean
tree_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Tree *tree = (Tree *) data;
	gboolean has_list;

	if (S_ISREG (entry->status.st_mode))
		tree->bytes += (guint64) entry->status.st_size;
	if (tree->bytes > BYTES_LIMIT)
		return store_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"\"%s/%s\": the files are larger than %" G_GUINT64_FORMAT
			" bytes, holes included, which would take hours to pack; use the "
			"storage driver \"overlay\"",
			entry->path, entry->name, BYTES_LIMIT);
	if (!time_fix (entry->dirfd, entry->name, &entry->status, error) ||
	    !entry_has_list (entry->dirfd, entry->name, &has_list, error))
		return FALSE;
	tree->lists += has_list ? 1 : 0;
	return TRUE;
}

/* The directory itself, which a walk does not show. */
static gboolean
top_prepare (int fd, Tree *tree, GError **error)
{
	struct stat status;
	gboolean has_list;

	if (fstat (fd, &status) < 0)
		return store_error_errno (error, errno, "look at a directory");
	if (!time_fix (fd, ".", &status, error) || !entry_has_list (fd, ".", &has_list, error))
		return FALSE;
	tree->lists += has_list ? 1 : 0;
	return TRUE;
}

gboolean
squash_tree_prepare (Store *store, const char *chain_id, int tree, guint64 *ret_bytes,
		     GError **error)
{
	static const StoreVisitor visitor = {.entry = tree_entry};
	Tree counts = {0};

	if (!store_walk (tree, &visitor, &counts, error) || !top_prepare (tree, &counts, error))
		return FALSE;
	if (counts.lists > 0) {
		g_autofree char *text = g_strdup_printf (
			"layer %s: squashfs has no access control lists; %" G_GUINT64_FORMAT
			" files lose theirs",
			chain_id, counts.lists);

		store->host->log (store->host, DAVIT_LOG_WARNING, text);
	}
	*ret_bytes = counts.bytes;
	return TRUE;
}
