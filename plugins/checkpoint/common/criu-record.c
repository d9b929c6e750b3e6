/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Everything that is read is checked here, so that who uses it need not. */

#include "criu-record.h"

#include "criu-fd.h"

#include <string.h>

#define RECORD_VERSION 1
#define RECORD_LIMIT ((gsize) 8 * 1024 * 1024)
/* A container's mount namespace can't have more by default. */
#define MOUNTS_LIMIT 100000
#define STREAMS_LIMIT 3

static const char *const kind_words[CRIU_N_MOUNT_KINDS] = {
	[CRIU_MOUNT_BIND] = "bind",	[CRIU_MOUNT_MASK] = "mask",
	[CRIU_MOUNT_NULL] = "null",	[CRIU_MOUNT_DEVICE] = "device",
	[CRIU_MOUNT_CGROUP] = "cgroup", [CRIU_MOUNT_GROUPS] = "groups",
	[CRIU_MOUNT_SYSFS] = "sysfs",
};

static void
mount_free (gpointer data)
{
	CriuMount *mount = (CriuMount *) data;

	g_free (mount->path);
	g_free (mount->name);
	g_free (mount->below);
	g_free (mount);
}

static void
stream_free (gpointer data)
{
	CriuStream *stream = (CriuStream *) data;

	g_free (stream->key);
	g_free (stream->type);
	g_free (stream->id);
	g_free (stream);
}

CriuRecord *
criu_record_new (void)
{
	CriuRecord *record = g_new0 (CriuRecord, 1);

	record->mounts = g_ptr_array_new_with_free_func (mount_free);
	record->streams = g_ptr_array_new_with_free_func (stream_free);
	return record;
}

void
criu_record_free (CriuRecord *record)
{
	if (record == NULL)
		return;
	g_free (record->criu_version);
	g_free (record->kernel);
	g_free (record->machine);
	g_ptr_array_unref (record->mounts);
	g_ptr_array_unref (record->streams);
	g_free (record);
}

void
criu_record_add_mount (CriuRecord *record, CriuMountKind kind, const char *path, const char *name,
		       const char *below)
{
	CriuMount *mount = g_new0 (CriuMount, 1);

	mount->kind = kind;
	mount->path = g_strdup (path);
	mount->name = g_strdup (name);
	mount->below = g_strdup (below);
	g_ptr_array_add (record->mounts, mount);
}

void
criu_record_add_stream (CriuRecord *record, const char *key, const char *type, const char *id)
{
	CriuStream *stream = g_new0 (CriuStream, 1);

	stream->key = g_strdup (key);
	stream->type = g_strdup (type);
	stream->id = g_strdup (id);
	g_ptr_array_add (record->streams, stream);
}

/* Paths of Linux need not be UTF-8, as JSON must be: those are refused before they come here. */
static void
put_string (GString *out, const char *key, const char *value)
{
	g_string_append_printf (out, "\"%s\":\"", key);
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c (out, '\\');
		if ((guchar) *c < 0x20)
			g_string_append_printf (out, "\\u%04x", (guchar) *c);
		else
			g_string_append_c (out, *c);
	}
	g_string_append_c (out, '"');
}

static void
put_mounts (GString *out, const CriuRecord *record)
{
	g_string_append (out, ",\"mounts\":[");
	for (guint i = 0; i < record->mounts->len; i++) {
		const CriuMount *mount = (const CriuMount *) record->mounts->pdata[i];

		g_string_append (out, i > 0 ? ",{" : "{");
		put_string (out, "kind", kind_words[mount->kind]);
		g_string_append_c (out, ',');
		put_string (out, "path", mount->path);
		g_string_append_c (out, ',');
		put_string (out, "name", mount->name);
		g_string_append_c (out, ',');
		put_string (out, "below", mount->below);
		g_string_append_c (out, '}');
	}
	g_string_append_c (out, ']');
}

static void
put_streams (GString *out, const CriuRecord *record)
{
	g_string_append (out, ",\"streams\":[");
	for (guint i = 0; i < record->streams->len; i++) {
		const CriuStream *stream = (const CriuStream *) record->streams->pdata[i];

		g_string_append (out, i > 0 ? ",{" : "{");
		put_string (out, "key", stream->key);
		g_string_append_c (out, ',');
		put_string (out, "type", stream->type);
		g_string_append_c (out, ',');
		put_string (out, "id", stream->id);
		g_string_append_c (out, '}');
	}
	g_string_append_c (out, ']');
}

char *
criu_record_text (const CriuRecord *record)
{
	GString *out = g_string_new (NULL);

	g_string_append_printf (out, "{\"version\":%d,", RECORD_VERSION);
	put_string (out, "criu", record->criu_version);
	g_string_append_c (out, ',');
	put_string (out, "kernel", record->kernel);
	g_string_append_c (out, ',');
	put_string (out, "machine", record->machine);
	g_string_append_printf (out, ",\"flags\":%u", record->flags);
	put_mounts (out, record);
	put_streams (out, record);
	g_string_append (out, "}\n");
	return g_string_free (out, FALSE);
}

gboolean
criu_record_write (const DavitHost *host, const CriuRecord *record, int images_dirfd,
		   GError **error)
{
	g_autofree char *text = criu_record_text (record);

	if (!g_utf8_validate (text, -1, NULL))
		return criu_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				       "a mount of the container has a path that is not UTF-8");
	return host->files->replace_file (images_dirfd, CRIU_RECORD_FILE, text, strlen (text), 0600,
					  FALSE, error);
}

static gboolean
fail (GError **error, const char *what)
{
	return criu_error_set (error, DAVIT_ERROR_CORRUPT, "file \"" CRIU_RECORD_FILE "\": %s",
			       what);
}

static gboolean
path_is_sane (const char *path, gboolean absolute)
{
	g_auto (GStrv) parts = g_strsplit (path, "/", -1);

	if (absolute != (path[0] == '/') && path[0] != '\0')
		return FALSE;
	for (guint i = 0; parts[i] != NULL; i++) {
		if (g_str_equal (parts[i], ".."))
			return FALSE;
	}
	return TRUE;
}

static gboolean
mount_parse (const DavitJsonOps *json, const DavitJson *entry, CriuRecord *record, GError **error)
{
	const char *kind = NULL;
	const char *path = NULL;
	const char *name = NULL;
	const char *below = NULL;

	if (!json->get_string (entry, "kind", &kind, error) ||
	    !json->get_string (entry, "path", &path, error) ||
	    !json->get_string (entry, "name", &name, error) ||
	    !json->get_string (entry, "below", &below, error))
		return FALSE;
	if (kind == NULL || path == NULL || name == NULL || below == NULL)
		return fail (error, "a mount lacks a member");
	if (path[0] == '\0' || !path_is_sane (path, TRUE) || !path_is_sane (below, FALSE))
		return fail (error, "a mount has a wrong path");
	for (guint i = 0; i < CRIU_N_MOUNT_KINDS; i++) {
		if (!g_str_equal (kind, kind_words[i]))
			continue;
		criu_record_add_mount (record, (CriuMountKind) i, path, name, below);
		return TRUE;
	}
	return fail (error, "a mount is of a kind that is not known");
}

static gboolean
stream_parse (const DavitJsonOps *json, const DavitJson *entry, CriuRecord *record, GError **error)
{
	const char *key = NULL;
	const char *type = NULL;
	const char *id = NULL;

	if (!json->get_string (entry, "key", &key, error) ||
	    !json->get_string (entry, "type", &type, error) ||
	    !json->get_string (entry, "id", &id, error))
		return FALSE;
	if (key == NULL || type == NULL || id == NULL)
		return fail (error, "a stream lacks a member");
	if (strlen (key) != 1 || key[0] < '0' || key[0] > '2')
		return fail (error, "a stream has a wrong key");
	if (!g_str_equal (type, "pipe") && !g_str_equal (type, "file") &&
	    !g_str_equal (type, "terminal"))
		return fail (error, "a stream is of a type that is not known");
	criu_record_add_stream (record, key, type, id);
	return TRUE;
}

static gboolean
lists_parse (const DavitJsonOps *json, const DavitJson *root, CriuRecord *record, GError **error)
{
	const DavitJson *mounts = NULL;
	const DavitJson *streams = NULL;

	if (!json->get_array (root, "mounts", &mounts, error) ||
	    !json->get_array (root, "streams", &streams, error))
		return FALSE;
	if (json->length (mounts) > MOUNTS_LIMIT || json->length (streams) > STREAMS_LIMIT)
		return fail (error, "a list is too long");
	for (guint i = 0; i < json->length (mounts); i++) {
		if (!mount_parse (json, json->element (mounts, i), record, error))
			return FALSE;
	}
	for (guint i = 0; i < json->length (streams); i++) {
		if (!stream_parse (json, json->element (streams, i), record, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
root_parse (const DavitJsonOps *json, const DavitJson *root, CriuRecord *record, GError **error)
{
	const char *criu_version = NULL;
	const char *kernel = NULL;
	const char *machine = NULL;
	gint64 version = 0;
	gint64 flags = 0;

	if (json->type (root) != DAVIT_JSON_OBJECT)
		return fail (error, "must hold an object");
	if (!json->get_integer (root, "version", 0, G_MAXINT32, &version, error))
		return FALSE;
	if (version > RECORD_VERSION)
		return criu_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				       "file \"" CRIU_RECORD_FILE "\": has version %d, and this "
				       "davit knows up to %d; restore it with a newer davit",
				       (int) version, RECORD_VERSION);
	if (!json->get_string (root, "criu", &criu_version, error) ||
	    !json->get_string (root, "kernel", &kernel, error) ||
	    !json->get_string (root, "machine", &machine, error) ||
	    !json->get_integer (root, "flags", 0, G_MAXUINT32, &flags, error))
		return FALSE;
	if (version < 1 || criu_version == NULL || kernel == NULL || machine == NULL)
		return fail (error, "a member is missing");
	record->criu_version = g_strdup (criu_version);
	record->kernel = g_strdup (kernel);
	record->machine = g_strdup (machine);
	record->flags = (guint32) flags;
	return lists_parse (json, root, record, error);
}

CriuRecord *
criu_record_parse (const DavitJsonOps *json, const char *text, gsize length, GError **error)
{
	g_autoptr (CriuRecord) record = criu_record_new ();
	g_autoptr (GError) local = NULL;
	DavitJson *root = json->parse (text, (gssize) length, &local);

	if (root == NULL) {
		fail (error, local->message);
		return NULL;
	}
	if (!root_parse (json, root, record, &local)) {
		json->document_free (root);
		if (local->code == DAVIT_ERROR_CONFIG)
			fail (error, local->message);
		else
			g_propagate_error (error, g_steal_pointer (&local));
		return NULL;
	}
	json->document_free (root);
	return g_steal_pointer (&record);
}

CriuRecord *
criu_record_read (const DavitHost *host, int images_dirfd, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!host->files->read_file (images_dirfd, CRIU_RECORD_FILE, RECORD_LIMIT, &text, &length,
				     &local)) {
		criu_error_set (error, DAVIT_ERROR_CORRUPT,
				"the images are not whole, or were not written by this driver: %s",
				local->message);
		return NULL;
	}
	return criu_record_parse (host->json, text, length, error);
}
