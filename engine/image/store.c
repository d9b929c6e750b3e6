/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The image store: its directories, its lock, its progress. */

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "image/content.h"
#include "image/image-parse.h"
#include "image/reach.h"

DavitImageStore *
davit_image_store_new (DavitPaths *paths, DavitDrivers *drivers)
{
	DavitImageStore *store = g_new0 (DavitImageStore, 1);

	store->paths = paths;
	store->drivers = drivers;
	store->program = g_build_filename (paths->libexecdir, "davit-archive", NULL);
	store->content_fd = -1;
	store->blobs_fd = -1;
	store->images_fd = -1;
	return store;
}

void
davit_image_store_free (DavitImageStore *store)
{
	if (store == NULL)
		return;
	davit_fd_close (&store->content_fd);
	davit_fd_close (&store->blobs_fd);
	davit_fd_close (&store->images_fd);
	g_free (store->program);
	g_free (store);
}

void
davit_image_store_set_progress (DavitImageStore *store, DavitProgressFunc func, gpointer data)
{
	store->progress = func;
	store->progress_data = data;
}

gboolean
davit_store_open (DavitImageStore *store, GError **error)
{
	if (store->images_fd >= 0)
		return TRUE;
	if (!davit_paths_open_root (store->paths, error))
		return FALSE;
	davit_fd_close (&store->content_fd);
	davit_fd_close (&store->blobs_fd);
	return davit_path_open_subdirectory (store->paths->root_fd, "content", 0700,
					     &store->content_fd, error) &&
	       davit_path_open_subdirectory (store->content_fd, "sha256", 0700, &store->blobs_fd,
					     error) &&
	       davit_path_open_subdirectory (store->paths->root_fd, "images", 0700,
					     &store->images_fd, error);
}

gboolean
davit_store_lock (DavitImageStore *store, GError **error)
{
	return davit_lock_take (store->images_fd, -1, "images", error);
}

void
davit_store_unlock (DavitImageStore *store)
{
	davit_lock_release (store->images_fd);
}

gboolean
davit_store_removal_begin (DavitImageStore *store, GError **error)
{
	return davit_lock_take (store->content_fd, -1, "content", error);
}

void
davit_store_removal_end (DavitImageStore *store)
{
	davit_lock_release (store->content_fd);
}

static void
step_progress (guint64 done, guint64 total, gpointer data)
{
	DavitStoreStep *step = data;

	if (step->store->progress != NULL)
		step->store->progress (step->what, done, total, FALSE, step->store->progress_data);
}

void
davit_store_step_begin (DavitStoreStep *step, DavitImageStore *store, const char *format, ...)
{
	va_list arguments;

	va_start (arguments, format);
	step->what = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	step->store = store;
	step->worker.program = store->program;
	step->worker.progress = step_progress;
	step->worker.data = step;
}

void
davit_store_step_end (DavitStoreStep *step)
{
	if (step->store->progress != NULL)
		step->store->progress (step->what, 0, 0, TRUE, step->store->progress_data);
}

void
davit_store_step_clear (DavitStoreStep *step)
{
	g_free (step->what);
	step->what = NULL;
}

static DavitImage *
image_parse (const DavitImageParse *request, const DavitDescriptor *config, int blobs_fd,
	     GError **error)
{
	DavitImageParse whole = *request;
	g_autofree char *text = NULL;

	if (!davit_content_read (blobs_fd, "config", config->digest, DAVIT_IMAGE_CONFIG_LIMIT,
				 &text, &whole.config_length, error))
		return NULL;
	whole.config = text;
	return davit_image_parse (&whole, error);
}

DavitImage *
davit_store_read_image (DavitImageStore *store, const char *manifest_digest,
			const char *const *names, GError **error)
{
	DavitImageParse request = {.manifest_digest = manifest_digest, .names = names};
	g_autoptr (DavitManifest) manifest = NULL;
	g_autofree char *text = NULL;

	if (!davit_content_read (store->blobs_fd, "manifest", manifest_digest, DAVIT_MANIFEST_LIMIT,
				 &text, &request.manifest_length, error))
		return NULL;
	request.manifest = text;
	/* For the digest of the configuration alone. */
	manifest = davit_manifest_parse (text, request.manifest_length, NULL, error);
	if (manifest == NULL || manifest->is_index) {
		davit_error_prefix (error, "manifest \"%s\"", manifest_digest);
		if (manifest != NULL)
			davit_error_set (error, DAVIT_ERROR_CORRUPT, "manifest \"%s\": is an index",
					 manifest_digest);
		return NULL;
	}
	return image_parse (&request, &manifest->config, store->blobs_fd, error);
}

/* The image that had the name until now keeps a record without one: only rmi removes images. */
static gboolean
name_displace (DavitImageStore *store, const char *name, const DavitImage *image, GError **error)
{
	/* Read for each name: the one before may have been another of the same image. */
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, error);
	const DavitName *old;
	g_auto (GStrv) others = NULL;

	if (names == NULL)
		return FALSE;
	old = davit_names_find (names, name);
	if (old == NULL || g_str_equal (old->manifest, image->manifest_digest))
		return TRUE;
	others = davit_names_of (names, old->id);
	if (g_strv_length (others) > 1 || g_str_equal (old->id, image->id))
		return TRUE;
	return davit_names_write (store->images_fd, NULL, old->manifest, old->id, error);
}

/* A record without a name is for images that have none. */
static gboolean
nameless_remove (DavitImageStore *store, const DavitNames *names, const char *id, GError **error)
{
	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		if (record->name == NULL && g_str_equal (record->id, id) &&
		    !davit_names_remove (store->images_fd, record->file, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_store_name_image (DavitImageStore *store, const DavitImage *image, GError **error)
{
	g_autoptr (DavitNames) names = davit_names_read (store->images_fd, error);
	g_auto (GStrv) has = NULL;

	if (names == NULL)
		return FALSE;
	for (char **name = image->names; *name != NULL; name++) {
		if (!name_displace (store, *name, image, error) ||
		    !davit_names_write (store->images_fd, *name, image->manifest_digest, image->id,
					error))
			return FALSE;
	}
	if (image->names[0] != NULL)
		return nameless_remove (store, names, image->id, error);
	has = davit_names_of (names, image->id);
	return has[0] != NULL ||
	       davit_names_write (store->images_fd, NULL, image->manifest_digest, image->id, error);
}

static gboolean
publish_locked (DavitImageStore *store, DavitStage *stage, const GPtrArray *images, GError **error)
{
	if (!davit_stage_publish (stage, store->blobs_fd, error))
		return FALSE;
	for (guint i = 0; i < images->len; i++) {
		if (!davit_store_name_image (store, g_ptr_array_index (images, i), error))
			return FALSE;
	}
	return TRUE;
}

/* A disk that is full must not get fuller with each attempt. */
static void
lost_blobs_remove (DavitImageStore *store)
{
	g_auto (DavitReach) reach = {NULL, NULL};
	g_autoptr (GPtrArray) digests = NULL;

	if (!davit_reach_find (store, &reach, NULL) ||
	    !davit_reach_lost_blobs (store, &reach, &digests, NULL))
		return;
	for (guint i = 0; i < digests->len; i++)
		davit_reach_remove_blob (store, g_ptr_array_index (digests, i), NULL);
}

gboolean
davit_store_publish (DavitImageStore *store, DavitStage *stage, const GPtrArray *images,
		     GError **error)
{
	gboolean ok;

	if (!davit_stage_sync (stage, error) || !davit_store_lock (store, error))
		return FALSE;
	ok = publish_locked (store, stage, images, error);
	if (!ok)
		lost_blobs_remove (store);
	davit_store_unlock (store);
	return ok;
}

static void
storage_open (DavitImageStore *store, const char *name, GPtrArray *storages, GPtrArray *failures)
{
	g_autoptr (GError) error = NULL;
	DavitStorage *storage = davit_drivers_storage (store->drivers, name, &error);

	if (storage != NULL)
		g_ptr_array_add (storages, storage);
	else
		g_ptr_array_add (failures,
				 g_strdup_printf ("storage \"%s\": %s", name, error->message));
}

gboolean
davit_store_storages (DavitImageStore *store, GPtrArray **ret_storages, GPtrArray **ret_failures,
		      GError **error)
{
	g_autoptr (GPtrArray) storages = g_ptr_array_new ();
	g_autoptr (GPtrArray) failures = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GPtrArray) found = NULL;
	davit_autofd fd = -1;

	if (!davit_path_open_subdirectory (store->paths->root_fd, "storage", 0700, &fd, error) ||
	    !davit_path_list (fd, &found, error))
		return FALSE;
	for (guint i = 0; i < found->len; i++)
		storage_open (store, g_ptr_array_index (found, i), storages, failures);
	*ret_storages = g_steal_pointer (&storages);
	*ret_failures = g_steal_pointer (&failures);
	return TRUE;
}
