/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Stages: directories in which a layer is made, locked by who makes it. The kernel frees the lock
 * when that process dies; so a stage that can be locked is garbage.
 */

#include "store-layers.h"

#include "store-stage.h"
#include "store-tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Others may take away what we just made before we have locked it, but not for ever. */
#define TRIES 16

static int
stage_lock (int fd)
{
	int result;

	do {
		result = flock (fd, LOCK_EX | LOCK_NB);
	} while (result < 0 && errno == EINTR);
	return result;
}

/* Whether the name still belongs to the directory that is open. */
static gboolean
stage_is_current (Store *store, const char *chain_id, int fd)
{
	struct stat named;
	struct stat open;

	return fstatat (store->stages_fd, chain_id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat (fd, &open) == 0 && named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

gboolean
store_stage_clear (Store *store, const char *chain_id, gboolean *ret_busy, GError **error)
{
	store_autofd fd = openat (store->stages_fd, chain_id,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*ret_busy = FALSE;
	if (fd < 0 && errno == ENOENT)
		return TRUE;
	/* No directory: nobody works in it. */
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return store_bury (store, store->stages_fd, chain_id, FALSE, error);
	if (fd < 0)
		return store_error_errno (error, errno, "stage of layer \"%s\"", chain_id);
	if (stage_lock (fd) < 0) {
		*ret_busy = errno == EWOULDBLOCK;
		return *ret_busy ||
		       store_error_errno (error, errno, "lock the stage of layer \"%s\"", chain_id);
	}
	/* Locked, but somebody was faster and buried it, or committed it: not ours to touch. */
	if (!stage_is_current (store, chain_id, fd))
		return TRUE;
	return store_bury (store, store->stages_fd, chain_id, FALSE, error);
}

/* Makes the directory and locks it. *ret_fd stays -1 if somebody else came in between. */
static gboolean
stage_make (Store *store, const char *chain_id, int *ret_fd, GError **error)
{
	store_autofd fd = -1;

	if (mkdirat (store->stages_fd, chain_id, 0700) < 0)
		return errno == EEXIST ||
		       store_error_errno (error, errno, "stage of layer \"%s\"", chain_id);
	fd = openat (store->stages_fd, chain_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ||
		       store_error_errno (error, errno, "stage of layer \"%s\"", chain_id);
	if (stage_lock (fd) == 0 && stage_is_current (store, chain_id, fd))
		*ret_fd = store_fd_steal (&fd);
	return TRUE;
}

static gboolean
parent_check (Store *store, const DavitLayerRequest *request, GError **error)
{
	g_autofree char *stamp = NULL;

	if (request->parent_id == NULL)
		return TRUE;
	if (!store_check_chain_id (request->parent_id, error))
		return FALSE;
	if (g_hash_table_contains (store->begun, request->parent_id))
		return TRUE;
	stamp = g_build_filename (request->parent_id, STORE_STAMP, NULL);
	if (faccessat (store->layers_fd, stamp, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return TRUE;
	return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"layer \"%s\": its parent \"%s\" does not exist", request->chain_id,
				request->parent_id);
}

static gboolean
exists_check (Store *store, const char *chain_id, GError **error)
{
	gboolean exists = FALSE;

	if (!store_layer_exists (store, chain_id, &exists, error))
		return FALSE;
	return !exists ||
	       store_error_set (error, DAVIT_ERROR_EXISTS, "layer \"%s\" exists already", chain_id);
}

gboolean
store_stage_begin (Store *store, const DavitLayerRequest *request, int *ret_stage_fd,
		   GError **error)
{
	const char *chain_id = request->chain_id;
	g_autoptr (GError) ignored = NULL;
	int fd = -1;

	if (!exists_check (store, chain_id, error) || !parent_check (store, request, error))
		return FALSE;
	store_tombs_sweep (store);
	/* An earlier call of this instance: it is replaced. */
	g_hash_table_remove (store->begun, chain_id);
	for (guint i = 0; i < TRIES && fd < 0; i++) {
		gboolean busy = FALSE;

		if (!store_stage_clear (store, chain_id, &busy, error))
			return FALSE;
		if (busy)
			return store_error_set (error, DAVIT_ERROR_BUSY,
						"layer \"%s\": another process is making it",
						chain_id);
		if (!stage_make (store, chain_id, &fd, error))
			return FALSE;
	}
	if (fd < 0)
		return store_error_set (error, DAVIT_ERROR_BUSY,
					"layer \"%s\": other processes are making it", chain_id);
	g_hash_table_insert (store->begun, g_strdup (chain_id), GINT_TO_POINTER (fd));
	/* Again: who had the lock before us may have committed it. */
	if (!exists_check (store, chain_id, error)) {
		store_layer_abort (store, chain_id, &ignored);
		return FALSE;
	}
	*ret_stage_fd = fd;
	return TRUE;
}

gboolean
store_layer_abort (gpointer instance, const char *chain_id, GError **error)
{
	Store *store = (Store *) instance;
	gboolean busy = FALSE;

	if (!store_check_chain_id (chain_id, error))
		return FALSE;
	g_hash_table_remove (store->begun, chain_id);
	if (!store_stage_clear (store, chain_id, &busy, error))
		return FALSE;
	if (busy)
		return store_error_set (error, DAVIT_ERROR_BUSY,
					"layer \"%s\": another process is making it", chain_id);
	return TRUE;
}
