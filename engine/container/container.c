/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One container: how it is read, opened and locked. */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "container/files.h"
#include "container/names.h"
#include "container/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void
davit_container_free (DavitContainer *container)
{
	if (container == NULL)
		return;
	g_free (container->id);
	g_free (container->name);
	g_free (container->image);
	g_free (container->image_id);
	g_free (container->command);
	g_strfreev (container->labels);
	g_strfreev (container->ports);
	g_free (container->damage);
	davit_fd_close (&container->dirfd);
	davit_fd_close (&container->run_dirfd);
	davit_json_free (container->record);
	davit_netns_discard (container->netns);
	g_free (container);
}

gboolean
davit_container_directories_open (DavitEngine *engine, DavitContainerDirectories *ret_directories,
				  GError **error)
{
	DavitContainerDirectories directories = {-1, -1, -1};

	if (!davit_engine_open_state (engine, &directories.containers_fd, &directories.names_fd,
				      &directories.run_fd, error))
		return FALSE;
	*ret_directories = directories;
	return TRUE;
}

void
davit_container_directories_close (DavitContainerDirectories *directories)
{
	davit_fd_close (&directories->containers_fd);
	davit_fd_close (&directories->names_fd);
	davit_fd_close (&directories->run_fd);
}

gboolean
davit_container_directories_hold (const DavitContainerDirectories *directories, GError **error)
{
	while (flock (directories->containers_fd, LOCK_SH) < 0) {
		if (errno != EINTR)
			return davit_error_errno (error, errno, "lock \"containers\"");
	}
	return TRUE;
}

const char *
davit_container_title (const DavitContainer *container)
{
	return container->name != NULL ? container->name : container->id;
}

char *
davit_container_run_path (const DavitEngine *engine, const char *id)
{
	return g_build_filename (engine->paths->runroot, "containers", id, NULL);
}

/* Takes record apart. */
static void
container_fill (DavitContainer *container, DavitRecord *record)
{
	container->name = g_steal_pointer (&record->name);
	container->image = g_steal_pointer (&record->image);
	container->image_id = g_steal_pointer (&record->image_id);
	container->command = g_strjoinv (" ", record->args);
	container->labels = g_steal_pointer (&record->labels);
	container->created = record->created;
	container->auto_remove = record->auto_remove;
	container->record = g_steal_pointer (&record->json);
	/* An image has a name, a directory only a path. */
	if (container->image == NULL)
		container->image = g_strdup (record->rootfs);
}

void
davit_container_set_damage (DavitContainer *container, const DavitContainerDirectories *directories,
			    const char *damage)
{
	container->status = DAVIT_STATUS_DAMAGED;
	container->damage = g_strdup (damage);
	container->name = davit_name_of (directories->names_fd, container->id);
	container->labels = g_new0 (char *, 1);
}

static int
directory_open_at (int dirfd, const char *name)
{
	return openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* run_dirfd stays -1 if the container has no run. */
static gboolean
run_directory_open (DavitContainer *container, int run_fd, GError **error)
{
	davit_fd_close (&container->run_dirfd);
	container->run_dirfd = directory_open_at (run_fd, container->id);
	return container->run_dirfd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
	       davit_error_errno (error, errno, "open the run of container \"%s\"",
				  davit_container_title (container));
}

DavitContainer *
davit_container_load (DavitEngine *engine, const DavitContainerDirectories *directories,
		      const char *id, GError **error)
{
	g_autoptr (DavitContainer) container = g_new0 (DavitContainer, 1);
	g_autoptr (DavitRecord) record = NULL;
	g_autoptr (GError) local = NULL;

	container->engine = engine;
	container->id = g_strdup (id);
	container->dirfd = directory_open_at (directories->containers_fd, id);
	container->run_dirfd = -1;
	if (container->dirfd < 0 && errno == ENOTDIR) {
		container->run_dirfd = directory_open_at (directories->run_fd, id);
		davit_container_set_damage (container, directories, "its directory is none");
		return g_steal_pointer (&container);
	}
	if (container->dirfd < 0) {
		davit_error_errno (error, errno, "open container \"%s\"", id);
		return NULL;
	}
	record = davit_record_read (container->dirfd, &local);
	if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return NULL;
	}
	if (record != NULL && strcmp (record->id, id) != 0)
		davit_error_set (&local, DAVIT_ERROR_CORRUPT,
				 "its record is that of container %.12s", record->id);
	if (!run_directory_open (container, directories->run_fd, error))
		return NULL;
	if (local != NULL) {
		davit_container_set_damage (container, directories, local->message);
		return g_steal_pointer (&container);
	}
	container_fill (container, record);
	if (davit_container_look (container, error))
		return g_steal_pointer (&container);
	davit_error_prefix (error, "container \"%s\"", davit_container_title (container));
	return NULL;
}

gboolean
davit_container_open (DavitContainer *container, GError **error)
{
	DavitContainerDirectories directories;
	gboolean opened;

	if (container->dirfd >= 0)
		return TRUE;
	if (!davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	container->dirfd = directory_open_at (directories.containers_fd, container->id);
	opened = container->dirfd >= 0 || davit_error_errno (error, errno, "open container \"%s\"",
							     davit_container_title (container));
	if (opened && container->run_dirfd < 0)
		opened = run_directory_open (container, directories.run_fd, error);
	davit_container_directories_close (&directories);
	return opened;
}

/* Whether containers/<id> is still what we hold: it could have been removed meanwhile. */
static gboolean
directory_check (const DavitContainer *container, int containers_fd, GError **error)
{
	struct stat held, named;
	gboolean there = fstatat (containers_fd, container->id, &named, AT_SYMLINK_NOFOLLOW) == 0;

	if ((!there && errno != ENOENT) || fstat (container->dirfd, &held) < 0)
		return davit_error_errno (error, errno, "container \"%s\"",
					  davit_container_title (container));
	if (there && held.st_ino == named.st_ino && held.st_dev == named.st_dev)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"container \"%s\" has been removed meanwhile",
				davit_container_title (container));
}

gboolean
davit_container_refresh (DavitContainer *container, GError **error)
{
	DavitContainerDirectories directories;
	gboolean current;

	if (!davit_container_open (container, error) ||
	    !davit_container_directories_open (container->engine, &directories, error))
		return FALSE;
	current = directory_check (container, directories.containers_fd, error) &&
		  run_directory_open (container, directories.run_fd, error);
	davit_container_directories_close (&directories);
	if (!current || container->status == DAVIT_STATUS_DAMAGED)
		return current;
	return davit_container_look (container, error) ||
	       davit_error_prefix (error, "container \"%s\"", davit_container_title (container));
}

gboolean
davit_container_lock (DavitContainer *container, int *ret_lock_fd, GError **error)
{
	davit_autofd lock_fd = -1;

	if (!davit_container_open (container, error))
		return FALSE;
	/* Not dirfd itself: who changes one must wait for another verb of the same process. */
	lock_fd = openat (container->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock_fd < 0)
		return davit_error_errno (error, errno, "open container \"%s\"",
					  davit_container_title (container));
	if (!davit_lock_take (lock_fd, -1, davit_container_title (container), error) ||
	    !davit_container_refresh (container, error))
		return FALSE;
	*ret_lock_fd = davit_fd_steal (&lock_fd);
	return TRUE;
}

DavitRecord *
davit_container_read_record (DavitContainer *container, GError **error)
{
	DavitRecord *record;

	if (!davit_container_open (container, error))
		return NULL;
	if (container->status == DAVIT_STATUS_DAMAGED) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "container \"%s\" is damaged: %s; davit rm --force removes it",
				 davit_container_title (container), container->damage);
		return NULL;
	}
	record = davit_record_read (container->dirfd, error);
	if (record == NULL)
		davit_error_prefix (error, "container \"%s\"", davit_container_title (container));
	return record;
}

const DavitJson *
davit_container_record (DavitContainer *container, GError **error)
{
	g_autoptr (DavitRecord) record = NULL;

	if (container->record != NULL)
		return container->record;
	record = davit_container_read_record (container, error);
	if (record != NULL)
		container->record = g_steal_pointer (&record->json);
	return container->record;
}

gboolean
davit_container_runtime_open (DavitEngine *engine, const char *name, const char *id, int run_dirfd,
			      DavitContainerRuntime *ret_runtime, GError **error)
{
	DavitContainerRuntime opened = {.dirfd = -1};

	opened.runtime = davit_drivers_runtime (engine->drivers, name, error);
	if (opened.runtime == NULL ||
	    !davit_path_open_subdirectory (run_dirfd, "runtime", 0700, &opened.dirfd, error))
		return FALSE;
	opened.handle = (DavitRuntimeContainer){
		.size = sizeof opened.handle,
		.id = id,
		.dirfd = opened.dirfd,
	};
	*ret_runtime = opened;
	return TRUE;
}

void
davit_container_runtime_close (DavitContainerRuntime *runtime)
{
	davit_fd_close (&runtime->dirfd);
}

DavitRootfsRequest
davit_container_rootfs_request (const DavitRecord *record)
{
	return (DavitRootfsRequest){
		.size = sizeof (DavitRootfsRequest),
		.id = record->id,
		.layers = (const char *const *) record->layers,
		/*
		 * Also with --read-only: the runtime must be able to make mount points that the
		 * image lacks; it makes the root read-only behind them.
		 */
		.read_only = FALSE,
		/* One that is removed at its end has nothing that must survive a crash. */
		.volatile_writes = record->auto_remove,
		.mount_points = davit_files_mount_points (record),
		.memory_writes = record->tmpfs_upper,
	};
}
