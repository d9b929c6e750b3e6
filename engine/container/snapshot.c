/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A checkpoint on disk. */

#include "container/snapshot.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SNAPSHOT "checkpoint"
#define SNAPSHOT_NEW "checkpoint.new"
#define SNAPSHOT_FAILED "checkpoint.failed"
#define SNAPSHOT_FILE "snapshot.json"
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_LIMIT (256 * 1024)

void
davit_snapshot_clear (DavitSnapshot *snapshot)
{
	g_clear_pointer (&snapshot->driver, g_free);
	g_clear_pointer (&snapshot->runtime, g_free);
	g_clear_pointer (&snapshot->networks, g_ptr_array_unref);
	g_clear_pointer (&snapshot->kernel, g_free);
}

void
davit_snapshot_files_init (DavitSnapshotFiles *files)
{
	*files = (DavitSnapshotFiles){-1, -1, -1};
}

void
davit_snapshot_files_clear (DavitSnapshotFiles *files)
{
	davit_fd_close (&files->dirfd);
	davit_fd_close (&files->images_dirfd);
	davit_fd_close (&files->work_dirfd);
}

static gboolean
files_open (int container_dirfd, const char *name, DavitSnapshotFiles *ret_files, GError **error)
{
	DavitSnapshotFiles files;

	davit_snapshot_files_init (&files);
	if (davit_path_open_subdirectory (container_dirfd, name, 0700, &files.dirfd, error) &&
	    davit_path_open_subdirectory (files.dirfd, "images", 0700, &files.images_dirfd,
					  error) &&
	    davit_path_open_subdirectory (files.dirfd, "work", 0700, &files.work_dirfd, error)) {
		*ret_files = files;
		return TRUE;
	}
	davit_snapshot_files_clear (&files);
	return FALSE;
}

static gboolean
exists (int container_dirfd, const char *name)
{
	return faccessat (container_dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What says that it is one goes first: what is left of it otherwise would be taken for whole. */
static gboolean
remove_named (int container_dirfd, const char *name, GError **error)
{
	davit_autofd fd =
		openat (container_dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		unlinkat (fd, SNAPSHOT_FILE, 0);
	return davit_path_remove_tree (container_dirfd, name, error);
}

gboolean
davit_snapshot_begin (int container_dirfd, DavitSnapshotFiles *ret_files, GError **error)
{
	return remove_named (container_dirfd, SNAPSHOT_FAILED, error) &&
	       remove_named (container_dirfd, SNAPSHOT_NEW, error) &&
	       files_open (container_dirfd, SNAPSHOT_NEW, ret_files, error);
}

gboolean
davit_snapshot_write (const DavitSnapshotFiles *files, const DavitSnapshot *snapshot,
		      GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;
	gsize length = 0;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "version", SNAPSHOT_VERSION);
	davit_json_writer_string_if (writer, "driver", snapshot->driver);
	davit_json_writer_string_if (writer, "runtime", snapshot->runtime);
	davit_json_writer_integer (writer, "created", snapshot->created);
	davit_json_writer_boolean (writer, "leftRunning", snapshot->left_running);
	davit_json_writer_boolean (writer, "tcpEstablished", snapshot->tcp_established);
	davit_json_writer_boolean (writer, "fileLocks", snapshot->file_locks);
	if (snapshot->networks != NULL)
		davit_run_networks_write (snapshot->networks, writer);
	davit_json_writer_string_if (writer, "kernel", snapshot->kernel);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, &length);
	return davit_path_replace_file (files->dirfd, SNAPSHOT_FILE, text, length, 0600, TRUE,
					error);
}

static gboolean
read_switches (const DavitJson *json, DavitSnapshot *snapshot, GError **error)
{
	return davit_json_get_boolean (json, "leftRunning", &snapshot->left_running, error) &&
	       davit_json_get_boolean (json, "tcpEstablished", &snapshot->tcp_established, error) &&
	       davit_json_get_boolean (json, "fileLocks", &snapshot->file_locks, error);
}

static gboolean
read_strings (const DavitJson *json, DavitSnapshot *snapshot, GError **error)
{
	const char *driver = NULL, *runtime = NULL, *kernel = NULL;

	if (!davit_json_get_string (json, "driver", &driver, error) ||
	    !davit_json_get_string (json, "runtime", &runtime, error) ||
	    !davit_json_get_string (json, "kernel", &kernel, error))
		return FALSE;
	if (driver != NULL && !davit_text_is_plugin_name (driver))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"driver: must be the name of a plugin");
	snapshot->driver = g_strdup (driver);
	snapshot->runtime = g_strdup (runtime);
	snapshot->kernel = g_strdup (kernel);
	return davit_run_networks_read (json, &snapshot->networks, error);
}

/* NOT_FOUND: the directory is no checkpoint. */
static gboolean
snapshot_read (int dirfd, DavitSnapshot *ret_snapshot, GError **error)
{
	g_autoptr (DavitJson) json = davit_json_read (dirfd, SNAPSHOT_FILE, SNAPSHOT_LIMIT, error);
	g_autoptr (GError) local = NULL;
	DavitSnapshot snapshot = {0};
	gint64 version = 0;

	if (json == NULL)
		return FALSE;
	if (davit_json_get_integer (json, "version", 1, G_MAXINT32, &version, &local) &&
	    version > SNAPSHOT_VERSION)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"%s: version %d is that of a newer davit", SNAPSHOT_FILE,
					(int) version);
	if (local == NULL &&
	    davit_json_get_integer (json, "created", 1, G_MAXINT64, &snapshot.created, &local) &&
	    read_switches (json, &snapshot, &local) && read_strings (json, &snapshot, &local)) {
		*ret_snapshot = snapshot;
		return TRUE;
	}
	davit_snapshot_clear (&snapshot);
	/* The getters call a wrong type CONFIG; but nobody configures a checkpoint. */
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "%s: %s", SNAPSHOT_FILE,
				local->message);
}

/* Gives what is at container_dirfd/name; FALSE if that is no whole checkpoint. */
static gboolean
snapshot_find (int container_dirfd, const char *name, DavitSnapshot *ret_snapshot, GError **error)
{
	davit_autofd fd =
		openat (container_dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", name);
	return snapshot_read (fd, ret_snapshot, error);
}

gboolean
davit_snapshot_open (int container_dirfd, DavitSnapshotFiles *ret_files,
		     DavitSnapshot *ret_snapshot, GError **error)
{
	DavitSnapshot snapshot = {0};

	if (!snapshot_find (container_dirfd, SNAPSHOT, &snapshot, error))
		return FALSE;
	if (!files_open (container_dirfd, SNAPSHOT, ret_files, error)) {
		davit_snapshot_clear (&snapshot);
		return FALSE;
	}
	*ret_snapshot = snapshot;
	return TRUE;
}

gboolean
davit_snapshot_commit (int container_dirfd, GError **error)
{
	if (!remove_named (container_dirfd, SNAPSHOT, error))
		return FALSE;
	if (renameat (container_dirfd, SNAPSHOT_NEW, container_dirfd, SNAPSHOT) < 0)
		return davit_error_errno (error, errno, "rename \"%s\"", SNAPSHOT_NEW);
	return davit_path_sync_directory (container_dirfd, error);
}

gboolean
davit_snapshot_abort (int container_dirfd, gboolean keep, GError **error)
{
	if (keep && remove_named (container_dirfd, SNAPSHOT_FAILED, error) &&
	    renameat (container_dirfd, SNAPSHOT_NEW, container_dirfd, SNAPSHOT_FAILED) == 0)
		return TRUE;
	return remove_named (container_dirfd, SNAPSHOT_NEW, error);
}

gboolean
davit_snapshot_remove (int container_dirfd, GError **error)
{
	return remove_named (container_dirfd, SNAPSHOT, error);
}

/* Processes that a checkpoint ends are killed; of an end that nobody saw it may be the reason. */
static gboolean
may_be_the_end (const DavitSnapshot *snapshot, gint64 started, const DavitExit *ended)
{
	return !snapshot->left_running && snapshot->created >= started &&
	       (ended->finished == 0 || ended->signal == SIGKILL);
}

gboolean
davit_snapshot_settle (int container_dirfd, gint64 started, const DavitExit *ended,
		       gint64 *ret_created)
{
	DavitSnapshot snapshot = {0};
	gboolean found = snapshot_find (container_dirfd, SNAPSHOT_NEW, &snapshot, NULL);

	if (!found || !may_be_the_end (&snapshot, started, ended) ||
	    !davit_snapshot_commit (container_dirfd, NULL)) {
		davit_snapshot_clear (&snapshot);
		davit_snapshot_abort (container_dirfd, FALSE, NULL);
		found = FALSE;
	}
	if (!found)
		found = snapshot_find (container_dirfd, SNAPSHOT, &snapshot, NULL);
	if (!found || !may_be_the_end (&snapshot, started, ended)) {
		davit_snapshot_clear (&snapshot);
		return FALSE;
	}
	*ret_created = snapshot.created;
	davit_snapshot_clear (&snapshot);
	return TRUE;
}

gboolean
davit_snapshot_is_broken_off (int container_dirfd)
{
	return exists (container_dirfd, SNAPSHOT_NEW) ||
	       (exists (container_dirfd, SNAPSHOT) &&
		!exists (container_dirfd, SNAPSHOT "/" SNAPSHOT_FILE));
}

gboolean
davit_snapshot_mend (int container_dirfd, GError **error)
{
	if (!davit_snapshot_is_broken_off (container_dirfd))
		return TRUE;
	return davit_snapshot_abort (container_dirfd, FALSE, error) &&
	       (exists (container_dirfd, SNAPSHOT "/" SNAPSHOT_FILE) ||
		davit_snapshot_remove (container_dirfd, error));
}
