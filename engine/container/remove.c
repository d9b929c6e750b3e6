/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removing a container. It is renamed aside first: from then on it is gone for everybody, and what
 * is left is a tomb that davit system check finds. Nothing here needs free space. Nothing is synced
 * either: a power cut may bring the container back whole, or without its root file system, and then
 * it can be removed again.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trace.h"
#include "container/names.h"
#include "container/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Which plugin keeps the root file system of one without a record: each that has a directory. */
static gboolean
rootfs_remove_anywhere (DavitEngine *engine, const char *id, GError **error)
{
	davit_autofd storage_fd = -1;
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_open_subdirectory (engine->paths->root_fd, "storage", 0700, &storage_fd,
					   error) ||
	    !davit_path_list (storage_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		DavitStorage *storage =
			davit_drivers_storage (engine->drivers, (const char *) names->pdata[i],
					       error);

		if (storage == NULL || !davit_storage_rootfs_remove (storage, id, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
rootfs_remove (DavitEngine *engine, const DavitRecord *record, const char *id, GError **error)
{
	DavitStorage *storage;

	if (record == NULL)
		return rootfs_remove_anywhere (engine, id, error);
	if (record->rootfs != NULL)
		return TRUE;
	storage = davit_drivers_storage (engine->drivers, record->storage, error);
	return storage != NULL && davit_storage_rootfs_remove (storage, id, error);
}

static gboolean
names_release (const DavitContainerDirectories *directories, const DavitRecord *record,
	       const char *id, GError **error)
{
	if (record == NULL)
		return davit_name_release_all (directories->names_fd, id, error);
	return davit_name_release (directories->names_fd, record->name, id, error);
}

/* The record that says what there is to remove lies in the tomb, and goes last. */
gboolean
davit_remove_tomb (DavitEngine *engine, const DavitContainerDirectories *directories,
		   const char *id, GError **error)
{
	g_autofree char *tomb = g_strconcat (DAVIT_CONTAINER_TOMB_PREFIX, id, NULL);
	davit_autofd fd = openat (directories->containers_fd, tomb,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	g_autoptr (DavitRecord) record = fd >= 0 ? davit_record_read (fd, NULL) : NULL;

	davit_fd_close (&fd);
	return rootfs_remove (engine, record, id, error) &&
	       names_release (directories, record, id, error) &&
	       davit_path_remove_tree (directories->containers_fd, tomb, error);
}

static gboolean
rename_aside (const DavitContainerDirectories *directories, const char *id, GError **error)
{
	g_autofree char *tomb = g_strconcat (DAVIT_CONTAINER_TOMB_PREFIX, id, NULL);

	if (renameat (directories->containers_fd, id, directories->containers_fd, tomb) == 0 ||
	    errno == ENOENT)
		return TRUE;
	return davit_error_errno (error, errno, "rename \"%s\"", id);
}

gboolean
davit_container_take_apart (DavitContainer *container, GError **error)
{
	DavitContainerDirectories directories;
	gboolean removed;

	if (!davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	removed = rename_aside (&directories, container->id, error) &&
		  davit_remove_tomb (container->engine, &directories, container->id, error);
	davit_container_directories_close (&directories);
	if (!removed)
		davit_error_prefix (error, "remove container \"%s\"",
				    davit_container_title (container));
	return removed;
}

/*
 * Before anything is done: without the plugin that keeps its root file system a container could be
 * renamed aside and not be taken apart. One whose record can't be read is not asked about.
 */
static gboolean
storage_check (DavitContainer *container, GError **error)
{
	g_autoptr (DavitRecord) record = davit_container_read_record (container, NULL);

	return record == NULL || record->rootfs != NULL ||
	       davit_drivers_storage (container->engine->drivers, record->storage, error) != NULL ||
	       davit_error_prefix (error, "remove container \"%s\"",
				   davit_container_title (container));
}

static gboolean
run_clean (DavitContainer *container, GError **error)
{
	return davit_container_clean_run (container, TRUE, -1, error) ||
	       davit_error_prefix (error, "remove container \"%s\"",
				   davit_container_title (container));
}

static gboolean
remove_locked (DavitContainer *container, gboolean force, GError **error)
{
	switch (container->status) {
	case DAVIT_STATUS_RUNNING:
	case DAVIT_STATUS_PAUSED:
		if (force)
			break;
		return davit_error_set (error, DAVIT_ERROR_STATE,
					"container \"%s\" can't be removed: it is %s; stop it "
					"first, or use --force",
					davit_container_title (container),
					davit_status_name (container->status));
	case DAVIT_STATUS_DAMAGED:
		if (force)
			break;
		return davit_container_wrong_state (container, "can't be removed", error);
	case DAVIT_STATUS_CREATED:
	case DAVIT_STATUS_INITIALIZED:
	case DAVIT_STATUS_STOPPED:
	case DAVIT_STATUS_EXITED:
	default:
		break;
	}
	return storage_check (container, error) && run_clean (container, error) &&
	       davit_container_take_apart (container, error);
}

static gboolean
remove_now (DavitContainer *container, gboolean force, GError **error)
{
	g_autoptr (GError) local = NULL;
	davit_autofd lock_fd = -1;
	gboolean removed = davit_container_lock (container, &lock_fd, &local) &&
			   remove_locked (container, force, &local);

	davit_lock_release (lock_fd);
	/* Somebody else was faster: it is gone, as it should be. */
	if (removed || davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/* Nothing but the id is known: what can be found by it is what there is. */
static gboolean
remove_remains (DavitEngine *engine, const DavitContainerDirectories *directories, const char *id,
		GError **error)
{
	g_autoptr (DavitContainer) container = g_new0 (DavitContainer, 1);

	container->engine = engine;
	container->id = g_strdup (id);
	container->status = DAVIT_STATUS_DAMAGED;
	container->dirfd = openat (directories->containers_fd, id,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	container->run_dirfd =
		openat (directories->run_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Not one that is being made: that is locked until its record is there. */
	if (container->dirfd >= 0 && !davit_lock_take (container->dirfd, 0, id, error))
		return FALSE;
	if (container->dirfd >= 0 &&
	    faccessat (container->dirfd, "record.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return davit_error_set (error, DAVIT_ERROR_BUSY,
					"container \"%s\" has just been made", id);
	return davit_container_clean_run (container, TRUE, -1, error) &&
	       rename_aside (directories, id, error) &&
	       davit_remove_tomb (engine, directories, id, error);
}

/* In the place of its directory is something else, which nothing can be locked by. */
static gboolean
remove_without_directory (DavitContainer *container, GError **error)
{
	DavitContainerDirectories directories;
	gboolean removed;

	if (!davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	removed = remove_remains (container->engine, &directories, container->id, error) ||
		  davit_error_prefix (error, "remove container \"%s\"",
				      davit_container_title (container));
	davit_container_directories_close (&directories);
	return removed;
}

gboolean
davit_container_remove (DavitContainer *container, gboolean force, gint64 timeout_msec,
			GError **error)
{
	davit_trace_scope ("container", "remove");
	g_autoptr (GError) local = NULL;

	if (container->status == DAVIT_STATUS_DAMAGED && container->dirfd < 0)
		return force ? remove_without_directory (container, error)
			     : davit_container_wrong_state (container, "can't be removed", error);
	/* It is to go in any case: an end that fails in part is repeated below. */
	if (force && container->status != DAVIT_STATUS_DAMAGED && timeout_msec != 0 &&
	    !davit_container_stop (container, 0, timeout_msec, &local))
		davit_debug ("container \"%s\": %s", davit_container_title (container),
			     local->message);
	return remove_now (container, force, error);
}

gboolean
davit_container_remove_id (DavitEngine *engine, const char *id, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;
	DavitContainerDirectories directories;
	gboolean removed;

	if (!davit_name_is_id (id))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\" is no whole id of a container", id);
	if (!davit_container_directories_open (engine, &directories, error))
		return FALSE;
	container = davit_container_load (engine, &directories, id, NULL);
	removed = container != NULL ? davit_container_remove (container, TRUE, 0, error)
				    : remove_remains (engine, &directories, id, error);
	davit_container_directories_close (&directories);
	return removed;
}
