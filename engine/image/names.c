/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of names. */

#include "image/names.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define VERSION 1
#define RECORD_LIMIT (64 * 1024)
/* With ".XXXXXX.tmp" or the like behind it a file name is still one. */
#define FILE_LIMIT 200
#define FILE_PREFIX 100

void
davit_name_free (DavitName *name)
{
	if (name == NULL)
		return;
	g_free (name->file);
	g_free (name->name);
	g_free (name->manifest);
	g_free (name->id);
	g_free (name);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitName, davit_name_free)

static void
name_free (gpointer name)
{
	davit_name_free (name);
}

static void
damage_free (gpointer data)
{
	DavitNameDamage *damage = data;

	g_free (damage->file);
	g_free (damage->reason);
	g_free (damage);
}

/*
 * Every byte that is not plain is written as %XX, the slash above all, so that different names have
 * different files and none begins with a dot. A name that gets too long ends in its digest.
 */
char *
davit_names_file (const char *name)
{
	g_autoptr (GString) file = g_string_new (NULL);
	g_autofree char *digest = NULL;

	for (const char *c = name; *c != '\0'; c++) {
		if (g_ascii_isalnum (*c) || strchr ("_-:", *c) != NULL || (*c == '.' && c > name))
			g_string_append_c (file, *c);
		else
			g_string_append_printf (file, "%%%02X", (guint) (guchar) *c);
	}
	if (file->len <= FILE_LIMIT)
		return g_strdup (file->str);
	digest = davit_digest_of (name, strlen (name));
	g_string_truncate (file, FILE_PREFIX);
	/* "%%" is in no name that is not too long. */
	g_string_append_printf (file, "%%%%%s", davit_digest_hex (digest));
	return g_strdup (file->str);
}

static gboolean
record_check (const DavitName *record, GError **error)
{
	g_autofree char *file = NULL;

	if (record->manifest == NULL || !davit_digest_is_valid (record->manifest) ||
	    record->id == NULL || !davit_digest_is_valid (record->id))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"manifest\" or \"id\" is no digest");
	file = record->name == NULL ? g_strdup (record->manifest) : davit_names_file (record->name);
	if (strcmp (file, record->file) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"it belongs into the file \"%s\"", file);
	return TRUE;
}

static DavitName *
record_parse (const char *file, const DavitJson *json, gboolean *ret_newer, GError **error)
{
	g_autoptr (DavitName) record = g_new0 (DavitName, 1);
	const char *name = NULL, *manifest = NULL, *id = NULL;
	gint64 version = 0;

	if (!davit_json_get_integer (json, "version", 0, G_MAXINT, &version, error))
		return NULL;
	*ret_newer = version > VERSION;
	if (version != VERSION) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT,
				 "it has version %" G_GINT64_FORMAT ", and this davit reads %d%s",
				 version, VERSION, *ret_newer ? "; a newer one wrote it" : "");
		return NULL;
	}
	if (!davit_json_get_string (json, "name", &name, error) ||
	    !davit_json_get_string (json, "manifest", &manifest, error) ||
	    !davit_json_get_string (json, "id", &id, error))
		return NULL;
	record->file = g_strdup (file);
	record->name = g_strdup (name);
	record->manifest = g_strdup (manifest);
	record->id = g_strdup (id);
	return record_check (record, error) ? g_steal_pointer (&record) : NULL;
}

static void
record_read (DavitNames *names, int images_fd, const char *file)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitJson) json = davit_json_read (images_fd, file, RECORD_LIMIT, &error);
	DavitNameDamage damage = {0};
	DavitName *record = NULL;

	/* Removed between the two looks. */
	if (json == NULL && faccessat (images_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return;
	if (json != NULL)
		record = record_parse (file, json, &damage.newer, &error);
	if (record != NULL) {
		g_ptr_array_add (names->records, record);
		return;
	}
	damage.file = g_strdup (file);
	damage.reason = g_strdup (error->message);
	/* A wrong type is CONFIG. */
	damage.unknown =
		!davit_error_is_damage (error) && !davit_error_matches (error, DAVIT_ERROR_CONFIG);
	g_ptr_array_add (names->damaged, g_memdup2 (&damage, sizeof damage));
}

static int
file_compare (gconstpointer left, gconstpointer right)
{
	return strcmp (*(const char *const *) left, *(const char *const *) right);
}

DavitNames *
davit_names_read (int images_fd, GError **error)
{
	g_autoptr (DavitNames) names = NULL;
	g_autoptr (GPtrArray) files = NULL;

	if (!davit_path_list (images_fd, &files, error))
		return NULL;
	names = g_new0 (DavitNames, 1);
	names->records = g_ptr_array_new_with_free_func (name_free);
	names->damaged = g_ptr_array_new_with_free_func (damage_free);
	names->unfinished = g_ptr_array_new_with_free_func (g_free);
	g_ptr_array_sort (files, file_compare);
	for (guint i = 0; i < files->len; i++) {
		const char *file = g_ptr_array_index (files, i);

		if (file[0] != '.')
			record_read (names, images_fd, file);
		else if (g_str_has_prefix (file, DAVIT_PATH_TEMPORARY_PREFIX))
			g_ptr_array_add (names->unfinished, g_strdup (file));
	}
	return g_steal_pointer (&names);
}

void
davit_names_free (DavitNames *names)
{
	if (names == NULL)
		return;
	g_ptr_array_unref (names->records);
	g_ptr_array_unref (names->damaged);
	g_ptr_array_unref (names->unfinished);
	g_free (names);
}

const DavitName *
davit_names_find (const DavitNames *names, const char *name)
{
	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		if (g_strcmp0 (record->name, name) == 0)
			return record;
	}
	return NULL;
}

const DavitNameDamage *
davit_names_find_damage (const DavitNames *names, const char *name)
{
	g_autofree char *file = davit_names_file (name);

	for (guint i = 0; i < names->damaged->len; i++) {
		const DavitNameDamage *damage = g_ptr_array_index (names->damaged, i);

		if (strcmp (damage->file, file) == 0)
			return damage;
	}
	return NULL;
}

char **
davit_names_of (const DavitNames *names, const char *id)
{
	g_autoptr (GPtrArray) found = g_ptr_array_new ();

	for (guint i = 0; i < names->records->len; i++) {
		const DavitName *record = g_ptr_array_index (names->records, i);

		if (record->name != NULL && strcmp (record->id, id) == 0)
			g_ptr_array_add (found, g_strdup (record->name));
	}
	g_ptr_array_add (found, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&found), FALSE);
}

gboolean
davit_names_write (int images_fd, const char *name, const char *manifest, const char *id,
		   GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;
	g_autofree char *file = name == NULL ? g_strdup (manifest) : davit_names_file (name);
	gsize length = 0;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "version", VERSION);
	davit_json_writer_string_if (writer, "name", name);
	davit_json_writer_string (writer, "manifest", manifest);
	davit_json_writer_string (writer, "id", id);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, &length);
	return davit_path_replace_file (images_fd, file, text, length, 0600, TRUE, error);
}

gboolean
davit_names_remove (int images_fd, const char *file, GError **error)
{
	if (unlinkat (images_fd, file, 0) == 0 || errno == ENOENT)
		return TRUE;
	return davit_error_errno (error, errno, "remove \"images/%s\"", file);
}
