/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Loading images: find out which form the source has, verify and stage all of it, unpack, and only
 * then let blobs and names appear. A source that is damaged anywhere leaves nothing behind.
 */

#include "base/error.h"
#include "base/trace.h"
#include "image/load-private.h"
#include "image/reference.h"

#include <string.h>

static void
image_free (gpointer image)
{
	davit_image_free (image);
}

static void
load_clear (DavitLoad *load)
{
	g_clear_pointer (&load->source, davit_source_free);
	g_clear_pointer (&load->stage, davit_stage_free);
	g_clear_pointer (&load->images, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitLoad, load_clear)

static void
names_add (DavitImage *image, const char *const *names)
{
	g_autoptr (GPtrArray) all = g_ptr_array_new ();

	for (char **name = image->names; *name != NULL; name++)
		g_ptr_array_add (all, *name);
	for (; names != NULL && *names != NULL; names++) {
		if (!g_strv_contains ((const char *const *) image->names, *names))
			g_ptr_array_add (all, g_strdup (*names));
	}
	g_ptr_array_add (all, NULL);
	g_free (image->names);
	image->names = (char **) g_ptr_array_free (g_steal_pointer (&all), FALSE);
}

void
davit_load_add (DavitLoad *load, DavitImage *image, const char *const *names)
{
	for (guint i = 0; i < load->images->len; i++) {
		DavitImage *other = g_ptr_array_index (load->images, i);

		if (strcmp (other->manifest_digest, image->manifest_digest) != 0)
			continue;
		names_add (other, names);
		davit_image_free (image);
		return;
	}
	names_add (image, names);
	g_ptr_array_add (load->images, image);
}

static gboolean
form_read (DavitLoad *load, GError **error)
{
	if (davit_source_has (load->source, "oci-layout"))
		return davit_load_layout (load, error);
	if (davit_source_has (load->source, "index.json"))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"is no OCI layout: \"oci-layout\" is missing");
	if (davit_source_has (load->source, "manifest.json"))
		return davit_load_docker (load, error);
	if (davit_source_has (load->source, "repositories"))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"was saved by docker before 1.10; load and save it with a "
					"newer one");
	return davit_error_set (error, DAVIT_ERROR_CORRUPT,
				"there is no image in it: neither \"oci-layout\" nor "
				"\"manifest.json\"; for a root file system use davit import");
}

/* The name that the caller has for an image without one. With several it would be a guess. */
static gboolean
default_name_give (DavitLoad *load, GError **error)
{
	const char *names[] = {NULL, NULL};
	g_autofree char *full = NULL;
	DavitImage *nameless = NULL;

	if (load->request->name == NULL)
		return TRUE;
	for (guint i = 0; i < load->images->len; i++) {
		DavitImage *image = g_ptr_array_index (load->images, i);

		if (image->names[0] != NULL)
			continue;
		if (nameless != NULL)
			return TRUE;
		nameless = image;
	}
	if (nameless == NULL)
		return TRUE;
	full = davit_reference_give (load->request->name, "localhost", error);
	if (full == NULL)
		return FALSE;
	names[0] = full;
	names_add (nameless, names);
	return TRUE;
}

static gboolean
images_unpack (DavitLoad *load, GError **error)
{
	for (guint i = 0; i < load->images->len; i++) {
		DavitStoreUnpack unpack = {
			.image = g_ptr_array_index (load->images, i),
			.storage = load->request->storage,
			.stage = load->stage,
		};

		if (!davit_store_unpack (load->store, &unpack, error))
			return FALSE;
	}
	return TRUE;
}

/* Layers that had no name yet may have been taken for garbage in between. */
static gboolean
images_look_again (DavitLoad *load, GError **error)
{
	for (guint i = 0; load->request->storage != NULL && i < load->images->len; i++) {
		if (!davit_image_store_unpack (load->store, g_ptr_array_index (load->images, i),
					       load->request->storage, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
load_run (DavitLoad *load, GError **error)
{
	load->stage = davit_stage_new (load->store->content_fd, error);
	if (load->stage == NULL)
		return FALSE;
	load->source = davit_source_open (load->store, load->stage, load->request->path,
					  load->request->fd, error);
	if (load->source == NULL)
		return FALSE;
	if (!form_read (load, error))
		return davit_error_prefix (error, "\"%s\"", davit_source_label (load->source));
	if (load->images->len == 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\": there is no image in it",
					davit_source_label (load->source));
	return default_name_give (load, error) && images_unpack (load, error) &&
	       davit_store_publish (load->store, load->stage, load->images, error) &&
	       images_look_again (load, error);
}

gboolean
davit_image_store_load (DavitImageStore *store, const DavitImageLoad *request,
			GPtrArray **ret_images, GError **error)
{
	g_auto (DavitLoad) load = {.store = store, .request = request};

	davit_trace_scope ("image", "load");
	load.images = g_ptr_array_new_with_free_func (image_free);
	if (!davit_store_open (store, error) || !load_run (&load, error))
		return FALSE;
	*ret_images = g_steal_pointer (&load.images);
	return TRUE;
}
