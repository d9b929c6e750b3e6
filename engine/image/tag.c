/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Giving an image another name. */

#include "image/reference.h"
#include "image/resolve.h"

gboolean
davit_image_store_tag (DavitImageStore *store, const char *reference, const char *name,
		       GError **error)
{
	g_autofree char *full = davit_reference_give (name, "localhost", error);
	g_autoptr (DavitImage) image = NULL;
	gboolean ok;

	if (full == NULL || !davit_store_open (store, error) || !davit_store_lock (store, error))
		return FALSE;
	/* Under the lock: an image that is being removed would come back without its blobs. */
	image = davit_image_store_resolve (store, reference, error);
	if (image != NULL) {
		g_strfreev (image->names);
		image->names = g_new0 (char *, 2);
		image->names[0] = g_steal_pointer (&full);
	}
	ok = image != NULL && davit_store_name_image (store, image, error);
	davit_store_unlock (store);
	return ok;
}
