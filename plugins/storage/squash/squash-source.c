/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads, writes and follows the note. */

#include "squash-source.h"

#include "squash-digest.h"
#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_NEW SQUASH_SOURCE ".new"
#define NOTE_LIMIT (PATH_MAX + 256)
#define N_WORDS 5

static gint64
nanoseconds (const struct timespec *time)
{
	return (gint64) time->tv_sec * G_GINT64_CONSTANT (1000000000) + time->tv_nsec;
}

gboolean
squash_source_init (SquashSource *source, const char *digest, const char *path, int fd,
		    GError **error)
{
	struct stat status;

	*source = (SquashSource){0};
	if (fstat (fd, &status) < 0)
		return store_error_errno (error, errno, "look at \"%s\"", path);
	source->size = (guint64) status.st_size;
	source->inode = (guint64) status.st_ino;
	source->modified = nanoseconds (&status.st_mtim);
	source->changed = nanoseconds (&status.st_ctim);
	source->path = g_strdup (path);
	g_strlcpy (source->digest, digest, sizeof source->digest);
	return TRUE;
}

void
squash_source_clear (SquashSource *source)
{
	g_clear_pointer (&source->path, g_free);
}

gboolean
squash_source_is_same (const SquashSource *source, const SquashSource *now)
{
	return source->size == now->size && source->inode == now->inode &&
	       source->modified == now->modified && source->changed == now->changed &&
	       strcmp (source->digest, now->digest) == 0 && strcmp (source->path, now->path) == 0;
}

static gboolean
note_parse (const char *text, SquashSource *source)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", 2);
	g_auto (GStrv) words = g_strsplit (lines[0] != NULL ? lines[0] : "", " ", N_WORDS + 1);

	if (g_strv_length (lines) != 2 || !g_path_is_absolute (lines[1]) ||
	    g_strv_length (words) != N_WORDS || strlen (words[0]) != SQUASH_SOURCE_DIGEST_LENGTH ||
	    !g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXINT64, &source->size, NULL) ||
	    !g_ascii_string_to_unsigned (words[2], 10, 0, G_MAXUINT64, &source->inode, NULL) ||
	    !g_ascii_string_to_signed (words[3], 10, G_MININT64, G_MAXINT64, &source->modified,
				       NULL) ||
	    !g_ascii_string_to_signed (words[4], 10, G_MININT64, G_MAXINT64, &source->changed,
				       NULL))
		return FALSE;
	g_strlcpy (source->digest, words[0], sizeof source->digest);
	source->path = g_strdup (lines[1]);
	return TRUE;
}

gboolean
squash_source_read (int dirfd, gboolean *ret_there, SquashSource *ret_source, GError **error)
{
	store_autofd fd =
		openat (dirfd, SQUASH_SOURCE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[NOTE_LIMIT + 1];
	gssize length;

	*ret_source = (SquashSource){0};
	*ret_there = fd >= 0;
	if (fd < 0 && errno == ENOENT)
		return TRUE;
	length = fd >= 0 ? read (fd, text, NOTE_LIMIT) : -1;
	if (length < 0)
		return store_error_errno (error, errno, "read the note of its file");
	text[length] = '\0';
	return note_parse (text, ret_source) ||
	       store_error_set (error, DAVIT_ERROR_CORRUPT,
				"the note of its file is damaged; run the file again by its path");
}

gboolean
squash_source_write (int dirfd, const SquashSource *source, GError **error)
{
	g_autofree char *text = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
						 " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n%s",
						 source->digest, source->size, source->inode,
						 source->modified, source->changed, source->path);
	gsize length = strlen (text);
	/* Several processes may note the same at once. */
	g_autofree char *name = g_strdup_printf (NOTE_NEW "-%d", (int) getpid ());
	store_autofd fd = -1;

	if (length > NOTE_LIMIT)
		return store_error_errno (error, ENAMETOOLONG, "\"%s\"", source->path);
	fd = openat (dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return store_error_errno (error, errno, "note where its file is");
	if (write (fd, text, length) == (gssize) length &&
	    renameat (dirfd, name, dirfd, SQUASH_SOURCE) == 0)
		return TRUE;
	store_error_errno (error, errno != 0 ? errno : ENOSPC, "note where its file is");
	unlinkat (dirfd, name, 0);
	return FALSE;
}

static gboolean
digest_check (const SquashSource *source, int fd, GError **error)
{
	g_autofree char *digest = squash_digest (fd, error);

	if (digest == NULL)
		return FALSE;
	return strcmp (digest, source->digest) == 0 ||
	       store_error_set (error, DAVIT_ERROR_CORRUPT,
				"its file \"%s\" is not what it was; run it again by its path",
				source->path);
}

/* Not O_NOFOLLOW: where links led was found out when it was noted, and they may be there since. */
static gboolean
file_open (const SquashSource *source, int *ret_fd, GError **error)
{
	store_autofd fd = open (source->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"its file \"%s\" is gone; put it back, or run it again "
					"from where it is now",
					source->path);
	if (fd < 0 || fstat (fd, &status) < 0)
		return store_error_errno (error, errno, "open its file \"%s\"", source->path);
	if (!S_ISREG (status.st_mode) || (guint64) status.st_size != source->size)
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"its file \"%s\" is not what it was; run it again by its "
					"path",
					source->path);
	*ret_fd = store_fd_steal (&fd);
	return TRUE;
}

gboolean
squash_source_open (int dirfd, SquashSource *source, gboolean check, int *ret_fd, GError **error)
{
	g_auto (SquashSource) now = {0};
	store_autofd fd = -1;
	gboolean same;

	if (!file_open (source, &fd, error) ||
	    !squash_source_init (&now, source->digest, source->path, fd, error))
		return FALSE;
	same = squash_source_is_same (source, &now);
	if ((check || !same) && !digest_check (source, fd, error))
		return FALSE;
	/* That it can't be noted costs the next one the same again, and no more. */
	if (!same)
		squash_source_write (dirfd, &now, NULL);
	*ret_fd = store_fd_steal (&fd);
	return TRUE;
}
