/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes the fingerprint of a layer, and compares it. */

#include "store-stamp.h"

#include "store-walk.h"
#include "store-xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LIMIT 256

typedef struct {
	GChecksum *checksum;
	GString *line;
	guint64 entries;
	guint64 bytes;
} Stamp;

static void
stamp_clear (Stamp *stamp)
{
	g_checksum_free (stamp->checksum);
	g_string_free (stamp->line, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Stamp, stamp_clear)

static void
stamp_add_status (Stamp *stamp, const struct stat *status)
{
	/* The size of a directory, and its number of links, depend on the file system. */
	guint64 size = S_ISDIR (status->st_mode) ? 0 : (guint64) status->st_size;
	guint64 links = S_ISDIR (status->st_mode) ? 0 : (guint64) status->st_nlink;

	g_string_append_printf (stamp->line,
				" %o %u %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
				" %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld",
				(unsigned) status->st_mode, (unsigned) status->st_uid,
				(unsigned) status->st_gid, size, links, (guint64) status->st_rdev,
				(gint64) status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	stamp->entries++;
	stamp->bytes += S_ISREG (status->st_mode) ? size : 0;
}

/* Each part ends with a NUL, which is in no name: two trees can't give the same bytes. */
static void
stamp_end_part (Stamp *stamp)
{
	g_checksum_update (stamp->checksum, (const guchar *) stamp->line->str,
			   (gssize) stamp->line->len + 1);
	g_string_truncate (stamp->line, 0);
}

static gboolean
stamp_add_xattrs (Stamp *stamp, int dirfd, const char *name, GError **error)
{
	g_autoptr (GPtrArray) xattrs = NULL;

	if (!store_xattr_read (dirfd, name, &xattrs, error))
		return FALSE;
	for (guint i = 0; i < xattrs->len; i++) {
		const StoreXattr *xattr = (const StoreXattr *) g_ptr_array_index (xattrs, i);

		g_string_append_printf (stamp->line, "%s %" G_GSIZE_FORMAT " ", xattr->name,
					xattr->size);
		g_string_append_len (stamp->line, xattr->value, (gssize) xattr->size);
		stamp_end_part (stamp);
	}
	return TRUE;
}

static gboolean
stamp_entry (const StoreEntry *entry, gpointer data, GError **error)
{
	Stamp *stamp = (Stamp *) data;

	g_string_append_printf (stamp->line, "%s/%s", entry->path, entry->name);
	stamp_end_part (stamp);
	stamp_add_status (stamp, &entry->status);
	stamp_end_part (stamp);
	if (S_ISLNK (entry->status.st_mode)) {
		char target[PATH_MAX];
		gssize length = readlinkat (entry->dirfd, entry->name, target, sizeof target - 1);

		if (length < 0)
			return store_error_errno (error, errno, "read link \"%s/%s\"", entry->path,
						  entry->name);
		g_string_append_len (stamp->line, target, length);
		stamp_end_part (stamp);
	}
	return stamp_add_xattrs (stamp, entry->dirfd, entry->name, error);
}

/* For dirfd/tree. */
static char *
tree_describe (int dirfd, GError **error)
{
	static const StoreVisitor visitor = {.entry = stamp_entry};
	g_auto (Stamp) stamp = {
		.checksum = g_checksum_new (G_CHECKSUM_SHA256),
		.line = g_string_new (NULL),
	};
	store_autofd tree =
		openat (dirfd, STORE_TREE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (tree < 0 || fstat (tree, &status) < 0) {
		store_error_errno (error, errno, "open its tree");
		return NULL;
	}
	stamp_add_status (&stamp, &status);
	stamp_end_part (&stamp);
	if (!stamp_add_xattrs (&stamp, tree, ".", error) ||
	    !store_walk (tree, &visitor, &stamp, error))
		return NULL;
	return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s", stamp.entries,
				stamp.bytes, g_checksum_get_string (stamp.checksum));
}

const StoreForm store_form_directory = {
	.version = "davit-layer-1",
	.root = STORE_TREE,
	.describe = tree_describe,
};

static char *
stamp_text (const StoreForm *form, int dirfd, GError **error)
{
	g_autofree char *description = form->describe (dirfd, error);

	return description != NULL ? g_strdup_printf ("%s %s\n", form->version, description) : NULL;
}

gboolean
store_stamp_write (const StoreForm *form, int stage_fd, GError **error)
{
	g_autofree char *text = stamp_text (form, stage_fd, error);
	store_autofd fd = -1;
	gssize written;

	if (text == NULL)
		return FALSE;
	fd = openat (stage_fd, STORE_STAMP, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	if (fd < 0)
		return store_error_errno (error, errno, "write its stamp");
	for (const char *at = text; *at != '\0'; at += MAX (written, 0)) {
		written = write (fd, at, strlen (at));
		if (written < 0 && errno != EINTR)
			return store_error_errno (error, errno, "write its stamp");
	}
	return TRUE;
}

/* How much there is, up to TEXT_LIMIT; -1 with errno. */
static gssize
text_read (int fd, char *text)
{
	gssize length = 0;

	for (;;) {
		gssize got = read (fd, text + length, TEXT_LIMIT - (gsize) length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : length;
		length += got;
	}
}

gboolean
store_stamp_check (const StoreForm *form, int layer_fd, const char *chain_id, GError **error)
{
	g_autofree char *version = g_strconcat (form->version, " ", NULL);
	char before[TEXT_LIMIT + 1];
	g_autofree char *now = NULL;
	store_autofd fd =
		openat (layer_fd, STORE_STAMP, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	gssize length = fd >= 0 ? text_read (fd, before) : -1;
	g_autoptr (GError) failure = NULL;

	if (length < 0)
		return store_error_errno (error, errno, "layer \"%s\": read its stamp", chain_id);
	before[length] = '\0';
	if (!g_str_has_prefix (before, "davit-layer-"))
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its stamp is damaged; remove the image and "
					"get it again",
					chain_id);
	if (!g_str_has_prefix (before, version))
		return store_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"layer \"%s\": its stamp is of a newer version of davit",
					chain_id);
	now = stamp_text (form, layer_fd, &failure);
	if (now == NULL && g_error_matches (failure, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": %s; remove the image and get it again",
					chain_id, failure->message);
	if (now == NULL) {
		g_propagate_prefixed_error (error, g_steal_pointer (&failure),
					    "layer \"%s\": ", chain_id);
		return FALSE;
	}
	if (!g_str_equal (before, now))
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\" is not what it was when it was committed; "
					"remove the image and get it again",
					chain_id);
	return TRUE;
}
