/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saving images: find them all, verify their blobs, and write them in the form that is wanted. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"
#include "image/content.h"
#include "image/resolve.h"
#include "image/save-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SHORT_DIGEST 12

void
davit_save_member_free (DavitSaveMember *member)
{
	if (member == NULL)
		return;
	g_free (member->name);
	g_free (member->text);
	g_free (member->digest);
	g_free (member);
}

static void
member_free (gpointer member)
{
	davit_save_member_free (member);
}

static void
image_free (gpointer image)
{
	davit_image_free (image);
}

static DavitImage *
image_read (DavitImageStore *store, const DavitNames *names, const char *reference, char **ret_name,
	    GError **error)
{
	const DavitName *record = NULL;
	gboolean by_id = FALSE;
	DavitImage *image;

	if (!davit_resolve_record (names, reference, &by_id, &record, error))
		return NULL;
	image = davit_store_read_image (store, record->manifest, NULL, error);
	if (image == NULL)
		davit_error_prefix (error, "image \"%s\"", reference);
	else if (!by_id && strchr (reference, '@') == NULL)
		*ret_name = g_strdup (record->name);
	return image;
}

static void
name_add (DavitImage *image, const char *name)
{
	guint n = g_strv_length (image->names);

	if (name == NULL || g_strv_contains ((const char *const *) image->names, name))
		return;
	image->names = g_renew (char *, image->names, n + 2);
	image->names[n] = g_strdup (name);
	image->names[n + 1] = NULL;
}

static gboolean
images_add (DavitImageStore *store, const DavitNames *names, const char *reference,
	    GPtrArray *images, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr (DavitImage) image = image_read (store, names, reference, &name, error);

	if (image == NULL)
		return FALSE;
	for (guint i = 0; i < images->len; i++) {
		DavitImage *other = g_ptr_array_index (images, i);

		if (strcmp (other->manifest_digest, image->manifest_digest) != 0)
			continue;
		name_add (other, name);
		return TRUE;
	}
	name_add (image, name);
	g_ptr_array_add (images, g_steal_pointer (&image));
	return TRUE;
}

/* An archive of a damaged layer would be believed wherever it is loaded next. */
static gboolean
layer_check (DavitImageStore *store, const DavitSaveMember *member, int fd, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	DavitArchiveScan scan = {.input_fd = fd, .copy_fd = -1, .input_limit = member->size};
	DavitArchiveSummary summary = {0};
	gboolean ok;

	davit_store_step_begin (&step, store, "Checking layer %.*s", SHORT_DIGEST,
				davit_digest_hex (member->digest));
	if (!davit_archive_scan (&step.worker, &scan, &summary, error))
		return davit_error_prefix (error, "layer \"%s\"", member->digest);
	davit_store_step_end (&step);
	ok = strcmp (summary.digest, member->digest) == 0;
	davit_archive_summary_clear (&summary);
	if (!ok)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": does not fit its digest; load or import the "
					"image again",
					member->digest);
	if (lseek (fd, 0, SEEK_SET) < 0)
		return davit_error_errno (error, errno, "layer \"%s\"", member->digest);
	return TRUE;
}

/* Descriptors that are open until the archive is written. */
static void
fds_close (GArray *fds)
{
	for (guint i = 0; i < fds->len; i++)
		davit_fd_close (&g_array_index (fds, int, i));
	g_array_unref (fds);
}

static gboolean
members_open (DavitImageStore *store, const GPtrArray *members, GPtrArray *archive, GArray *fds,
	      GError **error)
{
	for (guint i = 0; i < members->len; i++) {
		const DavitSaveMember *member = g_ptr_array_index (members, i);
		DavitArchiveMember *entry = g_new0 (DavitArchiveMember, 1);
		int fd = -1;

		g_ptr_array_add (archive, entry);
		entry->name = member->name;
		entry->text = member->text;
		entry->decompress = member->expand;
		entry->fd = -1;
		if (member->text != NULL)
			continue;
		if (!davit_content_open (store->blobs_fd, member->layer ? "layer" : "blob",
					 member->digest, member->size, &fd, error))
			return FALSE;
		g_array_append_val (fds, fd);
		if (member->layer && !layer_check (store, member, fd, error))
			return FALSE;
		entry->fd = fd;
	}
	return TRUE;
}

static gboolean
archive_write (DavitImageStore *store, const GPtrArray *members, int fd, GError **error)
{
	g_autoptr (GPtrArray) archive = g_ptr_array_new_with_free_func (g_free);
	g_auto (DavitStoreStep) step = {0};
	GArray *fds = g_array_new (FALSE, FALSE, sizeof (int));
	gboolean ok;

	davit_store_step_begin (&step, store, "Writing the archive");
	ok = members_open (store, members, archive, fds, error) &&
	     davit_archive_write (&step.worker, archive, fd, error);
	fds_close (fds);
	if (ok)
		davit_store_step_end (&step);
	return ok;
}

gboolean
davit_image_store_save (DavitImageStore *store, const DavitImageSave *request, GError **error)
{
	g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (image_free);
	g_autoptr (GPtrArray) members = g_ptr_array_new_with_free_func (member_free);
	g_autoptr (DavitNames) names = NULL;

	davit_trace_scope ("image", "save");
	if (!davit_store_open (store, error))
		return FALSE;
	names = davit_names_read (store->images_fd, error);
	if (names == NULL)
		return FALSE;
	for (const char *const *reference = request->references; *reference != NULL; reference++) {
		if (!images_add (store, names, *reference, images, error))
			return FALSE;
	}
	if (request->format == DAVIT_IMAGE_FORMAT_DOCKER_ARCHIVE)
		davit_save_docker_members (images, members);
	else
		davit_save_oci_members (images, members);
	if (request->format == DAVIT_IMAGE_FORMAT_OCI_DIRECTORY)
		return davit_save_directory (store, members, request->path, error);
	return archive_write (store, members, request->fd, error);
}
