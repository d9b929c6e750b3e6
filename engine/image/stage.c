/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Staging blobs. */

#include "image/stage.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE_DIRECTORY "stage"
#define NAME_DIGITS 16

struct _DavitStage {
	int stages_fd;
	int dirfd; /* holds the lock */
	char *name;
	guint next;
	GHashTable *blobs; /* digest → file */
};

/* TRUE in ret_gone if somebody took it for garbage before it was locked. */
static gboolean
stage_lock (DavitStage *stage, gboolean *ret_gone, GError **error)
{
	g_autoptr (GError) local = NULL;
	struct stat status;

	*ret_gone = TRUE;
	if (!davit_path_open_subdirectory (stage->stages_fd, stage->name, 0700, &stage->dirfd,
					   &local)) {
		if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (!davit_lock_take (stage->dirfd, -1, stage->name, error))
		return FALSE;
	if (fstat (stage->dirfd, &status) < 0)
		return davit_error_errno (error, errno, "stage \"%s\"", stage->name);
	*ret_gone = status.st_nlink == 0 ||
		    faccessat (stage->stages_fd, stage->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	return TRUE;
}

static gboolean
stage_make (DavitStage *stage, GError **error)
{
	gboolean gone = TRUE;

	while (gone) {
		g_free (stage->name);
		stage->name = g_malloc0 (NAME_DIGITS + 1);
		davit_digest_random_hex (stage->name, NAME_DIGITS);
		davit_fd_close (&stage->dirfd);
		if (!stage_lock (stage, &gone, error))
			return FALSE;
	}
	return TRUE;
}

DavitStage *
davit_stage_new (int content_fd, GError **error)
{
	g_autoptr (DavitStage) stage = g_new0 (DavitStage, 1);

	stage->stages_fd = -1;
	stage->dirfd = -1;
	stage->blobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
	/* What can't be removed is no reason to make nothing new: system check tells of it. */
	davit_stage_clean (content_fd, TRUE, NULL, NULL);
	if (!davit_path_open_subdirectory (content_fd, STAGE_DIRECTORY, 0700, &stage->stages_fd,
					   error) ||
	    !stage_make (stage, error))
		return NULL;
	return g_steal_pointer (&stage);
}

void
davit_stage_free (DavitStage *stage)
{
	if (stage == NULL)
		return;
	/* Before the lock goes, so that nobody else looks at it. */
	if (stage->dirfd >= 0)
		davit_path_remove_tree (stage->stages_fd, stage->name, NULL);
	davit_fd_close (&stage->dirfd);
	davit_fd_close (&stage->stages_fd);
	g_hash_table_unref (stage->blobs);
	g_free (stage->name);
	g_free (stage);
}

gboolean
davit_stage_create (DavitStage *stage, char **ret_name, int *ret_fd, GError **error)
{
	g_autofree char *name = g_strdup_printf ("%u", stage->next);
	int fd = openat (stage->dirfd, name,
			 O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

	if (fd < 0)
		return davit_error_errno (error, errno, "make \"content/stage/%s/%s\"", stage->name,
					  name);
	stage->next++;
	*ret_fd = fd;
	*ret_name = g_steal_pointer (&name);
	return TRUE;
}

gboolean
davit_stage_make_directory (DavitStage *stage, const char *name, int *ret_dirfd, GError **error)
{
	return davit_path_open_subdirectory (stage->dirfd, name, 0700, ret_dirfd, error);
}

void
davit_stage_add (DavitStage *stage, const char *name, const char *digest)
{
	g_hash_table_insert (stage->blobs, g_strdup (digest), g_strdup (name));
}

gboolean
davit_stage_add_text (DavitStage *stage, const char *text, gsize length, char **ret_digest,
		      GError **error)
{
	g_autofree char *name = NULL;
	g_autofree char *digest = davit_digest_of (text, length);
	davit_autofd fd = -1;

	if (!davit_stage_create (stage, &name, &fd, error) ||
	    !davit_fd_write (fd, text, length, digest, error))
		return FALSE;
	davit_stage_add (stage, name, digest);
	*ret_digest = g_steal_pointer (&digest);
	return TRUE;
}

gboolean
davit_stage_open_file (DavitStage *stage, const char *name, int *ret_fd, GError **error)
{
	int fd = openat (stage->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"content/stage/%s/%s\"", stage->name,
					  name);
	*ret_fd = fd;
	return TRUE;
}

gboolean
davit_stage_open_blob (DavitStage *stage, const char *digest, int *ret_fd, GError **error)
{
	const char *name = g_hash_table_lookup (stage->blobs, digest);

	return name == NULL || davit_stage_open_file (stage, name, ret_fd, error);
}

gboolean
davit_stage_sync (DavitStage *stage, GError **error)
{
	/* One for all of them, where fsync for each would wait as often. */
	if (syncfs (stage->dirfd) < 0)
		return davit_error_errno (error, errno, "write content to the disk");
	return TRUE;
}

static gboolean
blob_publish (DavitStage *stage, const char *digest, const char *name, int blobs_fd, GError **error)
{
	if (fchmodat (stage->dirfd, name, 0444, 0) < 0 ||
	    renameat (stage->dirfd, name, blobs_fd, davit_digest_hex (digest)) < 0)
		return davit_error_errno (error, errno, "store blob \"%s\"", digest);
	return TRUE;
}

gboolean
davit_stage_publish (DavitStage *stage, int blobs_fd, GError **error)
{
	GHashTableIter iter;
	gpointer digest, name;

	g_hash_table_iter_init (&iter, stage->blobs);
	while (g_hash_table_iter_next (&iter, &digest, &name)) {
		if (!blob_publish (stage, digest, name, blobs_fd, error))
			return FALSE;
		g_hash_table_iter_remove (&iter);
	}
	return davit_path_sync_directory (blobs_fd, error);
}

/* ret_dead stays FALSE for one that is in use or has just gone. */
static gboolean
stage_is_dead (int stages_fd, const char *name, int *ret_fd, gboolean *ret_dead, GError **error)
{
	g_autoptr (GError) local = NULL;
	davit_autofd fd = openat (stages_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return TRUE;
	/* No directory: nobody of ours made it, and nobody uses it. */
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		*ret_dead = TRUE;
		return TRUE;
	}
	if (fd < 0)
		return davit_error_errno (error, errno, "open \"content/stage/%s\"", name);
	if (davit_lock_take (fd, 0, name, &local)) {
		*ret_dead = TRUE;
		*ret_fd = davit_fd_steal (&fd);
		return TRUE;
	}
	if (davit_error_matches (local, DAVIT_ERROR_BUSY))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
stage_clean_one (int stages_fd, const char *name, gboolean remove, GPtrArray *names, GError **error)
{
	davit_autofd lock_fd = -1;
	gboolean dead = FALSE;

	if (!stage_is_dead (stages_fd, name, &lock_fd, &dead, error))
		return FALSE;
	if (!dead)
		return TRUE;
	g_ptr_array_add (names, g_strdup (name));
	return !remove || davit_path_remove_tree (stages_fd, name, error);
}

gboolean
davit_stage_clean (int content_fd, gboolean remove, GPtrArray **ret_names, GError **error)
{
	g_autoptr (GPtrArray) found = NULL;
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	davit_autofd stages_fd = openat (content_fd, STAGE_DIRECTORY,
					 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (stages_fd < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "open \"content/stage\"");
	if (stages_fd >= 0 && !davit_path_list (stages_fd, &found, error))
		return FALSE;
	for (guint i = 0; found != NULL && i < found->len; i++) {
		if (!stage_clean_one (stages_fd, g_ptr_array_index (found, i), remove, names,
				      error))
			return FALSE;
	}
	if (ret_names != NULL)
		*ret_names = g_steal_pointer (&names);
	return TRUE;
}
