/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looking at a parsed document, with types and bounds checked and the place named. */

#include "base/error.h"
#include "base/fd.h"
#include "base/json-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

DavitJsonType
davit_json_type (const DavitJson *value)
{
	return value == NULL ? DAVIT_JSON_NULL : (DavitJsonType) value->type;
}

guint
davit_json_length (const DavitJson *value)
{
	DavitJsonType type = davit_json_type (value);

	return type == DAVIT_JSON_ARRAY || type == DAVIT_JSON_OBJECT ? value->length : 0;
}

const DavitJson *
davit_json_element (const DavitJson *value, guint index)
{
	return index < davit_json_length (value) ? &value->elements[index] : NULL;
}

const char *
davit_json_element_key (const DavitJson *value, guint index)
{
	return index < davit_json_length (value) ? value->elements[index].key : NULL;
}

static const DavitJson *
member_search (const DavitJson *object, const char *key)
{
	const guint32 *index = davit_json_index (object);
	guint32 low = 0;
	guint32 high = object->length;

	while (low < high) {
		guint32 middle = low + (high - low) / 2;
		int order = strcmp (key, object->elements[index[middle]].key);

		if (order == 0)
			return &object->elements[index[middle]];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const DavitJson *
davit_json_member (const DavitJson *value, const char *key)
{
	guint16 hash;

	if (davit_json_type (value) != DAVIT_JSON_OBJECT)
		return NULL;
	if (value->length > JSON_INDEX_FROM)
		return member_search (value, key);
	hash = davit_json_key_hash (key, strlen (key));
	for (guint32 i = 0; i < value->length; i++) {
		const DavitJson *member = &value->elements[i];

		if (member->key_hash == hash && strcmp (member->key, key) == 0)
			return member;
	}
	return NULL;
}

char *
davit_json_path (const DavitJson *value)
{
	const DavitJson *line[DAVIT_JSON_DEPTH_LIMIT + 1];
	GString *path = g_string_new (NULL);
	guint length = 0;

	for (; value != NULL && value->parent != NULL && length < G_N_ELEMENTS (line);
	     value = value->parent)
		line[length++] = value;
	while (length > 0) {
		const DavitJson *at = line[--length];

		if (at->key == NULL)
			g_string_append_printf (path, "[%u]", (guint) (at - at->parent->elements));
		else
			g_string_append_printf (path, "%s%s", path->len > 0 ? "." : "", at->key);
	}
	return g_string_free (path, FALSE);
}

static gboolean
value_fail (const DavitJson *value, GError **error, const char *what)
{
	g_autofree char *path = davit_json_path (value);

	return davit_error_set (error, DAVIT_ERROR_CONFIG, "%s: %s",
				*path == '\0' ? "the document" : path, what);
}

/*
 * Finds a member of a type; NULL with TRUE if it is absent. An array where an object should be is
 * refused here: a value in the wrong place must not look like one that was left out.
 */
static gboolean
member_find (const DavitJson *object, const char *key, DavitJsonType type, const DavitJson **ret,
	     GError **error)
{
	static const char *const words[] = {
		[DAVIT_JSON_NULL] = "must be null",
		[DAVIT_JSON_BOOLEAN] = "must be true or false",
		[DAVIT_JSON_INTEGER] = "must be an integer",
		[DAVIT_JSON_DOUBLE] = "must be a number",
		[DAVIT_JSON_STRING] = "must be a string",
		[DAVIT_JSON_ARRAY] = "must be an array",
		[DAVIT_JSON_OBJECT] = "must be an object",
	};
	const DavitJson *member;

	*ret = NULL;
	if (davit_json_type (object) == DAVIT_JSON_NULL)
		return TRUE;
	if (object->type != DAVIT_JSON_OBJECT)
		return value_fail (object, error, words[DAVIT_JSON_OBJECT]);
	member = davit_json_member (object, key);
	if (davit_json_type (member) == DAVIT_JSON_NULL)
		return TRUE;
	if (member->type != type)
		return value_fail (member, error, words[type]);
	*ret = member;
	return TRUE;
}

gboolean
davit_json_get_string (const DavitJson *object, const char *key, const char **ret, GError **error)
{
	const DavitJson *member;

	if (!member_find (object, key, DAVIT_JSON_STRING, &member, error))
		return FALSE;
	if (member != NULL)
		*ret = member->text;
	return TRUE;
}

gboolean
davit_json_get_boolean (const DavitJson *object, const char *key, gboolean *ret, GError **error)
{
	const DavitJson *member;

	if (!member_find (object, key, DAVIT_JSON_BOOLEAN, &member, error))
		return FALSE;
	if (member != NULL)
		*ret = member->boolean;
	return TRUE;
}

/* A double that was written as an integer is one that 64 bits can't hold. */
static gboolean
value_is_huge (const DavitJson *value)
{
	return value->type == DAVIT_JSON_DOUBLE &&
	       strspn (value->text, "-0123456789") >= value->length;
}

gboolean
davit_json_get_integer (const DavitJson *object, const char *key, gint64 minimum, gint64 maximum,
			gint64 *ret, GError **error)
{
	const DavitJson *member = davit_json_member (object, key);
	g_autofree char *what = NULL;

	if (member == NULL || !value_is_huge (member)) {
		if (!member_find (object, key, DAVIT_JSON_INTEGER, &member, error))
			return FALSE;
		if (member == NULL)
			return TRUE;
		if (member->integer >= minimum && member->integer <= maximum) {
			*ret = member->integer;
			return TRUE;
		}
	}
	what = g_strdup_printf ("must be an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
				minimum, maximum);
	return value_fail (member, error, what);
}

gboolean
davit_json_get_object (const DavitJson *object, const char *key, const DavitJson **ret,
		       GError **error)
{
	const DavitJson *member;

	if (!member_find (object, key, DAVIT_JSON_OBJECT, &member, error))
		return FALSE;
	if (member != NULL)
		*ret = member;
	return TRUE;
}

gboolean
davit_json_get_array (const DavitJson *object, const char *key, const DavitJson **ret,
		      GError **error)
{
	const DavitJson *member;

	if (!member_find (object, key, DAVIT_JSON_ARRAY, &member, error))
		return FALSE;
	if (member != NULL)
		*ret = member;
	return TRUE;
}

gboolean
davit_json_get_strings (const DavitJson *object, const char *key, const char ***ret, GError **error)
{
	const DavitJson *array;
	g_autofree const char **strings = NULL;

	if (!member_find (object, key, DAVIT_JSON_ARRAY, &array, error))
		return FALSE;
	if (array == NULL)
		return TRUE;
	strings = g_new0 (const char *, (gsize) array->length + 1);
	for (guint32 i = 0; i < array->length; i++) {
		if (array->elements[i].type != DAVIT_JSON_STRING)
			return value_fail (&array->elements[i], error, "must be a string");
		strings[i] = array->elements[i].text;
	}
	*ret = g_steal_pointer (&strings);
	return TRUE;
}

gboolean
davit_json_dup_string (const DavitJson *object, const char *key, char **ret, GError **error)
{
	const char *text = NULL;

	if (!davit_json_get_string (object, key, &text, error))
		return FALSE;
	if (text != NULL) {
		g_free (*ret);
		*ret = g_strdup (text);
	}
	return TRUE;
}

gboolean
davit_json_dup_strings (const DavitJson *object, const char *key, char ***ret, GError **error)
{
	g_autofree const char **texts = NULL;

	if (!davit_json_get_strings (object, key, &texts, error))
		return FALSE;
	if (texts != NULL) {
		g_strfreev (*ret);
		*ret = g_strdupv ((char **) texts);
	} else if (*ret == NULL) {
		*ret = g_new0 (char *, 1);
	}
	return TRUE;
}

const char *
davit_json_string (const DavitJson *value)
{
	return davit_json_type (value) == DAVIT_JSON_STRING ? value->text : NULL;
}

gint64
davit_json_integer (const DavitJson *value)
{
	return davit_json_type (value) == DAVIT_JSON_INTEGER ? value->integer : 0;
}

gboolean
davit_json_boolean (const DavitJson *value)
{
	return davit_json_type (value) == DAVIT_JSON_BOOLEAN && value->boolean;
}

double
davit_json_number (const DavitJson *value)
{
	if (davit_json_type (value) == DAVIT_JSON_DOUBLE)
		return g_ascii_strtod (value->text, NULL);
	return (double) davit_json_integer (value);
}

char *
davit_json_to_text (const DavitJson *value)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_value (writer, NULL, value);
	return davit_json_writer_finish (writer, NULL);
}

DavitJson *
davit_json_read (int dirfd, const char *name, gsize limit, GError **error)
{
	/* Not to wait at a FIFO, nor to be led elsewhere by a symbolic link. */
	davit_autofd fd = openat (dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	g_autofree char *text = NULL;
	gsize length = 0;
	struct stat status;
	DavitJson *root;

	if ((fd < 0 && errno != ELOOP && errno != ENXIO) || (fd >= 0 && fstat (fd, &status) < 0)) {
		davit_error_errno (error, errno, "open \"%s\"", name);
		return NULL;
	}
	if (fd < 0 || !S_ISREG (status.st_mode)) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\": not a regular file", name);
		return NULL;
	}
	if (!davit_fd_read (fd, limit, name, &text, &length, error))
		return NULL;
	root = davit_json_parse (text, (gssize) length, error);
	if (root == NULL)
		davit_error_prefix (error, "\"%s\"", name);
	return root;
}

const DavitJsonOps davit_json_ops = {
	.size = sizeof (DavitJsonOps),
	.parse = davit_json_parse,
	.document_free = davit_json_free,
	.type = davit_json_type,
	.length = davit_json_length,
	.element = davit_json_element,
	.element_key = davit_json_element_key,
	.member = davit_json_member,
	.get_string = davit_json_get_string,
	.get_boolean = davit_json_get_boolean,
	.get_integer = davit_json_get_integer,
	.get_object = davit_json_get_object,
	.get_array = davit_json_get_array,
	.get_strings = davit_json_get_strings,
	.path = davit_json_path,
	.string = davit_json_string,
	.integer = davit_json_integer,
	.boolean = davit_json_boolean,
	.number = davit_json_number,
	.to_text = davit_json_to_text,
};
