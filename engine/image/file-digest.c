/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The digest of an image file. It is remembered below cache/files, as symbolic links, which are
 * made and read by one call each:
 *
 *     DEVICE-INODE → SHA-256 SIZE MTIME CTIME
 *
 * Nothing depends on them. The time of the last change of the inode can't be set by whoever writes
 * to the file, but has the grain of the kernel's clock: one that was touched just now is not
 * remembered, since it may be touched again without being seen.
 */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CACHE "cache"
#define FILES CACHE "/files"
#define TEXT_LIMIT 256
/* Of files that are long gone, too: with more than that it begins anew. */
#define ENTRIES_LIMIT 1024
/* The coarsest clock that file systems have. */
#define GRAIN_SECONDS 2

static char *
entry_name (const struct stat *status)
{
	return g_strdup_printf ("%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x",
				(guint64) status->st_dev, (guint64) status->st_ino);
}

/* Behind the digest. */
static char *
entry_identity (const struct stat *status)
{
	return g_strdup_printf (" %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %" G_GINT64_FORMAT
				".%09ld",
				(gint64) status->st_size, (gint64) status->st_mtim.tv_sec,
				status->st_mtim.tv_nsec, (gint64) status->st_ctim.tv_sec,
				status->st_ctim.tv_nsec);
}

static char *
cache_find (const DavitImageStore *store, const struct stat *status)
{
	g_autofree char *name = entry_name (status);
	g_autofree char *path = g_build_filename (FILES, name, NULL);
	g_autofree char *identity = entry_identity (status);
	char text[TEXT_LIMIT + 1];
	gssize length = readlinkat (store->paths->root_fd, path, text, TEXT_LIMIT);
	g_autofree char *digest = NULL;

	if (length <= DAVIT_DIGEST_HEX_LENGTH)
		return NULL;
	text[length] = '\0';
	if (strcmp (text + DAVIT_DIGEST_HEX_LENGTH, identity) != 0)
		return NULL;
	digest = g_strdup_printf ("sha256:%.*s", DAVIT_DIGEST_HEX_LENGTH, text);
	return davit_digest_is_valid (digest) ? g_steal_pointer (&digest) : NULL;
}

static gboolean
is_settled (const struct stat *status)
{
	struct timespec now;

	clock_gettime (CLOCK_REALTIME, &now);
	return status->st_ctim.tv_sec + GRAIN_SECONDS < now.tv_sec;
}

static void
cache_note (const DavitImageStore *store, const struct stat *status, const char *digest)
{
	g_autofree char *name = entry_name (status);
	g_autofree char *name_new = g_strdup_printf (".new-%d", (int) getpid ());
	g_autofree char *identity = entry_identity (status);
	g_autofree char *text = g_strconcat (davit_digest_hex (digest), identity, NULL);
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd cache = -1;
	davit_autofd files = -1;

	if (!is_settled (status) ||
	    !davit_path_open_subdirectory (store->paths->root_fd, CACHE, 0700, &cache, NULL) ||
	    !davit_path_open_subdirectory (cache, "files", 0700, &files, NULL))
		return;
	if (davit_path_list (files, &names, NULL) && names->len >= ENTRIES_LIMIT) {
		for (guint i = 0; i < names->len; i++)
			unlinkat (files, (const char *) names->pdata[i], 0);
	}
	unlinkat (files, name_new, 0);
	if (symlinkat (text, files, name_new) == 0 && renameat (files, name_new, files, name) < 0)
		unlinkat (files, name_new, 0);
}

static gboolean
digest_find_out (DavitImageStore *store, int fd, const char *path, char **ret_digest,
		 GError **error)
{
	g_auto (DavitStoreStep) step = {0};

	davit_store_step_begin (&step, store, "Reading %s", path);
	if (!davit_archive_digest (&step.worker, fd, ret_digest, error))
		return davit_error_prefix (error, "\"%s\"", path);
	davit_store_step_end (&step);
	return TRUE;
}

gboolean
davit_file_digest (DavitImageStore *store, int fd, const char *path, char **ret_digest,
		   GError **error)
{
	g_autofree char *digest = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "look at \"%s\"", path);
	*ret_digest = cache_find (store, &status);
	if (*ret_digest != NULL)
		return TRUE;
	before = entry_identity (&status);
	if (!digest_find_out (store, fd, path, &digest, error))
		return FALSE;
	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "look at \"%s\"", path);
	after = entry_identity (&status);
	if (strcmp (before, after) != 0)
		return davit_error_set (error, DAVIT_ERROR_BUSY,
					"\"%s\": is written to just now; try again when it is "
					"whole",
					path);
	cache_note (store, &status, digest);
	*ret_digest = g_steal_pointer (&digest);
	return TRUE;
}
