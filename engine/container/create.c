/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes a container. Everything is looked up and checked first; then
 *
 *     containers/<id>/    made and locked: until a record stands in it, it is nobody's
 *     names/<name>        claimed
 *     checkpoint, log     of one that was another once
 *     record.json         on disk: from here on there is a container
 *     storage             the writable part
 *
 * A crash before the record leaves a directory that the next look for that name (or a check)
 * takes for what it is; a crash after it, a container that was never started. A container that is
 * removed at its end has nothing that must survive a power cut: nobody waits for the disk.
 */

#include "container/container-private.h"
#include "container/container.h"
#include "container/create-private.h"
#include "container/names.h"
#include "container/netns.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "base/text.h"
#include "base/trace.h"
#include "monitor/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of 12,000 names: with more containers than that, a made-up name gets a number. */
#define NAME_TRIES 10

/**
 * Making: what is there already while a container is made, to be undone on failure.
 */
typedef struct {
	DavitCreation *creation;
	DavitContainerDirectories directories;
	int dirfd;
	int lock_fd;
	int cidfile_fd;
	gboolean cidfile_made;
	gboolean directory_made;
	gboolean name_claimed;
	gboolean rootfs_made;
} Making;

static void
making_undo (Making *making)
{
	const DavitCreation *creation = making->creation;

	if (making->rootfs_made)
		davit_storage_rootfs_remove (creation->storage, creation->id, NULL);
	if (making->directory_made)
		davit_path_remove_tree (making->directories.containers_fd, creation->id, NULL);
	if (making->name_claimed)
		davit_name_release (making->directories.names_fd, creation->name, creation->id,
				    NULL);
	if (making->cidfile_made)
		unlink (creation->request->cidfile);
}

static void
making_clear (Making *making)
{
	davit_container_directories_close (&making->directories);
	davit_fd_close (&making->dirfd);
	davit_fd_close (&making->lock_fd);
	davit_fd_close (&making->cidfile_fd);
}

/* Made first: a file that is there already must not be found out when all else is done. */
static gboolean
make_cidfile (Making *making, GError **error)
{
	const char *path = making->creation->request->cidfile;

	if (path == NULL)
		return TRUE;
	making->cidfile_fd =
		open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (making->cidfile_fd < 0 && errno == EEXIST)
		return davit_error_set (error, DAVIT_ERROR_EXISTS,
					"container id file \"%s\" exists already; remove it or "
					"choose another",
					path);
	if (making->cidfile_fd < 0)
		return davit_error_errno (error, errno, "make container id file \"%s\"", path);
	making->cidfile_made = TRUE;
	return davit_fd_write (making->cidfile_fd, making->creation->id,
			       strlen (making->creation->id), path, error);
}

static gboolean
make_directory (Making *making, GError **error)
{
	const char *id = making->creation->id;

	if (!davit_container_directories_open (making->creation->engine, &making->directories,
					       error) ||
	    !davit_container_directories_hold (&making->directories, error))
		return FALSE;
	if (mkdirat (making->directories.containers_fd, id, 0700) < 0)
		return davit_error_errno (error, errno, "make container \"%s\"", id);
	making->directory_made = TRUE;
	making->dirfd = openat (making->directories.containers_fd, id,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	making->lock_fd = making->dirfd < 0
				  ? -1
				  : openat (making->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (making->lock_fd < 0)
		return davit_error_errno (error, errno, "open container \"%s\"", id);
	return davit_lock_take (making->lock_fd, 0, id, error);
}

static gboolean
name_claim (Making *making, const char *name, GError **error)
{
	const DavitCreation *creation = making->creation;
	int names_fd = making->directories.names_fd;

	return creation->request->rm
		       ? davit_name_claim_volatile (names_fd, name, creation->id, error)
		       : davit_name_claim (names_fd, name, creation->id, error);
}

static gboolean
make_random_name (Making *making, GError **error)
{
	DavitCreation *creation = making->creation;

	for (guint i = 0; i <= NAME_TRIES; i++) {
		g_autofree char *name = davit_creation_random_name ();
		g_autoptr (GError) local = NULL;

		if (i == NAME_TRIES) {
			g_free (name);
			name = g_strdup_printf ("container_%.12s", creation->id);
		}
		if (name_claim (making, name, &local)) {
			making->name_claimed = TRUE;
			creation->name = g_steal_pointer (&name);
			return TRUE;
		}
		if (!davit_error_matches (local, DAVIT_ERROR_EXISTS) || i == NAME_TRIES) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
	}
	return FALSE;
}

/* --replace: the one that has the name goes first. */
static gboolean
name_free (const DavitCreation *creation, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) local = NULL;

	container = davit_container_find (creation->engine, creation->request->name, &local);
	if (container == NULL) {
		if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	/* The word may also be the beginning of another's id. */
	if (g_strcmp0 (container->name, creation->request->name) != 0)
		return TRUE;
	return davit_container_remove (container, TRUE, -1, error);
}

static gboolean
make_name (Making *making, GError **error)
{
	DavitCreation *creation = making->creation;
	const char *wanted = creation->request->name;

	if (wanted == NULL)
		return make_random_name (making, error);
	if (creation->request->replace && !name_free (creation, error))
		return FALSE;
	if (!name_claim (making, wanted, error))
		return FALSE;
	making->name_claimed = TRUE;
	creation->name = g_strdup (wanted);
	return TRUE;
}

static gboolean
make_moved (Making *making, GError **error)
{
	const DavitCreation *creation = making->creation;

	for (const char *const *file = creation->moved; file != NULL && *file != NULL; file++) {
		if (renameat (creation->moved_dirfd, *file, making->dirfd, *file) < 0 &&
		    errno != ENOENT)
			return davit_error_errno (error, errno, "move \"%s\" to container \"%s\"",
						  *file, creation->name);
	}
	return TRUE;
}

/* Read again at once: what this program can't read it must not leave behind. */
static gboolean
make_record (Making *making, DavitRecord **ret_record, GError **error)
{
	const DavitCreation *creation = making->creation;
	gboolean durable = !creation->request->rm;
	gsize length = 0;
	g_autofree char *text = creation->record_text != NULL
					? g_strdup (creation->record_text)
					: davit_creation_record (creation, &length);
	g_autoptr (DavitRecord) record = NULL;

	if (creation->record_text != NULL)
		length = strlen (text);
	if (length > DAVIT_RECORD_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"container \"%s\": its options are %" G_GSIZE_FORMAT
					" bytes long, %d are the limit",
					creation->name, length, DAVIT_RECORD_LIMIT);
	record = davit_record_parse (text, length, error);
	if (record == NULL ||
	    !davit_path_replace_file (making->dirfd, "record.json", text, length, 0600, durable,
				      error) ||
	    (durable && !davit_path_sync_directory (making->directories.containers_fd, error)))
		return FALSE;
	*ret_record = g_steal_pointer (&record);
	return TRUE;
}

static gboolean
make_rootfs (Making *making, const DavitRecord *record, GError **error)
{
	DavitRootfsRequest request = davit_container_rootfs_request (record);

	if (making->creation->storage == NULL)
		return TRUE;
	/* Before the call: a failure half-way has to be undone, too. */
	making->rootfs_made = TRUE;
	return davit_storage_rootfs_create (making->creation->storage, &request, error);
}

static gboolean
make_all (Making *making, GError **error)
{
	g_autoptr (DavitRecord) record = NULL;
	sigset_t before;
	gboolean made;

	/*
	 * Ended by a key in between, davit would leave a directory and a name without a record. Not
	 * for the root file system: that may be a copy that takes long, and it can be repeated.
	 */
	davit_signals_hold (&before);
	made = make_cidfile (making, error) && make_directory (making, error) &&
	       make_name (making, error) && make_moved (making, error) &&
	       make_record (making, &record, error);
	davit_signals_release (&before);
	return made && make_rootfs (making, record, error);
}

static gboolean
container_make (DavitCreation *creation, GError **error)
{
	Making making = {
		.creation = creation,
		.directories = {-1, -1, -1},
		.dirfd = -1,
		.lock_fd = -1,
		.cidfile_fd = -1,
	};
	gboolean done = make_all (&making, error);

	if (!done)
		making_undo (&making);
	making_clear (&making);
	return done;
}

gboolean
davit_creation_make (DavitCreation *creation, DavitContainer **ret_container, GError **error)
{
	/* Until the record says that the layers are used. */
	g_autoptr (DavitImageHold) hold = NULL;
	g_autoptr (DavitNetns) netns = NULL;
	DavitContainer *container;

	/* It takes the kernel half a millisecond, in which we go on. */
	if (creation->request != NULL && creation->request->start_follows &&
	    creation->network_namespace.mode == DAVIT_NAMESPACE_PRIVATE) {
		netns = davit_netns_begin (error);
		if (netns == NULL)
			return FALSE;
	}
	if (creation->image != NULL &&
	    !davit_image_store_hold (creation->engine->images, creation->image, creation->storage,
				     &hold, error))
		return FALSE;
	if (!container_make (creation, error))
		return FALSE;
	container = davit_container_find (creation->engine, creation->id, error);
	if (container == NULL)
		return FALSE;
	container->netns = g_steal_pointer (&netns);
	*ret_container = container;
	return TRUE;
}

/* Before the check, which must see what will be: an address has no effect on the host. */
static void
network_default (DavitEngine *engine, DavitCreateRequest *request)
{
	DavitRequestNamespace *network = &request->namespaces.network;

	if (network->mode == 0 && request->network_driver == NULL &&
	    strcmp (davit_config_string (engine->config, "network"), "host") == 0)
		network->mode = DAVIT_NAMESPACE_HOST;
}

gboolean
davit_container_create (DavitEngine *engine, DavitCreateRequest *request,
			DavitContainer **ret_container, GError **error)
{
	davit_trace_scope ("container", "create");
	DavitCreation creation;
	gboolean done;

	network_default (engine, request);
	if (!davit_request_check (request, error))
		return FALSE;
	davit_creation_init (&creation, engine, request);
	done = davit_creation_resolve (&creation, error) &&
	       davit_creation_make (&creation, ret_container, error);
	davit_creation_clear (&creation);
	return done;
}
