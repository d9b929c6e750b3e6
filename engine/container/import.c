/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A container from the archive of a checkpoint: its record with another name and id if that is
 * wanted, made as any other container is, but with its checkpoint in it; then a restore. Killed in
 * between, davit leaves one that can be restored.
 */

#include "container/checkpoint-archive.h"
#include "container/create-private.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "base/trace.h"
#include "container/names.h"
#include "driver/storage-driver.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The members that are another container's if it gets another name. */
static char *
record_rename (const DavitRecord *record, const DavitCreation *creation, const char *name,
	       gsize *ret_length)
{
	static const char *const own[] = {"id", "name", "created", "cidfile", "pidfile", NULL};
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	for (guint i = 0; i < davit_json_length (record->json); i++) {
		const char *key = davit_json_element_key (record->json, i);

		if (!g_strv_contains (own, key))
			davit_json_writer_value (writer, key, davit_json_element (record->json, i));
	}
	davit_json_writer_string (writer, "id", creation->id);
	davit_json_writer_string (writer, "name", name);
	davit_json_writer_integer (writer, "created", creation->created);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, ret_length);
}

/* The image must be here, and be the same. */
static gboolean
image_find (DavitCreation *creation, const DavitRecord *record, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (record->image_id == NULL)
		return TRUE;
	creation->image =
		davit_image_store_resolve (creation->engine->images, record->image_id, &local);
	if (creation->image == NULL && davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return davit_error_set (
			error, DAVIT_ERROR_NOT_FOUND,
			"its image \"%s\" (%s) is not here; load or import it first", record->image,
			record->image_id);
	if (creation->image == NULL) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (!g_strv_equal ((const char *const *) creation->image->chain_ids,
			   (const char *const *) record->layers))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"its layers are not those of its image \"%s\"",
					record->image);
	return TRUE;
}

static gboolean
drivers_find (DavitCreation *creation, const DavitRecord *record, GError **error)
{
	DavitDrivers *drivers = creation->engine->drivers;

	if (record->storage != NULL)
		creation->storage = davit_drivers_storage (drivers, record->storage, error);
	return (record->storage == NULL || creation->storage != NULL) &&
	       davit_drivers_runtime (drivers, record->runtime, error) != NULL;
}

static gboolean
id_is_free (const DavitImported *imported, const char *id, GError **error)
{
	if (faccessat (imported->directories.containers_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return TRUE;
	return davit_error_set (
		error, DAVIT_ERROR_EXISTS,
		"container %.12s exists already; make another one of it with --name", id);
}

static gboolean
container_make (const DavitImported *imported, DavitCreation *creation, const char *name,
		DavitContainer **ret_container, GError **error)
{
	static const char *const brought[] = {"checkpoint", DAVIT_CONTAINER_LOG, NULL};
	const DavitRecord *record = imported->record;
	gsize length = 0;
	g_autofree char *text = NULL;

	if (name == NULL)
		g_strlcpy (creation->id, record->id, sizeof creation->id);
	text = record_rename (record, creation, name != NULL ? name : record->name, &length);
	creation->record_text = text;
	creation->moved = brought;
	creation->moved_dirfd = imported->dirfd;
	return id_is_free (imported, creation->id, error) && image_find (creation, record, error) &&
	       drivers_find (creation, record, error) &&
	       davit_creation_make (creation, ret_container, error);
}

static gboolean
import_all (DavitEngine *engine, const DavitImported *imported, const char *name,
	    DavitContainer **ret_container, GError **error)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	DavitCreation creation;
	gboolean made;

	if (!davit_create_request_set (request, "name",
				       name != NULL ? name : imported->record->name, error))
		return FALSE;
	davit_creation_init (&creation, engine, request);
	made = container_make (imported, &creation, name, ret_container, error);
	davit_creation_clear (&creation);
	return made;
}

gboolean
davit_container_import (DavitEngine *engine, const char *path, const DavitRestoreOptions *options,
			DavitResult *statistics, DavitContainer **ret_container, GError **error)
{
	davit_trace_scope ("container", "import");
	DavitRestoreOptions wanted = *options;
	g_autoptr (DavitContainer) container = NULL;
	DavitImported imported;
	gboolean made;

	if (!davit_import_open (&imported, engine, path, error))
		return FALSE;
	made = import_all (engine, &imported, options->name, &container, error);
	davit_import_clear (&imported);
	if (!made)
		return davit_error_prefix (error, "checkpoint \"%s\"", path);
	/* The one that it was copied from may have its addresses still. */
	wanted.ignore_address |= options->name != NULL;
	wanted.ignore_mac_address |= options->name != NULL;
	if (!davit_container_restore (container, &wanted, statistics, error)) {
		davit_container_remove (container, TRUE, 0, NULL);
		return FALSE;
	}
	*ret_container = g_steal_pointer (&container);
	return TRUE;
}
