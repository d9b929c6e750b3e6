/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An OCI layout as a directory. What it begins it takes away again if it can't finish. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/content.h"
#include "image/save-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
file_create (int dirfd, const char *name, int *ret_fd, GError **error)
{
	int fd = openat (dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
			 0644);

	if (fd < 0)
		return davit_error_errno (error, errno, "write \"%s\"", name);
	*ret_fd = fd;
	return TRUE;
}

/* The worker hashes what it copies: nothing damaged is saved. */
static gboolean
layer_write (DavitImageStore *store, const DavitSaveMember *member, int output, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveScan scan = {.copy_fd = output, .input_limit = member->size};
	DavitArchiveSummary summary = {0};
	davit_autofd input = -1;
	gboolean ok;

	if (!davit_content_open (store->blobs_fd, "layer", member->digest, member->size, &input,
				 error))
		return FALSE;
	davit_store_step_begin (&step, store, "Writing %s", member->name);
	scan.input_fd = input;
	if (!davit_archive_scan (&step.worker, &scan, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", member->digest);
	davit_store_step_end (&step);
	ok = strcmp (summary.digest, member->digest) == 0;
	davit_archive_summary_clear (&summary);
	return ok || davit_error_set (error, DAVIT_ERROR_CORRUPT,
				      "layer \"%s\": does not fit its digest; load or import the "
				      "image again",
				      member->digest);
}

static gboolean
member_write (DavitImageStore *store, int dirfd, const DavitSaveMember *member, GError **error)
{
	g_autofree char *text = NULL;
	davit_autofd output = -1;
	gsize length = 0;

	if (!file_create (dirfd, member->name, &output, error))
		return FALSE;
	if (member->layer)
		return layer_write (store, member, output, error);
	if (member->text != NULL)
		return davit_fd_write (output, member->text, strlen (member->text), member->name,
				       error);
	return davit_content_read (store->blobs_fd, "blob", member->digest, (gsize) member->size,
				   &text, &length, error) &&
	       davit_fd_write (output, text, length, member->name, error);
}

static gboolean
members_write (DavitImageStore *store, int dirfd, const GPtrArray *members, GError **error)
{
	if (mkdirat (dirfd, "blobs", 0755) < 0 || mkdirat (dirfd, "blobs/sha256", 0755) < 0)
		return davit_error_errno (error, errno, "make \"blobs/sha256\"");
	for (guint i = 0; i < members->len; i++) {
		if (!member_write (store, dirfd, g_ptr_array_index (members, i), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
directory_open (const char *path, gboolean *ret_made, int *ret_fd, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd = -1;

	*ret_made = mkdir (path, 0755) == 0;
	if (!*ret_made && errno != EEXIST)
		return davit_error_errno (error, errno, "make \"%s\"", path);
	fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	if (!davit_path_list (fd, &names, error))
		return FALSE;
	if (names->len > 0)
		return davit_error_set (
			error, DAVIT_ERROR_EXISTS,
			"\"%s\" is not empty; give a directory that is, or a new one", path);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

gboolean
davit_save_directory (DavitImageStore *store, const GPtrArray *members, const char *path,
		      GError **error)
{
	gboolean made = FALSE;
	davit_autofd fd = -1;

	if (!directory_open (path, &made, &fd, error))
		return FALSE;
	if (members_write (store, fd, members, error))
		return TRUE;
	davit_error_prefix (error, "\"%s\"", path);
	/* It was empty: all that is in it is ours. */
	davit_path_remove_tree (fd, "blobs", NULL);
	davit_path_remove_tree (fd, "oci-layout", NULL);
	davit_path_remove_tree (fd, "index.json", NULL);
	if (made)
		rmdir (path);
	return FALSE;
}
