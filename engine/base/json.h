/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The one JSON reader and the one writer.
 *
 * Why our own: json-glib 1.6 takes an empty file, truncates at U+0000, turns 1.5 into 1 and
 * overflows the stack on deep nesting, so that a strict scan would have to come before it; and it
 * costs 0.9 ms at each start. With the scan there, the tree is a small step. davit/json.h
 * documents the reading functions; they stand here under the engine's names.
 */

#pragma once

#include <davit/json.h>

G_BEGIN_DECLS

#define DAVIT_JSON_DEPTH_LIMIT 64

DavitJson *davit_json_parse (const char *text, gssize length, GError **error);
void davit_json_free (DavitJson *root);
DavitJsonType davit_json_type (const DavitJson *value);
guint davit_json_length (const DavitJson *value);
const DavitJson *davit_json_element (const DavitJson *value, guint index);
const char *davit_json_element_key (const DavitJson *value, guint index);
const DavitJson *davit_json_member (const DavitJson *value, const char *key);
gboolean davit_json_get_string (const DavitJson *object, const char *key, const char **ret,
				GError **error);
gboolean davit_json_get_boolean (const DavitJson *object, const char *key, gboolean *ret,
				 GError **error);
gboolean davit_json_get_integer (const DavitJson *object, const char *key, gint64 minimum,
				 gint64 maximum, gint64 *ret, GError **error);
gboolean davit_json_get_object (const DavitJson *object, const char *key, const DavitJson **ret,
				GError **error);
gboolean davit_json_get_array (const DavitJson *object, const char *key, const DavitJson **ret,
			       GError **error);
gboolean davit_json_get_strings (const DavitJson *object, const char *key, const char ***ret,
				 GError **error);
char *davit_json_path (const DavitJson *value);
const char *davit_json_string (const DavitJson *value);
gint64 davit_json_integer (const DavitJson *value);
gboolean davit_json_boolean (const DavitJson *value);
double davit_json_number (const DavitJson *value);
char *davit_json_to_text (const DavitJson *value);

/*
 * Copies, for what outlives the document. They take the place of what was in *ret, which is freed.
 * An absent or null member leaves *ret as it is; but a vector is never NULL behind it.
 */
gboolean davit_json_dup_string (const DavitJson *object, const char *key, char **ret,
				GError **error);
gboolean davit_json_dup_strings (const DavitJson *object, const char *key, char ***ret,
				 GError **error);

/* For DavitHost. */
extern const DavitJsonOps davit_json_ops;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitJson, davit_json_free)

/* Reads and parses a regular file of at most limit bytes; errors name the file. */
DavitJson *davit_json_read (int dirfd, const char *name, gsize limit, GError **error);

/*
 * The writer appends to a text; commas and escapes are its business. In an object every value has
 * a key, in an array and at the top key is NULL. A NULL string is written as null and a NULL
 * vector as one without strings; use the _if form to leave them out.
 */
typedef struct _DavitJsonWriter DavitJsonWriter;

/* pretty: two spaces of indentation a level, and a line break at the end. */
DavitJsonWriter *davit_json_writer_new (gboolean pretty);
void davit_json_writer_free (DavitJsonWriter *writer);
void davit_json_writer_begin_object (DavitJsonWriter *writer, const char *key);
void davit_json_writer_end_object (DavitJsonWriter *writer);
void davit_json_writer_begin_array (DavitJsonWriter *writer, const char *key);
void davit_json_writer_end_array (DavitJsonWriter *writer);
void davit_json_writer_string (DavitJsonWriter *writer, const char *key, const char *value);
void davit_json_writer_string_if (DavitJsonWriter *writer, const char *key, const char *value);
void davit_json_writer_integer (DavitJsonWriter *writer, const char *key, gint64 value);
void davit_json_writer_unsigned (DavitJsonWriter *writer, const char *key, guint64 value);
void davit_json_writer_double (DavitJsonWriter *writer, const char *key, double value);
void davit_json_writer_boolean (DavitJsonWriter *writer, const char *key, gboolean value);
void davit_json_writer_null (DavitJsonWriter *writer, const char *key);
void davit_json_writer_strings (DavitJsonWriter *writer, const char *key,
				const char *const *values);
/* Left out if it is NULL or has none. */
void davit_json_writer_strings_if (DavitJsonWriter *writer, const char *key, char *const *values);
/* Copies a parsed value with all below it. */
void davit_json_writer_value (DavitJsonWriter *writer, const char *key, const DavitJson *value);
/* text is a value that a writer without line breaks has given. */
void davit_json_writer_text (DavitJsonWriter *writer, const char *key, const char *text);
/* Ends the writer and gives its text. */
char *davit_json_writer_finish (DavitJsonWriter *writer, gsize *ret_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitJsonWriter, davit_json_writer_free)

G_END_DECLS
