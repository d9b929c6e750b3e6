/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes things apart under another name. */

#include "store-tombs.h"

#include "store-cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

char *
store_tombs_name (const char *prefix)
{
	guint64 number = 0;

	/* Can't fail for so few bytes once the system is up. */
	if (getrandom (&number, sizeof number, 0) != sizeof number)
		number = (guint64) g_get_monotonic_time () ^ ((guint64) getpid () << 40);
	return g_strdup_printf ("%s.%016" G_GINT64_MODIFIER "x", prefix, number);
}

gboolean
store_bury (Store *store, int dirfd, const char *name, gboolean durable, GError **error)
{
	const DavitFileOps *files = store->host->files;
	g_autofree char *tomb = store_tombs_name (name);

	if (renameat (dirfd, name, store->tombs_fd, tomb) == 0) {
		if (durable && fsync (dirfd) < 0)
			return store_error_errno (error, errno, "remove \"%s\"", name);
		return files->remove_tree (store->tombs_fd, tomb, error);
	}
	/* Perhaps by somebody who was killed in the middle of it: then the rest is in tombs/. */
	if (errno == ENOENT) {
		store_tombs_sweep (store);
		return TRUE;
	}
	/*
	 * A new name may need a new block in tombs/, and there is none on a full disk: just then
	 * removal must work. In place, with the stamp first: without it a layer is none.
	 */
	if (errno == ENOSPC || errno == EDQUOT) {
		g_autofree char *stamp = g_build_filename (name, STORE_STAMP, NULL);

		unlinkat (dirfd, stamp, 0);
		return files->remove_tree (dirfd, name, error);
	}
	return store_error_errno (error, errno, "remove \"%s\"", name);
}

/* A scratch directory of a process that lives is locked by it. */
static gboolean
tomb_is_in_use (Store *store, const char *name)
{
	store_autofd fd =
		openat (store->tombs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

gboolean
store_tombs_empty (Store *store, DavitResult *result, GError **error)
{
	g_auto (StoreCursor) tombs = {0};
	g_autoptr (GPtrArray) names = NULL;

	if (!store_cursor_init (&tombs, store->tombs_fd, error) ||
	    !store_cursor_list (&tombs, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);

		if (tomb_is_in_use (store, name))
			continue;
		if (!store->host->files->remove_tree (store->tombs_fd, name, error))
			return FALSE;
		if (result != NULL)
			store->host->result_string (result, "removed", name);
	}
	return TRUE;
}

void
store_tombs_sweep (Store *store)
{
	g_autoptr (GError) ignored = NULL;

	store_tombs_empty (store, NULL, &ignored);
}

gboolean
store_tombs_scratch (Store *store, char **ret_name, int *ret_fd, GError **error)
{
	g_autofree char *name = store_tombs_name ("scratch");
	int fd = -1;

	if (!store_make_directory (store->tombs_fd, name, 0700, &fd, error))
		return FALSE;
	if (flock (fd, LOCK_EX | LOCK_NB) < 0)
		return store_error_errno (error, errno, "lock directory \"%s\"", name);
	*ret_fd = fd;
	*ret_name = g_steal_pointer (&name);
	return TRUE;
}
