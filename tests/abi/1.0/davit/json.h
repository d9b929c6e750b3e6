/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading JSON, as a service of the host.
 *
 * The engine has one strict reader, which refuses what a lenient one would guess at: bad UTF-8,
 * U+0000, keys that come twice, nesting deeper than 64, numbers with a fraction where an integer
 * is wanted, more bytes than promised. A plugin that reads a document from outside uses it.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A value of a parsed document. It is owned by the document and lives as long as it. */
typedef struct _DavitJson DavitJson;

/**
 * DavitJsonType: since 1.0.
 */
typedef enum {
	DAVIT_JSON_NULL = 0,
	DAVIT_JSON_BOOLEAN = 1,
	DAVIT_JSON_INTEGER = 2, /* no fraction, no exponent, fits into 64 bits with sign */
	DAVIT_JSON_DOUBLE = 3,	/* every other number */
	DAVIT_JSON_STRING = 4,
	DAVIT_JSON_ARRAY = 5,
	DAVIT_JSON_OBJECT = 6,
} DavitJsonType;

/**
 * DavitJsonOps: since 1.0. Append only. Functions that take a value accept NULL and treat it
 * like an absent one. They run anywhere, also in a child after fork.
 */
typedef struct {
	gsize size;

	/*
	 * Parses a whole document; length -1: text ends with NUL. The result is the root value;
	 * free it with document_free. CORRUPT names the place ("line 3, column 7: ...").
	 */
	DavitJson *(*parse) (const char *text, gssize length, GError **error);
	void (*document_free) (DavitJson *root);

	DavitJsonType (*type) (const DavitJson *value);

	/* Arrays and objects: how many elements; the element; its key (objects only). */
	guint (*length) (const DavitJson *value);
	const DavitJson *(*element) (const DavitJson *value, guint index);
	const char *(*element_key) (const DavitJson *value, guint index);

	/* The member of an object, or NULL if it is not there (or value is no object). */
	const DavitJson *(*member) (const DavitJson *value, const char *key);

	/*
	 * Typed reading: of a member that may be absent. An absent or null member leaves *ret as it
	 * is and is no error; a member of a wrong type or out of range is CONFIG and names the path
	 * in the document ("linux.resources.pids.limit: must be an integer").
	 */
	gboolean (*get_string) (const DavitJson *object, const char *key, const char **ret,
				GError **error);
	gboolean (*get_boolean) (const DavitJson *object, const char *key, gboolean *ret,
				 GError **error);
	gboolean (*get_integer) (const DavitJson *object, const char *key, gint64 minimum,
				 gint64 maximum, gint64 *ret, GError **error);
	gboolean (*get_object) (const DavitJson *object, const char *key, const DavitJson **ret,
				GError **error);
	gboolean (*get_array) (const DavitJson *object, const char *key, const DavitJson **ret,
			       GError **error);

	/*
	 * A new NULL-terminated vector whose strings belong to the document; free it with g_free.
	 */
	gboolean (*get_strings) (const DavitJson *object, const char *key, const char ***ret,
				 GError **error);

	/* Where a value stands in its document: "process.rlimits[2].type". Free with g_free. */
	char *(*path) (const DavitJson *value);

	/* The string, integer or boolean itself: NULL, 0 or FALSE if it is of another type. */
	const char *(*string) (const DavitJson *value);
	gint64 (*integer) (const DavitJson *value);
	gboolean (*boolean) (const DavitJson *value);
	double (*number) (const DavitJson *value);

	/* The text of a value and all below it, without spaces. Free with g_free. */
	char *(*to_text) (const DavitJson *value);
} DavitJsonOps;

G_END_DECLS
