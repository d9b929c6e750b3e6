/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directories of a storage plugin, and the names that may stand in them. */

#include "store.h"

#include "store-stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHAIN_ID_LENGTH 64
#define ID_LENGTH_LIMIT 128

static void
stage_close (gpointer data)
{
	close (GPOINTER_TO_INT (data));
}

static gboolean
directory_open (int dirfd, const char *name, int *ret_fd, GError **error)
{
	int fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat (dirfd, name, 0700) < 0 && errno != EEXIST)
			return store_error_errno (error, errno, "make directory \"%s\"", name);
		fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return store_error_errno (error, errno, "open directory \"%s\"", name);
	*ret_fd = fd;
	return TRUE;
}

gboolean
store_open (Store *store, const DavitHost *host, GError **error)
{
	*store = (Store){
		.host = host,
		.form = &store_form_directory,
		.layers_fd = -1,
		.stages_fd = -1,
		.rootfs_fd = -1,
		.tombs_fd = -1,
		.begun = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, stage_close),
	};
	if (host->state_dirfd < 0)
		return TRUE;
	return directory_open (host->state_dirfd, "layers", &store->layers_fd, error) &&
	       directory_open (host->state_dirfd, "stages", &store->stages_fd, error) &&
	       directory_open (host->state_dirfd, "rootfs", &store->rootfs_fd, error) &&
	       directory_open (host->state_dirfd, "tombs", &store->tombs_fd, error);
}

void
store_close (Store *store)
{
	g_hash_table_unref (store->begun);
	store_fd_close (&store->layers_fd);
	store_fd_close (&store->stages_fd);
	store_fd_close (&store->rootfs_fd);
	store_fd_close (&store->tombs_fd);
}

gboolean
store_check_chain_id (const char *chain_id, GError **error)
{
	if (chain_id != NULL && strlen (chain_id) == CHAIN_ID_LENGTH &&
	    strspn (chain_id, "0123456789abcdef") == CHAIN_ID_LENGTH)
		return TRUE;
	return store_error_set (error, DAVIT_ERROR_FAILED,
				"layer \"%s\": not a chain id of %d lower-case hex digits",
				chain_id != NULL ? chain_id : "", CHAIN_ID_LENGTH);
}

gboolean
store_check_id (const char *id, GError **error)
{
	if (id != NULL && g_ascii_isalnum (id[0]) && strlen (id) <= ID_LENGTH_LIMIT &&
	    id[strspn (id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-")] ==
		    '\0')
		return TRUE;
	return store_error_set (error, DAVIT_ERROR_FAILED, "root file system \"%s\": not an id",
				id != NULL ? id : "");
}

gboolean
store_check_quota (const DavitRootfsRequest *request, GError **error)
{
	if (request->quota == 0)
		return TRUE;
	return store_error_set (
		error, DAVIT_ERROR_UNSUPPORTED,
		"root file system \"%s\": can't be kept within %" G_GUINT64_FORMAT
		" bytes; leave the size out, or choose a storage driver with quotas",
		request->id, request->quota);
}

gboolean
store_make_directory (int dirfd, const char *name, mode_t mode, int *ret_fd, GError **error)
{
	store_autofd fd = -1;

	if (mkdirat (dirfd, name, mode) < 0)
		return store_error_errno (error, errno, "make directory \"%s\"", name);
	fd = openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod (fd, mode) < 0)
		return store_error_errno (error, errno, "make directory \"%s\"", name);
	*ret_fd = store_fd_steal (&fd);
	return TRUE;
}
