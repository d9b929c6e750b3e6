/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the files of the JSON reader share: a value, and the scanner below the parser.
 *
 * A document is one arena. Its text is copied once and its strings are decoded in place, where they
 * can only get shorter; values point into it. Elements of an array or object stand side by side.
 */

#pragma once

#include "base/json.h"

#include <string.h>

G_BEGIN_DECLS

/*
 * Objects with more members than this have an index behind their elements, sorted by key. In
 * smaller ones going through the hashes is faster than to sort and to search.
 */
#define JSON_INDEX_FROM 64

/* So many NUL bytes stand behind a copied text: it is looked at in words. */
#define JSON_PADDING 8

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
	guint16 key_hash;
	guint8 type; /* DavitJsonType */
};

/*
 * Three bytes and the length tell most keys of one object apart; those that they don't are
 * compared. A better hash would cost more than all comparisons that it spares.
 */
static inline guint16
davit_json_key_hash (const char *key, gsize length)
{
	gsize last = length > 0 ? length - 1 : 0;

	return (guint16) (length * 2531 + (guchar) key[0] * 31U + (guchar) key[length / 2] * 131U +
			  (guchar) key[last] * 1031U);
}

static inline const guint32 *
davit_json_index (const DavitJson *object)
{
	return (const guint32 *) (object->elements + object->length);
}

#define JSON_ONES G_GUINT64_CONSTANT (0x0101010101010101)
#define JSON_HIGHS G_GUINT64_CONSTANT (0x8080808080808080)

/* Eight bytes, the first of them the lowest on every machine. */
static inline guint64
davit_json_word (const char *at)
{
	guint64 word;

	memcpy (&word, at, sizeof word);
	return GUINT64_FROM_LE (word);
}

/*
 * Goes to the next quotation mark, backslash or control character, which NUL is, in the text of a
 * document. The lowest bit that the subtractions leave is that of the first of them; only those
 * above may be wrong.
 */
static inline const char *
davit_json_plain_skip (const char *at)
{
	for (;; at += sizeof (guint64)) {
		guint64 word = davit_json_word (at);
		guint64 quote = word ^ JSON_ONES * '"';
		guint64 escape = word ^ JSON_ONES * '\\';
		guint64 found =
			(((word - JSON_ONES * ' ') & ~word) | ((quote - JSON_ONES) & ~quote) |
			 ((escape - JSON_ONES) & ~escape)) &
			JSON_HIGHS;

		if (found != 0)
			return at + __builtin_ctzll (found) / 8;
	}
}

typedef struct {
	const char *text; /* as it came: places are counted in it */
	gsize length;
	char *copy; /* the same, decoded on the way; JSON_PADDING stands behind the end */
	gsize at;
} DavitJsonScan;

/* Sets CORRUPT with the place of an offset, and returns FALSE. */
gboolean davit_json_scan_fail (const DavitJsonScan *scan, gsize offset, GError **error,
			       const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Refuses what is no UTF-8 and NUL bytes, once and for the whole text. */
gboolean davit_json_scan_check (const DavitJsonScan *scan, GError **error);

/* Goes over white space and gives the byte behind it, NUL at the end. */
static inline char
davit_json_scan_peek (DavitJsonScan *scan)
{
	const char *at = scan->copy + scan->at;

	while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		at++;
	scan->at = (gsize) (at - scan->copy);
	return *at;
}

/* Each begins at scan->at and goes behind what it has read. */
gboolean davit_json_scan_string (DavitJsonScan *scan, const char **ret, guint32 *ret_length,
				 GError **error);
gboolean davit_json_scan_number (DavitJsonScan *scan, DavitJson *ret, GError **error);
gboolean davit_json_scan_word (DavitJsonScan *scan, DavitJson *ret, GError **error);

G_END_DECLS
