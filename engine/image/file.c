/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From a path to the image that the file is, and to its layer. */

#include "image/file.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"
#include "image/layer-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

gboolean
davit_image_is_path (const char *word)
{
	return word[0] == '/' || g_str_has_prefix (word, "./") || g_str_has_prefix (word, "../");
}

/* Links are followed, as import does it. A pipe must not keep us waiting. */
static int
file_open (const char *path, GError **error)
{
	int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		davit_error_errno (error, errno, "open \"%s\"", path);
	return fd;
}

static gboolean
real_path (int fd, const char *path, char **ret_path, GError **error)
{
	char link[32];
	char target[PATH_MAX];
	gssize length;

	g_snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink (link, target, sizeof target);
	if (length < 0 || (gsize) length >= sizeof target)
		return davit_error_errno (error, length < 0 ? errno : ENAMETOOLONG, "\"%s\"", path);
	*ret_path = g_strndup (target, (gsize) length);
	return TRUE;
}

static void
vectors_fill (DavitImage *image)
{
	char ***const vectors[] = {
		&image->names,	       &image->entrypoint,    &image->env,
		&image->volumes,       &image->exposed_ports, &image->labels,
		&image->layer_digests, &image->diff_ids,      &image->layer_media_types,
	};
	const char *const shell[] = {"/bin/sh", NULL};
	const char *const chain_ids[] = {davit_digest_hex (image->id), NULL};

	for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
		*vectors[i] = g_new0 (char *, 1);
	image->cmd = g_strdupv ((char **) shell);
	image->chain_ids = g_strdupv ((char **) chain_ids);
}

DavitImage *
davit_image_store_open_file (DavitImageStore *store, const char *path, GError **error)
{
	g_autoptr (DavitImage) image = g_new0 (DavitImage, 1);
	const DavitFileFormat *format;
	DavitImageFile *file;

	davit_trace_scope ("image", "open-file");
	image->file = file = g_new0 (DavitImageFile, 1);
	file->fd = file_open (path, error);
	if (file->fd < 0)
		return NULL;
	format = davit_file_format (file->fd, path, error);
	if (format == NULL || !davit_store_open (store, error) ||
	    !davit_file_digest (store, file->fd, path, &image->id, error) ||
	    !real_path (file->fd, path, &file->real_path, error))
		return NULL;
	file->path = g_canonicalize_filename (path, NULL);
	file->storage = format->storage;
	file->what = format->what;
	image->os = g_strdup ("linux");
	vectors_fill (image);
	return g_steal_pointer (&image);
}

static gboolean
layer_adopt (const DavitImage *image, DavitStorage *storage, GError **error)
{
	const DavitLayerFile layer = {
		.size = sizeof layer,
		.chain_id = image->chain_ids[0],
		.path = image->file->real_path,
		.fd = image->file->fd,
	};
	g_autoptr (GError) local = NULL;

	if (davit_storage_layer_adopt (storage, &layer, &local))
		return TRUE;
	if (davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"\"%s\": is %s, which storage \"%s\" can't run as it is; "
					"leave --storage out, or choose \"%s\"",
					image->file->path, image->file->what,
					davit_storage_name (storage), image->file->storage);
	g_propagate_error (error, g_steal_pointer (&local));
	return davit_error_prefix (error, "\"%s\"", image->file->path);
}

/*
 * Who makes the layer has its lock alone. Who finds it there only shares it: starts of the same
 * file don't wait for each other.
 */
static gboolean
adopt_locked (DavitLayerLocks *locks, const DavitImage *image, DavitStorage *storage,
	      GError **error)
{
	const char *chain_id = image->chain_ids[0];
	gboolean exists = FALSE;

	if (!davit_layer_locks_share (locks, chain_id, error) ||
	    !davit_storage_layer_exists (storage, chain_id, &exists, error))
		return FALSE;
	if (exists)
		return layer_adopt (image, storage, error);
	davit_layer_locks_release (locks);
	/* At last it is shared again, without letting anybody come between. */
	return davit_layer_locks_take (locks, chain_id, error) &&
	       layer_adopt (image, storage, error) &&
	       davit_layer_locks_share (locks, chain_id, error);
}

gboolean
davit_file_adopt (DavitImageStore *store, const DavitImage *image, DavitStorage *storage,
		  DavitImageHold **ret_hold, GError **error)
{
	g_autoptr (DavitLayerLocks) locks = NULL;

	if (!davit_store_open (store, error))
		return FALSE;
	locks = davit_layer_locks_new (store->content_fd, error);
	if (locks == NULL || !adopt_locked (locks, image, storage, error))
		return FALSE;
	*ret_hold = g_steal_pointer (&locks);
	return TRUE;
}
