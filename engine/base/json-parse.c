/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the text to the tree: depth, duplicate keys, and the arena that owns it all. */

#include "base/error.h"
#include "base/json-private.h"

#include <stdlib.h>
#include <string.h>

/* A value takes 32 bytes, and about 10 of the text: with four times the text one chunk will do. */
#define CHUNK_PER_BYTE 4
#define CHUNK_MIN 256
#define CHUNK_FIRST_MAX (64 * 1024)
#define CHUNK_MAX (1024 * 1024)

/* Values that wait on the stack of the parser before memory is taken for them. */
#define STACK_ROOM 64

typedef struct _Chunk Chunk;

struct _Chunk {
	Chunk *next;
	gsize used;
	gsize size;
	guint64 data[];
};

/* root stands first: davit_json_free gets a pointer to it. */
typedef struct {
	DavitJson root;
	Chunk *chunks;
	gsize first_chunk;
	char text[];
} Document;

/* Elements of the arrays and objects that are still open wait on the stack. */
typedef struct {
	DavitJsonScan scan;
	Document *document;
	DavitJson *stack;
	DavitJson *heap; /* the stack, where the first room of it was not enough */
	gsize used;
	gsize size;
} Parser;

static gpointer
arena_take (Document *document, gsize bytes)
{
	Chunk *chunk = document->chunks;
	gpointer taken;

	bytes = (bytes + 7) & ~(gsize) 7;
	if (chunk == NULL || chunk->size - chunk->used < bytes) {
		gsize size =
			chunk == NULL ? document->first_chunk : MIN (chunk->size * 2, CHUNK_MAX);

		size = MAX (size, bytes);
		chunk = g_malloc (sizeof *chunk + size);
		chunk->next = document->chunks;
		chunk->used = 0;
		chunk->size = size;
		document->chunks = chunk;
	}
	taken = (char *) chunk->data + chunk->used;
	chunk->used += bytes;
	return taken;
}

static void
stack_push (Parser *parser, const DavitJson *value)
{
	if (parser->used == parser->size) {
		gboolean first = parser->heap == NULL;

		parser->size *= 2;
		parser->heap = g_renew (DavitJson, parser->heap, parser->size);
		if (first)
			memcpy (parser->heap, parser->stack, parser->used * sizeof *value);
		parser->stack = parser->heap;
	}
	parser->stack[parser->used++] = *value;
}

static gboolean
type_has_elements (guint type)
{
	return type == DAVIT_JSON_ARRAY || type == DAVIT_JSON_OBJECT;
}

/* value has got its last address: what it holds can point to it. */
static void
value_settle (DavitJson *value)
{
	if (!type_has_elements (value->type))
		return;
	for (guint32 i = 0; i < value->length; i++)
		value->elements[i].parent = value;
}

static int
keys_compare (const void *a, const void *b, void *elements)
{
	const DavitJson *members = elements;

	return strcmp (members[*(const guint32 *) a].key, members[*(const guint32 *) b].key);
}

static gboolean
duplicate_fail (const Parser *parser, const char *key, GError **error)
{
	/* The key begins behind its quotation mark. */
	gsize offset = (gsize) (key - parser->scan.copy) - 1;

	return davit_json_scan_fail (&parser->scan, offset, error, "key \"%s\" comes twice", key);
}

/* Sorting keeps a hostile object of a million keys from costing a million times a million. */
static gboolean
members_index (Parser *parser, DavitJson *object, GError **error)
{
	guint32 *index = (guint32 *) davit_json_index (object);

	for (guint32 i = 0; i < object->length; i++)
		index[i] = i;
	qsort_r (index, object->length, sizeof *index, keys_compare, object->elements);
	for (guint32 i = 1; i < object->length; i++) {
		const char *one = object->elements[index[i - 1]].key;
		const char *two = object->elements[index[i]].key;

		if (strcmp (one, two) == 0)
			return duplicate_fail (parser, MAX (one, two), error);
	}
	return TRUE;
}

/* Whether one of the first count members has the key of the one behind them. */
static gboolean
key_is_among (const DavitJson *members, guint32 count)
{
	const DavitJson *member = &members[count];

	for (guint32 i = 0; i < count; i++) {
		if (members[i].key_hash == member->key_hash &&
		    strcmp (members[i].key, member->key) == 0)
			return TRUE;
	}
	return FALSE;
}

/* A key whose bit no other one has set is new, and need not be compared with any. */
static gboolean
members_check (const Parser *parser, const DavitJson *object, GError **error)
{
	guint64 seen[16] = {0};

	for (guint32 i = 0; i < object->length; i++) {
		guint bit = object->elements[i].key_hash % (G_N_ELEMENTS (seen) * 64);
		guint64 mask = G_GUINT64_CONSTANT (1) << (bit % 64);

		if ((seen[bit / 64] & mask) != 0 && key_is_among (object->elements, i))
			return duplicate_fail (parser, object->elements[i].key, error);
		seen[bit / 64] |= mask;
	}
	return TRUE;
}

/* Moves what was pushed since mark into the arena, as the elements of value. */
static gboolean
elements_take (Parser *parser, gsize mark, DavitJson *value, GError **error)
{
	gsize length = parser->used - mark;
	gboolean indexed = value->type == DAVIT_JSON_OBJECT && length > JSON_INDEX_FROM;
	gsize bytes = length * sizeof (DavitJson) + (indexed ? length * sizeof (guint32) : 0);

	value->length = (guint32) length;
	value->elements = NULL;
	if (length == 0)
		return TRUE;
	value->elements = arena_take (parser->document, bytes);
	memcpy (value->elements, parser->stack + mark, length * sizeof (DavitJson));
	for (gsize i = 0; i < length; i++)
		value_settle (&value->elements[i]);
	parser->used = mark;
	if (value->type == DAVIT_JSON_ARRAY)
		return TRUE;
	return indexed ? members_index (parser, value, error)
		       : members_check (parser, value, error);
}

static gboolean value_parse (Parser *parser, guint depth, DavitJson *ret, GError **error);

static gboolean
key_parse (Parser *parser, DavitJson *member, GError **error)
{
	guint32 length;

	if (davit_json_scan_peek (&parser->scan) != '"')
		return davit_json_scan_fail (&parser->scan, parser->scan.at, error,
					     "a key in quotation marks is expected here");
	if (!davit_json_scan_string (&parser->scan, &member->key, &length, error))
		return FALSE;
	member->key_hash = davit_json_key_hash (member->key, length);
	if (davit_json_scan_peek (&parser->scan) != ':')
		return davit_json_scan_fail (&parser->scan, parser->scan.at, error,
					     "\":\" is expected here");
	parser->scan.at++;
	return TRUE;
}

static gboolean
elements_parse (Parser *parser, guint depth, DavitJson *ret, GError **error)
{
	char end = ret->type == DAVIT_JSON_ARRAY ? ']' : '}';
	gsize mark = parser->used;

	if (depth >= DAVIT_JSON_DEPTH_LIMIT)
		return davit_json_scan_fail (&parser->scan, parser->scan.at, error,
					     "nested deeper than %u", DAVIT_JSON_DEPTH_LIMIT);
	parser->scan.at++;
	if (davit_json_scan_peek (&parser->scan) == end) {
		parser->scan.at++;
		return elements_take (parser, mark, ret, error);
	}
	for (;;) {
		DavitJson element = {0};
		char next;

		if (ret->type == DAVIT_JSON_OBJECT && !key_parse (parser, &element, error))
			return FALSE;
		if (!value_parse (parser, depth + 1, &element, error))
			return FALSE;
		stack_push (parser, &element);
		next = davit_json_scan_peek (&parser->scan);
		if (next != end && next != ',')
			return davit_json_scan_fail (&parser->scan, parser->scan.at, error,
						     "\",\" or \"%c\" is expected here", end);
		parser->scan.at++;
		if (next == end)
			return elements_take (parser, mark, ret, error);
	}
}

static gboolean
value_parse (Parser *parser, guint depth, DavitJson *ret, GError **error)
{
	char first = davit_json_scan_peek (&parser->scan);

	switch (first) {
	case '{':
		ret->type = DAVIT_JSON_OBJECT;
		return elements_parse (parser, depth, ret, error);
	case '[':
		ret->type = DAVIT_JSON_ARRAY;
		return elements_parse (parser, depth, ret, error);
	case '"':
		ret->type = DAVIT_JSON_STRING;
		return davit_json_scan_string (&parser->scan, &ret->text, &ret->length, error);
	default:
		if (first == '-' || g_ascii_isdigit (first))
			return davit_json_scan_number (&parser->scan, ret, error);
		return davit_json_scan_word (&parser->scan, ret, error);
	}
}

static gboolean
document_parse (Parser *parser, GError **error)
{
	DavitJson *root = &parser->document->root;

	if (!davit_json_scan_check (&parser->scan, error) || !value_parse (parser, 0, root, error))
		return FALSE;
	value_settle (root);
	if (davit_json_scan_peek (&parser->scan) != '\0')
		return davit_json_scan_fail (&parser->scan, parser->scan.at, error,
					     "something stands behind the end of the document");
	return TRUE;
}

DavitJson *
davit_json_parse (const char *text, gssize length, GError **error)
{
	gsize bytes = length < 0 ? strlen (text) : (gsize) length;
	DavitJson room[STACK_ROOM];
	Parser parser = {.stack = room, .size = STACK_ROOM};
	Document *document;
	gboolean good;

	if (bytes >= G_MAXUINT32) {
		davit_error_set (error, DAVIT_ERROR_CORRUPT, "a document of 4 GiB or more");
		return NULL;
	}
	document = g_malloc (sizeof *document + bytes + JSON_PADDING);
	memset (document, 0, sizeof *document);
	if (bytes > 0)
		memcpy (document->text, text, bytes);
	memset (document->text + bytes, 0, JSON_PADDING);
	document->first_chunk = CLAMP (bytes * CHUNK_PER_BYTE, CHUNK_MIN, CHUNK_FIRST_MAX);
	parser.document = document;
	parser.scan = (DavitJsonScan){text, bytes, document->text, 0};
	good = document_parse (&parser, error);
	g_free (parser.heap);
	if (good)
		return &document->root;
	davit_json_free (&document->root);
	return NULL;
}

void
davit_json_free (DavitJson *root)
{
	Document *document = (Document *) root;

	if (root == NULL)
		return;
	g_return_if_fail (root->parent == NULL);
	for (Chunk *chunk = document->chunks, *next; chunk != NULL; chunk = next) {
		next = chunk->next;
		g_free (chunk);
	}
	g_free (document);
}
