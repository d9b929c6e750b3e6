/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Adds up blocks and inodes. */

#include "store-usage.h"

#include "store-walk.h"

#include <errno.h>

/* st_blocks counts in these, whatever the file system's own. */
#define BLOCK_SIZE 512

typedef struct {
	gint64 bytes;
	gint64 inodes;
	GHashTable *seen; /* of gint64: the inodes with several names */
} Usage;

static void
usage_add (Usage *usage, const struct stat *status)
{
	usage->bytes += (gint64) status->st_blocks * BLOCK_SIZE;
	usage->inodes++;
}

static gboolean
usage_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Usage *usage = (Usage *) data;
	gint64 inode = (gint64) entry->status.st_ino;

	if (entry->status.st_nlink > 1 && !S_ISDIR (entry->status.st_mode) &&
	    !g_hash_table_add (usage->seen, g_memdup2 (&inode, sizeof inode)))
		return TRUE;
	usage_add (usage, &entry->status);
	return TRUE;
}

gboolean
store_usage (Store *store, int dirfd, DavitResult *result, GError **error)
{
	static const StoreVisitor visitor = {.entry = usage_entry};
	g_autoptr (GHashTable) seen =
		g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
	Usage usage = {.seen = seen};
	struct stat status;

	if (fstat (dirfd, &status) < 0)
		return store_error_errno (error, errno, "look at a directory");
	usage_add (&usage, &status);
	if (!store_walk (dirfd, &visitor, &usage, error))
		return FALSE;
	store->host->result_integer (result, "bytes", usage.bytes);
	store->host->result_integer (result, "inodes", usage.inodes);
	return TRUE;
}
