/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of containers: taken once, found at once, and free again when their container is gone. */

#include "container/names.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_LENGTH 64

/* A name that is freed and taken again between two looks; more often is no accident. */
#define TRIES 100

typedef enum {
	HOLDER_ABSENT,
	HOLDER_FOREIGN, /* no link of ours */
	HOLDER_KNOWN,
} Holder;

gboolean
davit_name_is_id (const char *text)
{
	return strlen (text) == ID_LENGTH && strspn (text, "0123456789abcdef") == ID_LENGTH;
}

/* holder has room for an id and its end. FALSE only if the question could not be answered. */
static gboolean
holder_read (int names_fd, const char *name, Holder *ret_state, char *holder, GError **error)
{
	char target[ID_LENGTH + 2];
	ssize_t length = readlinkat (names_fd, name, target, sizeof target - 1);

	if (length < 0 && errno != ENOENT && errno != EINVAL)
		return davit_error_errno (error, errno, "read name \"%s\"", name);
	*ret_state = length < 0 && errno == ENOENT ? HOLDER_ABSENT : HOLDER_FOREIGN;
	if (length != ID_LENGTH)
		return TRUE;
	target[length] = '\0';
	if (!davit_name_is_id (target))
		return TRUE;
	memcpy (holder, target, ID_LENGTH + 1);
	*ret_state = HOLDER_KNOWN;
	return TRUE;
}

/*
 * Whether the container that a name leads to is no more: its directory is gone, or a creation of
 * it was broken off. The lock is what tells that from one that is under way.
 */
static gboolean
holder_is_gone (int names_fd, const char *id)
{
	g_autofree char *path = g_strconcat ("../containers/", id, NULL);
	davit_autofd fd = openat (names_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT;
	if (faccessat (fd, "record.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return FALSE;
	if (!davit_lock_take (fd, 0, id, NULL))
		return FALSE;
	/* It may have been finished just before its lock was freed. */
	return faccessat (fd, "record.json", F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/*
 * A name is only taken away under the lock of the directory: of two that saw the same stale name,
 * the second would otherwise take away what the first has claimed.
 */
static gboolean
names_lock (int names_fd, int *ret_fd, GError **error)
{
	davit_autofd fd = openat (names_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open directory \"names\"");
	if (!davit_lock_take (fd, -1, "names", error))
		return FALSE;
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

static gboolean
name_unlink (int names_fd, const char *name, GError **error)
{
	if (unlinkat (names_fd, name, 0) == 0 || errno == ENOENT)
		return TRUE;
	return davit_error_errno (error, errno, "remove name \"%s\"", name);
}

/* Frees a name whose container is gone; EXISTS if it is not. */
static gboolean
name_free_stale (int names_fd, const char *name, GError **error)
{
	char holder[ID_LENGTH + 1];
	davit_autofd lock_fd = -1;
	Holder state = HOLDER_ABSENT;

	if (!names_lock (names_fd, &lock_fd, error) ||
	    !holder_read (names_fd, name, &state, holder, error))
		return FALSE;
	if (state == HOLDER_KNOWN && !holder_is_gone (names_fd, holder))
		return davit_error_set (error, DAVIT_ERROR_EXISTS,
					"container name \"%s\" is in use by container %.12s; "
					"remove that one first, or choose another name",
					name, holder);
	return state == HOLDER_ABSENT || name_unlink (names_fd, name, error);
}

static gboolean
name_check (const char *name, const char *id, GError **error)
{
	if (!davit_text_is_container_name (name))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"container name \"%s\": must begin with a letter or digit, "
					"and hold only letters, digits, \"_\", \".\" and \"-\"",
					name);
	return davit_name_is_id (id) ||
	       davit_error_set (error, DAVIT_ERROR_USAGE, "container id \"%s\": is none", id);
}

gboolean
davit_name_claim_volatile (int names_fd, const char *name, const char *id, GError **error)
{
	char holder[ID_LENGTH + 1];
	Holder state = HOLDER_ABSENT;

	if (!name_check (name, id, error))
		return FALSE;
	for (guint i = 0; i < TRIES; i++) {
		if (symlinkat (id, names_fd, name) == 0)
			return TRUE;
		if (errno != EEXIST)
			return davit_error_errno (error, errno, "make name \"%s\"", name);
		if (!holder_read (names_fd, name, &state, holder, error))
			return FALSE;
		if (state == HOLDER_KNOWN && strcmp (holder, id) == 0)
			return TRUE;
		if (!name_free_stale (names_fd, name, error))
			return FALSE;
	}
	return davit_error_set (error, DAVIT_ERROR_BUSY,
				"container name \"%s\": others take and free it all the time",
				name);
}

gboolean
davit_name_claim (int names_fd, const char *name, const char *id, GError **error)
{
	return davit_name_claim_volatile (names_fd, name, id, error) &&
	       davit_path_sync_directory (names_fd, error);
}

/* The directory is locked. */
static gboolean
name_release_locked (int names_fd, const char *name, const char *id, GError **error)
{
	char holder[ID_LENGTH + 1];
	Holder state = HOLDER_ABSENT;

	if (!holder_read (names_fd, name, &state, holder, error))
		return FALSE;
	return state != HOLDER_KNOWN || strcmp (holder, id) != 0 ||
	       name_unlink (names_fd, name, error);
}

gboolean
davit_name_release (int names_fd, const char *name, const char *id, GError **error)
{
	davit_autofd lock_fd = -1;

	/* What a damaged record calls its name must not lead out of the directory. */
	return name_check (name, id, error) && names_lock (names_fd, &lock_fd, error) &&
	       name_release_locked (names_fd, name, id, error);
}

gboolean
davit_name_release_all (int names_fd, const char *id, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd lock_fd = -1;

	if (!names_lock (names_fd, &lock_fd, error) || !davit_path_list (names_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		if (!name_release_locked (names_fd, (const char *) names->pdata[i], id, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_name_check_stale (int names_fd, const char *name, gboolean repair, gboolean *ret_stale,
			GError **error)
{
	char holder[ID_LENGTH + 1];
	davit_autofd lock_fd = -1;
	gboolean stale;
	Holder state = HOLDER_ABSENT;

	if (!names_lock (names_fd, &lock_fd, error) ||
	    !holder_read (names_fd, name, &state, holder, error))
		return FALSE;
	stale = state == HOLDER_FOREIGN ||
		(state == HOLDER_KNOWN && holder_is_gone (names_fd, holder));
	if (stale && repair && !name_unlink (names_fd, name, error))
		return FALSE;
	*ret_stale = stale;
	return TRUE;
}

gboolean
davit_name_lookup (int names_fd, const char *name, char **ret_id, GError **error)
{
	char holder[ID_LENGTH + 1];
	Holder state = HOLDER_ABSENT;

	if (davit_text_is_container_name (name) &&
	    !holder_read (names_fd, name, &state, holder, error))
		return FALSE;
	if (state == HOLDER_ABSENT)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"no container with name \"%s\"", name);
	if (state == HOLDER_FOREIGN)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"container name \"%s\": what stands in its place was not "
					"made by davit; davit system check --repair removes it",
					name);
	*ret_id = g_strdup (holder);
	return TRUE;
}

char *
davit_name_of (int names_fd, const char *id)
{
	g_autoptr (GPtrArray) names = NULL;
	char holder[ID_LENGTH + 1];
	Holder state = HOLDER_ABSENT;

	if (!davit_path_list (names_fd, &names, NULL))
		return NULL;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];

		if (holder_read (names_fd, name, &state, holder, NULL) && state == HOLDER_KNOWN &&
		    strcmp (holder, id) == 0)
			return g_strdup (name);
	}
	return NULL;
}
