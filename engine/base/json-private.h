/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the files of the JSON reader share: a value, and the scanner below the parser.
 *
 * A document is one arena. Its text is copied once and its strings are decoded in place, where they
 * can only get shorter; values point into it. Elements of an array or object stand side by side.
 */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

/* Objects with more members than this have an index behind their elements, sorted by key. */
#define JSON_INDEX_FROM 16

struct _DavitJson {
	const DavitJson *parent;
	const char *key; /* of members of objects */
	union {
		gboolean boolean;
		gint64 integer;
		const char *text; /* strings, and doubles as they were written */
		DavitJson *elements;
	};
	guint32 length; /* bytes of text, or number of elements */
	DavitJsonType type;
};

static inline const guint32 *
davit_json_index (const DavitJson *object)
{
	return (const guint32 *) (object->elements + object->length);
}

typedef struct {
	const char *text; /* as it came: places are counted in it */
	gsize length;
	char *copy; /* the same, decoded on the way; a NUL stands behind the end */
	gsize at;
} DavitJsonScan;

/* Sets CORRUPT with the place of an offset, and returns FALSE. */
gboolean davit_json_scan_fail (const DavitJsonScan *scan, gsize offset, GError **error,
			       const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Refuses what is no UTF-8 and NUL bytes, once and for the whole text. */
gboolean davit_json_scan_check (const DavitJsonScan *scan, GError **error);

/* Goes over white space and gives the byte behind it, NUL at the end. */
char davit_json_scan_peek (DavitJsonScan *scan);

/* Each begins at scan->at and goes behind what it has read. */
gboolean davit_json_scan_string (DavitJsonScan *scan, const char **ret, guint32 *ret_length,
				 GError **error);
gboolean davit_json_scan_number (DavitJsonScan *scan, DavitJson *ret, GError **error);
gboolean davit_json_scan_word (DavitJsonScan *scan, DavitJson *ret, GError **error);

G_END_DECLS
