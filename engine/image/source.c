/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading from a directory or an archive. */

#include "image/source.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXTRACTED "extracted"
#define LINKS_LIMIT 8

struct _DavitSource {
	DavitImageStore *store;
	DavitStage *stage;
	char *label;
	int dirfd;	   /* of a directory; else -1 */
	GHashTable *files; /* of an archive: name → DavitArchiveFile; else NULL */
	GPtrArray *all;	   /* owns them */
};

void
davit_source_free (DavitSource *source)
{
	if (source == NULL)
		return;
	davit_fd_close (&source->dirfd);
	g_clear_pointer (&source->files, g_hash_table_unref);
	g_clear_pointer (&source->all, g_ptr_array_unref);
	g_free (source->label);
	g_free (source);
}

const char *
davit_source_label (const DavitSource *source)
{
	return source->label;
}

/* "./a//b" → "a/b", "a/../b" → "b". NULL if it leads out. Only a key of a table comes of it. */
static char *
name_canonical (const char *name)
{
	g_auto (GStrv) parts = g_strsplit (name, "/", -1);
	g_autoptr (GPtrArray) kept = g_ptr_array_new ();

	for (guint i = 0; parts[i] != NULL; i++) {
		if (parts[i][0] == '\0' || strcmp (parts[i], ".") == 0)
			continue;
		if (strcmp (parts[i], "..") != 0) {
			g_ptr_array_add (kept, parts[i]);
			continue;
		}
		if (kept->len == 0)
			return NULL;
		g_ptr_array_set_size (kept, (gint) kept->len - 1);
	}
	g_ptr_array_add (kept, NULL);
	return g_strjoinv ("/", (char **) kept->pdata);
}

static gboolean
archive_extract (DavitSource *source, int fd, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	davit_autofd dirfd = -1;

	davit_store_step_begin (&step, source->store, "Reading %s", source->label);
	if (!davit_stage_make_directory (source->stage, EXTRACTED, &dirfd, error))
		return FALSE;
	if (!davit_archive_extract (&step.worker, fd, dirfd, &source->all, error))
		return davit_error_prefix (error, "\"%s\"", source->label);
	davit_store_step_end (&step);
	source->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < source->all->len; i++) {
		DavitArchiveFile *file = g_ptr_array_index (source->all, i);
		char *name = name_canonical (file->name);

		/* The last of a name counts, as with tar. */
		if (name != NULL)
			g_hash_table_replace (source->files, name, file);
	}
	return TRUE;
}

DavitSource *
davit_source_open (DavitImageStore *store, DavitStage *stage, const char *path, int fd,
		   GError **error)
{
	g_autoptr (DavitSource) source = g_new0 (DavitSource, 1);
	struct stat status;
	davit_autofd input = -1;

	source->store = store;
	source->stage = stage;
	source->label = g_strdup (path == NULL ? "standard input" : path);
	source->dirfd = -1;
	if (path == NULL)
		input = fcntl (fd, F_DUPFD_CLOEXEC, 3);
	else if (!davit_fd_open_input (path, &input, error))
		return NULL;
	if (input < 0 || fstat (input, &status) < 0) {
		davit_error_errno (error, errno, "open \"%s\"", source->label);
		return NULL;
	}
	if (S_ISDIR (status.st_mode))
		source->dirfd = davit_fd_steal (&input);
	else if (!archive_extract (source, input, error))
		return NULL;
	return g_steal_pointer (&source);
}

/* A link of an archive stands for the file that it leads to, if that is in the archive too. */
static const DavitArchiveFile *
file_find (const DavitSource *source, const char *name)
{
	g_autofree char *key = name_canonical (name);
	const DavitArchiveFile *file =
		key == NULL ? NULL : g_hash_table_lookup (source->files, key);

	for (guint i = 0; file != NULL && file->link != NULL; i++) {
		g_autofree char *folder = g_path_get_dirname (file->name);
		g_autofree char *joined = g_build_filename (folder, file->link, NULL);
		g_autofree char *relative = name_canonical (joined);
		g_autofree char *plain = name_canonical (file->link);
		const DavitArchiveFile *next = NULL;

		if (i == LINKS_LIMIT)
			return NULL;
		/* Symbolic links are relative to their folder, hard links are whole names. */
		if (relative != NULL)
			next = g_hash_table_lookup (source->files, relative);
		if (next == NULL && plain != NULL)
			next = g_hash_table_lookup (source->files, plain);
		file = next;
	}
	return file;
}

gboolean
davit_source_has (DavitSource *source, const char *name)
{
	if (source->files != NULL)
		return file_find (source, name) != NULL;
	return faccessat (source->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The caller says in what. */
static gboolean
missing (const char *name, GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\" is missing in it", name);
}

static gboolean
not_regular (const char *name, GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\" is no regular file", name);
}

/* ret_file is NULL for a directory. */
static gboolean
file_open (DavitSource *source, const char *name, const DavitArchiveFile **ret_file, int *ret_fd,
	   GError **error)
{
	struct stat status = {0};
	davit_autofd fd = -1;

	*ret_file = NULL;
	if (source->files != NULL) {
		g_autofree char *path = NULL;

		*ret_file = file_find (source, name);
		if (*ret_file == NULL)
			return missing (name, error);
		path = g_build_filename (EXTRACTED, (*ret_file)->stored, NULL);
		return davit_stage_open_file (source->stage, path, ret_fd, error);
	}
	if (fstatat (source->dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? missing (name, error)
				       : davit_error_errno (error, errno, "\"%s\"", name);
	if (!S_ISREG (status.st_mode))
		return not_regular (name, error);
	/* Below the directory, through no link, and not blocked by what it has become since. */
	if (!davit_path_open_beneath (source->dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd,
				      error))
		return FALSE;
	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "\"%s\"", name);
	if (!S_ISREG (status.st_mode))
		return not_regular (name, error);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_source_read (DavitSource *source, const char *name, gsize limit, char **ret_text,
		   gsize *ret_length, GError **error)
{
	const DavitArchiveFile *file;
	davit_autofd fd = -1;

	return file_open (source, name, &file, &fd, error) &&
	       davit_fd_read (fd, limit, name, ret_text, ret_length, error);
}

static char *
blob_name (const DavitDescriptor *descriptor)
{
	return g_strconcat ("blobs/sha256/", davit_digest_hex (descriptor->digest), NULL);
}

static gboolean
blob_check (const DavitDescriptor *descriptor, const char *digest, guint64 size, GError **error)
{
	if (size != descriptor->size)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"blob \"%s\": has %" G_GUINT64_FORMAT
					" bytes and not %" G_GUINT64_FORMAT,
					descriptor->digest, size, descriptor->size);
	if (strcmp (digest, descriptor->digest) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"blob \"%s\": does not fit its digest; it is \"%s\"",
					descriptor->digest, digest);
	return TRUE;
}

gboolean
davit_source_read_blob (DavitSource *source, const DavitDescriptor *descriptor, gsize limit,
			char **ret_text, GError **error)
{
	g_autofree char *name = blob_name (descriptor);
	g_autofree char *text = NULL;
	g_autofree char *digest = NULL;
	gsize length = 0;

	if (descriptor->size > limit)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"blob \"%s\": %" G_GUINT64_FORMAT
					" bytes are more than the %" G_GSIZE_FORMAT
					" that are read",
					descriptor->digest, descriptor->size, limit);
	if (!davit_source_read (source, name, (gsize) descriptor->size, &text, &length, error))
		return FALSE;
	digest = davit_digest_of (text, length);
	if (!blob_check (descriptor, digest, length, error))
		return FALSE;
	*ret_text = g_steal_pointer (&text);
	return TRUE;
}

/* From a directory: copied and hashed at once. limit is one byte more than is promised. */
static gboolean
file_copy (DavitSource *source, int fd, guint64 limit, char **ret_name,
	   DavitArchiveSummary *ret_summary, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	g_autofree char *name = NULL;
	davit_autofd copy = -1;
	DavitArchiveScan scan = {.input_fd = fd, .input_limit = limit};

	if (!davit_stage_create (source->stage, &name, &copy, error))
		return FALSE;
	davit_store_step_begin (&step, source->store, "Reading %s", source->label);
	scan.copy_fd = copy;
	if (!davit_archive_scan (&step.worker, &scan, ret_summary, error))
		return FALSE;
	davit_store_step_end (&step);
	*ret_name = g_steal_pointer (&name);
	return TRUE;
}

static gboolean
directory_stage (DavitSource *source, const DavitDescriptor *descriptor, int fd, GError **error)
{
	DavitArchiveSummary summary = {0};
	g_autofree char *name = NULL;
	struct stat status;
	gboolean ok;

	/* Said before it is read: what is too long may never end. */
	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "blob \"%s\"", descriptor->digest);
	if ((guint64) status.st_size != descriptor->size)
		return blob_check (descriptor, descriptor->digest, (guint64) status.st_size, error);
	if (!file_copy (source, fd, descriptor->size, &name, &summary, error))
		return davit_error_prefix (error, "blob \"%s\"", descriptor->digest);
	ok = blob_check (descriptor, summary.digest, summary.size, error);
	if (ok)
		davit_stage_add (source->stage, name, descriptor->digest);
	davit_archive_summary_clear (&summary);
	return ok;
}

gboolean
davit_source_stage_blob (DavitSource *source, const DavitDescriptor *descriptor, GError **error)
{
	g_autofree char *name = blob_name (descriptor);
	g_autofree char *path = NULL;
	const DavitArchiveFile *file = NULL;
	davit_autofd fd = -1;

	/* An image may have a layer twice, and an archive images with common layers. */
	if (!davit_stage_open_blob (source->stage, descriptor->digest, &fd, error))
		return FALSE;
	if (fd >= 0)
		return TRUE;
	if (!file_open (source, name, &file, &fd, error))
		return FALSE;
	if (file == NULL)
		return directory_stage (source, descriptor, fd, error);
	if (!blob_check (descriptor, file->digest, file->size, error))
		return FALSE;
	path = g_build_filename (EXTRACTED, file->stored, NULL);
	davit_stage_add (source->stage, path, descriptor->digest);
	return TRUE;
}

static gboolean
compression_find (int fd, DavitCompression *ret, GError **error)
{
	static const struct {
		const char *magic;
		gsize length;
		DavitCompression compression;
	} magics[] = {
		{"\x1f\x8b", 2, DAVIT_COMPRESSION_GZIP},
		{"\x28\xb5\x2f\xfd", 4, DAVIT_COMPRESSION_ZSTD},
		{"\xfd"
		 "7zXZ",
		 5, DAVIT_COMPRESSION_XZ},
		{"BZh", 3, DAVIT_COMPRESSION_BZIP2},
	};
	char head[8] = {0};

	if (pread (fd, head, sizeof head, 0) < 0)
		return davit_error_errno (error, errno, "read the head of a layer");
	*ret = DAVIT_COMPRESSION_NONE;
	for (gsize i = 0; i < G_N_ELEMENTS (magics); i++) {
		if (memcmp (head, magics[i].magic, magics[i].length) == 0)
			*ret = magics[i].compression;
	}
	return TRUE;
}

gboolean
davit_source_stage_file (DavitSource *source, const char *name, char **ret_digest,
			 guint64 *ret_size, DavitCompression *ret_compression, GError **error)
{
	const DavitArchiveFile *file = NULL;
	g_autofree char *path = NULL;
	davit_autofd fd = -1;

	if (source->files == NULL)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"is a directory of docker's form; make an archive of it");
	if (!file_open (source, name, &file, &fd, error) ||
	    !compression_find (fd, ret_compression, error))
		return FALSE;
	path = g_build_filename (EXTRACTED, file->stored, NULL);
	davit_stage_add (source->stage, path, file->digest);
	*ret_digest = g_strdup (file->digest);
	*ret_size = file->size;
	return TRUE;
}
