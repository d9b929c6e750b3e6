/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing the archive of a checkpoint. */

#include "container/checkpoint-archive.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static char *
temporary_name (const char *path)
{
	g_autofree char *name = g_path_get_basename (path);

	return g_strdup_printf (".%s.%d", name, (int) getpid ());
}

gboolean
davit_export_begin (DavitExport *export, const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname (path);
	g_autofree char *name = NULL;

	export->path = g_strdup (path);
	export->dirfd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (export->dirfd < 0)
		return davit_error_errno (error, errno, "directory \"%s\"", directory);
	export->fd = openat (export->dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (export->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		name = temporary_name (path);
		export->fd = openat (export->dirfd, name,
				     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (export->fd < 0)
		return davit_error_errno (error, errno, "make \"%s\"", path);
	export->temporary = g_steal_pointer (&name);
	return TRUE;
}

void
davit_export_clear (DavitExport *export)
{
	if (export->temporary != NULL)
		unlinkat (export->dirfd, export->temporary, 0);
	davit_fd_close (&export->fd);
	davit_fd_close (&export->dirfd);
	g_clear_pointer (&export->path, g_free);
	g_clear_pointer (&export->temporary, g_free);
}

/**
 * Members: those of an archive. names and fds live as long.
 */
typedef struct {
	DavitArchiveWorker worker;
	GPtrArray *members; /* DavitArchiveMember */
	GPtrArray *names;
	GArray *fds;
	DavitJsonWriter *manifest;
} Members;

static void
members_clear (Members *members)
{
	for (guint i = 0; i < members->fds->len; i++)
		close (g_array_index (members->fds, int, i));
	g_ptr_array_unref (members->members);
	g_ptr_array_unref (members->names);
	g_array_unref (members->fds);
	g_clear_pointer (&members->manifest, davit_json_writer_free);
}

/* A file of a directory, if it is there. */
static gboolean
member_add (Members *members, int dirfd, const char *file, const char *prefix, GError **error)
{
	char *name = g_strconcat (prefix, file, NULL);
	DavitArchiveMember *member = g_new0 (DavitArchiveMember, 1);
	g_autofree char *digest = NULL;
	struct stat status;
	int fd = openat (dirfd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	g_ptr_array_add (members->names, name);
	g_ptr_array_add (members->members, member);
	if (fd < 0) {
		g_ptr_array_set_size (members->members, (int) members->members->len - 1);
		return errno == ENOENT || davit_error_errno (error, errno, "open \"%s\"", name);
	}
	g_array_append_val (members->fds, fd);
	member->name = name;
	member->fd = fd;
	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "look at \"%s\"", name);
	if (!davit_archive_digest (&members->worker, fd, &digest, error) ||
	    lseek (fd, 0, SEEK_SET) < 0)
		return davit_error_prefix (error, "%s", name);
	davit_json_writer_begin_object (members->manifest, NULL);
	davit_json_writer_string (members->manifest, "name", name);
	davit_json_writer_string (members->manifest, "digest", digest);
	davit_json_writer_integer (members->manifest, "size", status.st_size);
	davit_json_writer_end_object (members->manifest);
	return TRUE;
}

static gboolean
members_add (Members *members, const DavitContainer *container, const DavitSnapshotFiles *files,
	     GError **error)
{
	g_autoptr (GPtrArray) images = NULL;

	if (!member_add (members, container->dirfd, "record.json", "", error) ||
	    !member_add (members, files->dirfd, "snapshot.json", "", error) ||
	    !member_add (members, files->dirfd, "rootfs.tar", "", error) ||
	    !member_add (members, files->dirfd, DAVIT_CONTAINER_LOG, "", error) ||
	    !davit_path_list (files->images_dirfd, &images, error))
		return FALSE;
	for (guint i = 0; i < images->len; i++) {
		if (!member_add (members, files->images_dirfd, g_ptr_array_index (images, i),
				 "checkpoint/", error))
			return FALSE;
	}
	return TRUE;
}

static void
manifest_begin (DavitJsonWriter *writer, const DavitContainer *container)
{
	struct utsname system = {0};

	uname (&system);
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "format", DAVIT_CHECKPOINT_FORMAT);
	davit_json_writer_integer (writer, "version", DAVIT_CHECKPOINT_VERSION);
	davit_json_writer_string (writer, "engine", "davit");
	davit_json_writer_string (writer, "kernel", system.release);
	davit_json_writer_string (writer, "architecture", system.machine);
	davit_json_writer_string_if (writer, "image", container->image);
	davit_json_writer_string_if (writer, "imageId", container->image_id);
	davit_json_writer_begin_array (writer, "members");
}

static gboolean
file_link (const DavitExport *export, const char *name)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", export->fd);

	return linkat (AT_FDCWD, link, export->dirfd, name, AT_SYMLINK_FOLLOW) == 0;
}

/* FALSE and errno. Only over an older file there is another name, and for a moment. */
static gboolean
file_name (DavitExport *export, const char *name)
{
	g_autofree char *temporary = NULL;

	if (export->temporary == NULL) {
		if (file_link (export, name))
			return TRUE;
		if (errno != EEXIST)
			return FALSE;
		temporary = temporary_name (export->path);
		if (!file_link (export, temporary))
			return FALSE;
		export->temporary = g_steal_pointer (&temporary);
	}
	if (renameat (export->dirfd, export->temporary, export->dirfd, name) < 0)
		return FALSE;
	g_clear_pointer (&export->temporary, g_free);
	return TRUE;
}

/* It counts when it is on disk under its name. */
static gboolean
file_publish (DavitExport *export, GError **error)
{
	g_autofree char *name = g_path_get_basename (export->path);

	if (fsync (export->fd) < 0 || !file_name (export, name))
		return davit_error_errno (error, errno, "write \"%s\"", export->path);
	davit_fd_close (&export->fd);
	return davit_path_sync_directory (export->dirfd, error);
}

gboolean
davit_export_write (DavitExport *export, DavitContainer *container, const DavitSnapshotFiles *files,
		    DavitCompression compression, GError **error)
{
	davit_trace_scope ("container", "export");
	DavitArchiveMember manifest = {.name = DAVIT_CHECKPOINT_MANIFEST, .fd = -1};
	g_autofree char *program = davit_checkpoint_worker (container->engine);
	Members members = {
		.worker = {.program = program},
		.members = g_ptr_array_new_with_free_func (g_free),
		.names = g_ptr_array_new_with_free_func (g_free),
		.fds = g_array_new (FALSE, FALSE, sizeof (int)),
		.manifest = davit_json_writer_new (TRUE),
	};
	g_autofree char *text = NULL;
	gboolean written;

	manifest_begin (members.manifest, container);
	written = members_add (&members, container, files, error);
	if (written) {
		davit_json_writer_end_array (members.manifest);
		davit_json_writer_end_object (members.manifest);
		text = davit_json_writer_finish (members.manifest, NULL);
		manifest.text = text;
		g_ptr_array_insert (members.members, 0, g_memdup2 (&manifest, sizeof manifest));
		written = davit_archive_write_compressed (&members.worker, members.members,
							  compression, export->fd, error) &&
			  file_publish (export, error);
	}
	members_clear (&members);
	return written || davit_error_prefix (error, "export to \"%s\"", export->path);
}
