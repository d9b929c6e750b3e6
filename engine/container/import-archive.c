/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading the archive of a checkpoint. A confined worker unpacks it flat, so that no name of it is
 * a path of ours; then every member must be in the manifest, be allowed there, and have its size
 * and digest. Only then names become files again. All of it happens in a directory that has the
 * name of a tomb: what a crash leaves is found and taken away as one.
 */

#include "container/checkpoint-archive.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MANIFEST_LIMIT (16 * 1024 * 1024)
#define IMAGES "checkpoint/"

void
davit_import_clear (DavitImported *imported)
{
	if (imported->stage != NULL && imported->directories.containers_fd >= 0)
		davit_path_remove_tree (imported->directories.containers_fd, imported->stage, NULL);
	davit_fd_close (&imported->dirfd);
	g_clear_pointer (&imported->stage, g_free);
	g_clear_pointer (&imported->record, davit_record_free);
	davit_container_directories_close (&imported->directories);
}

static gboolean
stage_make (DavitImported *imported, DavitEngine *engine, GError **error)
{
	char id[65] = "";

	if (!davit_container_directories_open (engine, &imported->directories, error))
		return FALSE;
	davit_digest_random_hex (id, sizeof id - 1);
	imported->stage = g_strconcat (DAVIT_CONTAINER_TOMB_PREFIX, id, NULL);
	return davit_path_open_subdirectory (imported->directories.containers_fd, imported->stage,
					     0700, &imported->dirfd, error) &&
	       /* Whoever looks for remains leaves alone what is locked. */
	       davit_lock_take (imported->dirfd, 0, "archive", error);
}

static gboolean
archive_unpack (DavitImported *imported, DavitEngine *engine, const char *path,
		GPtrArray **ret_files, GError **error)
{
	g_autofree char *program = davit_checkpoint_worker (engine);
	DavitArchiveWorker worker = {.program = program};
	davit_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open");
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_USAGE, "is no regular file");
	return davit_archive_extract (&worker, fd, imported->dirfd, ret_files, error);
}

static gboolean
damaged (GError **error, const char *name, const char *what)
{
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "member \"%s\" %s", name, what);
}

/* What may be in an archive; images have a flat name that nobody could take for a path. */
static gboolean
name_is_allowed (const char *name)
{
	static const char *const known[] = {"record.json", "snapshot.json", "rootfs.tar",
					    DAVIT_CONTAINER_LOG, NULL};

	if (g_strv_contains (known, name))
		return TRUE;
	if (!g_str_has_prefix (name, IMAGES))
		return FALSE;
	name += strlen (IMAGES);
	if (!g_ascii_isalnum (name[0]) || strlen (name) > 200)
		return FALSE;
	for (; *name != '\0'; name++) {
		if (!g_ascii_isalnum (*name) && strchr ("._-", *name) == NULL)
			return FALSE;
	}
	return TRUE;
}

static gboolean
files_index (const GPtrArray *files, GHashTable *index, GError **error)
{
	for (guint i = 0; i < files->len; i++) {
		DavitArchiveFile *file = g_ptr_array_index (files, i);

		if (file->link != NULL)
			return damaged (error, file->name, "is a link");
		if (!g_hash_table_insert (index, file->name, file))
			return damaged (error, file->name, "is there twice");
	}
	return TRUE;
}

/* It must be what the manifest says; then it gets its own name. */
static gboolean
member_check (const DavitImported *imported, GHashTable *index, const DavitJson *json,
	      GError **error)
{
	const DavitArchiveFile *file;
	const char *name = NULL, *digest = NULL;
	gint64 size = -1;

	if (!davit_json_get_string (json, "name", &name, error) ||
	    !davit_json_get_string (json, "digest", &digest, error) ||
	    !davit_json_get_integer (json, "size", 0, G_MAXINT64, &size, error))
		return FALSE;
	if (name == NULL || !name_is_allowed (name))
		return damaged (error, name != NULL ? name : "", "has no business in a checkpoint");
	file = g_hash_table_lookup (index, name);
	if (file == NULL)
		return damaged (error, name, "is missing");
	if (size < 0 || (guint64) size != file->size || g_strcmp0 (digest, file->digest) != 0)
		return damaged (error, name, "is not what the manifest says");
	if (renameat2 (imported->dirfd, file->stored, imported->dirfd, name, RENAME_NOREPLACE) < 0)
		return davit_error_errno (error, errno, "member \"%s\"", name);
	g_hash_table_remove (index, name);
	return TRUE;
}

static gboolean
manifest_check (const DavitJson *json, GError **error)
{
	const char *format = NULL, *architecture = NULL;
	struct utsname system = {0};
	gint64 version = 0;

	uname (&system);
	if (!davit_json_get_string (json, "format", &format, error) ||
	    !davit_json_get_string (json, "architecture", &architecture, error) ||
	    !davit_json_get_integer (json, "version", 0, G_MAXINT32, &version, error))
		return FALSE;
	if (g_strcmp0 (format, DAVIT_CHECKPOINT_FORMAT) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "is no checkpoint of davit");
	if (version != DAVIT_CHECKPOINT_VERSION)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"has the form %d; this davit reads %d", (int) version,
					DAVIT_CHECKPOINT_VERSION);
	if (g_strcmp0 (architecture, system.machine) != 0)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"was made on \"%s\", and this machine is \"%s\"",
					architecture != NULL ? architecture : "", system.machine);
	return TRUE;
}

static gboolean
members_check (const DavitImported *imported, GHashTable *index, const DavitJson *manifest,
	       GError **error)
{
	const DavitJson *members = NULL;
	GHashTableIter iterator;
	gpointer left = NULL;

	if (!manifest_check (manifest, error) ||
	    !davit_json_get_array (manifest, "members", &members, error))
		return FALSE;
	if (mkdirat (imported->dirfd, "checkpoint", 0700) < 0 ||
	    mkdirat (imported->dirfd, "checkpoint/work", 0700) < 0)
		return davit_error_errno (error, errno, "make \"checkpoint\"");
	for (guint i = 0; i < davit_json_length (members); i++) {
		if (!member_check (imported, index, davit_json_element (members, i), error))
			return FALSE;
	}
	g_hash_table_iter_init (&iterator, index);
	if (g_hash_table_iter_next (&iterator, &left, NULL))
		return damaged (error, left, "is not in the manifest");
	return TRUE;
}

/* "checkpoint/X" became files; they are the images of a checkpoint as a container has it. */
static gboolean
images_arrange (const DavitImported *imported, GError **error)
{
	int fd = imported->dirfd;

	if (renameat (fd, "checkpoint", fd, "images") < 0 || mkdirat (fd, "checkpoint", 0700) < 0 ||
	    renameat (fd, "images/work", fd, "checkpoint/work") < 0 ||
	    renameat (fd, "images", fd, "checkpoint/images") < 0 ||
	    renameat (fd, "snapshot.json", fd, "checkpoint/snapshot.json") < 0)
		return davit_error_errno (error, errno, "arrange the images");
	if (renameat (fd, "rootfs.tar", fd, "checkpoint/rootfs.tar") < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "arrange the images");
	return TRUE;
}

static gboolean
archive_check (DavitImported *imported, const GPtrArray *files, GError **error)
{
	g_autoptr (GHashTable) index = g_hash_table_new (g_str_hash, g_str_equal);
	g_autoptr (DavitJson) manifest = NULL;
	const DavitArchiveFile *file;

	if (!files_index (files, index, error))
		return FALSE;
	file = g_hash_table_lookup (index, DAVIT_CHECKPOINT_MANIFEST);
	if (file == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"is no checkpoint of davit: \"%s\" is missing",
					DAVIT_CHECKPOINT_MANIFEST);
	manifest = davit_json_read (imported->dirfd, file->stored, MANIFEST_LIMIT, error);
	if (manifest == NULL)
		return FALSE;
	g_hash_table_remove (index, DAVIT_CHECKPOINT_MANIFEST);
	if (!members_check (imported, index, manifest, error) || !images_arrange (imported, error))
		return FALSE;
	imported->record = davit_record_read (imported->dirfd, error);
	return imported->record != NULL;
}

static void
file_free (gpointer file)
{
	davit_archive_file_free (file);
}

gboolean
davit_import_open (DavitImported *imported, DavitEngine *engine, const char *path, GError **error)
{
	davit_trace_scope ("container", "read archive");
	g_autoptr (GPtrArray) files = NULL;
	g_autoptr (GError) local = NULL;

	*imported = (DavitImported){.directories = {-1, -1, -1}, .dirfd = -1};
	if (stage_make (imported, engine, &local) &&
	    archive_unpack (imported, engine, path, &files, &local)) {
		g_ptr_array_set_free_func (files, file_free);
		if (archive_check (imported, files, &local))
			return TRUE;
	}
	davit_import_clear (imported);
	/* The getters call a wrong type CONFIG; but nobody configures an archive. */
	if (davit_error_matches (local, DAVIT_ERROR_CONFIG))
		local->code = DAVIT_ERROR_CORRUPT;
	g_propagate_prefixed_error (error, g_steal_pointer (&local), "checkpoint \"%s\": ", path);
	return FALSE;
}
