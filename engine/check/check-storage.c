/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Layers and containers in one line each: check-storage.h. */

#include "check/check-storage.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTENT_LIMIT ((gsize) 1024 * 1024)

DavitStorage *
davit_check_storage (const DavitCheck *check)
{
	/* A storage is a driver and nothing else: driver.h. */
	return (DavitStorage *) check->driver;
}

const char *
davit_check_chain_id (guint number)
{
	g_autofree char *id = g_strdup_printf ("%064x", number);

	return g_intern_string (id);
}

gboolean
davit_check_layer_begin (DavitCheck *check, guint number, int *ret_dirfd,
			 DavitWhiteouts *ret_whiteouts, GError **error)
{
	const DavitLayerRequest request = {
		.size = sizeof request,
		.chain_id = davit_check_chain_id (number),
		.parent_id = number > 0 ? davit_check_chain_id (number - 1) : NULL,
	};
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_APPLY;

	return davit_storage_layer_begin (davit_check_storage (check), &request, ret_dirfd,
					  ret_whiteouts != NULL ? ret_whiteouts : &whiteouts,
					  error);
}

gboolean
davit_check_layer_commit (DavitCheck *check, guint number, GError **error)
{
	const char *const ids[] = {davit_check_chain_id (number), NULL};

	return davit_storage_layer_commit (davit_check_storage (check), ids, error);
}

gboolean
davit_check_layer_there (DavitCheck *check, guint number, gboolean there, GError **error)
{
	gboolean exists = FALSE;

	if (!davit_storage_layer_exists (davit_check_storage (check), davit_check_chain_id (number),
					 &exists, error))
		return FALSE;
	if (exists == there)
		return TRUE;
	return davit_check_fail (error, there ? "layer_exists denies a layer that is committed"
					      : "layer_exists has a layer that is not committed");
}

gboolean
davit_check_layer_make (DavitCheck *check, guint number, const char *name, const char *text,
			GError **error)
{
	davit_autofd fd = -1;

	return davit_check_layer_begin (check, number, &fd, NULL, error) &&
	       davit_check_write (fd, name, text, error) &&
	       davit_check_layer_commit (check, number, error);
}

DavitRootfsRequest
davit_check_rootfs (const char *id, guint n_layers)
{
	const char **layers = g_new0 (const char *, n_layers + 1);

	for (guint i = 0; i < n_layers; i++)
		layers[i] = davit_check_chain_id (i);
	return (DavitRootfsRequest){
		.size = sizeof (DavitRootfsRequest),
		.id = id,
		.layers = layers,
	};
}

gboolean
davit_check_mount (DavitCheck *check, const DavitRootfsRequest *request, int *ret_fd,
		   GError **error)
{
	DavitStorage *storage = davit_check_storage (check);

	return davit_storage_rootfs_create (storage, request, error) &&
	       davit_storage_rootfs_mount (storage, request, ret_fd, error);
}

gboolean
davit_check_write (int dirfd, const char *path, const char *text, GError **error)
{
	davit_autofd fd = openat (dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return davit_error_errno (error, errno, "write \"%s\"", path);
	return davit_fd_write (fd, text, strlen (text), path, error);
}

gboolean
davit_check_content (int dirfd, const char *path, const char *expected, GError **error)
{
	davit_autofd fd = openat (dirfd, path, O_RDONLY | O_CLOEXEC);
	g_autofree char *text = NULL;

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\" in the root file system",
					  path);
	if (!davit_fd_read (fd, CONTENT_LIMIT, path, &text, NULL, error))
		return FALSE;
	return strcmp (text, expected) == 0 ||
	       davit_check_fail (error, "\"%s\" must hold \"%s\" and holds \"%.40s\"", path,
				 expected, text);
}

gboolean
davit_check_absent (int dirfd, const char *path, GError **error)
{
	if (faccessat (dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return davit_check_fail (error, "\"%s\" must not be there, and is", path);
	return errno == ENOENT || davit_error_errno (error, errno, "look for \"%s\"", path);
}
